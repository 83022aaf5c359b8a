"""The change feed of a database: which records changed, which are gone, up to which sequence.

No raw answer of the feed is on public record, so every form that the third-party models allow is read: `removes` as
strings, numbers or objects; ids with or without their table (`"A4"`, `"4"`). What cannot be read raises; a change is
never skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ninox_api.errors import NinoxProtocolError


class FeedUpdate(msgspec.Struct, gc=False, rename={"id": "_id", "sequence": "_sq"}):
    """What of an update is needed: the rest is read again from `/records`."""

    id: int | None = None
    sequence: int | None = None


class FeedAnswer(msgspec.Struct, rename={"next_record_ids": "nextRids"}):
    """The answer of `GET {database}/changes`, read as far as it is needed."""

    seq: int
    updates: dict[str, FeedUpdate] | None = None
    removes: list[Any] | None = None
    next_record_ids: Any = None
    files: Any = None


@dataclass(slots=True)
class TableChanges:
    """Changes of one table.

    Attributes:
        updated: Record id → sequence of its last change, None where the feed does not say.
        removed: Ids of records that are gone.
        files: Record id → sequence at which one of its files changed, None where the feed does not say.
    """

    updated: dict[int, int | None] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    files: dict[int, int | None] = field(default_factory=dict)


@dataclass(slots=True)
class DatabaseChanges:
    """Changes of all tables since a sequence.

    Attributes:
        sequence: The database's current sequence.
        tables: Table id → its changes; a table without changes is absent.
        next_record_ids: Table id → id of its next new record, as far as the feed tells: no table has more records.
        unread_files: Changed files whose record the feed names in an unknown form.
    """

    sequence: int
    tables: dict[str, TableChanges] = field(default_factory=dict)
    next_record_ids: dict[str, int] = field(default_factory=dict)
    unread_files: int = 0


def split_by_table(answer: FeedAnswer, table_ids: Iterable[str]) -> DatabaseChanges:
    """Sort a feed's changes by table.

    Args:
        answer: The feed's answer.
        table_ids: All tables of the database, needed to split ids such as `"A14"`.

    Raises:
        NinoxProtocolError: An entry names no record.
    """
    known = set(table_ids)
    changes = DatabaseChanges(sequence=answer.seq, next_record_ids=_next_record_ids(answer.next_record_ids))
    for key, update in (answer.updates or {}).items():
        table_id, record_id = _split_by_id(key, update.id) or _split(key, known)
        changes.tables.setdefault(table_id, TableChanges()).updated[record_id] = update.sequence
    for removal in answer.removes or ():
        table_id, record_id = _split(_removal_key(removal), known)
        changes.tables.setdefault(table_id, TableChanges()).removed.add(record_id)
    _add_files(changes, answer.files, known)
    return changes


def _add_files(changes: DatabaseChanges, raw: Any, table_ids: set[str]) -> None:
    """Note which records had files changed. The form is unknown, so what cannot be read is counted, not refused."""
    entries = [{"nid": key} for key in raw] if isinstance(raw, Mapping) else raw if isinstance(raw, list) else []
    for entry in entries:
        key = entry.partition("/")[0] if isinstance(entry, str) else _removal_key(entry)
        sequence = _sequence_of(entry)
        try:
            table_id, record_id = _split(key, table_ids)
        except NinoxProtocolError:
            changes.unread_files += 1
            continue
        files = changes.tables.setdefault(table_id, TableChanges()).files
        before = files.get(record_id, sequence)
        files[record_id] = None if before is None or sequence is None else max(before, sequence)


def _sequence_of(entry: Any) -> int | None:
    told = entry.get("seq", entry.get("_sq")) if isinstance(entry, Mapping) else None
    return told if isinstance(told, int) and not isinstance(told, bool) else None


def _next_record_ids(raw: Any) -> dict[str, int]:
    told = raw.items() if isinstance(raw, Mapping) else ()
    return {table_id: next_id for table_id, next_id in told if isinstance(next_id, int) and next_id > 0}


def _split_by_id(key: str, record_id: int | None) -> tuple[str, int] | None:
    """Split `A14` where the record says that its own id is 4 or 14."""
    table_id = key.removesuffix(str(record_id))
    return (table_id, record_id) if record_id is not None and table_id and table_id != key else None


def _split(key: str, table_ids: set[str]) -> tuple[str, int]:
    """Split `A14` into table and record; the longest known table id wins, as table ids may hold digits."""
    for length in range(len(key) - 1, 0, -1):
        if key[:length] in table_ids and _is_number(key[length:]):
            return key[:length], int(key[length:])
    letters = key.rstrip("0123456789")
    if letters and letters != key:
        return letters, int(key[len(letters) :])  # a table made or deleted since discovery
    message = "The change feed names a record in an unknown form; it should be a table id followed by a record id."
    raise NinoxProtocolError(message)


def _removal_key(removal: Any) -> str:
    if isinstance(removal, str):
        return removal
    if isinstance(removal, Mapping):
        record_id = _first(removal, ("nid", "id", "_id", "rid", "recordId", "record"))
        table_id = _first(removal, ("tid", "typeId", "tableId", "table", "type"))
        return f"{table_id}{record_id}" if _is_number(record_id) else record_id
    return str(removal)


def _first(removal: Mapping[str, Any], keys: Iterable[str]) -> str:
    return next((str(removal[key]) for key in keys if removal.get(key) is not None), "")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
