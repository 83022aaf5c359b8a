"""How many records come at once. Sends: pages of the longest table in sight, of 2, 1,000 and 10,000 records."""

from __future__ import annotations

import json

from ninox_tools.probe.question import QUESTIONS
from ninox_tools.probe.reply import OK, Record, ids_of
from ninox_tools.probe.report import INFERRED
from ninox_tools.probe.sight import SAMPLE, Sight, answers

_PAGE, _LARGE_PAGE = 1000, 10_000
_FAR_PAGE = 1_000_000
_SMALL_RECORD_BYTES = 2_000
_MOST_MISSING = 3


@answers("records.page_size", "records.page", "records.past_end")
def sizes_of_pages(sight: Sight) -> None:
    """Ask for two records, for the next two, and for a page far behind the end."""
    if not (table_id := sight.long):
        return
    first = sight.ask.page(table_id, perPage=2, page=0)
    sight.say("records.page_size", "honoured" if len(first) == 2 else "ignored")  # noqa: PLR2004 (asked for)
    second = sight.ask.page(table_id, perPage=2, page=1)
    if ids_of(second) != ids_of(first):
        sight.say("records.page", "honoured")
        beyond = sight.ask.page(table_id, perPage=2, page=_FAR_PAGE)
        sight.say("records.past_end", "last_page" if beyond else "empty")
    elif len(first) < len(sight.samples[table_id]) or _goes_on(sight, table_id, first):
        sight.say("records.page", "ignored")
    else:  # there is one page only, and it comes again
        sight.say("records.past_end", "last_page")


@answers("records.since_id")
def since_id(sight: Sight) -> None:
    """Ask for what comes after an id in the middle."""
    if not (table_id := sight.long):
        return
    ids = sorted(ids_of(sight.samples[table_id]))
    middle = ids[len(ids) // 2]
    answer = ids_of(sight.ask.page(table_id, sinceId=middle, perPage=SAMPLE))
    if any(found < middle for found in answer):
        sight.say("records.since_id", "ignored")
    else:
        sight.say("records.since_id", "inclusive" if middle in answer else "exclusive")


@answers("records.page_cap")
def largest_page(sight: Sight) -> None:
    """Ask a long table for 1,000 records, and for 10,000 if those came.

    If fewer come, and there are more behind them, ask for the same again: of a table to which a record was just added,
    one more would come now.
    """
    table_id = sight.long
    if table_id is None or len(sight.samples[table_id]) < SAMPLE or sight.answer("records.page_size") != "honoured":
        return
    asked = _PAGE
    page = sight.ask.page(table_id, perPage=asked, page=0)
    if len(page) == asked and len(json.dumps(page[:SAMPLE])) < SAMPLE * _SMALL_RECORD_BYTES:
        sight.say("records.page_cap", f"none_up_to_{asked}", INFERRED)  # if the next one is refused
        asked = _LARGE_PAGE
        page = sight.ask.page(table_id, perPage=asked, page=0)
    is_listed = str(len(page)) in QUESTIONS["records.page_cap"].answers
    if len(page) == asked:
        sight.say("records.page_cap", f"none_up_to_{asked}")
    elif page and (is_listed or len(page) < _PAGE) and _goes_on(sight, table_id, page):
        again = sight.ask.page(table_id, perPage=asked, page=0)
        if len(again) == len(page):
            sight.say("records.page_cap", str(len(page)) if is_listed else "other")
    elif len(page) >= _PAGE:
        sight.say("records.page_cap", f"none_up_to_{_PAGE}")


def _goes_on(sight: Sight, table_id: str, page: list[Record]) -> bool:
    """Return whether a table has more records than a page of it."""
    ids = set(ids_of(page))
    if sight.answer("records.since_id") != "ignored" and sight.answer("records.order") == "id":
        return not ids.issuperset(ids_of(sight.ask.page(table_id, sinceId=max(ids), perPage=2)))
    if sight.answer("records.page") == "honoured":
        return not ids.issuperset(ids_of(sight.ask.page(table_id, perPage=len(page), page=1)))
    missing = sorted({*range(1, max(ids) + 3)} - ids, reverse=sight.answer("records.order") == "id")
    for record_id in missing[:_MOST_MISSING]:  # this server can only be asked for single ones
        if sight.ask.get("tables", table_id, "records", str(record_id)).status == OK:
            return True
    return False
