"""Table streams as the catalog describes them: made by discovery, or read back from a saved catalog.

A saved catalog carries all that reading needs (ids, types, options), so that a key that may not read schemas can still
sync; and it pins names, so that a caption renamed in Ninox keeps its property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any

from singer_sdk.singerlib import Metadata, MetadataMapping, StreamMetadata

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import FORMULA, DatabaseName
from ninox_singer.protocol import (
    DATABASE_ID,
    IDENTITY,
    RECORD_ID,
    SEQUENCE,
    STREAM,
    SYSTEM_PROPERTIES,
    TABLE_ID,
    TEAM_ID,
)
from tap_ninox.rows.columns import Column

METADATA_KEY = "ninox"
JsonObject = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class NinoxMetadata(Metadata):
    """Property metadata with the field it comes from."""

    ninox: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class NinoxStreamMetadata(StreamMetadata):
    """Stream metadata with the table it comes from."""

    ninox: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """One table as a stream.

    Attributes:
        stream: Stream name, at most 62 bytes unless 0.1 made it.
        columns: Properties beside the system ones.
        plain_name: What the stream would be called by the caption of now, if that is known.
    """

    stream: str
    team_id: str
    database: DatabaseName
    table_id: str
    table_name: str
    is_hidden: bool
    columns: tuple[Column, ...]
    plain_name: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies its table: the ids of database and table."""
        return self.database.id, self.table_id

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the stream."""
        properties = {name: dict(schema) for name, schema in SYSTEM_PROPERTIES.items()}
        properties.update((column.name, column.json_type) for column in self.columns)
        schema = {"type": "object", "properties": properties}
        self.identify(schema)
        return schema

    def identify(self, schema: dict[str, Any]) -> None:
        """Say in a schema which table and fields are meant, in keywords that every other consumer ignores.

        The SDK's own schemas (0.54) drop keywords that they do not know, so it is said again wherever one comes back.
        """
        table = {TEAM_ID: self.team_id, DATABASE_ID: self.database.id, TABLE_ID: self.table_id, STREAM: self.stream}
        schema.update({"title": self.table_name, IDENTITY: table})
        properties = schema["properties"]
        for column in self.columns:
            if column.name in properties:
                properties[column.name] = {**properties[column.name], **column.identity}

    def describe(self, metadata: list[dict[str, Any]]) -> None:
        """Say in a catalog's metadata which table and fields are meant: the SDK keeps only what it knows of one."""
        own = {breadcrumb: item.to_dict().get(METADATA_KEY) for breadcrumb, item in self.metadata().items()}
        for item in metadata:
            if described := own.get(tuple(item["breadcrumb"])):
                item["metadata"][METADATA_KEY] = described

    def metadata(self) -> MetadataMapping:
        """Return the catalog's metadata: selection defaults, and which Ninox objects are meant."""
        mapping = MetadataMapping()
        mapping[()] = NinoxStreamMetadata(
            inclusion=Metadata.InclusionType.AVAILABLE,
            selected_by_default=not self.is_hidden,
            table_key_properties=[RECORD_ID],
            replication_key=SEQUENCE,
            valid_replication_keys=[SEQUENCE],
            ninox={
                "team_id": self.team_id,
                "database_id": self.database.id,
                "database": self.database.name,
                "table_id": self.table_id,
                "table": self.table_name,
            },
        )
        for name in SYSTEM_PROPERTIES:
            automatic = name in {RECORD_ID, SEQUENCE}
            inclusion = Metadata.InclusionType.AUTOMATIC if automatic else Metadata.InclusionType.AVAILABLE
            mapping["properties", name] = NinoxMetadata(inclusion=inclusion)
        for column in self.columns:
            mapping["properties", column.name] = column_metadata(column)
        return mapping


def column_metadata(column: Column) -> NinoxMetadata:
    """Return the catalog's metadata of a property: whether it can be read, and which field it is."""
    unsupported = not column.is_readable
    ninox: dict[str, Any] = {"field_id": column.field_id, "field": column.title, "type": column.type}
    if column.part:
        ninox["part"] = column.part
    if column.captions:
        ninox["choices"] = dict(column.captions)
    if column.type == FORMULA:
        ninox["computed"] = True
    if column.computed_as:
        ninox["computed_as"] = column.computed_as
    known = {name: getattr(column, name) for name in ("formula", "target_table_id", "target_database")}
    ninox.update({name: value for name, value in known.items() if value})
    inclusion = Metadata.InclusionType.UNSUPPORTED if unsupported else Metadata.InclusionType.AVAILABLE
    return NinoxMetadata(inclusion=inclusion, selected_by_default=False if unsupported else None, ninox=ninox)


def describe_column(column: Column) -> dict[str, Any]:
    """Return the metadata of a property as a catalog has them."""
    return {key: value for key, value in column_metadata(column).to_dict().items() if value is not None}


def aliases_of(aliases: Mapping[str, str], table_key: str) -> dict[str, str]:
    """Return the aliases of one table's fields, by field id.

    Args:
        aliases: All of them.
        table_key: `<database_id>.<table_id>`.
    """
    prefix = f"{table_key}."
    return {name.removeprefix(prefix): alias for name, alias in aliases.items() if name.startswith(prefix)}


def saved_entries(streams: Iterable[JsonObject]) -> list[TableEntry]:
    """Read the table streams of a saved catalog; those that are not ours are left out.

    Raises:
        NinoxConfigError: The metadata of one of ours is damaged.
    """
    entries = []
    for stream in streams:
        try:
            entry = _saved_entry(stream)
        except (KeyError, TypeError) as error:
            name, lost = stream["tap_stream_id"], error.args[0]
            message = f"catalog: the metadata of {name!r} is damaged ({lost}). Make the catalog again with --discover."
            raise NinoxConfigError(message) from None
        if entry is not None:
            entries.append(entry)
    return entries


def _saved_entry(stream: JsonObject) -> TableEntry | None:
    metadata = {tuple(item["breadcrumb"]): item.get("metadata") or {} for item in stream.get("metadata") or []}
    table = metadata.get((), {}).get(METADATA_KEY)
    if not table:
        return None
    offered = stream["schema"]["properties"]
    columns = [
        _saved_column(breadcrumb[-1], item[METADATA_KEY])
        for breadcrumb, item in metadata.items()
        if breadcrumb and METADATA_KEY in item and breadcrumb[-1] in offered
    ]
    return TableEntry(
        stream=stream["tap_stream_id"],
        team_id=table["team_id"],
        database=DatabaseName(id=table["database_id"], name=table["database"]),
        table_id=table["table_id"],
        table_name=table["table"],
        is_hidden=metadata[()].get("selected-by-default") is False,
        columns=tuple(columns),
    )


def _saved_column(name: str, ninox: JsonObject) -> Column:
    return Column(
        name=intern(name),  # tables have many in common: without it, those of 5,000 take 20 MB
        title=intern(ninox["field"]),
        field_id=intern(ninox["field_id"]),
        type=intern(ninox["type"]),
        part=ninox.get("part", ""),
        captions=ninox.get("choices", {}),
        computed_as=ninox.get("computed_as", ""),
        formula=ninox.get("formula", ""),
        target_table_id=ninox.get("target_table_id", ""),
        target_database=ninox.get("target_database", ""),
    )
