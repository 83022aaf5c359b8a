"""The records of one table by their key: in a temporary database on disk, as a table may have a million of them."""

from __future__ import annotations

import decimal
import itertools
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from ninox_api.client import NinoxRecord

Fields = Mapping[str, Any]
KeyOf = Callable[[int, Fields], Hashable | None]
"""Record id and fields → key, None for a record without one."""

MEMORY_BYTES = 4 * 1024 * 1024
"""So much of a temporary database stays in memory; the rest goes to an unnamed file that ends with the process."""

_BYTES_AT_ONCE = 64 * 1024
"""So much is collected before it is written: many records at once take less than half the time."""

_RECORD_BYTES = 200
"""What a record takes beside its values."""

_IDS_AT_ONCE = 10_000
_KEYS_AT_ONCE = 500
"""SQLite takes 999 values of a statement, wherever it was built."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(dict[str, Any], float_hook=decimal.Decimal)


class ExistingRecord(NamedTuple):
    """A record as it is in Ninox, as far as this run knows."""

    id: int
    fields: Fields


class TemporaryDatabase:
    """What is too much for the memory, of all tables of a run together: one file, whatever their number."""

    def __init__(self) -> None:
        """Start empty; the file is made when it is needed."""
        self._connection = sqlite3.connect("", isolation_level=None)
        # Nobody reads it after a crash: no journal. The one transaction, which never ends, spares a write per row.
        self.run("PRAGMA journal_mode = OFF")
        self.run(f"PRAGMA cache_size = -{MEMORY_BYTES // 1024}")
        self.run("BEGIN")
        self._numbers = itertools.count(1)

    def make_table(self, columns: str, *indexed: str) -> str:
        """Make a table that is searched by some of its columns; return its name."""
        name = f"table_{next(self._numbers)}"
        self.run(f"CREATE TABLE {name} ({columns})")
        for column in indexed:
            self.run(f"CREATE INDEX {name}_{column} ON {name} ({column})")
        return name

    def run(self, statement: str, *values: Any) -> list[Any]:
        """Run a statement; return its rows.

        Raises:
            OSError: The file cannot be written or read, as on a full disk.
        """
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _make_error(error) from None

    def run_for_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement that returns nothing for each of some rows of values.

        Raises:
            OSError: The file cannot be written or read, as on a full disk.
        """
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.DatabaseError as error:
            raise _make_error(error) from None

    def close(self) -> None:
        """Drop everything."""
        self._connection.close()


def _make_error(error: sqlite3.DatabaseError) -> OSError:
    # Where a disk was full, what is there counts as damaged afterwards.
    return OSError(f"a temporary file cannot be used: {error}")


class RecordIndex:
    """Key → records.

    They are found by the hash of their key; what has it is compared by its key, so that two keys with one hash stay
    two.
    """

    def __init__(self, key_of: KeyOf, kept_fields: frozenset[str], database: TemporaryDatabase) -> None:
        """Start empty.

        Args:
            key_of: Returns a record's key.
            kept_fields: Ids of the fields whose values are wanted back.
            database: Where they are kept.
        """
        self.kept_fields = kept_fields
        self._key_of = key_of
        self._database = database
        self._put: dict[int, tuple[int, int | None, bytes, int | None]] = {}  # id → what is not in the database yet
        self._put_bytes = 0
        self._highest_id = 0
        table = database.make_table("id INTEGER PRIMARY KEY, hash INTEGER, fields BLOB, sequence INTEGER", "hash")
        self._next_ids = f"SELECT id FROM {table} WHERE id > ? ORDER BY id LIMIT {_IDS_AT_ONCE}"  # noqa: S608 (the name is ours)
        self._of_hashes = f"SELECT id, fields FROM {table} WHERE hash IN"  # noqa: S608
        self._as_read = f"SELECT fields, sequence FROM {table} WHERE id = ?"  # noqa: S608
        self._fields = f"SELECT fields FROM {table} WHERE id = ?"  # noqa: S608
        self._replace = f"REPLACE INTO {table} VALUES (?, ?, ?, ?)"  # noqa: S608
        self._remove = f"DELETE FROM {table} WHERE id = ?"  # noqa: S608

    def ids(self) -> Iterator[int]:
        """Yield the ids of all known records, ascending."""
        self._write()
        last_id = 0
        while rows := self._database.run(self._next_ids, last_id):
            yield from (record_id for (record_id,) in rows)
            last_id = rows[-1][0]

    def find(self, keys: Iterable[Hashable]) -> dict[Hashable, list[ExistingRecord]]:
        """Return key → its records, lowest id first, for every key."""
        self._write()
        found: dict[Hashable, list[ExistingRecord]] = {key: [] for key in keys}
        hashes = list({hash(key) for key in found})
        for start in range(0, len(hashes), _KEYS_AT_ONCE):
            some = hashes[start : start + _KEYS_AT_ONCE]
            for record_id, encoded in self._database.run(
                f"{self._of_hashes} ({', '.join('?' * len(some))}) ORDER BY hash, id", *some
            ):
                fields = _DECODER.decode(encoded)
                records = found.get(self._key_of(record_id, fields))
                if records is not None:  # else it has another key of that hash
                    records.append(ExistingRecord(record_id, fields))
        return found

    def put(self, record_id: int, fields: Fields, *, sequence: int | None = None) -> None:
        """Add a record, or replace all that is known of it.

        Args:
            record_id: Its id.
            fields: Its fields.
            sequence: Its sequence, if it was read.
        """
        key = self._key_of(record_id, fields)
        encoded = self._encode(fields)
        self._put[record_id] = record_id, None if key is None else hash(key), encoded, sequence
        self._put_bytes += len(encoded) + _RECORD_BYTES
        self._highest_id = max(self._highest_id, record_id)
        if self._put_bytes >= _BYTES_AT_ONCE:
            self._write()

    def _encode(self, fields: Fields) -> bytes:
        if not self.kept_fields.issuperset(fields):
            fields = {field_id: value for field_id, value in fields.items() if field_id in self.kept_fields}
        return _ENCODER.encode(fields)

    def is_as_read(self, record: NinoxRecord) -> bool:
        """Return whether a record that was just read again is as it was when it was put."""
        self._write()
        return any(
            (sequence is None or record.sequence in (None, sequence))
            and _DECODER.decode(fields) == _DECODER.decode(self._encode(record.fields))
            for fields, sequence in self._database.run(self._as_read, record.id)
        )

    def merge(self, record_id: int, fields: Fields) -> None:
        """Note that some fields of a record were written."""
        if record_id in self._put:
            fields = {**_DECODER.decode(self._put[record_id][2]), **fields}
        elif record_id <= self._highest_id:  # else it is new
            for (known,) in self._database.run(self._fields, record_id):
                fields = {**_DECODER.decode(known), **fields}
        self.put(record_id, fields)

    def remove(self, record_id: int) -> None:
        """Forget a record."""
        self._write()
        self._database.run(self._remove, record_id)

    def _write(self) -> None:
        """Write what was put."""
        if self._put:
            self._database.run_for_each(self._replace, self._put.values())
            self._put.clear()
            self._put_bytes = 0
