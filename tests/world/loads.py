"""What a target is sent: a stream as it was drawn, or one that empties a table, and what either means."""

from __future__ import annotations

from itertools import cycle

from tests.helpers.run import activate_version, records, schema, state
from tests.world import strategies as draw


class Load:
    """A stream as the target gets it, and what it means."""

    @classmethod
    def of(cls, database, stream, *, always=None):
        """Return the load of a stream, or None if its table has no field any more that could be its key.

        Args:
            database: Where it goes.
            stream: What was drawn.
            always: Field id → value that each row has, whatever was drawn for it.
        """
        table_ids = list(database.tables)
        table_id = table_ids[stream.table % len(table_ids)]
        fields = {key: raw for key, raw in database.tables[table_id].fields.items() if raw["base"] in draw.LOADED}
        keys = (key for key, raw in fields.items() if raw["base"] in draw.KEYS and key not in (always or ()))
        key = next(keys, None)
        if key is None:
            return None
        return cls(database, table_id, {key: fields.pop(key), **fields}, stream, always or {})

    def __init__(self, database, table_id, fields, stream, always):
        self.database, self.mode, self.key = database, stream.mode, next(iter(fields))
        self.place = database.id, table_id
        drawn = (draw.row_of(fields, pick) for pick in stream.rows)
        rows = [({**sent, **always}, {**stored, **always}) for sent, stored in drawn]
        self.stored_rows = [stored for _, stored in rows]
        tables = {key: table.caption for key, table in database.tables.items()}
        columns = {key: raw["caption"] for key, raw in database.tables[table_id].fields.items()}
        named_fields = {f"p_{key.lower()}": draw.name_of(key, columns) for key in fields}
        named_table = draw.name_of(table_id, tables)
        self.ambiguous = [
            name
            for name, known in ((named_table, tables), *((name, columns) for name in named_fields.values()))
            if not draw.is_clear(name, known)
        ]
        self.settings = {"input": {"table": named_table, "mode": stream.mode, "fields": named_fields}}
        described = schema("input", key=[f"p_{self.key.lower()}"], **{f"p_{key.lower()}": {} for key in fields})
        sent_rows = [{f"p_{key.lower()}": value for key, value in sent.items()} for sent, _ in rows]
        self.tap, self.is_whole = stream.tap, stream.tap in draw.WHOLE_TAPS
        knows_versions = stream.mode == "mirror" and self.tap in {"activates", "went on", "is cut off"}
        self._rows = records("input", sent_rows, version=1 if knows_versions else None)
        self._described, self._states_after = described, stream.states_after

    def held(self):
        """Return the fields of all records of its table, as they are now."""
        return [dict(record.fields) for record in self.database.records(self.place[1])]

    @property
    def has_each_key_once(self):
        keys = [row.get(self.key) for row in self.stored_rows]
        return len(keys) == len(set(keys))

    @property
    def keys(self):
        """The keys of rows that can be loaded."""
        rows = [row for row in self.stored_rows if draw.BAD not in row.values()]
        return [row[self.key] for row in rows if row.get(self.key, draw.EMPTY) is not draw.EMPTY]

    @property
    def messages(self):
        return self.messages_from(0)

    def messages_after(self, run):
        """Return what a tap sends that begins at the last state of a run."""
        return self.messages_from(run.state.get("rows", 0) if run is not None and run.state else 0)

    def messages_from(self, count):
        if self.mode == "mirror":
            return self._as_mirrored()
        messages = [self._described]
        for number, row in enumerate(self._rows[count:], start=count + 1):
            messages.append(row)
            if self.mode != "mirror" and self._states_after and number % self._states_after == 0:
                messages.append(state({"rows": number}))
        return [*messages, state({"rows": len(self._rows)})]

    def _as_mirrored(self):
        """Return what the stream's tap sends: by some it is certain that all came, by others it is not."""
        messages, activated = [self._described, *self._rows], activate_version("input")
        match self.tap:
            case "activates":
                return [*messages, activated, state({"rows": 0})]
            case "has no state":
                return [*messages, state({"bookmarks": {"input": {}}})]
            case "went on":
                return [state({"bookmarks": {"shop-input": {"xmin": 7, "version": 1}}}), *messages, activated]
            case "follows":
                return [*messages, state({"bookmarks": {"elsewhere": {"since": "2026-01-01"}}})]
            case "is cut off":
                return messages
            case "filters dates":
                return [{**self._described, "bookmark_properties": ["since"]}, *self._rows, state({})]
            case "activates before":
                return [self._described, activated, *self._rows]


class Clearing:
    """A stream of rows for some records of a table, and of deletions of the others, told or left to a mirror."""

    mode = "clearing"

    @classmethod
    def of(cls, database, table, keeps, way):
        """Return it, None if the table has no record that a key tells from the others."""
        table_id = list(database.tables)[table % len(database.tables)]
        fields = database.tables[table_id].fields
        key = next((key for key, raw in fields.items() if raw["base"] in draw.KEYS), None)
        names = [(table_id, {i: t.caption for i, t in database.tables.items()})]
        names += [(key, {i: raw["caption"] for i, raw in fields.items()})]
        if key is None or not all(draw.is_clear(*pair) for pair in names):
            return None
        found = {}
        for record in database.records(table_id):
            found.setdefault(record.fields.get(key), []).append(record.id)
        known = {value: ids[0] for value, ids in found.items() if len(ids) == 1 and str(value or "").strip()}
        return cls(database, table_id, key, known, keeps, way) if known else None

    def __init__(self, database, table_id, key, known, keeps, way):
        self.database, self._table_id, self._way = database, table_id, way
        self._living = {number for (value, number), keep in zip(known.items(), cycle(keeps), strict=False) if keep}
        self._dead = set(known.values()) - self._living
        mark = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"}
        rows = [{"p_key": value} for value, number in known.items() if number in self._living]
        marks = [{"p_key": value, **mark} for value, number in known.items() if number in self._dead]
        described = schema(
            "input", key=["p_key"], p_key={}, **({"_sdc_deleted_at": "string"} if way != "mirror" else {})
        )
        sent = rows if way == "mirror" else [*marks, *rows]
        self.messages = [described, *records("input", sent), state({"bookmarks": {"input": {}}})]
        mode = "mirror" if way == "mirror" else "upsert"
        self.settings = {"input": {"table": table_id, "fields": {"p_key": key}, "mode": mode}}

    def touch(self, picks):
        """Let somebody edit records that are to be deleted: a server may list those last."""
        for number in sorted(self._dead & self._now()):
            if number % 9 in picks:
                self.database.update(self._table_id, number, {})

    @property
    def is_certain(self):
        """Whether something is to be deleted that nothing keeps from it."""
        return self._way != "mirror" and bool(self._dead & self._now()) and not self._closure(self._dead) & self.kept()

    def kept(self):
        """Return (database, table, record id) of the records for which rows come."""
        return {(self.database.id, self._table_id, number) for number in self._living}

    def mortal(self):
        """Return (database, table, record id) of what may be deleted, with all that Ninox deletes along."""
        return self._closure(self._dead if self._way != "mirror" else self._now() - self._living)

    def _now(self):
        return {record.id for record in self.database.records(self._table_id)}

    def _closure(self, numbers):
        todo = [(self._table_id, number) for number in numbers]
        found = set(todo)
        while todo:
            parent_table, parent = todo.pop()
            for child_table, table in self.database.tables.items():
                for field_id, raw in table.fields.items():
                    if raw["base"] == "ref" and raw.get("refTypeId") == parent_table and raw.get("cascade"):
                        children = {
                            (child_table, record.id)
                            for record in self.database.records(child_table)
                            if record.fields.get(field_id) == parent
                        }
                        todo += children - found
                        found |= children
        return {(self.database.id, *place) for place in found}

    def held(self):
        """Return the fields of all records of its table, as they are now."""
        return [dict(record.fields) for record in self.database.records(self._table_id)]
