"""What people do in Ninox: edits of records and of the schema, played on the simulator's store."""

from __future__ import annotations

import copy
import io
from contextlib import contextmanager

from ninox_simulator.seeds import DatabaseDocument, RecordDocument
from tests.helpers.seeds import field, table
from tests.world.strategies import DATABASE_ID, OPTIONS, VALUES, formula, letters, record_fields, value_of

MOST_DATABASES = 4


class People:
    """Everybody who works in the databases of one team.

    Attributes:
        reshaped: (database, table) whose schema changed since it was last read whole: old rows may lack a column, or
            hold a caption, or a formula's value, of before, until a refresh.
        rewritten: (database, table) with a formula whose text changed since: a reading that had begun goes on.
        uploaded: (database, table, record, name) of all files there have ever been.
        backups: Each database as it was at some moments, the oldest first.
    """

    def __init__(self, simulator, team_id, names):
        """Take over what a simulator holds; captions are picked from names."""
        self._team, self._switches = simulator.store.teams[team_id], simulator.switches
        self._names = names
        self.reshaped, self.rewritten, self.uploaded = set(), set(), set()
        self.backups, self._unmade, self._ever = [], set(), 1

    @property
    def databases(self):
        return list(self._team.databases.values())

    def play(self, edit):
        """Do something, if it can be done to what is there now."""
        tables = [(database, table_id) for database in self.databases for table_id in database.tables]
        database, table_id = tables[edit.table % len(tables)]
        getattr(self, edit.action)(database, table_id, edit)

    def update(self, database, table_id, edit):
        if record := self._record(database, table_id, edit):
            database.update(table_id, record, self._fields(database, table_id, edit))

    def clear(self, database, table_id, edit):
        """Empty one field of a record."""
        keys = list(database.tables[table_id].fields)
        if (record := self._record(database, table_id, edit)) and keys:
            database.update(table_id, record, {keys[edit.pick % len(keys)]: None})

    def create(self, database, table_id, edit):
        database.create(table_id, self._fields(database, table_id, edit))

    def delete(self, database, table_id, edit):
        if record := self._record(database, table_id, edit):
            database.delete(table_id, record)

    def recreate(self, database, table_id, edit):
        """Undo a deletion: the record comes back under its id."""
        gone = {r.record_id for r in database.removals if r.table_id == table_id} - set(database.tables[table_id].ids())
        if gone:
            number = sorted(gone)[edit.record % len(gone)]
            database.create(table_id, self._fields(database, table_id, edit), id=number)

    def upload(self, database, table_id, edit):
        """Add a file to a record, or replace one."""
        if record := self._record(database, table_id, edit):
            name, content = ("a.txt", "Plan Größe.pdf")[edit.pick % 2], io.BytesIO(b"x" * (edit.pick % 50))
            moves_record = self._switches["files_move_record"] == "yes"
            database.put_file(table_id, record, name, content, moves_record=moves_record)
            self.uploaded.add((database.id, table_id, record, name))

    def remove_file(self, database, table_id, edit):
        record = self._record(database, table_id, edit)
        for _, _, _, name in sorted(file for file in self.uploaded if file[:3] == (database.id, table_id, record)):
            if database.files.find(table_id, record, name):
                database.files.delete(table_id, record, name)
                return

    def rename_table(self, database, table_id, edit):
        database.rename_table(table_id, self._name(edit))

    def rename_field(self, database, table_id, edit):
        if key := self._field(database, table_id, edit):
            database.rename_field(table_id, key, self._name(edit))
            self.reshaped.add((database.id, table_id))

    def rename_choice(self, database, table_id, edit):
        for key, raw in database.tables[table_id].fields.items():
            if "values" in raw:
                database.rename_choice(table_id, key, list(OPTIONS)[edit.pick % len(OPTIONS)], f"option {edit.pick}")
                self.reshaped.add((database.id, table_id))
                return

    def add_field(self, database, table_id, edit):
        bases = [base for base in VALUES if base not in {"choice", "multi"}]
        table_now = database.tables[table_id]
        key = letters(max((ord(key[0]) - 64 for key in table_now.fields), default=0) % 26)
        if key not in table_now.fields:
            database.add_field(table_id, key, field(bases[edit.record % len(bases)], self._name(edit)))
            self.reshaped.add((database.id, table_id))

    def add_formula(self, database, table_id, edit):
        key = letters(max((ord(key[0]) - 64 for key in database.tables[table_id].fields), default=0) % 26)
        if key not in database.tables[table_id].fields:
            database.add_field(table_id, key, field("fn", self._name(edit), fn=formula(edit.record)))
            self.reshaped.add((database.id, table_id))

    def rewrite_formula(self, database, table_id, edit):
        """Give a formula another text: no record changes, and yet each has another value."""
        for raw in database.tables[table_id].fields.values():
            if raw["base"] == "fn":
                raw["fn"] = formula(edit.pick)
                database._schema_changed()
                self.reshaped.add((database.id, table_id))
                self.rewritten.add((database.id, table_id))

    def remove_field(self, database, table_id, edit):
        if len(database.tables[table_id].fields) > 1 and (key := self._field(database, table_id, edit)):
            database.remove_field(table_id, key)
            self.reshaped.add((database.id, table_id))

    def retype_field(self, database, table_id, edit):
        """Make a field of another type, with values of that type; no record is edited by that."""
        key = self._field(database, table_id, edit)
        before = database.tables[table_id].fields[key]["base"] if key else "ref"
        if before == "ref":
            return
        bases = [*VALUES, "fn"]
        base = bases[
            (bases.index(before) + 6 + edit.record) % len(bases)
        ]  # six types on, few are of the same JSON type
        database.retype_field(table_id, key, base)
        raw = database.tables[table_id].fields[key]
        raw.update(
            {"values": {option: dict(OPTIONS[option]) for option in OPTIONS}} if base in {"choice", "multi"} else {}
        )
        raw["fn"] = formula(edit.pick) if base == "fn" else None
        for record in database.records(table_id):
            record.fields.pop(key, None)
            value = value_of(raw, edit.pick + record.id)
            if value is not None:
                record.fields[key] = value
        self.reshaped.add((database.id, table_id))

    def add_table(self, database, _table_id, edit):
        table_id = letters(len(database.tables))
        raw = table(self._name(edit), A=field("string", "Name"), B=field("number", "Amount"))
        database.add_table(table_id, raw)

    SCRIPTED = "Scripted"

    @contextmanager
    def scripted(self, database, table_id, events):
        """Have a script set a field whenever a record is created or changed; hand out the field's id."""
        field_id, definition = "Z", database.tables[table_id].definition
        database.add_field(table_id, field_id, field("number", self.SCRIPTED))
        definition.update(dict.fromkeys(events, f"{self.SCRIPTED} := 4711"))
        try:
            yield field_id
        finally:
            for event in events:
                del definition[event]
            database.remove_field(table_id, field_id)

    def back_up(self):
        self.backups += [(database, database.snapshot()) for database in self.databases]

    def set_back(self, database, backup):
        """Bring a database back to a backup: what was done since was never done."""
        self._forget(database, backup, heir=database.id)
        database.restore(backup)

    def restore_as_new(self, original, backup, new_id, name):
        """Make a database with an id of its own out of a backup of another one."""
        self._forget(original, backup, heir=new_id)
        return self.copy_database(original, new_id, name).restore(backup)

    def remove_database(self, database):
        self._team.databases.pop(database.id).files.close()
        self.backups = [(of, backup) for of, backup in self.backups if of is not database]

    def unmade(self, database, table_id):
        """Return the ids of a table's records that belong to a time that never was: no feed names them as removed."""
        return {number for *key, number in self._unmade if key == [database.id, table_id]}

    def gone(self, database, table_id):
        """Return the ids of a table's records that were removed at some time, or belong to a time that never was."""
        removed = {removal.record_id for removal in database.removals if removal.table_id == table_id}
        return removed | self.unmade(database, table_id)

    def forget_removals(self, database, table_id):
        """Note that what was removed from a table so far is named to nobody any more."""
        self._unmade |= {(database.id, table_id, number) for number in self.gone(database, table_id)}

    def _forget(self, database, backup, *, heir):
        held = {(key, record.id) for key, records in backup.records.items() for record in records}
        lost = {(key, record.id) for key in database.tables for record in database.records(key)} - held
        removed = {(key, number) for key in database.tables for number in self.gone(database, key)}
        self._unmade |= {(heir, *place) for place in lost | removed}

    def new_database_id(self, *, is_smaller):
        """Return an id that none has had, before or behind all others; None if there have been enough."""
        if self._ever > MOST_DATABASES or len(self.databases) > 2:
            return None
        self._ever += 1
        number = int(DATABASE_ID[2:]) + (1 - self._ever if is_smaller else self._ever - 1)
        return f"db{number:010}"

    def copy_database(self, original, new_id, name):
        """Make a copy with all its records, as the button of that name does."""
        document = DatabaseDocument(
            id=new_id,
            name=name,
            schema=copy.deepcopy(original.schema),
            records={
                key: [RecordDocument(r.id, dict(r.fields), r.sequence) for r in original.records(key)]
                for key in original.tables
            },
            next_rids={key: table_now.next_rid for key, table_now in original.tables.items()},
            sequence=original.sequence,
        )
        twin = self._team.databases[new_id] = type(original)(document, original._clock)
        return twin

    def _name(self, edit):
        return self._names[edit.pick % len(self._names)]

    @staticmethod
    def _fields(database, table_id, edit):
        return record_fields(database.tables[table_id].definition, edit.pick)

    @staticmethod
    def _record(database, table_id, edit):
        ids = database.tables[table_id].ids()
        return ids[edit.record % len(ids)] if ids else None

    @staticmethod
    def _field(database, table_id, edit):
        keys = list(database.tables[table_id].fields)
        return keys[edit.pick % len(keys)] if keys else None
