"""A saved catalog under the names of now: what was selected stays selected, found again by the ids of Ninox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tap_ninox.schema.catalog import METADATA_KEY, TableEntry
from tap_ninox.values.columns import KEY_PROPERTY, REPLICATION_KEY

JsonObject = dict[str, Any]

_CHOSEN_BY_PEOPLE = ("selected", "forced-replication-method")


def follow_names(catalog: Mapping[str, Any], entries: Iterable[TableEntry]) -> JsonObject:
    """Return a catalog of the given entries, with the choices that people made in the saved one.

    Args:
        catalog: The saved catalog; its streams that are not tables are kept as they are.
        entries: Tables as they are called now. What the catalog does not know is selected as discovery would.
    """
    streams = catalog.get("streams") or []
    saved = {_table_key(stream): stream for stream in streams if _table_key(stream)}
    followed = [_followed(entry, saved.get((entry.database.id, entry.table_id))) for entry in entries]
    return {**catalog, "streams": [stream for stream in streams if not _table_key(stream)] + followed}


def _followed(entry: TableEntry, saved: JsonObject | None) -> JsonObject:
    metadata = entry.metadata().to_list()
    choices = {_object_key(item): item.get("metadata") or {} for item in saved.get("metadata") or []} if saved else {}
    for item in metadata:
        chosen = choices.get(_object_key(item), {})
        item["metadata"].update({key: chosen[key] for key in _CHOSEN_BY_PEOPLE if key in chosen})
    kept = {key: saved[key] for key in ("replication_method", "key_properties") if saved.get(key)} if saved else {}
    return {
        "tap_stream_id": entry.stream,
        "stream": entry.stream,
        "schema": entry.schema,
        "metadata": metadata,
        "key_properties": [KEY_PROPERTY],
        "replication_key": REPLICATION_KEY,
        **kept,
    }


def _table_key(stream: Mapping[str, Any]) -> tuple[str, str] | None:
    for item in stream.get("metadata") or []:
        table = (item.get("metadata") or {}).get(METADATA_KEY)
        if not item["breadcrumb"] and table:
            return (table["database_id"], table["table_id"])
    return None


def _object_key(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a line of metadata is about: a field and its part, a system property, or the stream."""
    field = (item.get("metadata") or {}).get(METADATA_KEY)
    if item["breadcrumb"] and field:
        return (field["field_id"], field.get("part", ""))
    return ("", *item["breadcrumb"][-1:])
