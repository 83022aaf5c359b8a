"""How records are listed. Sends: some pages of the longest table in sight, each with another parameter."""

from __future__ import annotations

import json
from itertools import pairwise

from ninox_tools.probe.reply import EMPTY, Record, ids_of, sequence_of
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import FEW, SAMPLE, Sight, answers

_BEYOND = 2**31 - 1


@answers("records.field_ids", "records.sequence", "records.order")
def look_at_samples(sight: Sight) -> None:
    """Send nothing: look at the pages that were read."""
    _look_at_keys(sight)
    sequences = [sequence_of(record) for page in sight.samples.values() for record in page]
    if sequences:
        found = len(sequences) - sequences.count(None)
        sight.say("records.sequence", "always" if found == len(sequences) else "sometimes" if found else "never")
    for page in sight.samples.values():
        if len(page) >= FEW:
            _look_at_order(sight, page)


def _look_at_keys(sight: Sight) -> None:
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


def _look_at_order(sight: Sight, page: list[Record]) -> None:
    """Judge by what differs: records that were made and changed in the same order show only what may be."""
    sequences = [sequence_of(record) for record in page]
    has_all = None not in sequences
    by_sequence = has_all and all(a <= b for a, b in pairwise(map(_sequence, page)))
    if all(a < b for a, b in pairwise(ids_of(page))):
        sight.say("records.order", "id", INFERRED if by_sequence or not has_all else SEEN)
    else:
        sight.say("records.order", "sequence" if by_sequence else "other")


@answers("records.last_changed", "records.newest")
def first_by_change(sight: Sight) -> None:
    """Ask for the records that changed last, and for the newest."""
    if not (table_id := sight.long):
        return
    sample = sight.samples[table_id]
    changed = sight.ask.page(table_id, updated="true", perPage=5, page=0)
    if changed and None not in map(sequence_of, changed):
        sequences = list(map(_sequence, changed))
        falling = all(a > b for a, b in pairwise(sequences))
        sight.last_changed = max([*changed, *sample], key=_sequence)
        honoured = falling and sequences[0] == _sequence(sight.last_changed)
        sight.say("records.last_changed", "honoured" if honoured else "ignored")
    ids = ids_of(sight.ask.page(table_id, new="true", perPage=5, page=0))
    honoured = all(a > b for a, b in pairwise(ids)) and bool(ids) and ids[0] >= max(ids_of(sample))
    sight.say("records.newest", "honoured" if honoured else "ignored")


@answers("records.since_sequence")
def since_sequence(sight: Sight) -> None:
    """Ask for what changed since the last change in sight; where records say no sequence, since the end of time."""
    if not (table_id := sight.long):
        return
    last = sequence_of(sight.last_changed) if sight.last_changed else None
    answer = sight.ask.page(table_id, sinceSq=_BEYOND if last is None else last, perPage=SAMPLE)
    if sight.last_changed is None or last is None:
        sight.say("records.since_sequence", "ignored" if answer else "honoured", INFERRED)
    elif any(_sequence(record) < last for record in answer):
        sight.say("records.since_sequence", "ignored")
    else:
        is_there = sight.last_changed["id"] in ids_of(answer)
        sight.say("records.since_sequence", "inclusive" if is_there else "exclusive")


@answers("records.sorting")
def sorting(sight: Sight) -> None:
    """Ask for a page sorted downwards by a number, or upwards where it is sorted downwards anyway."""
    for table_id, page in sight.samples.items():
        table = sight.table(table_id)
        for field in table.fields if table and len(page) >= FEW else ():
            numbers = _numbers(sight, table_id, page, field.id)
            if field.type != "number" or len(set(numbers)) < FEW:
                continue
            down = any(a < b for a, b in pairwise(numbers))
            desc = "true" if down else "false"
            answer = sight.ask.page(table_id, order=field.id, desc=desc, perPage=SAMPLE, page=0)
            if all(a >= b if down else a <= b for a, b in pairwise(_numbers(sight, table_id, answer, field.id))):
                sight.say("records.sorting", "honoured")
            else:
                sight.say("records.sorting", "ignored" if ids_of(answer) == ids_of(page) else "other")
            return


def _numbers(sight: Sight, table_id: str, page: list[Record], field_id: str) -> list[float]:
    values = [sight.fields_of(table_id, record).get(field_id) for record in page]
    return [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


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
                asked = json.dumps({key: wanted}, ensure_ascii=False)
                found = sight.ask.page(table_id, filters=asked, perPage=SAMPLE, page=0)
                if any(sight.fields_of(table_id, record).get(field.id) != wanted for record in found):
                    sight.say("records.filters", "ignored")
                    return
                if found:
                    sight.say("records.filters", answer)
                    return
            return


def _sequence(record: Record) -> int:
    return sequence_of(record) or 0
