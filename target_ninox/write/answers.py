"""Whose the records are that a save is answered with. Ids are believed only as far as they can be checked.

That answers come in the order sent is read in clients, not documented. A server that answers in another order, or with
ids that are not those of the new records, would let a later row or a file land on another record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import msgspec

from ninox_api.client import SavedRecord
from target_ninox.mapping.plan import WritePlan
from target_ninox.mapping.rows import EncodedRow
from target_ninox.write.intents import Intent

ShownKey = Callable[[bytes, EncodedRow], Hashable | None]
"""Fields of an answer, as JSON, and the row at its place → the key that they show; None if they show none."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers to creates, each at the place of its row.

    Attributes:
        are_certain: Whether which record is whose is known; if not, only that they are the new records.
    """

    in_order: Sequence[SavedRecord]
    are_certain: bool


def shown_key_of(plan: WritePlan) -> ShownKey:
    """Return what reads the key of a record off an answer, which names fields by their captions, or by their ids.

    Of an answer, only the values of the key are decoded: there is one for every record that is made.
    """
    captions = [field.name for field in plan.table.fields]
    caption_by_id = {field.id: field.name for field in plan.table.fields if captions.count(field.name) == 1}
    names = [(field_id, caption_by_id.get(field_id, field_id)) for field_id in plan.match_field_ids]
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])  # a caption may be no name of a struct: `say "so"`

    def key(fields: bytes, row: EncodedRow) -> Hashable | None:
        try:
            shown = decoder.decode(fields)
            is_as_sent = bool(names)
            values = {}
            for field_id, caption in names:
                values[field_id] = value = shown.get(caption, shown.get(field_id))
                is_as_sent = is_as_sent and value == msgspec.Raw(_ENCODER.encode(row.fields.get(field_id)))
            if is_as_sent:  # spelled as it was sent: nearly all of them
                return row.key
            decoded = {key: None if value is None else msgspec.json.decode(value) for key, value in values.items()}
        except msgspec.DecodeError:
            return None
        return plan.key_of(decoded)

    return key


def assign(
    chunk: Sequence[Intent], answers: Sequence[SavedRecord], *, highest_id: int, shown_key: ShownKey
) -> Answers | None:
    """Find out whose the answers to creates are; None if they cannot be those of the rows at all.

    Args:
        chunk: What was sent.
        answers: What came back.
        highest_id: No record had a higher id before.
        shown_key: Tells the key of an answer.
    """
    ids = [answer.id for answer in answers if answer.error is None]
    if len(answers) != len(chunk) or any(record_id is None or record_id <= highest_id for record_id in ids):
        return None
    if len(set(ids)) != len(ids):
        return None
    keys = [
        None if answer.error is not None else shown_key(answer.fields, intent.row.encoded)
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
