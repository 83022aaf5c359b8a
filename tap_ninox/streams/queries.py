"""Scripts of the user's own as streams: read in full in every run, by one call each."""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from singer_sdk import Stream
from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib import Metadata, MetadataMapping, StreamMetadata
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from ninox_api.client import DatabaseClient
from ninox_api.errors import NinoxConfigError
from ninox_api.schema import DatabaseName
from ninox_singer.identifiers import NameSpace
from ninox_singer.names import Names
from ninox_singer.types.base import BadValueError
from tap_ninox.bookmark_keys import TABLE_VERSION, TYPES
from tap_ninox.discovery.catalog import METADATA_KEY, NinoxMetadata
from tap_ninox.discovery.saved_catalog import SavedCatalog
from tap_ninox.rows.convert import is_damaged
from tap_ninox.settings import QUERY_TYPES, QuerySettings
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.streams.query_answers import QueryFailedError, Row, ask, reader_of, types_of

logger = logging.getLogger(__name__)

POSITION = "_position"


class QueryStream(RecordStream):
    """Emits the answer of one script, under a new version that is activated after its last row."""

    bookmark_keys = (TABLE_VERSION, TYPES)
    methods = (REPLICATION_FULL_TABLE,)

    def __init__(
        self,
        tap: StreamsTap,
        query: QuerySettings,
        types: Mapping[str, str],
        client: DatabaseClient,
        rows: list[Row] | None,
    ) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            query: What to ask.
            types: Property → type.
            client: Reads the database.
            rows: The answer, if it had to be asked for to learn the types; it serves the sync, too.
        """
        self._query = query
        self._types = types
        self._client = client
        self._rows = rows
        self._settings = tap.settings
        properties = _properties(types, keys=query.key_properties)
        if not query.key_properties:
            properties |= _properties({POSITION: "integer"}, keys=[POSITION])
        super().__init__(tap, schema={"type": "object", "properties": properties}, name=query.name)
        self.setting = f"queries.{query.name}"
        self.primary_keys = query.key_properties or (POSITION,)

    @cached_property
    @override
    def metadata(self) -> MetadataMapping:
        """The catalog's where one was given, else the types as well."""
        if self.tap.input_catalog is not None:
            return super().metadata
        mapping = MetadataMapping()
        mapping[()] = StreamMetadata(
            inclusion=Metadata.InclusionType.AVAILABLE,
            selected_by_default=True,
            table_key_properties=list(self.primary_keys),
        )
        for name in self.schema["properties"]:
            is_key = name in self.primary_keys
            inclusion = Metadata.InclusionType.AUTOMATIC if is_key else Metadata.InclusionType.AVAILABLE
            mapping["properties", name] = NinoxMetadata(
                inclusion=inclusion, ninox={"type": self._types.get(name, "integer")}
            )
        return mapping

    @override
    def run(self) -> None:
        """Read it, unless its catalog does not fit the settings any more: no SCHEMA is sent then."""
        if self.problems:
            self.tap.report.fail(self.name, NinoxConfigError(self.problems))
        else:
            super().run()

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        rows = self._rows if self._rows is not None else ask(self._query, self._client)
        self._rows = None
        version = self.new_version()
        self.send_version(version)
        for row in self._convert(rows[: self.ABORT_AT_RECORD_COUNT]):
            yield row
            self.report.emitted += 1
        if self.ABORT_AT_RECORD_COUNT is None:
            self._finish(version)

    def _convert(self, rows: Sequence[Row]) -> Iterator[Record]:
        self._warn_of_unknown_members(rows)
        readers = {name: reader_of(word, self._settings.zone) for name, word in self._types.items()}
        position_by_key: dict[tuple[Any, ...], int] = {}
        for position, row in enumerate(rows, start=1):
            record: Record = {}
            for name, read in readers.items():
                value = row.get(name)
                if is_damaged(value):
                    self.report.bad.repaired[name] += 1
                try:
                    record[name] = None if value is None or value == "" else read(value)
                except BadValueError:
                    if not self._query.types:
                        raise QueryFailedError(
                            self.name, _of_another_type(self.name, name, self._types[name])
                        ) from None
                    record[name] = None
                    self.report.bad.nulled[name] += 1
            self._check_key(record, position, position_by_key)
            if not self._query.key_properties:
                record[POSITION] = position
            yield record

    def _check_key(self, record: Record, position: int, position_by_key: dict[tuple[Any, ...], int]) -> None:
        if not self._query.key_properties:
            return
        key = tuple(record.get(name) for name in self._query.key_properties)
        if None in key:
            missing = self._query.key_properties[key.index(None)]
            raise QueryFailedError(self.name, f"row {position} has no value of key property {missing!r}.")
        if key in position_by_key:
            problem = f"rows {position_by_key[key]} and {position} have the same key; choose other key_properties."
            raise QueryFailedError(self.name, problem)
        position_by_key[key] = position

    def _warn_of_unknown_members(self, rows: Sequence[Row]) -> None:
        unknown = sorted({name for row in rows for name in row} - self._types.keys())
        if unknown:
            logger.warning("Query %r answers members that its schema lacks: %s.", self.name, ", ".join(unknown))

    def _finish(self, version: int) -> None:
        if self.version is not None:
            self.activate(version)
        self.stream_state[TABLE_VERSION] = version
        self.stream_state[TYPES] = [f"{word} {name}" for name, word in self._types.items()]


def _properties(types: Mapping[str, str], *, keys: Container[str]) -> dict[str, Any]:
    """Return the properties of a schema; what a row is known by is never null."""
    properties: dict[str, Any] = {}
    for name, word in types.items():
        described = QUERY_TYPES[word]
        kinds = [kind for kind in described["type"] if kind != "null" or name not in keys]
        properties[name] = {**described, "type": kinds}
    return properties


def with_known_types(
    streams: Iterable[dict[str, Any]], queries: Iterable[QuerySettings], bookmarks: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the streams of a catalog, those of queries that have no schema with the types that the state knows.

    What Meltano discovers shows those of the answer of now.
    """
    known = {query.name: _types_in_state(bookmarks.get(query.name, {})) for query in queries if not query.types}
    for stream in streams:
        if types := known.get(stream["tap_stream_id"]):
            schema, keys = stream["schema"], stream["key_properties"]
            shown = schema.get("properties") or {}
            of_answer = _properties(_types_in_catalog(stream), keys=keys)
            # What somebody wrote in its place stays, and is looked at with the stream.
            untouched = [name for name in types if name in shown and shown[name] == of_answer.get(name)]
            own = _properties({name: types[name] for name in untouched}, keys=keys)
            yield {**stream, "schema": {**schema, "properties": {**shown, **own}}}
        else:
            yield stream


def query_streams(
    tap: StreamsTap,
    clients: Mapping[DatabaseName, DatabaseClient],
    *,
    taken: Iterable[str],
    saved: SavedCatalog | None,
    bookmarks: Mapping[str, Any],
) -> list[Stream]:
    """Return a stream for each of the `queries`.

    One whose types neither its setting nor a saved catalog says is asked here, and its rows are kept for the sync.

    Args:
        tap: The tap.
        clients: The databases that may be asked.
        taken: Names of other streams.
        saved: A saved catalog.
        bookmarks: Those of the state, which know the types that properties had.

    Raises:
        NinoxConfigError: A database does not exist, or a name is taken.
    """
    queries = tap.settings.queries
    _check_names(queries, taken)
    databases = Names(clients)
    streams: list[Stream] = []
    for query in queries:
        with tap.report.measure(query.name):  # what goes wrong here is kept, and ends the run in an error
            client = clients[databases.find_one(query.database, setting=f"queries.{query.name}.database")]
            streams.append(_stream(tap, query, client, saved, _types_in_state(bookmarks.get(query.name, {}))))
    return streams


def _stream(
    tap: StreamsTap,
    query: QuerySettings,
    client: DatabaseClient,
    saved: SavedCatalog | None,
    known: Mapping[str, str],
) -> QueryStream:
    """Describe the stream of a query; what its setting does not say keeps the type that it had."""
    if query.types:
        _warn_of_other_types(query, known)
        return QueryStream(tap, query, query.types, client, None)
    if types := _types_in_catalog(next(saved.find(query.name.__eq__), {}) if saved else {}):
        return QueryStream(tap, query, _as_known(types, known), client, None)
    logger.info("Query %r has no schema: it is asked now to see its properties.", query.name)
    rows = ask(query, client)
    types = _as_known(types_of(rows), known) or dict.fromkeys(query.key_properties, "string")
    _check_keys(query, types)
    return QueryStream(tap, query, types, client, rows)


def _as_known(types: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the types of an answer's properties as the state knows them; all that it knows for an answer of nothing.

    Columns cannot change their type, and of an answer without a value none can be seen.
    """
    return {name: known.get(name, word) for name, word in types.items()} or {**known}


def _types_in_state(bookmark: Mapping[str, Any]) -> dict[str, str]:
    parts = [item.partition(" ") for item in bookmark.get(TYPES) or ()]
    return {name: word for word, _, name in parts if word in QUERY_TYPES}


def _warn_of_other_types(query: QuerySettings, known: Mapping[str, str]) -> None:
    """Say where a schema that was written or changed since asks for another column than there is."""
    for name, word in query.types.items():
        before = known.get(name, word)
        if QUERY_TYPES[before] != QUERY_TYPES[word]:
            logger.warning(
                "Query %r: %s was sent as %s and is sent as %s now, by queries.%s.schema. For a loader that cannot "
                "alter a column, give it another name in the script.",
                query.name,
                name,
                before,
                word,
                query.name,
            )


def _of_another_type(query: str, name: str, word: str) -> str:
    return (
        f"the script answers something else than {word} for {name}, which has been {word} so far: a loader's column "
        f"stays what it is. Say in queries.{query}.schema what each property is ({word}: other values become null), or "
        f"give this one another name in the script: the new name gets a column of its own."
    )


def _check_keys(query: QuerySettings, types: Mapping[str, str]) -> None:
    for key in query.key_properties:
        if key not in types:
            raise QueryFailedError(query.name, f"no row has the key property {key!r}; there is {', '.join(types)}.")


def _types_in_catalog(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        item["breadcrumb"][-1]: item["metadata"][METADATA_KEY]["type"]
        for item in entry.get("metadata") or []
        if item["breadcrumb"] and METADATA_KEY in item["metadata"] and item["breadcrumb"][-1] != POSITION
    }


def _check_names(queries: Iterable[QuerySettings], taken: Iterable[str]) -> None:
    """Refuse names that loaders take for those of other streams, which most do without regard to case."""
    names = NameSpace(taken)
    problems = []
    for query in queries:
        if query.name in names:
            problems.append(f"queries: {query.name!r} is the name of another stream already; choose another one.")
        names.take(query.name)
    if problems:
        raise NinoxConfigError(problems)
