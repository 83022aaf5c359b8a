"""One stream of a saved catalog as people and tools leave it, brought into the form that discovery wrote.

What identifies and orders the records of a table is no choice: without a key in the SCHEMA message a loader appends
every change as another row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.protocol import DELETED_AT, RECORD_ID, SEQUENCE, SYSTEM_PROPERTIES
from tap_ninox.discovery.catalog import METADATA_KEY
from tap_ninox.discovery.overrides import METHODS

JsonObject = dict[str, Any]

NO_STREAMS = "catalog: it has no list of streams. Make one with --discover."

OWN_PROPERTIES = {*SYSTEM_PROPERTIES, DELETED_AT}
"""Those that come from no field."""

UNSAID = {"selected-by-default": True}
"""Metadata of a stream of which nothing says whether it is to be read: it is, unless its table is hidden."""

_AUTOMATIC = (RECORD_ID, SEQUENCE)


def bring_into_form(stream: Any) -> JsonObject:
    """Return a stream with what the SDK and this tap rely on.

    Raises:
        NinoxConfigError: It is no stream.
    """
    if not isinstance(stream, Mapping):
        raise NinoxConfigError(NO_STREAMS)
    name = stream.get("tap_stream_id") or stream.get("stream")
    if not isinstance(name, str):
        message = "catalog: one of its streams has no tap_stream_id. Make the catalog again with --discover."
        raise NinoxConfigError(message)
    metadata = {
        tuple(item["breadcrumb"]): item.get("metadata") or {}
        for item in stream.get("metadata") or []
        if isinstance(item, Mapping) and isinstance(item.get("breadcrumb"), list)  # else it says not what it is about
    }
    if not metadata.get(()):
        metadata[()] = {**UNSAID}
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
    return {**stream, **kept, "schema": schema, "metadata": write_metadata(metadata), "key_properties": keys}


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

    Discovery never writes it into the metadata, so a method there was chosen. Beside them, discovery gives each stream
    one, which for a stream that is no table says nothing.
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


def read_metadata(stream: Mapping[str, Any]) -> dict[tuple[str, ...], JsonObject]:
    """Return the metadata of a stream that is in form, by breadcrumb."""
    return {tuple(item["breadcrumb"]): item["metadata"] for item in stream["metadata"]}


def write_metadata(metadata: Mapping[tuple[str, ...], JsonObject]) -> list[JsonObject]:
    """Return metadata as a catalog has it."""
    return [{"breadcrumb": list(breadcrumb), "metadata": item} for breadcrumb, item in metadata.items()]


def has_identity(stream: Mapping[str, Any]) -> bool:
    """Return whether its metadata have the ids of its table and of the fields of all its properties."""
    known = {breadcrumb for breadcrumb, item in read_metadata(stream).items() if METADATA_KEY in item}
    return {
        (),
        *(("properties", name) for name in stream["schema"]["properties"] if name not in OWN_PROPERTIES),
    } <= known


def is_selected(stream: Mapping[str, Any]) -> bool:
    """Return whether a stream is read."""
    about = read_metadata(stream)[()]
    chosen = about.get("selected")
    return bool(about.get("selected-by-default", not about) if chosen is None else chosen)


def is_property_selected(about: Mapping[str, Any]) -> bool:
    """Return whether a property is read by what its own metadata say."""
    chosen = about.get("selected")
    return bool(about.get("selected-by-default", True) if chosen is None else chosen)
