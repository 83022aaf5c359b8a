"""What Ninox must hold after a load: the target's rules, one row after the other, as plainly as they can be written."""

from __future__ import annotations

from tests.world.strategies import BAD, EMPTY


class RejectedError(Exception):
    """A row that cannot be loaded."""


class Table:
    """A table as it must be.

    Attributes:
        existing: Record id → fields, of records that were there before the load.
        made: Fields of those that came with it; only Ninox knows their ids.
        rejected: Numbers of the rows that cannot be loaded, from 1.
        superseded: How many of these may be skipped instead, as the row of a later number has the same key.
        named: Ids of existing records for which rows came.
        unseen: Ids of records that a mirror deletes.
        shows_keys: Whether any record had a key before the load: else a mirror cannot tell whether it may read them.
        is_refused: Whether it must not, as records for which rows came would go along.
    """

    def __init__(self, records):
        self.existing = {record.id: dict(record.fields) for record in records}
        self.made = []
        self.rejected = []
        self.superseded = 0
        self.shows_keys = False
        self.named = self.unseen = frozenset()
        self.is_refused = False

    def load(self, rows, *, mode, key, is_whole):
        """Take the rows of a stream.

        Args:
            rows: Field id → value as it is to be stored, `EMPTY` to clear; what is absent is left alone.
            mode: As in the target's settings.
            key: Id of the field that rows are matched by.
            is_whole: Whether it is certain that all rows came.
        """
        named, self.shows_keys = [], any(fields.get(key) is not None for fields in self.existing.values())
        for number, row in enumerate(rows, start=1):
            try:
                named.append(self._take(row, mode, key))
            except RejectedError:
                self.rejected.append(number)
                later = [other.get(key, EMPTY) for other in rows[number:]]
                self.superseded += mode != "insert" and row.get(key, EMPTY) is not EMPTY and row[key] in later
        self.named = frozenset(i for i, fields in self.existing.items() if any(fields is n for n in named))
        if mode == "mirror" and named and not self.rejected and is_whole and self.shows_keys:
            self.unseen = self.existing.keys() - self.named

    def _take(self, row, mode, key):
        if any(value is BAD for value in row.values()):
            raise RejectedError
        if mode == "insert":
            self.made.append(_written({}, row))
            return self.made[-1]
        if row.get(key, EMPTY) is EMPTY:
            raise RejectedError
        found = [fields for fields in (*self.existing.values(), *self.made) if _same(fields.get(key), row[key])]
        if len(found) > 1:
            raise RejectedError
        if not found and mode != "update":
            self.made.append({})
            found = [self.made[-1]]
        for fields in found:
            _written(fields, row)
        return found[0] if found else None

    def equals(self, records):
        """Tell whether a table holds just this."""
        now = {record.id: record.fields for record in records}
        made = [fields for number, fields in now.items() if number not in self.existing]
        kept = {number: now.get(number) for number in self.existing}
        return kept == self.existing and sorted(map(_sortable, made)) == sorted(map(_sortable, self.made))


def delete_unseen(tables, definitions, table_id):
    """Delete what a mirror deletes, and what Ninox deletes along; or nothing, if rows that came would go.

    Args:
        tables: Table id → what it holds.
        definitions: Table id → field id → raw definition.
        table_id: The mirrored table.
    """
    gone = {(table_id, record_id) for record_id in tables[table_id].unseen}
    todo = list(gone)
    while todo:
        parent_table, parent = todo.pop()
        for child_table, fields in definitions.items():
            for field_id, raw in fields.items():
                if raw["base"] == "ref" and raw.get("refTypeId") == parent_table and raw.get("cascade"):
                    children = {i for i, held in tables[child_table].existing.items() if held.get(field_id) == parent}
                    new = {(child_table, child) for child in children} - gone
                    gone |= new
                    todo += new
    if any(record_id in tables[table_id].named for place, record_id in gone if place == table_id):
        tables[table_id].is_refused = True
        return
    for place, record_id in gone:
        del tables[place].existing[record_id]


def _written(fields, row):
    fields.update(row)
    for name in [name for name, value in fields.items() if value is EMPTY]:
        del fields[name]
    return fields


def _same(stored, given):
    return stored == given and isinstance(stored, bool) == isinstance(given, bool)


def _sortable(fields):
    return sorted((name, repr(value)) for name, value in fields.items())
