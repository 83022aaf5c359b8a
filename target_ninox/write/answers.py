"""Whose the records are that a save is answered with. Ids are believed only as far as they can be checked.

That answers come in the order sent is read in clients, not documented. A server that answers in another order, or with
ids that are not those of the new records, would let a later row or a file land on another record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from ninox_api.client import RecordWrite, SavedRecord
from ninox_api.errors import NinoxError
from ninox_singer.wording import in_number
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.index import KeyOf
from target_ninox.records.table import TargetTable
from target_ninox.rows import EncodedRow, Row, RowRejectedError


class Intent(msgspec.Struct, frozen=True):
    """What is to be done for one row.

    Attributes:
        creates: Whether there is no record for it yet; with an id in `write`, it is to be made under that id.
    """

    row: Row
    write: RecordWrite
    creates: bool


class Outcome(NamedTuple):
    """What became of an intent: a record id, or an error.

    Attributes:
        recovered: Whether it was found in Ninox, and not named by an answer.
        is_certain: Whether the record is that of the row; if not, it is one of those that were made with it.
        shows_other_key: Whether the answer shows another key than that of the row.
    """

    intent: Intent
    record_id: int = 0
    error: RowRejectedError | None = None
    recovered: bool = False
    is_certain: bool = True
    shows_other_key: bool = False


_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to creates, each at the place of its row.

    Attributes:
        are_certain: Whether which record is whose is known; if not, only that they are the new records.
    """

    in_order: Sequence[SavedRecord]
    are_certain: bool


class ShownKey:
    """Reads the key of a record off an answer, which names fields by their captions, or by their ids.

    Of an answer, only the values of the key are decoded: there is one for every record that is made.
    """

    def __init__(self, plan: WritePlan) -> None:
        """Work out what the fields of the key may be called."""
        captions = [field.name for field in plan.table.fields]
        caption_by_id = {field.id: field.name for field in plan.table.fields if captions.count(field.name) == 1}
        self._names = [(field_id, caption_by_id.get(field_id, field_id)) for field_id in plan.match_field_ids]
        self._decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])  # a caption may be no name of a struct: `say "so"`
        self._plan = plan

    def read(self, answer: bytes, row: EncodedRow) -> Hashable | None:
        """Return the key that an answer shows, None if it shows none.

        Args:
            answer: Fields of the record, as JSON.
            row: The row at its place.
        """
        try:
            shown = self._decoder.decode(answer)
            is_as_sent = bool(self._names)
            values = {}
            for field_id, caption in self._names:
                values[field_id] = value = shown.get(caption, shown.get(field_id))
                is_as_sent = is_as_sent and value == msgspec.Raw(_ENCODER.encode(row.fields.get(field_id)))
            if is_as_sent:  # spelled as it was sent: nearly all of them
                return row.key
            decoded = {key: None if value is None else msgspec.json.decode(value) for key, value in values.items()}
        except msgspec.DecodeError:
            return None
        return self._plan.key_of(decoded)


def assign(
    chunk: Sequence[Intent], answers: Sequence[SavedRecord], *, highest_id: int, shown_key: ShownKey
) -> Answers | None:
    """Find out whose the answers to creates are; None if they cannot be those of the rows at all.

    Args:
        chunk: What was sent.
        answers: What came back.
        highest_id: No record had a higher id before.
        shown_key: Reads the key that an answer shows.
    """
    ids = [answer.id for answer in answers if answer.error is None]
    if len(answers) != len(chunk) or any(record_id is None or record_id <= highest_id for record_id in ids):
        return None
    if len(set(ids)) != len(ids):
        return None
    keys = [
        None if answer.error is not None else shown_key.read(answer.fields, intent.row.encoded)
        for answer, intent in zip(answers, chunk, strict=True)
    ]
    wanted = [intent.row.encoded.key for intent in chunk]
    if all(key is None for key in keys):
        return Answers(answers, are_certain=len(chunk) == 1)
    if all(key in {None, row_key} for key, row_key in zip(keys, wanted, strict=True)):
        return Answers(answers, are_certain=True)
    return _by_keys(answers, keys, wanted)


def _by_keys(
    answers: Sequence[SavedRecord], keys: Sequence[Hashable | None], wanted: Sequence[Hashable | None]
) -> Answers | None:
    """Give each row the answer that shows its key, and the rows left the answers left, in their order.

    Those are errors, and records whose key a script of the table has changed: the order that they came in is believed
    if the others came in the order sent, or if all ids ascend.
    """
    places: dict[Hashable, deque[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, deque()).append(place)
    found = [places[key].popleft() if places.get(key) else None for key in wanted]
    taken = {place for place in found if place is not None}
    left = deque(place for place in range(len(answers)) if place not in taken)
    is_reordered = any(place not in {None, number} for number, place in enumerate(found))
    has_changed_keys = any(answers[place].error is None for place in left)
    ids = [answer.id or 0 for answer in answers if answer.error is None]
    if has_changed_keys and (is_reordered or (not taken and ids != sorted(ids))):
        return None
    return Answers([answers[left.popleft() if place is None else place] for place in found], are_certain=True)


class UncertainCreateError(NinoxError):
    """Records without a key may have been created, and nothing says which."""


def find_saved_rows(table: TargetTable, key_of: KeyOf, chunk: list[Intent]) -> tuple[list[Outcome], list[Intent]]:
    """Find out which rows of a failed request are saved; return them and the others, in order.

    They are looked for in Ninox before anything is sent again. Updates need no look: sending them again has the effect
    of sending them once.

    Args:
        table: Where the rows go.
        key_of: Returns the key of a record, comparable with that of a row.
        chunk: What was sent; all of it creates, or none.

    Raises:
        UncertainCreateError: Rows without a key may be saved or not.
    """
    if not chunk[0].creates:
        return [], chunk
    is_by_id = chunk[0].write.upsert
    found = _find_by_id(table, chunk) if is_by_id else _find_new(table, key_of, chunk)
    saved = [Outcome(intent, found[place], recovered=True) for place, intent in enumerate(chunk) if place in found]
    return saved, [intent for place, intent in enumerate(chunk) if place not in found]


def _find_by_id(table: TargetTable, chunk: Sequence[Intent]) -> dict[int, int]:
    wanted = {place: intent.write.id or 0 for place, intent in enumerate(chunk)}
    return {place: record_id for place, record_id in wanted.items() if table.find(record_id) is not None}


def _find_new(table: TargetTable, key_of: KeyOf, chunk: Sequence[Intent]) -> dict[int, int]:
    """Return place in the chunk → id of the record that was not there before and has the row's key."""
    ids_by_key: dict[Hashable, deque[int]] = {}
    for record in table.read_new():
        ids_by_key.setdefault(key_of(record.id, record.fields), deque()).append(record.id)
    found = {}
    for place, intent in enumerate(chunk):
        ids = ids_by_key.get(intent.row.encoded.key)
        if intent.row.encoded.key is not None and ids:
            found[place] = ids.popleft()
    keyless = sum(intent.row.encoded.key is None for intent in chunk)
    if keyless and any(ids_by_key.values()):
        raise _uncertain(table, keyless)
    return found


def _uncertain(table: TargetTable, count: int) -> UncertainCreateError:
    numbers = f"table {table.id}, ids up to {table.highest_id}"
    return UncertainCreateError(
        f"The answer to the creation of {in_number(count, 'record')} was lost, and without a key it is not known "
        f"what is saved. Nothing was sent again. Look at the newest records ({numbers}), delete those of this run "
        "or take the rows out of the input, and run again; with match_on this cannot happen."
    )
