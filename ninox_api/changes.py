"""The change feed: which records changed, which were deleted, up to which sequence.

No raw answer of the feed is on public record. These forms are read, and no other:

| what | forms |
|---|---|
| keys of `updates` | `"A4"` (table id and record id); in the feed of one table `"4"`, too |
| `_id`, `_sq` of an update | numbers, or absent; `_sq` also as text |
| `removes` | a list of `"A7"`, `{"id": "A7"}`, `{"id": 7, "tid": "A"}`; in the feed of one table `7`, `"7"`, `{"id": 7}`, too; or a mapping `{"A7": {…}}` |

Whatever else it says raises `NinoxProtocolError`: the feed is unreadable, and nothing of it is believed. A guess would
lose a change or mark a live row as deleted.
"""  # noqa: E501 (a table)

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableSet
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import msgspec
from typing_extensions import override

from ninox_api.errors import NinoxProtocolError
from ninox_api.ids import LARGEST, IdSet, SequenceById
from ninox_api.members import Members

_NUMBER = re.compile(r"[1-9][0-9]{0,15}")
"""A record id or a sequence as text; bounded, as Python refuses to read thousands of digits."""

_FOREIGN_NID = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,15}")
"""What names a record of a table that is not known: table ids are capital letters (observed)."""

_FOREIGN_TABLE = re.compile(r"[A-Z]{1,3}[0-9]?")

Record = tuple[str, int]
"""Table id and record id."""


class FeedUpdate(msgspec.Struct, gc=False, rename={"id": "_id", "sequence": "_sq"}):
    """What of an update is needed: the rest is read again from `/records`."""

    id: int | None = None
    sequence: int | str | None = None


class FeedAnswer(msgspec.Struct, rename={"next_record_ids": "nextRids", "next_record_id": "nextRid"}):
    """The answer of `GET {database}/changes` or `GET {table}/changes`, read as far as it is needed."""

    seq: Annotated[int, msgspec.Meta(ge=0)]
    updates: dict[str, FeedUpdate] | None = None
    removes: list[Any] | dict[str, Any] | None = None
    next_record_ids: Any = None
    next_record_id: Any = None
    files: Any = None


_UPDATES = msgspec.json.Decoder(dict[str, FeedUpdate])
_REMOVES = msgspec.json.Decoder(list[Any] | dict[str, Any])


@dataclass(slots=True)
class TableChanges:
    """Changes of one table.

    A record that is in `updated` and in `removed` may exist or not: it was deleted and made again, or the feed named
    it in a way that fits another table, too (`"C14"` where there are tables `C` and `C1`). Reading it decides.

    Attributes:
        updated: Record id → sequence of its last change, None where the feed does not say.
        removed: Ids of records that were deleted.
        files: Record id → sequence at which one of its files changed, None where the feed does not say.
    """

    updated: SequenceById = field(default_factory=SequenceById)
    removed: MutableSet[int] = field(default_factory=IdSet)
    files: dict[int, int | None] = field(default_factory=dict)


@dataclass(slots=True)
class FeedChanges:
    """Changes of a database, or of one table of it, since a sequence.

    Attributes:
        sequence: The database's current sequence.
        tables: Table id → its changes; a table without changes is absent.
        next_record_ids: Table id → id of its next new record, as far as the feed says: no table has more records.
        unread_files: Changed files whose record the feed names in an unknown form.
        passed_over: Changes of tables that are not known, made or deleted since the schema was read.
    """

    sequence: int
    tables: dict[str, TableChanges] = field(default_factory=dict)
    next_record_ids: dict[str, int] = field(default_factory=dict)
    unread_files: int = 0
    passed_over: int = 0

    def of(self, table_id: str) -> TableChanges:
        """Return the changes of one table, to be added to."""
        return self.tables.setdefault(table_id, TableChanges())


class _Doubt(NamedTuple):
    """A change that fits several records, or none: which one is meant, the rest of the answer may say."""

    is_removal: bool
    key: Any
    update: FeedUpdate


class FeedReader(ABC):
    """Reads a feed, of which most may have been taken while it arrived."""

    def __init__(self) -> None:
        self.begin()

    @abstractmethod
    def _find(self, key: Any, record_id: int | None, next_record_ids: Mapping[str, int]) -> list[Record]:
        """Return the records that a key may mean; none if its table is not known.

        Args:
            key: `"A14"`, or table and record apart.
            record_id: The record's own id, where the feed says it beside the key.
            next_record_ids: No record of a table has this id yet, or a higher one.
        """

    @abstractmethod
    def _next_ids(self, answer: FeedAnswer) -> Any:
        """Return what an answer says of the ids of new records, by table."""

    def begin(self) -> Members:
        """Forget what was taken; return what takes the members of an answer that is about to arrive."""
        self._changes = FeedChanges(sequence=0)
        self._in_doubt: list[_Doubt] = []
        return Members({"updates": self._take_updates, "removes": self._take_removals})

    def finish(self, answer: FeedAnswer) -> FeedChanges:
        """Return all changes, given the rest of the answer.

        Raises:
            NinoxProtocolError: The feed is unreadable.
        """
        changes = self._changes
        self._note_rest(answer)
        self._settle_doubts()
        for table in changes.tables.values():
            table.updated.sort()
        _add_files(changes, answer.files, lambda key: self._find(key, None, changes.next_record_ids))
        return changes

    def _note_rest(self, answer: FeedAnswer) -> None:
        """Note what was not taken while the answer arrived."""
        said = self._next_ids(answer)
        ids = said.items() if isinstance(said, Mapping) else ()
        self._changes.sequence = answer.seq
        self._changes.next_record_ids = {
            table_id: next_id for table_id, next_id in ids if type(next_id) is int and next_id > 0
        }
        self._note_updates(answer.updates or {})
        self._note_removals(answer.removes)

    def _settle_doubts(self) -> None:
        """Decide by the ids of new records which records are meant; where that does not, a look at each does."""
        changes, removed_or_not = self._changes, []
        for is_removal, key, update in self._in_doubt:
            records = self._find(key, update.id, changes.next_record_ids)
            changes.passed_over += not records
            for table_id, record_id in records:
                if is_removal:
                    changes.of(table_id).removed.add(record_id)
                    removed_or_not += [(table_id, record_id)] if len(records) > 1 else []
                else:
                    changes.of(table_id).updated.note(record_id, _read_sequence(update.sequence))
        self._in_doubt = []
        unknown = [place for place in removed_or_not if place[1] not in changes.of(place[0]).updated]
        for table_id, record_id in unknown:
            changes.of(table_id).updated.note(record_id, None)  # which of them it was, a look decides

    def _take_updates(self, members: bytes) -> None:
        self._note_updates(_UPDATES.decode(members))

    def _take_removals(self, members: bytes) -> None:
        self._note_removals(_REMOVES.decode(members))

    def _note_updates(self, updates: dict[str, FeedUpdate]) -> None:
        for key, update in updates.items():
            records = self._find(key, update.id, {})
            if len(records) == 1:
                self._changes.of(records[0][0]).updated.note(records[0][1], _read_sequence(update.sequence))
            else:
                self._in_doubt.append(_Doubt(is_removal=False, key=key, update=update))

    def _note_removals(self, raw: list[Any] | dict[str, Any] | None) -> None:
        for key, record_id in _iter_removals(raw):
            records = self._find(key, record_id, {})
            if len(records) == 1:
                self._changes.of(records[0][0]).removed.add(records[0][1])
            else:
                self._in_doubt.append(_Doubt(is_removal=True, key=key, update=FeedUpdate(id=record_id)))


class DatabaseFeedReader(FeedReader):
    """Sorts the changes of a database by table."""

    def __init__(self, table_ids: Iterable[str]) -> None:
        """Take all tables of the database, needed to split ids such as `"A14"`."""
        self._known = frozenset(table_ids)
        super().__init__()

    @override
    def _find(self, key: Any, record_id: int | None, next_record_ids: Mapping[str, int]) -> list[Record]:
        known = self._known
        if isinstance(key, tuple):
            if key[0] not in known and not _FOREIGN_TABLE.fullmatch(key[0]):
                raise _make_error()
            return [key] if key[0] in known else []
        if not isinstance(key, str):
            raise _make_error()
        splits = [
            (key[:length], number)
            for length in range(1, len(key))
            if key[:length] in known and (number := _read_record_id(key[length:])) is not None
        ]
        if record_id is not None:
            splits = [split for split in splits if split[1] == record_id]
        if len(splits) > 1:
            splits = [split for split in splits if split[1] < next_record_ids.get(split[0], split[1] + 1)] or splits
        if not splits and not (_FOREIGN_NID.fullmatch(key) and key.endswith(str(record_id or ""))):
            raise _make_error()
        return splits

    @override
    def _next_ids(self, answer: FeedAnswer) -> Any:
        return answer.next_record_ids


class TableFeedReader(FeedReader):
    """Reads the changes of one table, whose keys may leave the table out."""

    def __init__(self, table_id: str) -> None:
        self._table_id = table_id
        super().__init__()

    @override
    def _find(self, key: Any, record_id: int | None, next_record_ids: Mapping[str, int]) -> list[Record]:
        if isinstance(key, tuple):
            number = key[1] if key[0] == self._table_id else None
        else:
            number = key.removeprefix(self._table_id) if isinstance(key, str) else key
        found = _read_record_id(number)
        if found is None or record_id not in {None, found}:
            raise _make_error()
        return [(self._table_id, found)]

    @override
    def _next_ids(self, answer: FeedAnswer) -> Any:
        return {self._table_id: answer.next_record_id}


def _iter_removals(raw: list[Any] | dict[str, Any] | None) -> Iterator[tuple[Any, int | None]]:
    """Yield how each removed record is named, and its id if that is said beside."""
    if isinstance(raw, dict):
        for key, record in raw.items():
            if not isinstance(record, Mapping):
                raise _make_error()
            yield key, _read_optional_id(record.get("_id"))
        return
    for removal in raw or ():
        yield (_read_object_key(removal) if isinstance(removal, Mapping) else removal), None


def _read_object_key(removal: Mapping[str, Any]) -> Any:
    """Return what a removal such as `{"id": "A7"}` names; keys of the record itself begin with `_`."""
    if {key for key in removal if not key.startswith("_")} - {"id", "tid"}:
        raise _make_error()
    table_id = removal.get("tid")
    if table_id is None:
        return removal.get("id")
    record_id = _read_record_id(removal.get("id"))
    if not isinstance(table_id, str) or record_id is None:
        raise _make_error()
    return (table_id, record_id)


def _add_files(changes: FeedChanges, raw: Any, name: Callable[[Any], list[Record]]) -> None:
    """Note which records had files changed. The form is unknown, so what cannot be read is counted, not refused."""
    entries = [{"nid": key} for key in raw] if isinstance(raw, Mapping) else raw if isinstance(raw, list) else []
    for entry in entries:
        try:
            records = name(_read_file_key(entry))
        except NinoxProtocolError:
            changes.unread_files += 1
            continue
        said = entry.get("seq", entry.get("_sq")) if isinstance(entry, Mapping) else None
        sequence = said if isinstance(said, int) and not isinstance(said, bool) else None
        for table_id, record_id in records:
            files = changes.of(table_id).files
            before = files.get(record_id, sequence)
            files[record_id] = None if before is None or sequence is None else max(before, sequence)


def _read_file_key(entry: Any) -> Any:
    if isinstance(entry, str):
        return entry.partition("/")[0]
    if isinstance(entry, Mapping):
        return entry["nid"] if "nid" in entry else _read_object_key({key: entry.get(key) for key in ("id", "tid")})
    raise _make_error()


def _read_sequence(raw: int | str | None) -> int | None:
    if isinstance(raw, str):
        if not _NUMBER.fullmatch(raw):
            raise _make_error()
        return int(raw)
    if raw is not None and not 0 <= raw < LARGEST:
        raise _make_error()
    return raw


def _read_optional_id(raw: Any) -> int | None:
    if raw is not None and type(raw) is not int:
        raise _make_error()
    return raw


def _read_record_id(raw: Any) -> int | None:
    if isinstance(raw, str):
        return int(raw) if _NUMBER.fullmatch(raw) else None
    return raw if type(raw) is int and 0 < raw < LARGEST else None


def _make_error() -> NinoxProtocolError:
    return NinoxProtocolError(
        "The change feed names a record in an unknown form; it should be a table id followed by a record id."
    )
