"""Two streams of one input: parents, and children that name them by a key."""

from __future__ import annotations

from itertools import chain, zip_longest
from typing import NamedTuple

from tests.helpers.run import records, schema, state
from tests.world import model
from tests.world import strategies as draw


class Link(NamedTuple):
    """In place of a reference in what a table must hold: the one record of a table that has a key."""

    table_id: str
    field_id: str
    key: object

    def resolved(self, database):
        """Return the id of that record, as it is stored now."""
        found = [r.id for r in database.records(self.table_id) if r.fields.get(self.field_id) == self.key]
        assert len(found) == 1, (self, found)
        return found[0]


class Family:
    """Parents and children on their way into two tables, and what their rows mean."""

    @classmethod
    def of(cls, database, drawn):
        """Return what can be loaded into two tables of which one refers to the other; None if there are none."""
        places = [
            (child_id, field_id, raw["refTypeId"])
            for child_id, table in database.tables.items()
            for field_id, raw in table.fields.items()
            if raw["base"] == "ref" and raw.get("refTypeId") in database.tables and raw["refTypeId"] != child_id
        ]
        fit = [place for place in places if all(_has_clear_names(database, table_id) for table_id in place[::2])]
        return cls(database, drawn, *fit[drawn.place % len(fit)]) if fit else None

    mode = "family"

    def __init__(self, database, drawn, child_id, field_id, parent_id):
        self.database, self.drawn = database, drawn
        self.child_id, self.field_id, self.parent_id = child_id, field_id, parent_id
        self.child_key, self.parent_key = _key_of(database, child_id), _key_of(database, parent_id)
        self.parents = [draw.row_of(_fields_of(database, parent_id), pick) for pick in drawn.parents]
        pool = draw.VALUES[database.tables[parent_id].fields[self.parent_key]["base"]]
        keys = [key for key in pool if str(key).strip()]  # a text of nothing but spaces names no record
        self.children, seen = [], set()
        for number, pick in enumerate(drawn.children):
            sent, stored = draw.row_of(_fields_of(database, child_id), pick)
            if stored.get(self.child_key) not in seen:  # else it depends on batches which of two links counts
                seen.add(stored.get(self.child_key))
                link = Link(parent_id, self.parent_key, keys[(pick + number) % len(keys)])
                self.children.append(({**sent, field_id: link.key}, {**stored, field_id: link}))
        self.settings = {
            "parents": _settings(parent_id, _fields_of(database, parent_id)),
            "children": {
                **_settings(child_id, [*_fields_of(database, child_id), field_id]),
                "references": {f"p_{field_id.lower()}": self.parent_key},
                "on_missing": drawn.on_missing,
            },
        }

    @property
    def messages(self):
        """Return the input: children first, parents first, or one after the other in turn."""
        parents = [_schema("parents", self.parent_key, _fields_of(self.database, self.parent_id)),
                   *records("parents", [_named(sent) for sent, _ in self.parents])]  # fmt: skip
        children = [
            _schema("children", self.child_key, [*_fields_of(self.database, self.child_id), self.field_id]),
            *records("children", [_named(sent) for sent, _ in self.children]),
        ]
        match self.drawn.order:
            case "children first":
                rows = [*children, *parents]
            case "parents first":
                rows = [*parents, *children]
            case _:
                rows = [row for row in chain(*zip_longest(children, parents)) if row is not None]
        return [*rows, state({"rows": len(rows)})]

    def with_deletions(self, drawn):
        """Return the input with rows between that mark parents as deleted, and the keys of the parents that live on.

        Args:
            drawn: Pairs of numbers: which parent, and how many messages come before the mark.
        """
        name, ids = f"p_{self.parent_key.lower()}", self.ids_by_key(self.parent_id, self.parent_key)
        messages, rows = self.messages, iter([stored.get(self.parent_key) for _, stored in self.parents])
        marked = [(list(ids)[pick % len(ids)], place) for pick, place in drawn if ids]
        for message in messages:
            if message["type"] == "SCHEMA" and message["stream"] == "parents":
                message["schema"]["properties"]["_sdc_deleted_at"] = {"type": ["null", "string"]}
        first = next(n for n, message in enumerate(messages) if message.get("stream") == "parents") + 1
        for key, place in marked:
            mark = records("parents", [{name: key, "_sdc_deleted_at": "2026-01-01T00:00:00Z"}])
            at = first + place % (len(messages) - first)
            messages[at:at] = mark
        lives = {}
        for message in messages:
            if message["type"] == "RECORD" and message["stream"] == "parents":
                is_marked = "_sdc_deleted_at" in message["record"]
                lives[message["record"][name] if is_marked else next(rows)] = not is_marked
        return messages, {key for key, does_live in lives.items() if does_live}

    @property
    def cascades(self):
        """Whether Ninox deletes children along with their parent."""
        return bool(self.database.tables[self.child_id].fields[self.field_id].get("cascade"))

    def marked(self, messages):
        """Return the keys of parents that some row says to be deleted."""
        name = f"p_{self.parent_key.lower()}"
        return {m["record"][name] for m in messages if "_sdc_deleted_at" in m.get("record", ())}

    def ids_by_key(self, table_id, key_field):
        """Return key → id of all records that have one which no other has."""
        found = {}
        for record in self.database.records(table_id):
            found.setdefault(record.fields.get(key_field), []).append(record.id)
        return {key: ids[0] for key, ids in found.items() if len(ids) == 1 and key is not None and str(key).strip()}

    def held(self, table_id=None):
        """Return the fields of all records of a table, as they are now."""
        return [dict(record.fields) for record in self.database.records(table_id or self.child_id)]

    @property
    def has_each_key_once(self):
        keys = [stored.get(self.parent_key) for _, stored in self.parents]
        return len(keys) == len(set(keys))

    def expected(self):
        """Return table id → what it must hold.

        A child whose parent is not one record is rejected, or loaded without it if there is none and that is asked for.
        """
        tables = {key: model.Table(self.database.records(key)) for key in self.database.tables}
        parents = tables[self.parent_id]
        parents.load([stored for _, stored in self.parents], mode="upsert", key=self.parent_key, is_whole=False)
        held = [fields.get(self.parent_key) for fields in (*parents.existing.values(), *parents.made)]
        missing = draw.BAD if self.drawn.on_missing == "reject" else draw.EMPTY
        link_by_count = {0: {self.field_id: missing}, 1: {}}
        rows = [
            {**stored, **link_by_count.get(held.count(stored[self.field_id].key), {self.field_id: draw.BAD})}
            for _, stored in self.children
        ]
        tables[self.child_id].load(rows, mode="upsert", key=self.child_key, is_whole=False)
        return tables

    def check(self, expected):
        """All tables hold what they must, each link leads to the record of its key, and nothing else changed."""
        for table_id, table in expected.items():
            for fields in (*table.existing.values(), *table.made):
                for key, value in fields.items():
                    if isinstance(value, Link):
                        fields[key] = value.resolved(self.database)
            now = list(self.database.records(table_id))
            held = {record.id: record.fields for record in now}
            assert table.equals(now), f"{table_id}: holds {held}, not {table.existing} and {table.made}"


def _key_of(database, table_id):
    fields = _fields_of(database, table_id)
    return next(iter(fields), None)


def _fields_of(database, table_id):
    """Return the fields that rows fill, the key first."""
    fields = {key: raw for key, raw in database.tables[table_id].fields.items() if raw["base"] in draw.LOADED}
    key = next((key for key, raw in fields.items() if raw["base"] in draw.KEYS), None)
    return {} if key is None else {key: fields.pop(key), **fields}


def _has_clear_names(database, table_id):
    """Tell whether a table has a key, and ids that are the name of nothing else."""
    tables = {key: table.caption for key, table in database.tables.items()}
    columns = {key: raw["caption"] for key, raw in database.tables[table_id].fields.items()}
    return _key_of(database, table_id) is not None and all(
        draw.is_clear(name, known) for name, known in ((table_id, tables), *((key, columns) for key in columns))
    )


def _settings(table_id, fields):
    return {"table": table_id, "fields": {f"p_{key.lower()}": key for key in fields}}


def _named(sent):
    return {f"p_{key.lower()}": value for key, value in sent.items()}


def _schema(stream, key, fields):
    return schema(stream, key=[f"p_{key.lower()}"], **{f"p_{name.lower()}": {} for name in fields})
