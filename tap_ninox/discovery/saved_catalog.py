"""A saved catalog as people and tools leave it, brought into the form that discovery wrote.

What identifies and orders the records of a table is no choice: without a key in the SCHEMA message a loader appends
every change as another row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import IO, Any

import msgspec
from singer_sdk.singerlib import Catalog, CatalogEntry
from typing_extensions import override

from ninox_api.body import replace_broken_characters
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_singer.names import did_you_mean
from ninox_singer.protocol import (
    DATABASE_ID,
    DELETED_AT,
    FIELD_ID,
    IDENTITY,
    PART,
    RECORD_ID,
    SEQUENCE,
    SYSTEM_PROPERTIES,
    TABLE_ID,
)
from tap_ninox.discovery.catalog import METADATA_KEY, TableEntry, column_metadata
from tap_ninox.discovery.drift import Drift, not_selected, stays_left_out
from tap_ninox.discovery.known_tables import KnownTable, TableKey
from tap_ninox.discovery.overrides import KEY, METHOD, METHODS, plain_schema, takes
from tap_ninox.discovery.select_rules import SelectRules
from tap_ninox.rows.columns import Column
from tap_ninox.sdk_overrides import load_json

JsonObject = dict[str, Any]

_AUTOMATIC = (RECORD_ID, SEQUENCE)
_OWN = {*SYSTEM_PROPERTIES, DELETED_AT}
_UNSAID = {"selected-by-default": True}
"""Metadata of a stream of which nothing says whether it is to be read: it is, unless its table is hidden."""


class UnknownStreamError(NinoxError):
    """A catalog selects a stream and does not say what it is."""

    def __init__(self, stream: str, known: Iterable[str]) -> None:
        """Say how to fix it."""
        super().__init__(
            f"The catalog selects {stream!r}, but nothing says which table that is: neither an id in its metadata, nor "
            f"a table of that name that this key can see.{did_you_mean(stream, known)} Make the catalog again with "
            "--discover, and change nothing but what is selected."
        )


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class SavedCatalog:
    """A catalog with what the SDK and this tap rely on, each stream as text: as objects, 5,000 tables take 200 MB.

    Attributes:
        beside: What it has beside its streams.
        unidentified: Streams of which it has no ids, or not of all properties, each with the method that it was given:
            until it is known for a table, that does not count.
    """

    def __init__(self, beside: Mapping[str, Any], streams: Iterable[Any]) -> None:
        """Bring streams into form, one by one.

        Raises:
            NinoxConfigError: One of them is none.
        """
        self.beside = beside
        self._texts: list[tuple[str, bytes]] = []
        self.unidentified: dict[str, Any] = {}
        for stream in streams:
            sound = _sound_stream(stream)
            name = sound["tap_stream_id"]
            self._texts.append((name, _encode(sound)))
            if not _has_identity(sound):
                self.unidentified[name] = stream.get("replication_method")

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

    def identify(self, names: Container[str], tables: TableNames) -> None:
        """Give streams the ids of the table and the fields that their names, or keywords of their schemas, mean.

        Raises:
            NinoxConfigError: A name may mean several.
        """
        self._texts = [
            (name, self._with_ids(name, text, tables) if name in names else text) for name, text in self._texts
        ]

    def _with_ids(self, name: str, text: bytes, tables: TableNames) -> bytes:
        stream = {**_decode(text), "replication_method": self.unidentified[name]}
        return _encode(_sound_stream(_identified(stream, tables)))

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
    if not metadata.get(()):
        metadata[()] = {**_UNSAID}
    about = metadata[()]
    is_table = METADATA_KEY in about
    keys = _given_key(name, stream, about, own=[RECORD_ID] if is_table else [])
    kept: JsonObject = {"tap_stream_id": name, "stream": stream.get("stream") or name}
    kept["replication_method"] = _given_method(stream, about, is_table=is_table)
    # Some makers write `true`, which in a JSON Schema says as much as `{}`, and which the SDK cannot read.
    shown = {
        key: _nullable(item, is_key=key == RECORD_ID if is_table else key in keys)
        for key, item in ((stream.get("schema") or {}).get("properties") or {}).items()
    }
    if is_table:
        shown = {key: SYSTEM_PROPERTIES[key] for key in _AUTOMATIC} | shown
        given = (stream.get("replication_key"), about.get("replication-key"))
        kept["replication_key"] = next((key for key in given if key not in (None, SEQUENCE)), SEQUENCE)
        for key in _AUTOMATIC:
            metadata["properties", key] = {**metadata.get(("properties", key), {}), "inclusion": "automatic"}
    schema = {"type": "object", **(stream.get("schema") or {}), "properties": shown}
    schema.pop("required", None)  # tombstones have but the key, and formulas that come alone but themselves
    items = [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()]
    return {**stream, **kept, "schema": schema, "metadata": items, "key_properties": keys}


def _given_key(name: str, stream: Mapping[str, Any], about: Mapping[str, Any], *, own: list[str]) -> list[str]:
    """Return the key that somebody chose, in one of the places that Singer has for it; else that of discovery."""
    places = [about.get(f"{kind}key-properties") for kind in ("", "view-", "table-")]
    for keys in (stream.get("key_properties"), *places):
        if not keys or keys == own:
            continue
        if not isinstance(keys, list | tuple) or not all(isinstance(key, str) for key in keys):
            message = f"catalog: the key of {name} is {keys!r}, and should be a list of properties, such as ['_id']."
            raise NinoxConfigError(message)
        return list(keys)
    return own


def _given_method(stream: Mapping[str, Any], about: Mapping[str, Any], *, is_table: bool) -> Any:
    """Return the replication method that somebody chose, None for that of discovery.

    Discovery writes it beside the metadata alone, and for lists one that says nothing: what is in the metadata counts.
    """
    for method in (about.get("replication-method"), about.get("forced-replication-method")):
        if method is not None:
            return method
    method = stream.get("replication_method")
    return method if is_table or method not in (*METHODS,) else None


def _nullable(schema: Any, *, is_key: bool) -> JsonObject:
    """Return a property's schema with null among its types: no field in Ninox is never empty."""
    if not isinstance(schema, Mapping):
        return {}
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if is_key or not isinstance(kinds, list) or "null" in kinds:
        return {**schema}
    return {**schema, "type": [*kinds, "null"]}


def _has_identity(stream: Mapping[str, Any]) -> bool:
    known = {tuple(item["breadcrumb"]) for item in stream["metadata"] if METADATA_KEY in item["metadata"]}
    return {
        (),
        *(("properties", name) for name in stream["schema"]["properties"] if name not in _OWN),
    } <= known


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

    def find(self, stream: Mapping[str, Any]) -> TableKey | None:
        """Return which table a stream of a catalog is, None if it is none."""
        told: list[Any]
        about: JsonObject = next(item["metadata"] for item in stream["metadata"] if not item["breadcrumb"])
        ninox, schema = about.get(METADATA_KEY) or {}, stream["schema"].get(IDENTITY) or {}
        told = [(ninox.get("database_id"), ninox.get("table_id")), (schema.get(DATABASE_ID), schema.get(TABLE_ID))]
        if entry := next((self.used[key] for key in told if key in self.used), None):
            return entry.key
        name = stream["tap_stream_id"]
        keys = self.keys.get(name, ())
        if len(keys) > 1 and _is_selected(stream):
            named = [f"{'.'.join(key)} ({self.used[key].table_name!r})" for key in keys]
            message = f"catalog: {name!r} may be table {_either(named)}"
            raise NinoxConfigError(message)
        return keys[0] if len(keys) == 1 else None

    def find_column(self, key: TableKey, name: str, schema: Mapping[str, Any], *, is_read: bool) -> Column | None:
        """Return which property of a table one of a catalog is, None if it is none; what is not read may be two."""
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


def _identified(stream: JsonObject, tables: TableNames) -> JsonObject:
    """Return a stream with the ids of its table and fields in its metadata, where a name says them."""
    key = tables.find(stream)
    if key is None:
        return stream
    metadata = {tuple(item["breadcrumb"]): item["metadata"] for item in stream["metadata"]}
    if metadata[()] == _UNSAID:
        metadata[()] = {"selected-by-default": not tables.used[key].is_hidden}
    metadata[()].setdefault(METADATA_KEY, tables.used[key].metadata()[()].to_dict()[METADATA_KEY])
    properties = {**stream["schema"]["properties"]}
    names = {}
    for name, item in metadata.items():
        if name and METADATA_KEY in item:
            names[item[METADATA_KEY].get("field_id"), item[METADATA_KEY].get("part", "")] = name[-1]
    for name in sorted(properties, key=lambda name: name in {column.name for column in tables.used[key].columns}):
        place = "properties", name
        if name in _OWN or METADATA_KEY in metadata.get(place, {}):
            continue
        is_chosen = _is_chosen(metadata.get(place, {}))
        column = tables.find_column(key, name, properties[name], is_read=is_chosen and _is_selected(stream))
        if column is None:
            continue
        other = names.setdefault((column.field_id, column.part), name)
        if other == name:
            metadata[place] = {**metadata.get(place, {}), **_described(column)}
        elif is_chosen:  # Meltano's `schema` names what it was called before, and its catalog is made without the state
            properties[other] = properties.pop(name) or properties[other]
            metadata.pop(place, None)
        else:  # it may be secret: what leaves it out under one of its names counts, and under that name it stays so
            properties[name] = properties.pop(other, None) or properties[name]
            metadata[place] = {**metadata.pop(("properties", other)), "selected": False}
            names[column.field_id, column.part] = name
    items = [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()]
    return {**stream, "schema": {**stream["schema"], "properties": properties}, "metadata": items}


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
    *,
    rules: SelectRules,
    note: Callable[[Drift], None],
) -> Iterator[JsonObject]:
    """Yield a catalog's streams, and their properties, under the names that they go by.

    What is selected follows the ids. A select rule names what the state names, so a table or field that was read, and
    that the catalog shows under another name and not selected, is read: under the same name it was deselected. And one
    that was left out, and that the catalog shows under another name and selected, stays out: the rule that left it out
    may hit nothing any more, and nobody may learn a salary because somebody has renamed its field.

    Args:
        catalog: Its streams.
        saved: Its tables.
        entries: Those that this run reads, as it calls them.
        known: What the state knows of tables.
        rules: What the catalog was made by, as far as is known: who names a property by its name of now means it.
        note: Takes what the catalog selects and is not read, and what is new and no rule hits.
    """
    keys = {entry.stream: entry for entry in saved}
    now = {entry.key: entry for entry in entries}
    for stream in catalog:
        before = keys.get(stream["tap_stream_id"])
        if before is None:
            yield stream
        elif before.key in now:
            table = _FollowedTable(
                before=before,
                now=now[before.key],
                known=known.get(before.key),
                is_selected=_is_selected(stream),
                rules=rules,
            )
            is_renamed = (table.now.stream, _names(table.now)) != (before.stream, _names(before))
            yield _follow(stream, table, note) if is_renamed else stream


def _follow(stream: JsonObject, table: _FollowedTable, note: Callable[[Drift], None]) -> JsonObject:
    before, now = table.before, table.now
    given = {tuple(item["breadcrumb"]): item["metadata"] for item in stream["metadata"]}
    columns = {column.name: column for column in before.columns}
    # Made anew: where two fields have swapped captions, each goes under a name that the catalog gives to the other.
    shown = {("properties", name) for name in columns}
    metadata = {breadcrumb: item for breadcrumb, item in given.items() if breadcrumb not in shown}
    properties: JsonObject = {}
    renamed: dict[str, str] = {}
    chosen: dict[tuple[str, ...], bool | None] = {(): table.is_read}
    left_out: list[tuple[str, str, Column | None]] = []
    for name, schema in stream["schema"]["properties"].items():
        selected = given.get(("properties", name), {}).get("selected")
        heirs = _heirs(columns[name], before, now) if name in columns else ()
        if name not in columns:
            properties[name] = schema
            chosen["properties", name] = table.reads_system_property(name, selected=selected)
            if table.overrules(selected=selected, chosen=chosen["properties", name]):
                left_out.append((name, name, None))
        for heir in heirs:
            is_same = heir.part == columns[name].part and heir.json_type == columns[name].json_type
            properties[heir.name] = schema if is_same else {**heir.json_type, **heir.identity}
            metadata["properties", heir.name] = _described(heir)
            chosen["properties", heir.name] = table.reads(heir, name, selected=selected)
            if table.misses(heir):
                note(not_selected(now, heir, shown=before.stream))
            elif table.overrules(selected=selected, chosen=chosen["properties", heir.name]):
                left_out.append((heir.name, name, heir))
            renamed.setdefault(name, heir.name)
    if left_out or table.stays_out:
        note(stays_left_out(now, () if table.stays_out else left_out, shown=before.stream))
    for breadcrumb, is_chosen in chosen.items():
        if is_chosen is not None:
            metadata[breadcrumb] = {**metadata.get(breadcrumb, {}), "selected": is_chosen}
    followed = {
        **stream,
        "tap_stream_id": now.stream,
        "stream": now.stream,
        "schema": {**stream["schema"], "properties": properties},
        "key_properties": [renamed.get(key, key) for key in stream["key_properties"]],
        "metadata": [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()],
    }
    known = table.known
    return _as_asked_before(followed, now, known) if known and table.was_read and table.is_moved else followed


@dataclass(frozen=True, kw_only=True)
class _FollowedTable:
    """A table that goes under other names than a catalog has, and what of it is read.

    Attributes:
        before: As the catalog calls it.
        now: As this run does.
        known: What the state knows of it.
        is_selected: Whether the catalog selects it.
        rules: What the catalog was made by, as far as is known.
    """

    before: TableEntry
    now: TableEntry
    known: KnownTable | None
    is_selected: bool
    rules: SelectRules

    @property
    def is_moved(self) -> bool:
        """Whether a rule for the name of now is none for the name that the catalog has."""
        return self.before.stream != self.now.stream

    @cached_property
    def was_read(self) -> bool:
        """Whether it goes on."""
        return self._goes_on and not self._was_deselected

    @cached_property
    def follows(self) -> bool:
        """Whether it is read though the catalog does not select it: no rule knows its name of now."""
        is_missed = self.is_moved and not self.is_selected and not self.rules.exclude(self.before.stream)
        return self.was_read and is_missed

    @cached_property
    def stays_out(self) -> bool:
        """Whether it is not read though the catalog selects it: the rule that left it out knows its name of before."""
        is_deselected = self._goes_on and self._was_deselected and self.is_moved and self.is_selected
        return is_deselected and not self.rules.name_stream(self.before.stream)

    @property
    def is_read(self) -> bool | None:
        """Whether it is read, None if the catalog says so."""
        return self.follows if self.follows or self.stays_out else None

    @property
    def _goes_on(self) -> bool:
        return self.known is not None and self.known.stream == self.now.stream

    @property
    def _was_deselected(self) -> bool:
        return self.known is not None and self.known.is_deselected

    def reads_system_property(self, name: str, *, selected: bool | None) -> bool | None:
        """Return whether one is read that every table has."""
        if self.known is None or name not in SYSTEM_PROPERTIES or not self.is_moved:
            return selected
        was_left_out = name in self.known.deselected
        if self.follows:
            return not was_left_out
        return False if was_left_out and not self.rules.name(self.before.stream, name) else selected

    def reads(self, heir: Column, name: str, *, selected: bool | None) -> bool | None:
        """Return whether a property is read.

        Args:
            heir: The property.
            name: As the catalog calls it.
            selected: What the catalog says.
        """
        read_before = self._was_read(heir)
        if not heir.is_readable or self.rules.exclude(self.before.stream, name):
            return selected
        if self.follows:
            return read_before is True
        if read_before is False and self._is_renamed(heir, name) and not self.rules.name(self.before.stream, name):
            return False
        return True if self.was_read and read_before and heir.name != name else selected

    def misses(self, heir: Column) -> bool:
        """Return whether a property is new, and only for that no rule knows the table's name is it not read."""
        return self.follows and heir.is_readable and self._was_read(heir) is None

    def overrules(self, *, selected: bool | None, chosen: bool | None) -> bool:
        """Return whether something is not read that the catalog selects."""
        return self.is_selected and selected is not False and chosen is False

    def _is_renamed(self, heir: Column, name: str) -> bool:
        """Return whether a rule that left a property out may not hit it any more.

        One that was retyped has another name, and the rule for that of before hits it still.
        """
        known = (*self.known.columns, *self.known.former) if self.known else ()
        names = {column.name for column in known if column.field_id == heir.field_id}
        return self.is_moved or name not in {heir.name, *names}

    def _was_read(self, heir: Column) -> bool | None:
        """Return whether a property was read, None if its field is new: then nobody could have left it out by a name.

        One that a field has more than before, as it was retyped, counts as what the field had.
        """
        known = self.known
        of_field = [c for c in known.columns if c.field_id == heir.field_id and c.is_readable] if known else []
        own = [column for column in of_field if column.part == heir.part] or of_field
        return any(column.name not in known.deselected for column in own) if known and own else None


def _as_asked_before(stream: JsonObject, now: TableEntry, known: KnownTable) -> JsonObject:
    """Return a stream with what the catalog asked for before its table was renamed, where it says nothing else now."""
    asked, properties = {**known.asked}, {**stream["schema"]["properties"]}
    about: JsonObject = next(item["metadata"] for item in stream["metadata"] if not item["breadcrumb"])
    method, key = stream["replication_method"], stream["key_properties"]
    if METHOD in asked and not any(about.get(name) for name in (METHOD, f"forced-{METHOD}")):
        method = asked[METHOD]
    names = {column.key: column.name for column in now.columns}
    if KEY in asked and key == [RECORD_ID]:
        key = [names.get(place, place) for place in json.loads(asked[KEY])]
    own = {**SYSTEM_PROPERTIES, **{column.name: column.json_type for column in now.columns}}
    same = {column.key: column.name for column in known.columns}
    for place in asked.keys() - {METHOD, KEY}:
        name = names.get(place, place)
        # A field that was retyped has another property now, of which nothing was asked.
        if same.get(place, name) == name in properties and plain_schema(properties[name]) == own.get(name):
            properties[name] = {**properties[name], **json.loads(asked[place])}
            if "format" not in json.loads(asked[place]):
                properties[name].pop("format", None)
    schema = {**stream["schema"], "properties": properties}
    return {**stream, "replication_method": method, "key_properties": key, "schema": schema}


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


def _is_chosen(about: Mapping[str, Any]) -> bool:
    """Return whether a property is read by what its own metadata say."""
    chosen = about.get("selected")
    return bool(about.get("selected-by-default", True) if chosen is None else chosen)


def _is_known(stream: Mapping[str, Any]) -> bool:
    """Return whether the metadata names a table, or the types of a query's answer."""
    known = [(item["breadcrumb"], item["metadata"].get(METADATA_KEY)) for item in stream["metadata"]]
    return any(ninox and (not breadcrumb or "field_id" not in ninox) for breadcrumb, ninox in known)
