"""How records are listed. Sends: some pages of the longest table in sight, each with another parameter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

from ninox_tools.probe.question import INFERRED, ROUND, SEEN
from ninox_tools.probe.sight import EMPTY, SAMPLE, Record, Sight, Step, is_id, sequence_of

_FEW = 3
"""Records that a table needs for its order or its pages to show anything."""

_PAGE, _LARGE_PAGE = 1000, 10_000
_FAR_PAGE = 1_000_000
_SMALL_RECORD_BYTES = 2_000
_BEYOND = 2**31 - 1


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


def sizes_of_pages(sight: Sight) -> None:
    """Ask for two records, for the next two, and for a page far behind the end."""
    if not (main := _main(sight)):
        return
    sample = sight.samples[main]
    first = sight.page(main, perPage=2, page=0, ids="true")
    sight.say("records.page_size", "honoured" if len(first) == 2 else "ignored")  # noqa: PLR2004 (asked for)
    second = sight.page(main, perPage=2, page=1, ids="true")
    if _ids(second) != _ids(first):
        sight.say("records.page", "honoured")
        beyond = sight.page(main, perPage=2, page=_FAR_PAGE, ids="true")
        sight.say("records.past_end", "last_page" if beyond else "empty")
    elif len(first) < len(sample) or _goes_on(sight, main, first):
        sight.say("records.page", "ignored")
    else:  # there is one page only, and it comes again
        sight.say("records.past_end", "last_page")


def since_id(sight: Sight) -> None:
    """Ask for what comes after an id in the middle."""
    if not (main := _main(sight)):
        return
    ids = sorted(_ids(sight.samples[main]))
    middle = ids[len(ids) // 2]
    answer = _ids(sight.page(main, sinceId=middle, perPage=SAMPLE, ids="true"))
    if any(found < middle for found in answer):
        sight.say("records.since_id", "ignored")
    else:
        sight.say("records.since_id", "inclusive" if middle in answer else "exclusive")


def first_by_change(sight: Sight) -> None:
    """Ask for the records that changed last, and for the newest."""
    if not (main := _main(sight)):
        return
    changed = sight.page(main, updated="true", perPage=5, page=0, ids="true")
    sequences = [sequence_of(record) for record in changed]
    if changed and None not in sequences:
        falling = all(a > b for a, b in pairwise(sequences))  # type: ignore[operator]
        highest = max(map(_sequence, [*sight.samples[main], *changed]))
        honoured = falling and sequences[0] == highest
        sight.say("records.last_changed", "honoured" if honoured else "ignored")
        sight.last_changed = max([*changed, *sight.samples[main]], key=_sequence)
    ids = _ids(sight.page(main, new="true", perPage=5, page=0, ids="true"))
    honoured = all(a > b for a, b in pairwise(ids)) and bool(ids) and ids[0] >= max(_ids(sight.samples[main]))
    sight.say("records.newest", "honoured" if honoured else "ignored")


def since_sequence(sight: Sight) -> None:
    """Ask for what changed since the last change in sight; where records say no sequence, since the end of time."""
    if not (main := _main(sight)):
        return
    if sight.last_changed is None or sequence_of(sight.last_changed) is None:
        answer = sight.page(main, sinceSq=_BEYOND, perPage=SAMPLE, ids="true")
        sight.say("records.since_sequence", "ignored" if answer else "honoured", INFERRED)
        return
    last = _sequence(sight.last_changed)
    answer = sight.page(main, sinceSq=last, perPage=SAMPLE, ids="true")
    if any(_sequence(record) < last for record in answer):
        sight.say("records.since_sequence", "ignored")
    elif sight.last_changed["id"] in _ids(answer):
        sight.say("records.since_sequence", "inclusive")
    else:
        sight.say("records.since_sequence", "exclusive")


def largest_page(sight: Sight) -> None:
    """Ask a long table for 1,000 records, and for 10,000 if those came; then for one more, to see that there is."""
    main = _main(sight)
    if main is None or len(sight.samples[main]) < SAMPLE or sight.answer("records.page_size") != "honoured":
        return
    asked = _PAGE
    page = sight.page(main, perPage=asked, page=0, ids="true")
    if len(page) == asked and len(json.dumps(page[:SAMPLE])) < SAMPLE * _SMALL_RECORD_BYTES:
        asked = _LARGE_PAGE
        page = sight.page(main, perPage=asked, page=0, ids="true")
    if not page:  # the table was emptied meanwhile
        return
    goes_on = _goes_on(sight, main, page)
    if len(page) == asked:
        sight.say("records.page_cap", f"none_up_to_{asked}")
    elif goes_on and len(page) % ROUND == 0:  # of any other size, a record was just added to a table that was whole
        sight.say("records.page_cap", str(len(page)))
    elif goes_on is None and len(page) % SAMPLE == 0:  # a round number is hardly that of the table's records
        sight.say("records.page_cap", str(len(page)), INFERRED)
    elif len(page) > _PAGE:
        sight.say("records.page_cap", f"none_up_to_{_PAGE}")


def _goes_on(sight: Sight, table_id: str, page: Sequence[Record]) -> bool | None:
    """Return whether a table has more records than a page of it; None if this server cannot be asked."""
    ids = set(_ids(page))
    if sight.answer("records.since_id") != "ignored" and sight.answer("records.order") == "id":
        more = sight.page(table_id, sinceId=max(ids), perPage=2, ids="true")
    elif sight.answer("records.page") == "honoured":
        more = sight.page(table_id, perPage=len(page), page=1, ids="true")
    else:
        return None
    return any(found not in ids for found in _ids(more))


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
            answer = sight.page(
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
                found = sight.page(
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


STEPS = (
    Step(look_at_sample, ("records.field_ids", "records.sequence", "records.order")),
    Step(since_id, ("records.since_id",)),
    Step(sizes_of_pages, ("records.page_size", "records.page", "records.past_end")),
    Step(first_by_change, ("records.last_changed", "records.newest")),
    Step(since_sequence, ("records.since_sequence",)),
    Step(largest_page, ("records.page_cap",)),
    Step(sorting, ("records.sorting",)),
    Step(filters, ("records.filters",)),
)
