"""A saved catalog as people and tools leave it, brought into the form that discovery wrote.

What identifies and orders the records of a table is no choice: without a key in the SCHEMA message a loader appends
every change as another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ninox_api.errors import NinoxConfigError, NinoxError
from tap_ninox.schema.catalog import METADATA_KEY
from tap_ninox.values.columns import KEY_PROPERTY, REPLICATION_KEY, SYSTEM_PROPERTIES

JsonObject = dict[str, Any]

_AUTOMATIC = (KEY_PROPERTY, REPLICATION_KEY)


class UnknownStreamError(NinoxError):
    """A catalog selects a stream and does not say what it is."""

    def __init__(self, stream: str) -> None:
        """Say how to mend it."""
        super().__init__(
            f"The catalog selects {stream!r}, but nothing in its metadata says which table that is. Make the catalog "
            "again with --discover, and change nothing but what is selected."
        )


def sound_catalog(catalog: Any) -> JsonObject:
    """Return a catalog with what the SDK and this tap rely on.

    Args:
        catalog: What was given as one.

    Raises:
        NinoxConfigError: It is no catalog.
    """
    streams = catalog.get("streams") if isinstance(catalog, Mapping) else None
    if not isinstance(streams, list) or not all(isinstance(stream, Mapping) for stream in streams):
        message = "catalog: it holds no list of streams. Make one with --discover."
        raise NinoxConfigError(message)
    return {**catalog, "streams": [_sound_stream(stream) for stream in streams]}


def _sound_stream(stream: Mapping[str, Any]) -> JsonObject:
    name = stream.get("tap_stream_id") or stream.get("stream")
    if not isinstance(name, str):
        message = "catalog: one of its streams has no tap_stream_id. Make the catalog again with --discover."
        raise NinoxConfigError(message)
    metadata = {item["breadcrumb"]: item["metadata"] for item in _items(stream)}
    about = metadata.setdefault((), {})
    schema = stream.get("schema") or {}
    keys = stream.get("key_properties") or about.get("table-key-properties")
    kept: JsonObject = {"tap_stream_id": name, "stream": stream.get("stream") or name}
    if METADATA_KEY in about:
        keys = keys or [KEY_PROPERTY]
        properties = {key: SYSTEM_PROPERTIES[key] for key in _AUTOMATIC} | (schema.get("properties") or {})
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


def unknown_streams(catalog: Mapping[str, Any] | None, known: Iterable[str]) -> list[str]:
    """Return what a catalog selects without saying what it is; queries that are not in the settings now are left out.

    Args:
        catalog: A sound one, if any.
        known: Names of all streams that this tap has, or would have under other settings.
    """
    known = set(known)
    streams = catalog["streams"] if catalog else []
    return [
        stream["tap_stream_id"]
        for stream in streams
        if stream["tap_stream_id"] not in known and _is_selected(stream) and not _is_known(stream)
    ]


def _is_selected(stream: Mapping[str, Any]) -> bool:
    about: JsonObject = next(item["metadata"] for item in stream["metadata"] if not item["breadcrumb"])
    chosen = about.get("selected")
    return bool(about.get("selected-by-default", not about) if chosen is None else chosen)


def _is_known(stream: Mapping[str, Any]) -> bool:
    """Tell whether the metadata names a table, or the types of a query's answer."""
    told = [(item["breadcrumb"], item["metadata"].get(METADATA_KEY)) for item in stream["metadata"]]
    return any(ninox and (not breadcrumb or "field_id" not in ninox) for breadcrumb, ninox in told)
