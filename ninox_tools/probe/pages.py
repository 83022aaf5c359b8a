"""How many records come at once. Sends: pages of the longest table in sight, of 2, 1,000 and 10,000 records."""

from __future__ import annotations

import json

from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import OK, Record, ids_of
from ninox_tools.probe.report import INFERRED
from ninox_tools.probe.sight import SAMPLE, Sight

_PAGE, _LARGE_PAGE = 1000, 10_000
_FAR_PAGE = 1_000_000
_SMALL_RECORD_BYTES = 2_000
_MOST_MISSING = 3
_ROUND = "100, 200, 250, 500, 1000, 2000, 2500, 5000"
"""Sizes of pages that are told."""


@question("records.page_size", "Does perPage set the size of a page?", {
    "honoured": "One call reads up to 10,000 rows.",
    "ignored": Against("Pages have 100 rows: a first load takes up to a hundred times the calls. Set "
        "`max_api_calls` to what your plan has."),
}, code="ninox_api.page_size:MAX_PAGE_SIZE")  # fmt: skip
@question("records.page", "Does page choose a page?", {
    "honoured": "Where pages by id cannot be used, numbered ones can.",
    "ignored": "Tables are read by id alone; where that cannot be, a table of more than one page ends with an error.",
}, code="ninox_api.paging:PageIgnoredError")  # fmt: skip
@question("records.past_end", "What comes behind the last page?", {
    "empty": "The end of a table is an empty page.",
    "last_page": "A repeated page is taken for the end of a table.",
}, code="ninox_api.paging:iter_pages")  # fmt: skip
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


@question("records.since_id", "Does sinceId leave earlier records out, and the given one?", {
    "exclusive": "A first load can be resumed where it stopped.",
    "inclusive": "A first load can be resumed; one row of each page comes twice and is left out.",
    "ignored": Against("Your server ignores sinceId: a table is read in repeated passes, and an interrupted first "
        "load of it starts over."),
}, code="ninox_api.paging:iter_pages")  # fmt: skip
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


@question("records.page_cap", "How large may a page be?", {
    "none_up_to_1000": "One call reads 1,000 rows or more.",
    "none_up_to_10000": "One call reads 10,000 rows, if they are small and come quickly.",
    _ROUND: "A first load takes one call for so many rows.",
    "other": "It is another number, which is not told; a first load takes one call for so many rows.",
}, code="ninox_api.page_size:MAX_PAGE_SIZE")  # fmt: skip
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
    is_round = str(len(page)) in _ROUND.split(", ")
    if len(page) == asked:
        sight.say("records.page_cap", f"none_up_to_{asked}")
    elif page and (is_round or len(page) < _PAGE) and _goes_on(sight, table_id, page):
        again = sight.ask.page(table_id, perPage=asked, page=0)
        if len(again) == len(page):
            sight.say("records.page_cap", str(len(page)) if is_round else "other")
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
