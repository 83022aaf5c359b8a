"""What Ninox must hold after a load: the target's rules, one row after the other, as plainly as they can be written."""

from __future__ import annotations

from tests.world.strategies import EMPTY


class RejectedError(Exception):
    """A row that cannot be loaded."""


class Table:
    """A table as it must be.

    Attributes:
        existing: Record id → fields, of records that were there before the load.
        made: Fields of those that came with it; only Ninox knows their ids.
        rejected: Numbers of the rows that cannot be loaded, from 1.
    """

    def __init__(self, records):
        self.existing = {record.id: dict(record.fields) for record in records}
        self.made = []
        self.rejected = []

    def load(self, rows, *, mode, key):
        """Take the rows of a stream.

        Args:
            rows: Field id → value as it is to be stored, `EMPTY` to clear; what is absent is left alone.
            mode: As in the target's settings.
            key: Id of the field that rows are matched by.
        """
        named = []
        for number, row in enumerate(rows, start=1):
            try:
                named.append(self._take(row, mode, key))
            except RejectedError:
                self.rejected.append(number)
        if mode == "mirror" and named and not self.rejected:
            self.existing = {i: fields for i, fields in self.existing.items() if any(fields is n for n in named)}

    def _take(self, row, mode, key):
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


def _written(fields, row):
    fields.update(row)
    for name in [name for name, value in fields.items() if value is EMPTY]:
        del fields[name]
    return fields


def _same(stored, given):
    return stored == given and isinstance(stored, bool) == isinstance(given, bool)


def _sortable(fields):
    return sorted((name, repr(value)) for name, value in fields.items())
