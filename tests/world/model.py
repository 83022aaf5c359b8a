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
        is_refused: Whether it must not, as records for which rows came would go along, or too many.
        is_over_limit: Whether too many would go.
        is_unwritten: Whether nothing is written either, as the mirror would replace the whole table.
    """

    def __init__(self, records):
        self.existing = {record.id: dict(record.fields) for record in records}
        self.made = []
        self.rejected = []
        self.superseded = 0
        self.shows_keys = False
        self.named = self.unseen = frozenset()
        self.is_refused = self.is_over_limit = self.is_unwritten = False

    def load(self, rows, *, mode, key, is_whole, may_replace=True):
        """Take the rows of a stream.

        Args:
            rows: Field id → value as it is to be stored, `EMPTY` to clear; what is absent is left alone.
            mode: As in the target's settings.
            key: Id of the field that rows are matched by.
            is_whole: Whether it is certain that all rows came.
            may_replace: Whether a mirror may begin where none of its rows is about a record that is there.
        """
        before = {number: dict(fields) for number, fields in self.existing.items()}
        keys = [fields.get(key) for fields in before.values()]
        named, self.shows_keys = [], any(fields.get(key) is not None for fields in self.existing.values())
        for number, row in enumerate(rows, start=1):
            try:
                named.append(self._take(row, mode, key))
            except RejectedError:
                self.rejected.append(number)
                later = [other.get(key, EMPTY) for other in rows[number:]]
                self.superseded += mode != "insert" and row.get(key, EMPTY) is not EMPTY and row[key] in later
        sent = [row for row in rows if BAD not in row.values() and row.get(key, EMPTY) is not EMPTY]
        if mode == "mirror" and not may_replace and before and sent:
            self.is_unwritten = not any(are_same(stored, row[key]) for row in sent for stored in keys)
        if self.is_unwritten:
            self.existing, self.made, self.is_refused = before, [], True
            return
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
        found = [fields for fields in (*self.existing.values(), *self.made) if are_same(fields.get(key), row[key])]
        if len(found) > 1:
            raise RejectedError
        if not found and mode != "update":
            self.made.append({})
            found = [self.made[-1]]
        for fields in found:
            _written(fields, row)
        return found[0] if found else None

    def equals(self, records, *, but_for=None):
        """Tell whether a table holds just this, a field apart."""

        def bare(fields):
            return {name: value for name, value in fields.items() if name != but_for}

        now = {record.id: bare(record.fields) for record in records}
        made = [fields for number, fields in now.items() if number not in self.existing]
        kept = {number: now.get(number) for number in self.existing}
        expected = [bare(fields) for fields in self.made]
        return kept == {number: bare(fields) for number, fields in self.existing.items()} and (
            sorted(map(_sortable, made)) == sorted(map(_sortable, expected))
        )


def delete_unseen(tables, definitions, table_id, *, max_deletes):
    """Delete what a mirror deletes, and what Ninox deletes along; or nothing, if rows that came would go, or too many.

    Args:
        tables: Table id → what it holds.
        definitions: Table id → field id → raw definition.
        table_id: The mirrored table.
        max_deletes: The setting; None for a tenth of the records, at least ten.
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
    most = max(10, len(tables[table_id].existing) // 10) if max_deletes is None else max_deletes
    if len(gone) > most:
        tables[table_id].is_refused = tables[table_id].is_over_limit = True
        return
    for place, record_id in gone:
        del tables[place].existing[record_id]


def _written(fields, row):
    fields.update(row)
    for name in [name for name, value in fields.items() if value is EMPTY]:
        del fields[name]
    return fields


def are_same(stored, given):
    """Tell whether a stored value is the one that was given."""
    return stored == given and isinstance(stored, bool) == isinstance(given, bool)


def _sortable(fields):
    return sorted((name, repr(value)) for name, value in fields.items())
