"""The tap: settings in, streams out."""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from types import FrameType
from typing import Any, ClassVar

from singer_sdk import Stream
from singer_sdk.helpers._util import dump_json
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.singerlib import Catalog, CatalogEntry
from typing_extensions import override

from ninox_api.client import DatabaseClient, NinoxClient
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.schema import DatabaseName, DatabaseSchema
from ninox_singer.connection import read_connection
from ninox_singer.environment import name_meltano_variable
from ninox_singer.logs import quieten
from ninox_singer.names import Names, choose, did_you_mean, is_glob
from ninox_singer.settings import ConfiguredPlugin
from ninox_singer.wording import counted
from tap_ninox.discovery.catalog import TableEntry, saved_entries
from tap_ninox.discovery.discover import STAMP, Discovery, Seen, discovery_of, look, read_stamp, stamp
from tap_ninox.discovery.drift import SchemaWatch
from tap_ninox.discovery.known_tables import describe
from tap_ninox.discovery.names import entries_to_read, known_by_key, schema_by_database
from tap_ninox.discovery.saved_catalog import (
    UnknownStreamError,
    sound_catalog,
    taken_from,
    unknown_streams,
    with_names_of_state,
)
from tap_ninox.report import RunReport, told_before
from tap_ninox.settings import CONFIG_JSONSCHEMA, REMOVED_SETTINGS, TapSettings, report_path_of
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.streams.files import FilesStream
from tap_ninox.streams.lists import CATALOGUE_STREAMS, DeletedRecordsStream
from tap_ninox.streams.queries import query_streams
from tap_ninox.streams.tables import TableStream
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.prefetch import Permits, Schedule
from tap_ninox.sync.state import BOOKMARKS, sound_state
from tap_ninox.writer import Batches, BufferedMessageWriter

logger = logging.getLogger(__name__)

LIST_STREAMS = (DeletedRecordsStream, FilesStream)
"""Streams about records of all tables."""

BOOKMARKS_PER_ROW = 10
"""A row must have been written for so many bookmarks before another STATE message holds them all."""


class TapNinox(ConfiguredPlugin, StreamsTap):
    """Reads Ninox databases: in full once, then by their change sequence."""

    name = "tap-ninox"
    package_name = "singer-ninox"
    dynamic_catalog = True
    config_jsonschema: ClassVar[dict[str, Any]] = CONFIG_JSONSCHEMA
    removed_settings = REMOVED_SETTINGS
    message_writer_class = BufferedMessageWriter
    capabilities: ClassVar[list[Any]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self, *, catalog: dict[str, Any] | None = None, state: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Take the SDK's arguments, and keep the catalog as it was given: the SDK drops what it does not know.

        The state is looked at before the SDK does: it says under which names the tables of the catalog go.
        """
        self._saved_catalog = None if catalog is None else sound_catalog(catalog)
        self._given_state = sound_state(state or {})
        self._writer = BufferedMessageWriter()
        self._client: NinoxClient | None = None
        self.discovery: Discovery | None = None
        self._seen: tuple[Seen, float] | None = None
        self._stamped_by: Sequence[Any] = ()
        self._rows_at_last_state = 0
        self._problems: list[str] = []
        self._readers: Mapping[DatabaseName, DatabaseClient] = {}
        self.report = RunReport(lambda: self._client.calls_by_purpose if self._client else Counter())
        quieten(self.logger)
        super().__init__(state=self._given_state, **{"message_writer": self._writer, **kwargs})

    @property
    @override
    def input_catalog(self) -> Catalog | None:
        """The catalog that was given, under the names of the state: what it shows was made without one."""
        if self._saved_catalog is not None and self._input_catalog is None:
            entries, known = self._entries, known_by_key(self._given_state[BOOKMARKS], self.settings)
            streams = with_names_of_state(self._saved_catalog, self._saved_entries, entries, known)
            # Nothing of tables is there twice: the SDK's form and the entries say all, and 5,000 take 100 MB.
            tables = {entry.stream for entry in self._saved_entries}
            others = [item for item in self._saved_catalog["streams"] if item["tap_stream_id"] not in tables]
            self._saved_catalog = {"streams": others}
            self._input_catalog = Catalog(
                (entry.tap_stream_id, entry) for entry in map(CatalogEntry.from_dict, taken_from(streams))
            )
        return self._input_catalog

    def is_state_due(self) -> bool:
        """Return whether enough rows were written since the last STATE message to be worth another one.

        It holds the bookmarks of all streams: one after each of five hundred small tables would outweigh their rows.
        """
        written = sum(report.emitted + report.deleted for report in self.report.streams.values())
        if written - self._rows_at_last_state < len(self.state.get("bookmarks", ())) // BOOKMARKS_PER_ROW:
            return False
        self._rows_at_last_state = written
        return True

    @cached_property
    def settings(self) -> TapSettings:
        """The settings, checked."""
        return TapSettings.from_settings(self.config)

    @property
    def calls_used(self) -> int:
        """API calls sent so far."""
        return self._client.calls_used if self._client else 0

    @property
    def now_ms(self) -> int:
        """Time in milliseconds since 1970, by Ninox' clock rather than by one of this machine that is wrong."""
        return self._client.now_ms if self._client else 0

    @override
    def setup_mapper(self) -> None:
        with self._telling_its_end():
            super().setup_mapper()
            self._check_maps()

    def _check_maps(self) -> None:
        """Refuse stream maps of nothing, if all streams can be seen."""
        queries = [query.name for query in self.settings.queries]
        known = [*self.streams, *(kind.name for kind in LIST_STREAMS), *queries]
        # Meltano gives the catalog that it has just made: it lacks no table.
        is_whole = self._saved_catalog is None or name_meltano_variable("", prefix=self._env_var_prefix) is not None
        has_all_tables = is_whole and self.discovery is not None and not self.settings.tables
        skipped = self.discovery.skipped if self.discovery else ()
        sees_all = has_all_tables and not self.settings.databases and not skipped and self._saved_catalog is None
        check_maps(self._config.get("stream_maps") or {}, known, sees_all=sees_all, has_all_tables=has_all_tables)

    @property
    @override
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog."""
        return {"streams": [*self._catalog_streams()], **self._catalog_stamp()}

    def _catalog_streams(self) -> Iterator[dict[str, Any]]:
        """Yield the streams of the catalog; the SDK's classes drop keywords of schemas that they do not know."""
        for stream in self.streams.values():
            entry = stream._singer_catalog_entry.to_dict()  # noqa: SLF001 (the SDK makes all of them at once)
            if isinstance(stream, TableStream):
                stream.entry.identify(entry["schema"])
                stream.entry.describe(entry["metadata"])
            yield entry

    def _catalog_stamp(self) -> dict[str, Any]:
        if self._seen is None:
            return {}
        seen, seen_at = self._seen
        return {STAMP: stamp(seen, of=self._stamped_by, seen_at=seen_at)}

    @override
    def run_discovery(self) -> str:
        """Write the catalog in the SDK's form, but stream by stream: made whole first, 5,000 tables take 200 MB."""
        before = '{\n  "streams":[\n    '
        for stream in self._catalog_streams():
            sys.stdout.write(before + _indented(stream, by=4))
            before = ",\n    "
        sys.stdout.write("\n  ]")
        for key, value in self._catalog_stamp().items():
            sys.stdout.write(f',\n  "{key}":{_indented(value, by=2)}')
        sys.stdout.write("\n}\n")
        # Behind a discovery that fails, Meltano loads nothing: one table that was renamed would keep all others from
        # the warehouse. It runs this command alike for `run`, `invoke --discover` and `select --list` (4.4: the same
        # options and variables), so that only the sync, which always follows in a run, can end with exit code 1.
        if not name_meltano_variable("", prefix=self._env_var_prefix):
            problems = [*told_before(self._problems), *self.report.undiscovered()]
            if problems:
                raise NinoxConfigError(problems)
        return ""  # nobody reads it

    @override
    def discover_streams(self) -> Sequence[Stream]:
        entries, settings, discovery = self._entries, self.settings, self.discovery
        _, unknown = choose(_streams(entries), settings.refresh, setting="refresh")
        if unknown:
            raise NinoxConfigError(unknown)
        streams: list[Stream] = [kind(self, discovery, entries) for kind in CATALOGUE_STREAMS]
        streams += self._streams_of_tables(discovery, entries, settings)
        taken = [*(stream.name for stream in streams), *(kind.name for kind in LIST_STREAMS)]
        return streams + query_streams(self, self._readers, taken=taken, saved=self._saved_catalog)

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        try:
            super().invoke(**options)
        except BrokenPipeError:
            logger.error("The loader has ended before the tap: its own message says why. The next run goes on.")  # noqa: TRY400
            raise  # click ends the command with exit code 1, without a word

    @override  # type: ignore[misc] # final in the SDK, but the only place that sees all streams end
    def sync_all(self) -> None:
        with self._telling_its_end():
            self._note_drift()
            self._put_last(FilesStream.name)  # it can use up the budget of calls, which the tables need more
            self._announce()
            for stream in self.streams.values():
                if stream.selected and isinstance(stream, RecordStream):
                    stream.open_bookmark()
            self._schedule.order = [s for s in self.streams.values() if isinstance(s, TableStream) and s.selected]
            if batch_config := self.config.get("batch_config"):
                self._writer.batches = Batches(batch_config, name=self.name)
            super().sync_all()
            self.state_writer.write_state(self.state)
            self._writer.finish()
        self.report.close(self.settings.report_path)

    @override  # type: ignore[misc] # final in the SDK, which would test deselected streams, too, and hide failures
    def run_connection_test(self) -> bool:
        self._announce()
        selected = [stream for stream in self.streams.values() if stream.selected]
        tested = self.run_sync_dry_run(streams=selected)
        self.report.close()
        return tested

    @contextmanager
    def _telling_its_end(self) -> Iterator[None]:
        """Write the report also of what ends before its end, be it by an error or by a signal."""
        try:
            yield
        except BaseException as error:
            self.report.interrupt(error, report_path_of(self.config))
            raise

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop with the exit code that shells expect; the SDK's own handler would end with success."""
        name = self.report.interrupted = signal.Signals(signum).name
        logger.error("Stopped by %s. Nothing is lost: the next run continues from the last state.", name)
        self._writer.stopping.stop(signum)

    def _discover(self, client: NinoxClient, settings: TapSettings) -> Discovery | None:
        """Look at Ninox as it is now; a saved catalog makes up for schemas that this key may not read."""
        address = (self.plugin_version, client.api_url, settings.team, settings.teams, settings.databases)
        self._stamped_by = address
        now = time.time()
        self._seen = read_stamp(self._saved_catalog or {}, of=address, now=now)
        if self._seen is not None:
            self.report.calls_before = self._seen[0].calls
        else:
            self._seen = look(client, settings), now
        discovery = discovery_of(self._seen[0], client, settings)
        self._readers = discovery.readers
        self._problems = [*discovery.problems]
        if not discovery.databases and not self._saved_catalog:
            raise NinoxError(_nothing_to_read(discovery))
        return discovery if discovery.databases else None

    @cached_property
    def _entries(self) -> list[TableEntry]:
        """The tables of this run: Ninox is looked at here, once."""
        connection, settings = read_connection(self.config), self.settings
        self.report.calls_per_month = settings.calls_per_month
        self._client = NinoxClient(connection)
        self._schedule = Schedule(Permits(connection.max_parallel_requests))
        self.discovery = self._discover(self._client, settings)
        saved = self._saved_entries if self._saved_catalog is not None else None
        reserved = [kind.name for kind in (*CATALOGUE_STREAMS, *LIST_STREAMS)]
        bookmarks = self._given_state[BOOKMARKS]
        entries, unknown = entries_to_read(
            self.discovery, saved=saved, settings=settings, reserved=reserved, bookmarks=bookmarks
        )
        self._note_problems(unknown)
        self.watch = SchemaWatch(self.discovery, saved=saved or (), entries=entries, settings=settings)
        return entries

    @cached_property
    def _saved_entries(self) -> list[TableEntry]:
        return saved_entries(self._saved_catalog or {})

    def _note_problems(self, problems: Sequence[str]) -> None:
        """Remember names of nothing in the settings: what they do not concern is read, and the run ends in an error."""
        for problem in problems:
            logger.warning(problem)
        self._problems += problems

    def _note_drift(self) -> None:
        selected = [name for name, stream in self.streams.items() if stream.selected]
        if not selected:
            message = (
                f"Nothing is selected: of the {len(self.streams)} streams that can be read, the catalog selects none. "
                "Under Meltano: meltano select tap-ninox '*' '*'; otherwise set selected in the catalog's metadata."
            )
            raise NinoxConfigError(message)
        known = [*self.streams, *(kind.name for kind in LIST_STREAMS)]
        for name in unknown_streams(self._saved_catalog, known):
            with self.report.stream(name):
                raise UnknownStreamError(name)
        tables = [s for s in self.streams.values() if isinstance(s, TableStream) and s.selected]
        if problems := [problem for stream in tables for problem in stream.check_catalog()]:
            raise NinoxConfigError(problems)
        bookmarks = self.state.setdefault("bookmarks", {})
        self.report.selected = selected
        self.report.problems = self._problems
        for name, error in self.watch.unread(bookmarks).items():
            with self.report.stream(name):
                raise error
        self.report.drift += self.watch.drifts(bookmarks, selected=selected)
        self.report.refusals = self.watch.lost(bookmarks)
        self.watch.note_deselected(bookmarks, selected=selected)

    def _announce(self) -> None:
        """Let every feed know who follows it from where, before the first question."""
        for stream in self.streams.values():
            if stream.selected and isinstance(stream, TableStream | DeletedRecordsStream | FilesStream):
                stream.announce()

    def _put_last(self, name: str) -> None:
        if name in self.streams:
            self.streams[name] = self.streams.pop(name)

    def _streams_of_tables(
        self, discovery: Discovery | None, entries: Sequence[TableEntry], settings: TapSettings
    ) -> list[Stream]:
        client, schemas = self._client, schema_by_database(discovery)
        if client is None:
            message = "tables are listed before Ninox was looked at"
            raise AssertionError(message)
        known = known_by_key(self._given_state[BOOKMARKS], settings)
        feeds: dict[str, Feed] = {}
        for entry in entries:
            if entry.database.id not in feeds:
                reader = client.database(entry.team_id, entry.database)
                feeds[entry.database.id] = _feed(reader, schemas.get(entry.database.id), entries)
        lists: list[Stream] = []
        if settings.lists_deletions:
            lists.append(DeletedRecordsStream(self, entries, feeds))
        if settings.file_streams:
            _, unknown = choose(_streams(entries), settings.file_streams, setting="files")
            self._note_problems(unknown)
            lists.append(FilesStream(self, entries, feeds))
        tables = [
            TableStream(
                self,
                entry,
                feeds[entry.database.id],
                settings,
                description=describe(entry, schemas.get(entry.database.id), settings, known.get(entry.key)),
                schedule=self._schedule,
            )
            for entry in entries
        ]
        return [*tables, *lists]


def _streams(entries: Iterable[TableEntry]) -> Names[TableEntry]:
    return Names(entries, ids=lambda _: (), names=lambda entry: (entry.stream,))


def _indented(value: Mapping[str, Any], *, by: int) -> str:
    return dump_json(value, indent=2).replace("\n", "\n" + by * " ")  # in JSON, no text has a line break


def _nothing_to_read(discovery: Discovery) -> str:
    names = ", ".join(repr(team.name) for team in discovery.teams)
    if not discovery.skipped:
        return f"Team {names} has no database that this key can see."
    databases = counted(len(discovery.skipped), "database")
    return f"Of {databases} of team {names}, none can be read with this key; see the warnings above."


def _feed(client: DatabaseClient, schema: DatabaseSchema | None, entries: Iterable[TableEntry]) -> Feed:
    listed = {table.id for table in schema.tables} if schema else set()
    listed.update(entry.table_id for entry in entries if entry.database.id == client.database.id)
    return Feed(client, schema=schema, table_ids=listed)


def check_maps(
    maps: Mapping[str, Any], streams: Sequence[str], *, sees_all: bool, has_all_tables: bool = False
) -> None:
    """Refuse maps for streams that do not exist; the name may be mistyped, and the SDK says nothing.

    Which stream a map is for is the SDK's to say: names go by `fnmatch` and by case there.

    Args:
        maps: The setting `stream_maps`: name or glob of a stream → its rules.
        streams: The streams that there are.
        sees_all: Whether there are no others; else, and of globs, which may be for tables to come, it is a warning.
        has_all_tables: Whether there are no others of the databases that these are of: one that begins with the name of
            such a database is for no other run.

    Raises:
        NinoxConfigError: A sentence for each.
    """
    problems = []
    databases = {_database_part(stream) for stream in streams} - {""} if has_all_tables else set()
    for name, rules in maps.items():
        source = rules.get("__source__", name) if isinstance(rules, Mapping) else name
        if name != "__else__" and not any(fnmatchcase(stream, source) for stream in streams):
            problem = f"stream_maps: no stream is called {source!r}.{did_you_mean(source, streams)}"
            if (sees_all or _database_part(source) in databases) and not is_glob(source):
                problems.append(f"{problem} What this map should hide or leave out would be sent.")
            else:
                logger.warning("%s This map has no effect.", problem)
    if problems:
        raise NinoxConfigError(problems)


def _database_part(stream: str) -> str:
    """Return the part of a stream's name that it has in common with all tables of its database, if it has one."""
    return stream.rpartition("__")[0]
