"""How records are listed. Sends: some pages of the longest table in sight, each with another parameter."""

from __future__ import annotations

import json
from itertools import pairwise

from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import EMPTY, Record, ids_of, sequence_of
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import FEW, SAMPLE, Sight

_BEYOND = 2**31 - 1


@question("records.field_ids", "Does ids=true key fields by their ids?", {
    "honoured": "Renamed fields keep their columns.",
    "ignored": Against("tap-ninox stops at each table, and target-ninox at the first record that exists: both "
        "need the ids of fields. Please report it."),
}, code="ninox_api.schema:check_keys")  # fmt: skip
@question("records.sequence", "Do records say their sequence?", {
    "always": "Rows that did not change are told apart from those that did.",
    "sometimes": "Rows without one are taken from the change feed.",
    "never": Against("What changed is known from the change feed alone; without one, set "
        "`full_refresh_interval_hours`."),
}, code="ninox_api.client:NinoxRecord")  # fmt: skip
@question("records.order", "In which order are records listed?", {
    "id": "A first load can be resumed where it stopped.",
    "sequence, other": Against("A table is read in repeated passes: slower, and an interrupted first load of it "
        "starts over."),
}, code="ninox_api.paging:iter_pages")  # fmt: skip
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


@question("records.newest", "Does new=true list the highest ids first?", {
    "honoured": "The end of a table is known with one call.",
    "ignored": "The end of a table is found by reading.",
}, code="ninox_api.client:DatabaseClient.find_newest_id")  # fmt: skip
@question("records.last_changed", "Does updated=true list the last changed first?", {
    "honoured": "Without a change feed, the sequence is known with one call per table.",
    "ignored": "Without a change feed, nothing says what changed.",
}, code="ninox_api.client:DatabaseClient.find_last_changed")  # fmt: skip
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


@question("records.since_sequence", "Does sinceSq leave unchanged records out, and the given one?", {
    "exclusive, honoured": "A later run reads what changed.",
    "inclusive": "A later run reads what changed; one row comes twice and is left out.",
    "ignored": Against("Your server ignores sinceSq: changed rows are read one by one, or the table is. Calls "
        "grow with the changes; `singer-ninox inspect` says how many."),
}, code="tap_ninox.sync.pages:TablePages")  # fmt: skip
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


@question("records.sorting", "Do order and desc sort by a field?", {
    "honoured, ignored, other": "Nothing: neither is used.",
}, code="ninox_api.client:DatabaseClient.get_records")  # fmt: skip
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


@question("records.filters", "Do filters by field id find records?", {
    "honoured": "target-ninox finds single records with a call each.",
    "names, ignored": Against("target-ninox reads the whole table instead of looking keys up: small loads into "
        "large tables cost more calls."),
}, code="target_ninox.records.matcher:Matcher")  # fmt: skip
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
