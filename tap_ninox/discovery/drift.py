"""What changed in Ninox since the catalog was saved, or since the state was written: one line per table or field.

None of it breaks a run, but people should know that a field is not read, that a name has changed, or that rows were
loaded before a field existed.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from ninox_api.schema import FORMULA, DatabaseName, DatabaseSchema, Field, Table
from ninox_singer.identifiers import make_identifier
from ninox_singer.types import field_type
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.known_tables import TIME_ZONE, KnownField, KnownTable, TableKey, first_columns
from tap_ninox.rows.columns import Column

DriftKind = Literal[
    "table_added", "table_renamed", "table_removed", "stream_renamed", "stream_kept",
    "field_added", "field_renamed", "field_retyped", "field_removed",
    "property_renamed", "property_selected", "no_property_selected", "values_reshaped",
    "stays_left_out",
]  # fmt: skip
"""What reports call a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One difference between a table as it was known and as it is.

    Attributes:
        stream: The stream that is meant, if the table has one.
        field_id: Empty for a table.
        before: Caption or type as it was known; None for what is new.
        after: Caption or type as it is; None for what is gone.
        message: The difference and what to do about it, as a sentence.
    """

    kind: DriftKind
    database_id: str
    table_id: str
    stream: str | None
    field_id: str = ""
    before: str | None = None
    after: str | None = None
    message: str

    @classmethod
    def of(
        cls, key: TableKey, stream: str, kind: DriftKind, message: str, *, field_id: str = "",
        before: str | None = None, after: str | None = None,
    ) -> Drift:  # fmt: skip
        """Return a difference of a table that is read, or was: its message begins with the name of the stream."""
        database_id, table_id = key
        return cls(
            kind=kind,
            database_id=database_id,
            table_id=table_id,
            stream=stream,
            field_id=field_id,
            before=before,
            after=after,
            message=f"{stream}: {message}",
        )

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is the same for one difference, wherever it was noticed."""
        return (self.database_id, self.table_id, self.field_id, self.kind)


def _refresh_once(stream: str) -> str:
    """Return how to refresh one stream in full without reading any other again."""
    names = json.dumps([stream], ensure_ascii=False)
    return f"run once with refresh: {names} (TAP_NINOX_REFRESH='{names}')"


def _fill_older_rows(stream: str) -> str:
    """Return how to fill a property for rows that were loaded before."""
    return f"to fill it for rows that were loaded before, {_refresh_once(stream)}"


def _bring_into_one_form(stream: str) -> str:
    """Return how to have rows that were loaded before in the form of now."""
    return f"rows that were loaded before keep their form; to bring all into one, {_refresh_once(stream)}"


def filled_in(drift: Drift) -> Drift:
    """Return a difference as it is reported after this run has sent all rows: nothing is left to do."""
    stream = drift.stream or ""
    message = drift.message.replace(_fill_older_rows(stream), "this run has filled it for all rows")
    return replace(drift, message=message.replace(_bring_into_one_form(stream), "this run has sent all rows in it"))


def properties_selected(entry: TableEntry, names: Iterable[str]) -> Iterator[Drift]:
    """Yield the properties that are read now, but were not when older rows were."""
    fields = {column.name: column.field_id for column in entry.columns}
    for name in names:
        message = f"{name} was not read before; {_fill_older_rows(entry.stream)}."
        yield Drift.of(entry.key, entry.stream, "property_selected", message, field_id=fields.get(name, ""), after=name)


def table_added(database: DatabaseName, table: Table, entry: TableEntry | None) -> Drift:
    """Return that a table is new, which may have no stream yet."""
    then = f"its stream is {entry.stream}." if entry else "discover again to read it."
    return Drift(
        kind="table_added",
        database_id=database.id,
        table_id=table.id,
        stream=entry.stream if entry else None,
        after=table.name,
        message=f"Table {table.name!r} of {database.name!r} is new: {then}",
    )


def nothing_selected(entry: TableEntry) -> Drift:
    """Return that a catalog selects a stream and none of its fields: more often by mistake than on purpose."""
    return Drift.of(
        entry.key,
        entry.stream,
        "no_property_selected",
        "the catalog selects it and none of its fields: its rows have nothing but keys. A select rule names both: "
        f'"{entry.stream}.*" selects all of them, "!{entry.stream}.*" leaves the stream out.',
    )


def not_selected(entry: TableEntry, column: Column, *, shown: str) -> Drift:
    """Return that a field is new and not read: its table goes on under its old name, which the catalog does not have.

    Args:
        entry: The table.
        column: The first property of the field, or another one.
        shown: What the catalog calls the stream.
    """
    alias = _set_aliases({".".join(entry.key): entry.stream})
    message = (
        f"field {column.title!r} is new and is not read: the table goes on under its name of before, and no select "
        f"rule hits {shown!r}, as the catalog calls it. To have rules for {entry.stream} hit it again, {alias}; then "
        f"{_fill_older_rows(entry.stream)}."
    )
    return Drift.of(entry.key, entry.stream, "field_added", message, field_id=column.field_id, after=column.title)


def stays_left_out(entry: TableEntry, properties: Sequence[tuple[str, str, Column | None]], *, shown: str) -> Drift:
    """Return that something stays left out, though a catalog selects it under another name.

    Args:
        entry: The table.
        properties: Those that stay out: what each is called, what the catalog calls it, and its column; None for one
            that every table has. Empty if the whole table stays out.
        shown: What the catalog calls the stream.
    """
    aliases = {} if shown == entry.stream else {".".join(entry.key): entry.stream}
    for name, other, column in properties:
        if column is not None and name != other:
            base = name.removesuffix(f"_{column.part}") if column.part else name
            aliases[".".join((*entry.key, column.field_id))] = base
    what = ", ".join(name for name, _, _ in properties) or "the table"
    rules = [f"{shown}.{other}" for _, other, _ in properties] or [f"{shown}.*"]
    message = (
        f"{what} was left out before, and stays out: the catalog selects it under another name, where the rule that "
        f"left it out may not hit it. Add {json.dumps([f'!{rule}' for rule in rules], ensure_ascii=False)} to the "
        f"select rules: without a state, as in a full refresh, nothing else leaves it out. To read it, select "
        f"{' and '.join(rules)} by that name under Meltano; or, and to have rules for the name of before decide, "
        f"{_set_aliases(aliases)}."
    )
    return Drift.of(entry.key, entry.stream, "stays_left_out", message, before=what, after=", ".join(rules))


def _set_aliases(aliases: Mapping[str, str]) -> str:
    return f"set aliases: {json.dumps(aliases, ensure_ascii=False)}"


class Comparison:
    """A table as it was known beside what it is now, and its stream of this run, which may have another name."""

    def __init__(self, known: KnownTable, entry: TableEntry | None, schema: DatabaseSchema) -> None:
        """Take the table as it was known, its entry in this run if it has one, and the schema of its database."""
        self._known = known
        self._entry = entry
        self._schema = schema
        self._table = schema.by_id.get(known.table_id)
        self._stream = entry.stream if entry else known.stream
        self._columns = first_columns(entry.columns) if entry else {}
        self._drift = partial(Drift.of, known.key, self._stream)

    def differences(self) -> Iterator[Drift]:
        """Yield what is different; of a table that is gone, that alone."""
        known, table, plain = self._known, self._table, self._entry.plain_name if self._entry else ""
        if table is None:
            yield self._drift("table_removed", f"table {known.name!r} is gone.", before=known.name)
            return
        if table.name != known.name:
            message = f"table {known.name!r} is now called {table.name!r}; {self._advise_on_stream_name()}"
            yield self._drift("table_renamed", message, before=known.name, after=table.name)
        elif self._stream != known.stream:
            message = f"table {table.name!r} is named differently now; {self._advise_on_stream_name()}"
            yield self._drift("stream_renamed", message, before=known.stream, after=self._stream)
        elif known.plain_name and plain not in {"", known.plain_name}:
            message = (
                f"as databases are called now, and by stream_name_format, it would be {plain} and no longer "
                f"{known.plain_name}; {self._advise_on_stream_name()}"
            )
            yield self._drift("stream_kept", message, before=known.plain_name, after=plain)
        before, now = known.fields, {field.id: field for field in table.fields}
        for field_id, field in before.items():
            if field_id in now:
                yield from self._compare_field(field, now[field_id])
            elif self._schema.lists_formulas or field.type != FORMULA:
                then = "stays empty" if field_id in self._columns else "is sent no more"
                message = f"field {field.name!r} is gone; {field.property} {then}."
                yield self._drift("field_removed", message, field_id=field_id, before=field.name)
        for new in now.values():
            if new.id not in before and not field_type(new.type).is_reverse_reference:
                message = f"field {new.name!r} is new: {self._advise_on_new_column(new)}."
                yield self._drift("field_added", message, field_id=new.id, after=new.name)

    def _compare_field(self, known: KnownField, field: Field) -> Iterator[Drift]:
        """Yield what is different of a field that is still there."""
        column = self._columns.get(field.id)
        name, computed_as = (column.name, column.computed_as) if column else (known.property, "")
        is_retyped, is_renamed = field.type != known.type, name != known.property
        # Under its old name, it is reported with what shapes values, until all rows came again.
        is_read_otherwise = is_renamed and "" != known.computed_as != computed_as != ""
        had_a_name = known.type != FORMULA or known.computed_as != ""  # else nobody has seen it
        if field.name != known.name:
            then = "." if is_retyped and is_renamed else f"; {self._advise_on_property_name(field, known, name)}"
            message = f"field {known.name!r} is now called {field.name!r}{then}"
            yield self._drift("field_renamed", message, field_id=field.id, before=known.name, after=field.name)
        elif is_renamed and not is_retyped and had_a_name and not is_read_otherwise:
            message = (
                f"field {field.name!r} is named differently now; {self._advise_on_property_name(field, known, name)}"
            )
            yield self._drift("property_renamed", message, field_id=field.id, before=known.property, after=name)
        if is_read_otherwise:
            message = (
                f"formula {field.name!r} was read as {known.computed_as} and is read as {computed_as}; "
                f"{self._advise_on_other_type(field, known)}"
            )
            yield self._drift("field_retyped", message, field_id=field.id, before=known.computed_as, after=computed_as)
        if is_retyped:
            then = self._advise_on_other_type(field, known)
            message = f"field {field.name!r} changed from {known.type} to {field.type}; {then}"
            yield self._drift("field_retyped", message, field_id=field.id, before=known.type, after=field.type)

    def _alias(self, *path: str) -> str:
        """Return how to keep a name: the setting with the object's id and the old name."""
        *ids, name = path
        return _set_aliases({".".join((*self._known.key, *ids)): name})

    # What follows from a difference, and what to do about it.

    def _advise_on_stream_name(self) -> str:
        old, new, plain = self._known.stream, self._stream, self._entry and self._entry.plain_name
        if old != new:
            return f"the stream was {old}, which gets no more rows. To keep that name, {self._alias(old)}"
        if not plain or plain == old:
            return "the stream keeps its name."
        return f"the stream keeps its name. To rename it, {self._alias(plain)}"

    def _advise_on_property_name(self, field: Field, known: KnownField, name: str) -> str:
        if name != known.property:
            alias = self._alias(field.id, known.property)
            return f"the property was {known.property} and is {name}. To keep that name, {alias}"
        plain = make_identifier(field.name, fallback=field.id)
        other = f" To rename it, {self._alias(field.id, plain)}" if plain != name else ""
        return f"the property stays {name}.{other}"

    def _advise_on_new_column(self, field: Field) -> str:
        column = self._columns.get(field.id)
        if column is None:
            return f"discover again to read it, and {_fill_older_rows(self._stream)}"
        if not column.is_stored:
            return "it is computed, and not read unless it is selected"
        return f"its property is {column.name}; {_fill_older_rows(self._stream)}"

    def _advise_on_other_type(self, field: Field, known: KnownField) -> str:
        column = self._columns.get(field.id)
        if column is None:
            return f"{self._advise_on_new_column(field)}."
        advice = _fill_older_rows(self._stream)
        if column.name == known.property:
            return f"its property stays {column.name}; {advice}."
        return (
            f"its property is {column.name} now, and {known.property} keeps the values of before; {advice}. For a "
            f"loader that can alter a column, {self._alias(field.id, known.property)}"
        )


def values_reshaped(
    entry: TableEntry, before: Mapping[str, str], now: Mapping[str, str], *, fields: Container[str]
) -> Iterator[Drift]:
    """Yield what shapes values in another way than when a table was read, and formulas that its rows do not have.

    Args:
        entry: The table.
        before: What shaped its rows.
        now: What shapes those of this run.
        fields: Ids of the fields that were known then; that the others are new is reported anyway.
    """
    columns = first_columns(entry.columns)
    for key in sorted({*before, *now}):
        old, new = before.get(key), now.get(key)
        if old == new or (key != TIME_ZONE and new is None):
            continue  # a formula that is not read any more is in no row
        if key != TIME_ZONE and old is None:
            yield from properties_selected(entry, [columns[key].name] if key in fields else [])
            continue
        what = f"the type of formula {columns[key].name}" if key in columns else key
        message = f"{what} was {old or 'not set'} and is {new or 'not set'}: {_bring_into_one_form(entry.stream)}."
        field_id = key if key in columns else ""
        yield Drift.of(entry.key, entry.stream, "values_reshaped", message, field_id=field_id, before=old, after=new)
