"""Which tables and fields are meant in a catalog that has their names alone: it was edited, or made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.protocol import DATABASE_ID, FIELD_ID, IDENTITY, PART, TABLE_ID
from tap_ninox.discovery.catalog import METADATA_KEY, TableEntry, describe_column
from tap_ninox.discovery.known_tables import KnownTable, TableKey
from tap_ninox.discovery.overrides import takes
from tap_ninox.discovery.saved_stream import (
    OWN_PROPERTIES,
    UNSAID,
    JsonObject,
    is_property_selected,
    is_selected,
    read_metadata,
    write_metadata,
)
from tap_ninox.rows.columns import Column


@dataclass(frozen=True, kw_only=True)
class TableNames:
    """Tables by what catalogs may call them.

    Attributes:
        used: Each as this run calls it.
        shown: Each as a discovery calls it that has no state.
        known: What the state knows of them.
    """

    used: Mapping[TableKey, TableEntry]
    shown: Mapping[TableKey, TableEntry]
    known: Mapping[TableKey, KnownTable]

    @cached_property
    def keys(self) -> Mapping[str, Sequence[TableKey]]:
        """Stream → tables that it may be."""
        keys: dict[str, list[TableKey]] = {}
        for entry in (*self.used.values(), *self.shown.values()):
            if entry.key not in keys.setdefault(entry.stream, []):
                keys[entry.stream].append(entry.key)
        return keys

    def identify(self, stream: JsonObject) -> JsonObject:
        """Return a stream with the ids of its table and fields in its metadata, where a name says them.

        Raises:
            NinoxConfigError: A name may mean several.
        """
        key = self.find(stream)
        if key is None:
            return stream
        metadata, is_stream_read = read_metadata(stream), is_selected(stream)
        if metadata[()] == UNSAID:
            metadata[()] = {"selected-by-default": not self.used[key].is_hidden}
        metadata[()].setdefault(METADATA_KEY, self.used[key].metadata()[()].to_dict()[METADATA_KEY])
        properties = {**stream["schema"]["properties"]}
        names = {}
        for name, item in metadata.items():
            if name and METADATA_KEY in item:
                names[item[METADATA_KEY].get("field_id"), item[METADATA_KEY].get("part", "")] = name[-1]
        for name in sorted(properties, key=lambda name: name in {column.name for column in self.used[key].columns}):
            place = "properties", name
            if name in OWN_PROPERTIES or METADATA_KEY in metadata.get(place, {}):
                continue
            is_chosen = is_property_selected(metadata.get(place, {}))
            column = self.find_column(key, name, properties[name], is_read=is_chosen and is_stream_read)
            if column is None:
                continue
            other = names.setdefault((column.field_id, column.part), name)
            if other == name:
                metadata[place] = {**metadata.get(place, {}), **describe_column(column)}
            elif is_chosen:  # Meltano's `schema` names what it was called before: its catalog is made without the state
                properties[other] = properties.pop(name) or properties[other]
                metadata.pop(place, None)
            else:  # it may be secret: what leaves it out under one of its names counts, and under that name it stays so
                properties[name] = properties.pop(other, None) or properties[name]
                metadata[place] = {**metadata.pop(("properties", other)), "selected": False}
                names[column.field_id, column.part] = name
        schema = {**stream["schema"], "properties": properties}
        return {**stream, "schema": schema, "metadata": write_metadata(metadata)}

    def find(self, stream: Mapping[str, Any]) -> TableKey | None:
        """Return which table a stream of a catalog is, None if it is none."""
        told: list[Any]
        ninox = read_metadata(stream)[()].get(METADATA_KEY) or {}
        schema = stream["schema"].get(IDENTITY) or {}
        told = [(ninox.get("database_id"), ninox.get("table_id")), (schema.get(DATABASE_ID), schema.get(TABLE_ID))]
        if entry := next((self.used[key] for key in told if key in self.used), None):
            return entry.key
        name = stream["tap_stream_id"]
        keys = self.keys.get(name, ())
        if len(keys) > 1 and is_selected(stream):
            named = [f"{'.'.join(key)} ({self.used[key].table_name!r})" for key in keys]
            message = f"catalog: {name!r} may be table {_either(named)}"
            raise NinoxConfigError(message)
        return keys[0] if len(keys) == 1 else None

    def find_column(self, key: TableKey, name: str, schema: Mapping[str, Any], *, is_read: bool) -> Column | None:
        """Return which property of a table one of a catalog is; None if none, or if it may be two and is not read."""
        used = {(column.field_id, column.part): column for column in self.used[key].columns}
        own = schema.get(IDENTITY) or {}
        if column := used.get((own.get(FIELD_ID, ""), own.get(PART, ""))):
            return column
        shown = (column for entry in (self.used[key], self.shown[key]) for column in entry.columns)
        places = list(dict.fromkeys((column.field_id, column.part) for column in shown if column.name == name))
        if len(places) > 1 and is_read:
            named = [f"{place[0]} ({used[place].title!r})" for place in places]
            message = f"catalog: {name!r} of {self.used[key].stream} may be field {_either(named)}"
            raise NinoxConfigError(message)
        return self._as_of(key, used[places[0]], schema) if len(places) == 1 else None

    def _as_of(self, key: TableKey, column: Column, schema: Mapping[str, Any]) -> Column:
        """Return a property with the type that it had when somebody wrote its schema, if that was another one."""
        before = self.known.get(key)
        if before is None or takes(schema, column.json_type):
            return column
        others = (
            c for c in (*before.columns, *before.former) if (c.field_id, c.part) == (column.field_id, column.part)
        )
        return next((replace(column, type=c.type) for c in others if takes(schema, c.json_type)), column)


def _either(named: Sequence[str]) -> str:
    return f"{' or '.join(named)}. Say which in the metadata, as --discover writes it."
