"""The records of one table by their key: a little memory per record, the values in a temporary file."""

from __future__ import annotations

import decimal
from array import array
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import Any, NamedTuple

import msgspec

Fields = Mapping[str, Any]
KeyOf = Callable[[int, Fields], Hashable | None]
"""Record id and fields → key, None for a record without one."""

MEMORY_BYTES = 4 * 1024 * 1024
"""Few values stay in memory; beyond this they go to an unnamed file that ends with the process."""

_NONE = -1
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class ExistingRecord(NamedTuple):
    """A record as it is in Ninox, as far as this run knows."""

    id: int
    fields: Fields


class SavedValues:
    """Values of records, all tables of a run together: one file, whatever their number."""

    def __init__(self) -> None:
        """Start empty."""
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        self._end = 0
        self._is_at_end = True

    def append(self, fields: Fields) -> int:
        """Save values; return where they are."""
        offset = self._end
        if not self._is_at_end:  # a seek makes the file write what it has gathered
            self._file.seek(offset)
            self._is_at_end = True
        self._end += self._file.write(_ENCODER.encode(fields) + b"\n")
        return offset

    def read(self, offset: int) -> Fields:
        """Return the values at a place."""
        self._file.seek(offset)
        self._is_at_end = False
        return _DECODER.decode(self._file.readline())

    def close(self) -> None:
        """Drop them."""
        self._file.close()


class RecordIndex:
    """Key → records.

    For each record it holds two numbers in arrays and one entry in a dictionary of hashes, about 120 bytes; what a hash
    points to is compared by its key, so that two keys with one hash stay two.
    """

    def __init__(self, key_of: KeyOf, *, kept_fields: frozenset[str], values: SavedValues) -> None:
        """Start empty.

        Args:
            key_of: Returns a record's key.
            kept_fields: Ids of the fields whose values are wanted back.
            values: Where they are saved.
        """
        self.kept_fields = kept_fields
        self._key_of = key_of
        self._values = values
        self._ids = array("q")
        self._late: dict[int, int] = {}  # ids that came behind a higher one; the others are sorted
        self._offsets = array("q")
        self._next = array("q")
        self._first: dict[int, int] = {}  # hash of a key → slot, which `_next` chains to others of that hash

    def __contains__(self, record_id: int) -> bool:
        """Return whether a record is known."""
        slot = self._slot(record_id)
        return slot is not None and self._offsets[slot] != _NONE

    def ids(self) -> Iterator[int]:
        """Yield the ids of all known records."""
        return (record_id for record_id, offset in zip(self._ids, self._offsets, strict=True) if offset != _NONE)

    def find(self, key: Hashable) -> list[ExistingRecord]:
        """Return the records with a key, lowest id first."""
        found = []
        slot = self._first.get(hash(key), _NONE)
        while slot != _NONE:
            fields = self._read(slot)
            if fields is not None and self._key_of(self._ids[slot], fields) == key:
                found.append(ExistingRecord(self._ids[slot], fields))
            slot = self._next[slot]
        return sorted(found)

    def put(self, record_id: int, fields: Fields) -> None:
        """Add a record, or replace all that is known of it."""
        slot = self._slot(record_id)
        if slot is None:
            slot = len(self._ids)
            if self._late or (slot and record_id < self._ids[-1]):
                self._late[record_id] = slot
            self._ids.append(record_id)
            self._offsets.append(_NONE)
            self._next.append(_NONE)
        else:
            self._unlink(slot)
        kept = {key: value for key, value in fields.items() if key in self.kept_fields}
        self._offsets[slot] = self._values.append(kept)
        key = self._key_of(record_id, fields)
        if key is not None:
            self._next[slot] = self._first.get(hash(key), _NONE)
            self._first[hash(key)] = slot

    def merge(self, record_id: int, fields: Fields) -> None:
        """Note that some fields of a record were written."""
        slot = self._slot(record_id)
        known = None if slot is None else self._read(slot)
        self.put(record_id, {**(known or {}), **fields})

    def remove(self, record_id: int) -> None:
        """Forget a record."""
        slot = self._slot(record_id)
        if slot is not None:
            self._unlink(slot)
            self._offsets[slot] = _NONE

    def _slot(self, record_id: int) -> int | None:
        if record_id in self._late:
            return self._late[record_id]
        sorted_end = len(self._ids) - len(self._late) if self._late else len(self._ids)
        slot = bisect_left(self._ids, record_id, 0, sorted_end)
        return slot if slot < sorted_end and self._ids[slot] == record_id else None

    def _unlink(self, slot: int) -> None:
        fields = self._read(slot)
        key = None if fields is None else self._key_of(self._ids[slot], fields)
        if key is None:
            return
        at = self._first.get(hash(key), _NONE)
        if at == slot:
            self._first[hash(key)] = self._next[slot]
        while at not in {slot, _NONE}:
            if self._next[at] == slot:
                self._next[at] = self._next[slot]
                break
            at = self._next[at]
        self._next[slot] = _NONE

    def _read(self, slot: int) -> Fields | None:
        offset = self._offsets[slot]
        return None if offset == _NONE else self._values.read(offset)
