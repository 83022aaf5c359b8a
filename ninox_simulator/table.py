"""One table's records, in memory: by id, in ascending id, and by last change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from ninox_simulator.documents import RecordDocument


class Record:
    """A stored record; `fields` maps field ids to stored values, empty fields are absent."""

    __slots__ = ("created_at", "created_by", "encoded", "fields", "id", "modified_at", "modified_by", "sequence")

    def __init__(self, document: RecordDocument) -> None:
        """Take over a document; its fields are not copied."""
        self.id = document.id
        self.fields = document.fields
        self.sequence = document.sequence
        self.created_at = document.created_at
        self.created_by = document.created_by
        self.modified_at = document.modified_at
        self.modified_by = document.modified_by
        self.encoded: bytes | None = None

    def copy(self) -> Record:
        """Return an independent record."""
        twin = Record.__new__(Record)
        for name in ("id", "sequence", "created_at", "created_by", "modified_at", "modified_by"):
            setattr(twin, name, getattr(self, name))
        twin.fields = dict(self.fields)
        twin.encoded = None
        return twin


class Table:
    """A table: its raw definition and its records.

    Attributes:
        definition: The raw schema's entry, changed in place by schema edits.
        records: Record id → record.
        refuses: Which fields, by id, a save is answered 500 for: bad rows beyond those that a schema tells (observed).
        next_rid: Id of the next new record; ids are never given twice (inferred from the counter's name).
    """

    def __init__(self, table_id: str, definition: dict[str, Any]) -> None:
        """Start empty."""
        self.id = table_id
        self.definition = definition
        self.records: dict[int, Record] = {}
        self.next_rid = 1
        self.refuses: Callable[[dict[str, Any]], bool] = lambda _: False
        self._ids: list[int] = []
        self._by_sequence: list[tuple[int, int]] | None = None

    def load(self, documents: Iterable[RecordDocument]) -> None:
        """Take over records in ascending id."""
        self.records = {document.id: Record(document) for document in documents}
        self._ids = sorted(self.records)
        self.next_rid = max(self.next_rid, (self._ids[-1] + 1) if self._ids else 1)
        self._by_sequence = None

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """Field id → raw definition."""
        return self.definition.setdefault("fields", {})  # type: ignore[no-any-return]  # raw JSON

    @property
    def caption(self) -> str:
        """What people see."""
        return str(self.definition.get("caption", self.id))

    def field_id(self, key: str) -> str | None:
        """Return the id of the field with an id or a caption."""
        if key in self.fields:
            return key
        return next((fid for fid, definition in self.fields.items() if definition.get("caption") == key), None)

    def put(self, record: Record) -> None:
        """Add a record, or note that one changed."""
        if record.id not in self.records:
            insort(self._ids, record.id)
            self.records[record.id] = record
            self.next_rid = max(self.next_rid, record.id + 1)
        record.encoded = None
        if self._by_sequence is not None and record.sequence is not None:
            insort(self._by_sequence, (record.sequence, record.id))

    def remove(self, record_id: int) -> Record:
        """Take a record out."""
        self._ids.pop(bisect_left(self._ids, record_id))
        return self.records.pop(record_id)

    def forget_encoded(self) -> None:
        """Drop the answers kept ready, after the schema changed."""
        for record in self.records.values():
            record.encoded = None

    def ids(self) -> Sequence[int]:
        """Return all ids, ascending."""
        return self._ids

    def after_id(self, record_id: int, *, inclusive: bool = False) -> Sequence[Record]:
        """Return the records beyond an id, ascending."""
        start = (bisect_left if inclusive else bisect_right)(self._ids, record_id)
        return _Ascending(self.records, self._ids, range(start, len(self._ids)))

    def changed_after(self, sequence: int, *, inclusive: bool = False) -> list[Record]:
        """Return the records changed after a sequence, in the order of their changes."""
        index = self._sequence_index()
        start = bisect_left(index, (sequence if inclusive else sequence + 1, 0))
        changed = {}
        for number, record_id in index[start:]:
            record = self.records.get(record_id)
            if record is not None and record.sequence == number:
                changed[record_id] = record
        return list(changed.values())

    def _sequence_index(self) -> list[tuple[int, int]]:
        """Return (sequence, id) pairs in order; pairs that a later change made stale stay until there are many."""
        if self._by_sequence is None or len(self._by_sequence) > 2 * len(self.records) + 1000:
            self._by_sequence = sorted(
                (record.sequence, record.id) for record in self.records.values() if record.sequence is not None
            )
        return self._by_sequence


class _Ascending(Sequence[Record]):
    """Records by position; a late page costs what the first one costs."""

    def __init__(self, records: Mapping[int, Record], ids: Sequence[int], positions: range) -> None:
        self._records, self._ids, self._positions = records, ids, positions

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Record]:
        for position in self._positions:
            yield self._records[self._ids[position]]

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | Sequence[Record]:
        if isinstance(index, slice):
            return [self._records[self._ids[position]] for position in self._positions[index]]
        return self._records[self._ids[self._positions[index]]]
