"""A saved catalog as people and tools leave it, brought into the form that discovery wrote.

What identifies and orders the records of a table is no choice: without a key in the SCHEMA message a loader appends
every change as another row.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any

import msgspec
from singer_sdk.singerlib import Catalog, CatalogEntry
from typing_extensions import override

from ninox_api.body import replace_broken_characters
from ninox_api.errors import NinoxConfigError, NinoxError
from tap_ninox.discovery.catalog import METADATA_KEY, TableEntry, column_metadata
from tap_ninox.discovery.known_tables import KnownTable, TableKey
from tap_ninox.rows.columns import KEY_PROPERTY, REPLICATION_KEY, SYSTEM_PROPERTIES, Column
from tap_ninox.sdk_overrides import load_json

JsonObject = dict[str, Any]

_AUTOMATIC = (KEY_PROPERTY, REPLICATION_KEY)

JsonSchema = Mapping[str, Any]


class UnknownStreamError(NinoxError):
    """A catalog selects a stream and does not say what it is."""

    def __init__(self, stream: str) -> None:
        """Say how to fix it."""
        super().__init__(
            f"The catalog selects {stream!r}, but nothing in its metadata says which table that is. Make the catalog "
            "again with --discover, and change nothing but what is selected."
        )


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class SavedCatalog:
    """A catalog with what the SDK and this tap rely on, each stream as text: as objects, 5,000 tables take 200 MB.

    Attributes:
        beside: What it has beside its streams.
    """

    def __init__(self, beside: Mapping[str, Any], streams: Iterable[Any]) -> None:
        """Bring streams into form, one by one.

        Raises:
            NinoxConfigError: One of them is none.
        """
        self.beside = beside
        self._texts = [(sound["tap_stream_id"], _encode(sound)) for sound in map(_sound_stream, streams)]

    @classmethod
    def of(cls, catalog: Any) -> SavedCatalog:
        """Return what was given as a catalog, in form.

        Raises:
            NinoxConfigError: It is no catalog.
        """
        streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
        if not isinstance(streams, list):
            raise NinoxConfigError(_NO_STREAMS)
        return cls({key: value for key, value in catalog.items() if key != "streams"}, streams)

    @classmethod
    def read(cls, file: IO[str]) -> SavedCatalog:
        """Return the catalog in a file, of which never more than one stream is decoded.

        Raises:
            NinoxConfigError: It is no catalog.
            ValueError: It is no JSON.
        """
        content = file.buffer.read()  # type: ignore[attr-defined] # as click opens it
        try:
            catalog = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
            streams = msgspec.json.decode(catalog.pop("streams", b"null"), type=list[msgspec.Raw])
            return cls({key: _decode(value) for key, value in catalog.items()}, map(_decode, streams))
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
            content.decode()  # or an error that names the encoding
            # The SDK takes more, and says where something is wrong. Halves of characters cannot be written again.
            return cls.of(load_json(replace_broken_characters(content).decode()))

    def __iter__(self) -> Iterator[JsonObject]:
        """Yield the streams."""
        return (_decode(text) for _, text in self._texts)

    def take(self, names: Container[str]) -> Iterator[JsonObject]:
        """Yield the streams, and keep none that has one of some names: nothing of it is there twice."""
        texts, self._texts = self._texts[::-1], []
        while texts:
            name, text = texts.pop()
            if name not in names:
                self._texts.append((name, text))
            yield _decode(text)

    def find(self, is_meant: Callable[[str], bool]) -> Iterator[JsonObject]:
        """Yield the streams whose names are meant."""
        return (_decode(text) for name, text in self._texts if is_meant(name))


class EntriesOnDemand(Catalog):
    """A catalog of the SDK's that makes an entry when it is asked for: those of 5,000 tables take 150 MB."""

    def __init__(self, streams: Iterable[JsonObject]) -> None:
        """Take the streams, one by one."""
        super().__init__()
        self._texts = {stream["tap_stream_id"]: _encode(stream) for stream in streams}
        self._last: CatalogEntry | None = None

    def __bool__(self) -> bool:
        """Return whether it has streams."""
        return bool(self._texts)

    @override
    def get_stream(self, stream_id: str) -> CatalogEntry | None:
        if self._last is None or self._last.tap_stream_id != stream_id:  # a stream asks for several things in a row
            text = self._texts.get(stream_id)
            self._last = None if text is None else CatalogEntry.from_dict(_decode(text))
        return self._last


_NO_STREAMS = "catalog: it has no list of streams. Make one with --discover."


def _sound_stream(stream: Any) -> JsonObject:
    if not isinstance(stream, Mapping):
        raise NinoxConfigError(_NO_STREAMS)
    name = stream.get("tap_stream_id") or stream.get("stream")
    if not isinstance(name, str):
        message = "catalog: one of its streams has no tap_stream_id. Make the catalog again with --discover."
        raise NinoxConfigError(message)
    metadata = {item["breadcrumb"]: item["metadata"] for item in _items(stream)}
    about = metadata.setdefault((), {})
    schema = {"properties": {}, **(stream.get("schema") or {})}
    keys = stream.get("key_properties") or about.get("table-key-properties")
    kept: JsonObject = {"tap_stream_id": name, "stream": stream.get("stream") or name}
    if METADATA_KEY in about:
        keys = keys or [KEY_PROPERTY]
        # Some makers write `true`, which in a JSON Schema says as much as `{}`, and which the SDK cannot read.
        shown = {
            key: item if isinstance(item, Mapping) else {} for key, item in (schema.get("properties") or {}).items()
        }
        properties = {key: SYSTEM_PROPERTIES[key] for key in _AUTOMATIC} | shown
        schema = {"type": "object", **schema, "properties": properties}
        kept["replication_key"] = stream.get("replication_key") or REPLICATION_KEY
        for key in _AUTOMATIC:
            metadata["properties", key] = {**metadata.get(("properties", key), {}), "inclusion": "automatic"}
    items = [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()]
    return {**stream, **kept, "schema": schema, "metadata": items, "key_properties": keys or []}


def _items(stream: Mapping[str, Any]) -> Iterator[JsonObject]:
    """Yield the lines of metadata that say what they are about."""
    for item in stream.get("metadata") or []:
        if isinstance(item, Mapping) and isinstance(item.get("breadcrumb"), list):
            yield {"breadcrumb": tuple(item["breadcrumb"]), "metadata": item.get("metadata") or {}}


def with_names_of_state(
    catalog: Iterable[JsonObject],
    saved: Iterable[TableEntry],
    entries: Iterable[TableEntry],
    known: Mapping[TableKey, KnownTable],
) -> Iterator[JsonObject]:
    """Yield a catalog's streams, and their properties, under the names that they go by.

    What is selected follows the ids. A select rule names what the state names, so a table or field that was read, and
    that the catalog shows under another name and not selected, is read: under the same name it was deselected.

    Args:
        catalog: Its streams.
        saved: Its tables.
        entries: Those that this run reads, as it calls them.
        known: What the state knows of tables.
    """
    keys = {entry.stream: entry for entry in saved}
    now = {entry.key: entry for entry in entries}
    for stream in catalog:
        before = keys.get(stream["tap_stream_id"])
        if before is None:
            yield stream
        elif before.key in now:
            yield _follow(stream, before, now[before.key], known.get(before.key))


def _follow(stream: JsonObject, before: TableEntry, now: TableEntry, known: KnownTable | None) -> JsonObject:
    if (now.stream, _names(now)) == (before.stream, _names(before)):
        return stream
    given = {tuple(item["breadcrumb"]): item["metadata"] for item in stream["metadata"]}
    # Made anew: where two fields have swapped captions, each goes under a name that the catalog gives to the other.
    shown = {("properties", column.name) for column in before.columns}
    metadata = {breadcrumb: item for breadcrumb, item in given.items() if breadcrumb not in shown}
    was_read = known is not None and known.stream == now.stream and not known.is_deselected
    follows = was_read and before.stream != now.stream and not _is_selected(stream)
    if follows:
        metadata[()] = {**metadata[()], "selected": True}
    properties: JsonObject = {}
    renamed: dict[str, str] = {}
    for name, schema in stream["schema"]["properties"].items():
        column = next((column for column in before.columns if column.name == name), None)
        if column is None:
            properties[name] = schema
            if follows and known is not None and name in SYSTEM_PROPERTIES and name not in known.deselected:
                metadata["properties", name] = {**metadata.get(("properties", name), {}), "selected": True}
            continue
        about = given["properties", name]
        for heir in _heirs(column, before, now):
            is_same = heir.part == column.part and heir.json_type == column.json_type
            properties[heir.name] = schema if is_same else {**heir.json_type, **heir.identity}
            chosen = {key: about[key] for key in ("selected",) if key in about}
            if _is_to_follow(heir, column, known) and (follows or (was_read and heir.name != name)):
                chosen = {"selected": True}
            metadata["properties", heir.name] = {**_described(heir), **chosen}
            renamed.setdefault(name, heir.name)
    return {
        **stream,
        "tap_stream_id": now.stream,
        "stream": now.stream,
        "schema": {**stream["schema"], "properties": properties},
        "key_properties": [renamed.get(key, key) for key in stream["key_properties"]],
        "metadata": [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()],
    }


def _names(entry: TableEntry) -> list[tuple[str, str, str, str]]:
    return [(column.name, column.field_id, column.part, column.type) for column in entry.columns]


def _heirs(column: Column, before: TableEntry, now: TableEntry) -> Iterator[Column]:
    """Yield the properties that come in place of one, behind the first of a field those that are new."""
    parts = {other.part for other in before.columns if other.field_id == column.field_id}
    first = next(other for other in before.columns if other.field_id == column.field_id)
    for other in now.columns:
        is_new = column is first and other.part not in parts
        if other.field_id == column.field_id and (other.part == column.part or is_new):
            yield other


def _is_to_follow(heir: Column, column: Column, known: KnownTable | None) -> bool:
    """Return whether a property was read, or is of a field that nobody knew when somebody could have left it out."""
    if known is None or not heir.is_readable:
        return False
    names = {other.name: other for other in known.columns if other.field_id == column.field_id}
    if not names:
        return True
    return any(other.is_readable and name not in known.deselected for name, other in names.items())


def _described(column: Column) -> JsonObject:
    return {key: value for key, value in column_metadata(column).to_dict().items() if value is not None}


def unknown_streams(catalog: SavedCatalog, known: Iterable[str]) -> list[str]:
    """Return what a catalog selects without saying what it is; queries that are not in the settings now are left out.

    Args:
        catalog: One.
        known: Names of all streams that this tap has, or would have under other settings.
    """
    known = set(known)
    others = catalog.find(lambda name: name not in known)
    return [stream["tap_stream_id"] for stream in others if _is_selected(stream) and not _is_known(stream)]


def _is_selected(stream: Mapping[str, Any]) -> bool:
    about: JsonObject = next(item["metadata"] for item in stream["metadata"] if not item["breadcrumb"])
    chosen = about.get("selected")
    return bool(about.get("selected-by-default", not about) if chosen is None else chosen)


def _is_known(stream: Mapping[str, Any]) -> bool:
    """Return whether the metadata names a table, or the types of a query's answer."""
    known = [(item["breadcrumb"], item["metadata"].get(METADATA_KEY)) for item in stream["metadata"]]
    return any(ninox and (not breadcrumb or "field_id" not in ninox) for breadcrumb, ninox in known)


def key_problems(
    stream: str, *, key: Sequence[str], replication_key: str | None, sent: Iterable[str], sends_tombstones: bool
) -> Iterator[str]:
    """Yield what is wrong with the keys that a catalog gives a table.

    Args:
        stream: Name of the table's stream.
        key: Its key properties.
        replication_key: What its changes are found by.
        sent: Names of the properties that its rows have.
        sends_tombstones: Whether deletions are sent under the key, of which only the record's id is known.
    """
    missing = [name for name in key if name not in set(sent)]
    if missing:
        names = ", ".join(map(repr, missing))
        yield (
            f"catalog: the key of {stream} has {names}, which its rows do not have. Select it, or keep "
            f"{KEY_PROPERTY!r}."
        )
    elif tuple(key) != (KEY_PROPERTY,) and sends_tombstones:
        names = ", ".join(map(repr, key))
        yield (
            f"catalog: the key of {stream} is {names}, but of a deleted record only {KEY_PROPERTY!r} is known: its row "
            f"would never be found. Keep {KEY_PROPERTY!r} as the key, or set deletes to stream or ignore."
        )
    if replication_key not in {None, REPLICATION_KEY}:
        yield (
            f"catalog: the replication-key of {stream} is {replication_key!r}, but Ninox reports changes by "
            f"{REPLICATION_KEY!r} alone. Leave that line out; replication-method FULL_TABLE reads all rows each time."
        )


def unknown_properties(stream: str, columns: Iterable[Column], selected: Iterable[str]) -> Iterator[str]:
    """Yield what a catalog selects of a table without saying which field it is: its column would stay empty.

    Args:
        stream: Name of the table's stream.
        columns: The properties that are known.
        selected: Names of the properties that the catalog selects.
    """
    known = {*SYSTEM_PROPERTIES, *(column.name for column in columns)}
    names = [name for name in selected if name not in known and not name.startswith("_sdc_")]
    if names:
        yield (
            f"catalog: nothing says which field of {stream} {', '.join(map(repr, names))} is: it would stay empty. "
            "Make the catalog again with --discover, and change nothing but what is selected."
        )


def reshaped_columns(
    stream: str, columns: Iterable[Column], given: Mapping[str, JsonSchema]
) -> tuple[set[str], list[str]]:
    """Return the properties that a catalog's schema makes texts of, and what it makes of others that cannot be done.

    Args:
        stream: Name of the table's stream.
        columns: Its selected properties.
        given: Property → schema in the catalog.
    """
    texts: set[str] = set()
    problems = []
    for column in columns:
        wanted, own = given.get(column.name) or {}, column.json_type
        if _takes(wanted, own):
            continue
        if set(_types(wanted)) - {"null"} == {"string"} and "format" not in wanted:
            texts.add(column.name)
            continue
        problems.append(
            f"catalog: the schema of {stream} makes {_shown(wanted)} of {column.name!r}, whose values are {_shown(own)}"
            ". Leave that out, or make it a string: its values are then sent as text."
        )
    return texts, problems


def _takes(wanted: JsonSchema, own: JsonSchema) -> bool:
    """Return whether a schema takes all values of another one, as far as their types say."""
    types = set(_types(wanted))
    if not types:
        return True
    widened = types | ({"integer"} if "number" in types else set())
    return set(_types(own)) - {"null"} <= widened and wanted.get("format") in {None, own.get("format")}


def _types(schema: JsonSchema) -> list[str]:
    types = schema.get("type") or []
    return [types] if isinstance(types, str) else list(types)


def _shown(schema: JsonSchema) -> str:
    kinds = " or ".join(kind for kind in _types(schema) if kind != "null") or "null"
    return f"{kinds} ({schema['format']})" if "format" in schema else kinds
