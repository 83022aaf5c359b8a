"""Deletions in the tables' own streams, under a schema that leaves every other column of the row alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain
from typing import Any

from singer_sdk.exceptions import MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import CustomStreamMap, RemoveRecordTransform, StreamMap
from singer_sdk.singerlib import Message
from singer_sdk.singerlib.encoding.simple import RecordMessage, SchemaMessage

from ninox_singer.protocol import DELETED_AT, RECORD_ID, SEQUENCE
from ninox_singer.stream_maps import iter_maps
from tap_ninox.sync.state import format_now

DELETED_AT_SCHEMA: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}

TOMBSTONE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        RECORD_ID: {"type": ["integer"]},
        SEQUENCE: {"type": ["integer", "null"]},
        DELETED_AT: DELETED_AT_SCHEMA,
    },
}
"""Narrow on purpose: an upserting target touches these columns only, so a deleted row keeps its values."""

_KEYS = "__key_properties__"
_UNUSABLE = (StreamMapConfigError, MapExpressionError, LookupError, TypeError, ValueError, AttributeError)
"""What an expression of a stream map raises that needs values which a deleted record no longer has."""

Row = dict[str, Any]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletions:
    """What deletions of one run have in common.

    Attributes:
        sequence: The database's, when the feed named them.
        table_version: Of the rows that the target has.
    """

    record_ids: Iterable[int]
    sequence: int
    table_version: int | None


class Tombstones:
    """Writes the deletions of one stream for each of its stream maps, so that aliases and changed keys are met.

    Filters are not asked: they judge values, and those of a deleted record are gone. A target that never had the row
    then gets one that is marked as deleted.
    """

    def __init__(
        self, stream_name: str, stream_maps: Iterable[StreamMap], definitions: Mapping[str, Any], *, narrow: bool
    ) -> None:
        """Prepare a stream's deletions.

        Args:
            stream_name: Name before any alias.
            stream_maps: What the SDK made of the definitions for this stream, the primary one first.
            definitions: The `stream_maps` setting.
            narrow: Whether they get a schema of their own, rather than that of the rows.
        """
        self._stream_name = stream_name
        self._maps = list(zip(stream_maps, definitions_of(stream_name, definitions), strict=False))
        self._narrow = narrow

    def messages(self, deletion: Deletions) -> Iterator[Message]:
        """Yield the messages, behind all rows of the stream.

        An id is never both a row and a tombstone in one run, so it does not matter in which order a target drains
        the old and the new schema.
        """
        for stream_map, definition in self._maps:
            if isinstance(stream_map, RemoveRecordTransform):
                continue
            try:
                yield from self._messages_of(stream_map, definition, deletion)
            except _UNUSABLE:
                logger.warning(
                    "%s: deletions are not sent to stream %s, whose stream map makes its key from values that a "
                    "deleted record no longer has. Set deletes to stream to get them listed in ninox_deleted_records.",
                    self._stream_name,
                    stream_map.stream_alias,
                )

    def _messages_of(self, stream_map: StreamMap, definition: Row, deletion: Deletions) -> Iterator[Message]:
        mapped = _narrowed(stream_map, definition, self._stream_name)
        keys = list(mapped.transformed_key_properties or ())
        if not keys:
            message = "A stream without a key has nothing to mark."
            raise StreamMapConfigError(message)
        known = stream_map.transformed_schema["properties"]
        wanted = [name for name in mapped.transformed_schema["properties"] if name in known or name == DELETED_AT]
        rows = (_row(mapped, number, deletion.sequence, wanted) for number in deletion.record_ids)
        first = next(rows)  # fails, if at all, before anything is written
        if self._narrow:
            properties = {name: mapped.transformed_schema["properties"][name] for name in wanted}
            schema = {"type": "object", "properties": properties}
            bookmark = [SEQUENCE] if SEQUENCE in properties else None
            yield SchemaMessage(stream_map.stream_alias, schema, keys, bookmark)
        empty = {} if self._narrow else dict.fromkeys(known)
        for row in chain([first], rows):  # one by one: there may be hundreds of thousands
            yield RecordMessage(
                stream=stream_map.stream_alias,
                record={**empty, **row},
                version=deletion.table_version,
                time_extracted=datetime.now(timezone.utc),
            )


def _row(mapped: StreamMap, record_id: int, sequence: int, wanted: Iterable[str]) -> Row:
    row = mapped.transform({RECORD_ID: record_id, SEQUENCE: sequence, DELETED_AT: format_now()}) or {}
    return {name: row[name] for name in wanted}


def definitions_of(stream_name: str, definitions: Mapping[str, Any]) -> list[Row]:
    """Return what the setting says about a stream, in the SDK's order of the maps it makes of that."""
    primary: Row = {}
    further: list[Row] = []
    for stream_map in iter_maps(definitions):
        if not stream_map.is_for(stream_name):
            continue
        if stream_map.makes_another:
            further.append(dict(stream_map.rules))
        else:
            primary = dict(stream_map.rules)
    return [primary, *further]


def _narrowed(stream_map: StreamMap, definition: Row, stream_name: str) -> StreamMap:
    """Return a map that does to a tombstone what the stream's own does to the keys of its rows."""
    kept = {*TOMBSTONE_SCHEMA["properties"], *(stream_map.transformed_key_properties or ()), _KEYS}
    return CustomStreamMap(
        stream_alias=stream_map.stream_alias,
        map_config=getattr(stream_map, "map_config", {}),
        faker_config=getattr(stream_map, "faker_config", {}),
        raw_schema=TOMBSTONE_SCHEMA,
        key_properties=[RECORD_ID],
        map_transform={name: rule for name, rule in definition.items() if name in kept},
        flattening_options=None,
        stream_name=stream_name,
    )
