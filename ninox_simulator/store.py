"""What is served: teams, databases with their one sequence each, tables, records. No HTTP."""

from __future__ import annotations

import copy
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import IO, Any, NamedTuple

from ninox_simulator.files import Files, StoredFile
from ninox_simulator.seeds import DEFAULT_USER, DatabaseDocument, RecordDocument, TeamDocument
from ninox_simulator.switches import changes

Json = dict[str, Any]
Clock = Callable[[], str]

NEVER_STORED = frozenset({"fn", "rev"})
"""Computed or mirrored: never sent in a write, never stored."""

FILE_TYPES = frozenset({"file", "image", "signature"})


class Record:
    """A stored record; `fields` maps field ids to stored values, empty fields are absent."""

    __slots__ = (
        *("created_at", "created_by", "encoded", "encoded_for", "fields", "id", "modified_at", "modified_by"),
        "sequence",
    )

    def __init__(self, document: RecordDocument) -> None:
        """Take over a document; its fields are not copied."""
        self.id = document.id
        self.fields = document.fields
        self.sequence = document.sequence
        self.created_at = document.created_at
        self.created_by = document.created_by
        self.modified_at = document.modified_at
        self.modified_by = document.modified_by
        self.encoded = b""  # the answer kept ready for bulk readers,
        self.encoded_for = 0  # and the change to schema or switches that it was made after

    def stored_form(self, *, with_sequence: bool = False) -> Json:
        """Return it raw: flat, field ids, system keys with an underscore (third-party models)."""
        form: Json = {"_id": self.id}
        if with_sequence and self.sequence is not None:
            form["_sq"] = self.sequence
        form |= {"_cd": self.created_at, "_cu": self.created_by, "_md": self.modified_at, "_mu": self.modified_by}
        return form | self.fields

    def copy(self) -> Record:
        """Return an independent record."""
        twin = Record.__new__(Record)
        for name in ("id", "sequence", "created_at", "created_by", "modified_at", "modified_by", "encoded"):
            setattr(twin, name, getattr(self, name))
        twin.fields = dict(self.fields)
        twin.encoded_for = 0
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
            # The record before its id: a test may read in its own thread, and whoever finds an id looks the record up.
            self.records[record.id] = record
            insort(self._ids, record.id)
            self.next_rid = max(self.next_rid, record.id + 1)
        record.encoded_for = 0
        if self._by_sequence is not None and record.sequence is not None:
            insort(self._by_sequence, (record.sequence, record.id))

    def remove(self, record_id: int) -> Record:
        """Take a record out."""
        self._ids.pop(bisect_left(self._ids, record_id))
        return self.records.pop(record_id)

    def ids(self) -> Sequence[int]:
        """Return all ids, ascending."""
        return self._ids

    def after_id(
        self, record_id: int, *, inclusive: bool = False, skip: int = 0, most: int | None = None
    ) -> list[Record]:
        """Return the records beyond an id, ascending; a late page costs what the first one costs."""
        start = (bisect_left if inclusive else bisect_right)(self._ids, record_id) + skip
        stop = None if most is None else start + most
        return [self.records[number] for number in self._ids[start:stop]]

    def between(self, least: float, most: float) -> list[int]:
        """Return the ids within bounds, ascending."""
        return self._ids[bisect_left(self._ids, least) : bisect_right(self._ids, most)]

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


class Removal(NamedTuple):
    """A record that is gone.

    Attributes:
        went_along: Whether by a reference that cascades.
    """

    sequence: int
    table_id: str
    record_id: int
    went_along: bool = False


class Backup(NamedTuple):
    """A database as it was."""

    schema: Json
    sequence: int
    removals: list[Removal]
    records: dict[str, list[Record]]
    next_rids: dict[str, int]


class Database:
    """A database; every write moves its sequence (Ninox docs: Tables, fields, and records).

    Attributes:
        sequence: Number of the last change.
        schema_change: Number of the last change to the schema, from `switches.changes`.
        tables: Table id → table; pages, which have no records, included.
    """

    def __init__(self, document: DatabaseDocument, clock: Clock) -> None:
        """Take over a document."""
        self.id = document.id
        self.name = document.name
        self.settings = {"name": document.name, "lock": document.password is not None, **document.settings}
        self.password = document.password
        self.unreadable_tables = set(document.unreadable_tables)
        self.unreadable_fields = {key: set(fields) for key, fields in document.unreadable_fields.items()}
        self.sequence = document.sequence
        self.removals: list[Removal] = []
        self._clock = clock
        self._links: dict[tuple[str, str], dict[int, list[int]]] = {}
        self._take_schema(copy.deepcopy(document.schema))
        for table_id, records in document.records.items():
            self.tables[table_id].load(records)
        for table_id, next_rid in document.next_rids.items():
            self.tables[table_id].next_rid = max(next_rid, self.tables[table_id].next_rid)
        self._first_new = {table_id: table.next_rid for table_id, table in self.tables.items()}
        self.files = Files(made_up_for=self._files_of_the_sample, sizes=document.file_sizes)

    def _take_schema(self, schema: Json) -> None:
        self.schema = schema
        self.schema_change = next(changes)
        self.tables = {table_id: Table(table_id, raw) for table_id, raw in schema.get("types", {}).items()}

    def find_table(self, key: str) -> Table | None:
        """Return the table with an id or a name; names work in paths, too (seen in public clients)."""
        if key in self.tables:
            return self.tables[key]
        return next((table for table in self.tables.values() if table.caption == key), None)

    def records(self, table_id: str) -> Sequence[Record]:
        """Return a table's records in ascending id."""
        return self.tables[table_id].after_id(0)

    def create(self, table_id: str, fields: Mapping[str, Any], id: int | None = None) -> Record:  # noqa: A002
        """Add a record, under a given id or the next one."""
        table = self.tables[table_id]
        now = self._clock()
        record = Record(
            RecordDocument(
                id=table.next_rid if id is None else id,
                fields=_stored(fields),
                sequence=self._next_sequence(),
                created_at=now,
                created_by=DEFAULT_USER,
                modified_at=now,
                modified_by=DEFAULT_USER,
            )
        )
        table.put(record)
        return record

    def update(self, table_id: str, rid: int, fields: Mapping[str, Any]) -> Record:
        """Merge fields into a record; an empty value clears a field.

        Raises:
            KeyError: There is no such record.
        """
        table = self.tables[table_id]
        record = table.records[rid]
        record.fields = _stored({**record.fields, **fields})
        record.sequence = self._next_sequence()
        record.modified_at = self._clock()
        record.modified_by = DEFAULT_USER
        table.put(record)
        return record

    def delete(self, table_id: str, rid: int, *, cascades: bool = True, goes_along: bool = False) -> None:
        """Remove a record, and, unless told otherwise, those that a cascading reference binds to it.

        Raises:
            KeyError: There is no such record.
        """
        self.files.forget(table_id, rid)
        self.tables[table_id].remove(rid)
        self.removals.append(Removal(self._next_sequence(), table_id, rid, goes_along))
        for child_table, child_field in self._cascading_references(table_id) if cascades else ():
            children = [r.id for r in child_table.records.values() if r.fields.get(child_field) == rid]
            for child in children:
                if child in child_table.records:
                    self.delete(child_table.id, child, goes_along=True)

    def _cascading_references(self, table_id: str) -> Iterable[tuple[Table, str]]:
        """Yield the references to a table that have `cascade` or `composition` (keys seen, effect assumed)."""
        for table in self.tables.values():
            for field_id, raw in table.fields.items():
                binds = raw.get("cascade", field_id == table.definition.get("masterRef")) or raw.get("composition")
                if raw.get("base") == "ref" and raw.get("refTypeId") == table_id and not raw.get("dbId") and binds:
                    yield table, field_id

    def links(self, table_id: str, field_id: str) -> Mapping[int, list[int]]:
        """Return target id → ids of the records that refer to it by a field; worked out once until the next change."""
        key = table_id, field_id
        if key not in self._links:
            linked = self._links.setdefault(key, {})
            for record in self.records(table_id):
                target = record.fields.get(field_id)
                if isinstance(target, int):
                    linked.setdefault(target, []).append(record.id)
        return self._links[key]

    def removed_after(self, sequence: int, *, inclusive: bool = False) -> list[Removal]:
        """Return the removals after a sequence, each record once."""
        recent = (r for r in self.removals if r.sequence > sequence or (inclusive and r.sequence == sequence))
        return list({(r.table_id, r.record_id): r for r in recent}.values())

    def put_file(self, table_id: str, rid: int, name: str, content: IO[bytes], *, moves_record: bool) -> StoredFile:
        """Store a file; the sequence moves, and the record's own if asked (unknown)."""
        sequence = self.update(table_id, rid, {}).sequence if moves_record else self._next_sequence()
        return self.files.put(table_id, rid, name, content, sequence or 0)

    def _files_of_the_sample(self, table_id: str, rid: int) -> list[str]:
        """Return the names in the file fields of a record that came with the sample data."""
        table = self.tables[table_id]
        record = table.records.get(rid) if rid < self._first_new.get(table_id, 0) else None
        if record is None:
            return []
        names = (record.fields.get(key) for key, raw in table.fields.items() if raw.get("base") in FILE_TYPES)
        return [name for name in dict.fromkeys(names) if isinstance(name, str) and name]

    def add_table(self, table_id: str, definition: Json) -> None:
        """Add an empty table."""
        self.schema["types"][table_id] = definition
        self.tables[table_id] = Table(table_id, definition)
        self._schema_changed()

    def rename_table(self, table_id: str, caption: str) -> None:
        """Change a table's caption; no record changes."""
        self.tables[table_id].definition["caption"] = caption
        self._schema_changed()

    def rename_field(self, table_id: str, field_id: str, caption: str) -> None:
        """Change a field's caption; no record changes."""
        self.tables[table_id].fields[field_id]["caption"] = caption
        self._schema_changed()

    def rename_choice(self, table_id: str, field_id: str, choice_id: str, caption: str) -> None:
        """Change an option's caption; no record changes."""
        self.tables[table_id].fields[field_id]["values"][choice_id]["caption"] = caption
        self._schema_changed()

    def add_field(self, table_id: str, field_id: str, definition: Mapping[str, Any]) -> None:
        """Add a field; no record changes."""
        self.tables[table_id].fields[field_id] = dict(definition)
        self._schema_changed()

    def remove_field(self, table_id: str, field_id: str) -> None:
        """Delete a field with its values; no record's sequence moves (assumed)."""
        table = self.tables[table_id]
        del table.fields[field_id]
        for record in table.records.values():
            record.fields.pop(field_id, None)
        self._schema_changed()

    def retype_field(self, table_id: str, field_id: str, base: str) -> None:
        """Change a field's type; stored values stay as they are (assumed)."""
        self.tables[table_id].fields[field_id]["base"] = base
        self._schema_changed()

    def snapshot(self) -> Backup:
        """Return a backup."""
        return Backup(
            schema=copy.deepcopy(self.schema),
            sequence=self.sequence,
            removals=list(self.removals),
            records={key: [record.copy() for record in self.records(key)] for key in self.tables},
            next_rids={key: table.next_rid for key, table in self.tables.items()},
        )

    def restore(self, backup: Backup) -> None:
        """Go back to a backup, sequence included (what a real restore does to it is unknown)."""
        self._take_schema(copy.deepcopy(backup.schema))
        self._links.clear()
        self.sequence = backup.sequence
        self.removals = list(backup.removals)
        for key, records in backup.records.items():
            for record in records:
                self.tables[key].put(record.copy())
            self.tables[key].next_rid = backup.next_rids[key]

    def _next_sequence(self) -> int:
        self.sequence += 1
        self._links.clear()
        return self.sequence

    def _schema_changed(self) -> None:
        self.schema["version"] = self.schema.get("version", 0) + 1
        self.schema_change = next(changes)
        self._links.clear()


def _stored(fields: Mapping[str, Any]) -> Json:
    return {key: value for key, value in fields.items() if value is not None and value != ""}


@dataclass(slots=True)
class Team:
    """A workspace."""

    id: str
    name: str
    databases: dict[str, Database]


def utc_now() -> str:
    """Return the time as Ninox writes it: UTC without saying so (Ninox docs: Tables, fields, and records)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


class Store:
    """Teams by id."""

    def __init__(self, documents: Iterable[TeamDocument], *, clock: Clock = utc_now) -> None:
        """Load sample data; its records are consumed."""
        self.teams = {
            team.id: Team(team.id, team.name, {document.id: Database(document, clock) for document in team.databases})
            for team in documents
        }

    def database(self, team_id: str, database_id: str) -> Database:
        """Return a database.

        Raises:
            KeyError: There is none with these ids.
        """
        return self.teams[team_id].databases[database_id]

    def databases(self) -> Iterator[Database]:
        """Yield the databases of all teams."""
        for team in self.teams.values():
            yield from team.databases.values()
