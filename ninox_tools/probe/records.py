"""How records are listed. Sends: some pages of the longest table in sight, each with another parameter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

from ninox_tools.probe.question import QUESTIONS
from ninox_tools.probe.reply import OK, Record, is_id
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import EMPTY, SAMPLE, Sight, answers, sequence_of

_FEW = 3
"""Records that a table needs for its order or its pages to show anything."""

_PAGE, _LARGE_PAGE = 1000, 10_000
_FAR_PAGE = 1_000_000
_SMALL_RECORD_BYTES = 2_000
_MOST_MISSING = 3
_BEYOND = 2**31 - 1


@answers("records.field_ids", "records.sequence", "records.order")
def look_at_sample(sight: Sight) -> None:
    """Send nothing: look at the pages that were read."""
    _keys(sight)
    sequences = [sequence_of(record) for page in sight.samples.values() for record in page]
    if sequences:
        found = len(sequences) - sequences.count(None)
        sight.say("records.sequence", "always" if found == len(sequences) else "sometimes" if found else "never")
    for page in sight.samples.values():
        if len(page) >= _FEW:
            _order(sight, page)


def _keys(sight: Sight) -> None:
    for table_id, page in sight.samples.items():
        table = sight.table(table_id)
        ids = {field.id for field in table.fields} if table else set()
        captions = {field.name for field in table.fields} - ids if table else set()
        for record in page:
            fields = record.get("fields")
            keys = set(fields) if isinstance(fields, dict) else set()
            if keys & ids:
                sight.say("records.field_ids", "honoured")
            elif keys & captions:
                sight.say("records.field_ids", "ignored")


def _order(sight: Sight, page: Sequence[Record]) -> None:
    """Judge by what differs: records that were made and changed in the same order show only what may be."""
    ids = [record["id"] for record in page]
    sequences = [sequence_of(record) for record in page]
    by_sequence = None not in sequences and all(a <= b for a, b in pairwise(sequences))  # type: ignore[operator]
    if all(a < b for a, b in pairwise(ids)):
        sight.say("records.order", "id", INFERRED if by_sequence or None in sequences else SEEN)
    else:
        sight.say("records.order", "sequence" if by_sequence else "other")


@answers("records.page_size", "records.page", "records.past_end")
def sizes_of_pages(sight: Sight) -> None:
    """Ask for two records, for the next two, and for a page far behind the end."""
    if not (main := _main(sight)):
        return
    sample = sight.samples[main]
    first = sight.ask.page(main, perPage=2, page=0, ids="true")
    sight.say("records.page_size", "honoured" if len(first) == 2 else "ignored")  # noqa: PLR2004 (asked for)
    second = sight.ask.page(main, perPage=2, page=1, ids="true")
    if _ids(second) != _ids(first):
        sight.say("records.page", "honoured")
        beyond = sight.ask.page(main, perPage=2, page=_FAR_PAGE, ids="true")
        sight.say("records.past_end", "last_page" if beyond else "empty")
    elif len(first) < len(sample) or _goes_on(sight, main, first):
        sight.say("records.page", "ignored")
    else:  # there is one page only, and it comes again
        sight.say("records.past_end", "last_page")


@answers("records.since_id")
def since_id(sight: Sight) -> None:
    """Ask for what comes after an id in the middle."""
    if not (main := _main(sight)):
        return
    ids = sorted(_ids(sight.samples[main]))
    middle = ids[len(ids) // 2]
    answer = _ids(sight.ask.page(main, sinceId=middle, perPage=SAMPLE, ids="true"))
    if any(found < middle for found in answer):
        sight.say("records.since_id", "ignored")
    else:
        sight.say("records.since_id", "inclusive" if middle in answer else "exclusive")


@answers("records.last_changed", "records.newest")
def first_by_change(sight: Sight) -> None:
    """Ask for the records that changed last, and for the newest."""
    if not (main := _main(sight)):
        return
    changed = sight.ask.page(main, updated="true", perPage=5, page=0, ids="true")
    sequences = [sequence_of(record) for record in changed]
    if changed and None not in sequences:
        falling = all(a > b for a, b in pairwise(sequences))  # type: ignore[operator]
        highest = max(map(_sequence, [*sight.samples[main], *changed]))
        honoured = falling and sequences[0] == highest
        sight.say("records.last_changed", "honoured" if honoured else "ignored")
        sight.last_changed = max([*changed, *sight.samples[main]], key=_sequence)
    ids = _ids(sight.ask.page(main, new="true", perPage=5, page=0, ids="true"))
    honoured = all(a > b for a, b in pairwise(ids)) and bool(ids) and ids[0] >= max(_ids(sight.samples[main]))
    sight.say("records.newest", "honoured" if honoured else "ignored")


@answers("records.since_sequence")
def since_sequence(sight: Sight) -> None:
    """Ask for what changed since the last change in sight; where records say no sequence, since the end of time."""
    if not (main := _main(sight)):
        return
    if sight.last_changed is None or sequence_of(sight.last_changed) is None:
        answer = sight.ask.page(main, sinceSq=_BEYOND, perPage=SAMPLE, ids="true")
        sight.say("records.since_sequence", "ignored" if answer else "honoured", INFERRED)
        return
    last = _sequence(sight.last_changed)
    answer = sight.ask.page(main, sinceSq=last, perPage=SAMPLE, ids="true")
    if any(_sequence(record) < last for record in answer):
        sight.say("records.since_sequence", "ignored")
    elif sight.last_changed["id"] in _ids(answer):
        sight.say("records.since_sequence", "inclusive")
    else:
        sight.say("records.since_sequence", "exclusive")


@answers("records.page_cap")
def largest_page(sight: Sight) -> None:
    """Ask a long table for 1,000 records, and for 10,000 if those came.

    If fewer come, and there are more behind them, ask for the same again: of a table to which a record was just added,
    one more would come now.
    """
    main = _main(sight)
    if main is None or len(sight.samples[main]) < SAMPLE or sight.answer("records.page_size") != "honoured":
        return
    asked = _PAGE
    page = sight.ask.page(main, perPage=asked, page=0, ids="true")
    if len(page) == asked and len(json.dumps(page[:SAMPLE])) < SAMPLE * _SMALL_RECORD_BYTES:
        sight.say("records.page_cap", f"none_up_to_{asked}", INFERRED)  # if the next one is refused
        asked = _LARGE_PAGE
        page = sight.ask.page(main, perPage=asked, page=0, ids="true")
    is_listed = str(len(page)) in QUESTIONS["records.page_cap"].answers
    if len(page) == asked:
        sight.say("records.page_cap", f"none_up_to_{asked}")
    elif page and (is_listed or len(page) < _PAGE) and _goes_on(sight, main, page):
        again = sight.ask.page(main, perPage=asked, page=0, ids="true")
        if len(again) == len(page):
            sight.say("records.page_cap", str(len(page)) if is_listed else "other")
    elif len(page) >= _PAGE:
        sight.say("records.page_cap", f"none_up_to_{_PAGE}")


def _goes_on(sight: Sight, table_id: str, page: Sequence[Record]) -> bool:
    """Return whether a table has more records than a page of it."""
    ids = set(_ids(page))
    if sight.answer("records.since_id") != "ignored" and sight.answer("records.order") == "id":
        more = sight.ask.page(table_id, sinceId=max(ids), perPage=2, ids="true")
        return any(found not in ids for found in _ids(more))
    if sight.answer("records.page") == "honoured":
        more = sight.ask.page(table_id, perPage=len(page), page=1, ids="true")
        return any(found not in ids for found in _ids(more))
    missing = sorted({*range(1, max(ids) + 3)} - ids, reverse=sight.answer("records.order") == "id")
    for record_id in missing[:_MOST_MISSING]:  # this server can only be asked for single ones
        if sight.ask.get("tables", table_id, "records", str(record_id)).status == OK:
            return True
    return False


@answers("records.sorting")
def sorting(sight: Sight) -> None:
    """Ask for a page sorted downwards by a number, or upwards where it is sorted downwards anyway."""
    for table_id, page in sight.samples.items():
        table = sight.table(table_id)
        for field in table.fields if table and len(page) >= _FEW else ():
            before = [_number(sight, table_id, record, field.id) for record in page]
            numbers = [number for number in before if number is not None]
            if field.type != "number" or len(set(numbers)) < _FEW:
                continue
            down = any(a < b for a, b in pairwise(numbers))
            answer = sight.ask.page(
                table_id, order=field.id, desc="true" if down else "false", perPage=SAMPLE, page=0, ids="true"
            )
            after = [_number(sight, table_id, record, field.id) for record in answer]
            found = [number for number in after if number is not None]
            if all(a >= b if down else a <= b for a, b in pairwise(found)):
                sight.say("records.sorting", "honoured")
            else:
                sight.say("records.sorting", "ignored" if _ids(answer) == _ids(page) else "other")
            return


def _number(sight: Sight, table_id: str, record: Record, field_id: str) -> float | None:
    value = sight.fields_of(table_id, record).get(field_id)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@answers("records.filters")
def filters(sight: Sight) -> None:
    """Ask for the records that have the value of one field of one of them, by the field's id, then by its caption."""
    for table_id, page in sight.samples.items():
        table = sight.table(table_id)
        fields = sorted(table.fields, key=lambda field: field.type != "number") if table and len(page) > 1 else []
        for field in fields:  # a number rather than a text: it goes into the address of the request
            values = [sight.fields_of(table_id, record).get(field.id) for record in page]
            wanted = values[0]
            others = sum(value != wanted for value in values)
            if field.type not in {"string", "number"} or wanted in EMPTY or not others or isinstance(wanted, float):
                continue
            for key, answer in ((field.id, "honoured"), (field.name, "names")):
                found = sight.ask.page(
                    table_id, filters=json.dumps({key: wanted}, ensure_ascii=False), perPage=SAMPLE, page=0, ids="true"
                )
                same = [sight.fields_of(table_id, record).get(field.id) == wanted for record in found]
                if found and all(same):
                    sight.say("records.filters", answer)
                    return
                if not all(same):
                    sight.say("records.filters", "ignored")
                    return
            return


def _main(sight: Sight) -> str | None:
    """Return the table to ask, if it has enough records to show anything."""
    main = sight.main
    return main if main is not None and len(sight.samples[main]) >= _FEW else None


def _ids(page: Sequence[Record]) -> list[int]:
    return [record["id"] for record in page if is_id(record["id"])]


def _sequence(record: Record) -> int:
    return sequence_of(record) or 0
