"""The tap: settings in, streams out."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import IO, Any, ClassVar, NoReturn

from singer_sdk import Stream
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.singerlib import Catalog
from singer_sdk.singerlib.encoding.simple import StateMessage
from typing_extensions import override

from ninox_api.client import NinoxClient
from ninox_api.errors import NinoxBudgetError, NinoxConfigError, NinoxError
from ninox_api.limits import Purpose
from ninox_singer.connection import read_connection
from ninox_singer.environment import name_meltano_variable
from ninox_singer.logs import quieten
from ninox_singer.names import Names, choose, did_you_mean, is_glob
from ninox_singer.sdk_overrides import ConfiguredPlugin
from ninox_singer.stream_maps import iter_maps
from ninox_singer.wording import in_number
from tap_ninox.bookmark_keys import BOOKMARKS
from tap_ninox.discovery.catalog import TableEntry, saved_entries
from tap_ninox.discovery.discover import STAMP, Discovery, Seen, discovery_of, look, read_stamp, stamp
from tap_ninox.discovery.drift import nothing_selected
from tap_ninox.discovery.entries import entries_to_read, identify_streams, known_by_key, log_displaced
from tap_ninox.discovery.followed_tables import with_names_of_state
from tap_ninox.discovery.known_tables import describe, owners_in_state
from tap_ninox.discovery.saved_catalog import EntriesOnDemand, SavedCatalog, UnknownStreamError, unknown_streams
from tap_ninox.discovery.schema_watch import SchemaWatch
from tap_ninox.discovery.select_rules import SelectRules
from tap_ninox.report import RunReport, summarize_problems
from tap_ninox.sdk_overrides import dump_json
from tap_ninox.settings import CONFIG_JSONSCHEMA, REMOVED_SETTINGS, TapSettings, report_path_of
from tap_ninox.streams.base import Found, RecordStream, StreamsTap
from tap_ninox.streams.files import FilesStream
from tap_ninox.streams.lists import CATALOGUE_STREAMS, DeletedRecordsStream
from tap_ninox.streams.queries import QueryStream, query_streams, with_known_types
from tap_ninox.streams.tables import TableStream
from tap_ninox.sync.feed import Feed
from tap_ninox.sync.prefetch import Schedule
from tap_ninox.sync.state_upgrade import validated_state
from tap_ninox.writer import Batches, BufferedMessageWriter

logger = logging.getLogger(__name__)

LIST_STREAMS = (DeletedRecordsStream, FilesStream)
"""Streams about records of all tables."""

ENV_PREFIX = "TAP_NINOX_"
"""Of environment variables."""

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
        self,
        *,
        catalog: dict[str, Any] | SavedCatalog | None = None,
        state: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Take the SDK's arguments, and keep the catalog as it was given: the SDK drops what it does not know.

        The state is looked at before the SDK does: it says under which names the tables of the catalog go.
        """
        if catalog is not None and not isinstance(catalog, SavedCatalog):
            catalog = SavedCatalog.of(catalog)
        self._saved_catalog = catalog
        self._given_state = validated_state(state or {})
        self._rows_at_last_state = 0
        self._problems: list[str] = []
        self._found: Found | None = None
        self.writer = BufferedMessageWriter()
        self.report = RunReport()
        quieten(self.logger)
        quieten(logging.getLogger("singer_sdk.mapper"))
        super().__init__(state=self._given_state, message_writer=self.writer, **kwargs)

    @cached_property
    def settings(self) -> TapSettings:
        """The settings, checked."""
        return TapSettings.from_settings(self.config)

    @classmethod
    @override
    def read_catalog(cls, file: IO[str]) -> SavedCatalog:
        return SavedCatalog.read(file)

    @cached_property
    @override
    def input_catalog(self) -> Catalog | None:
        """The catalog that was given, under the names of the state: what it shows was made without one."""
        if self._saved_catalog is None:
            return None
        found, bookmarks, saved = self.look_around(), self._given_state[BOOKMARKS], self._saved_entries
        known = known_by_key(bookmarks, self.settings)
        streams = self._saved_catalog.take({entry.stream for entry in saved})
        streams = with_known_types(streams, self.settings.queries, bookmarks)
        variable = name_meltano_variable("_SELECT", prefix=ENV_PREFIX)
        rules = SelectRules.of(os.environ.get(variable) if variable else None)
        note = self.report.drift.append
        return EntriesOnDemand(with_names_of_state(streams, saved, found.entries, known, rules=rules, note=note))

    @cached_property
    def _saved_entries(self) -> list[TableEntry]:
        """The tables of the catalog, once `look_around` has found out which they are."""
        return saved_entries(self._saved_catalog or ())

    @override
    def look_around(self) -> Found:
        if self._found is not None:
            return self._found
        connection, settings = read_connection(self.config), self.settings
        self.report.calls_per_month = settings.calls_per_month
        self.report.client = client = NinoxClient(connection)
        address = (self.plugin_version, client.api_url, settings.team, settings.teams, settings.databases)
        now = time.time()
        stamped = read_stamp(self._saved_catalog.beside, of=address, now=now) if self._saved_catalog else None
        if stamped is not None:
            self.report.calls_before = stamped[0].calls
        seen, seen_at = stamped or (_look_within_budget(client, settings), now)
        discovery = discovery_of(seen, client, settings)
        self._problems += discovery.problems
        if not discovery.databases and not self._saved_catalog:
            raise NinoxError(_nothing_to_read(discovery))
        # With a saved catalog, a key that may not read schemas can sync all the same.
        readable = discovery if discovery.databases else None
        reserved = [kind.name for kind in (*CATALOGUE_STREAMS, *LIST_STREAMS)]
        bookmarks = self._given_state[BOOKMARKS]
        if self._saved_catalog is not None and readable is not None:
            identify_streams(self._saved_catalog, readable, settings, reserved=reserved, bookmarks=bookmarks)
        saved = None if self._saved_catalog is None else self._saved_entries
        entries, unknown = entries_to_read(
            readable, saved=saved, settings=settings, reserved=reserved, bookmarks=bookmarks
        )
        self._note_problems(unknown)
        self._found = Found(
            client=client,
            discovery=readable,
            clients=discovery.clients,
            entries=entries,
            watch=SchemaWatch(readable, saved=saved or (), entries=entries, settings=settings),
            schedule=Schedule(connection.max_parallel_requests),
            stamp=(seen, address, seen_at),
        )
        return self._found

    def _note_problems(self, problems: Iterable[str]) -> None:
        """Remember names of nothing in the settings: what they do not concern is read, and the run ends in an error."""
        for problem in problems:
            logger.warning(problem)
            self._problems.append(problem)

    @override
    def setup_mapper(self) -> None:
        with self._reporting_its_end():
            super().setup_mapper()
            discovery = self.look_around().discovery  # what is wrong with the connection is said first
            settings = self.settings
            maps = self.config.get("stream_maps") or {}
            if maps or self.config.get("flattening_enabled"):  # what is wrong with one is said before the first row
                for stream in self.streams.values():
                    stream.stream_maps  # noqa: B018 (it makes them)
                    self.mapper.stream_maps.pop(stream.name)  # made again when it is its turn: each keeps its schema
            if maps:
                queries = (query.name for query in settings.queries)
                known = [*self.streams, *(kind.name for kind in LIST_STREAMS), *queries]
                # Meltano gives the catalog that it has just made: it lacks no table.
                is_complete = self._saved_catalog is None or name_meltano_variable("", prefix=ENV_PREFIX) is not None
                has_all_tables = is_complete and discovery is not None and not settings.tables
                skipped = discovery.skipped if discovery else ()
                sees_all = has_all_tables and not settings.databases and not skipped and self._saved_catalog is None
                check_maps(maps, known, sees_all=sees_all, has_all_tables=has_all_tables)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        found, settings = self.look_around(), self.settings
        entries = found.entries
        if settings.file_streams:
            self._note_problems(choose(self._by_stream, settings.file_streams, setting="files")[1])
        schemas = found.discovery.schemas if found.discovery else {}
        table_ids = {database_id: {table.id for table in schema.tables} for database_id, schema in schemas.items()}
        for entry in entries:
            table_ids.setdefault(entry.database.id, set()).add(entry.table_id)
        feeds: dict[str, Feed] = {}
        for entry in entries:
            if (key := entry.database.id) not in feeds:
                client = found.client.database(entry.team_id, entry.database)
                feeds[key] = Feed(client, schema=schemas.get(key), table_ids=table_ids[key])
        known = known_by_key(self._given_state[BOOKMARKS], settings)
        streams: list[Stream] = [kind(self, found.discovery, entries) for kind in CATALOGUE_STREAMS]
        streams += (
            TableStream(
                self,
                entry,
                feeds[entry.database.id],
                description=describe(entry, schemas.get(entry.database.id), settings, known.get(entry.key)),
                schedule=found.schedule,
            )
            for entry in entries
        )
        if settings.lists_deletions:
            streams.append(DeletedRecordsStream(self, entries, feeds))
        if settings.file_streams:
            streams.append(FilesStream(self, entries, feeds))
        if settings.queries:
            taken = [*(stream.name for stream in streams), *(kind.name for kind in LIST_STREAMS)]
            streams += query_streams(
                self, found.clients, taken=taken, saved=self._saved_catalog, bookmarks=self._given_state[BOOKMARKS]
            )
        return streams

    @property
    def _by_stream(self) -> Names[TableEntry]:
        return Names(self.look_around().entries, ids=lambda _: (), names=lambda entry: (entry.stream,))

    @property
    @override
    def catalog_dict(self) -> dict[str, Any]:
        """The catalog."""
        return {"streams": [*self._catalog_streams()], STAMP: self._catalog_stamp()}

    def _catalog_streams(self) -> Iterator[dict[str, Any]]:
        """Yield the streams of the catalog; the SDK's classes drop keywords of schemas that they do not know."""
        for stream in self.streams.values():
            if not isinstance(stream, RecordStream):  # all of them are
                continue
            entry = stream.catalog_entry()
            if isinstance(stream, TableStream):
                stream.entry.identify(entry["schema"])
                stream.entry.describe(entry["metadata"])
            yield entry

    def _catalog_stamp(self) -> dict[str, Any]:
        seen, address, seen_at = self.look_around().stamp
        return stamp(seen, of=address, seen_at=seen_at)

    @override
    def run_discovery(self) -> str:
        """Write the catalog in the SDK's form, but stream by stream: made whole first, 5,000 tables take 200 MB."""
        before = '{\n  "streams":[\n    '
        for stream in self._catalog_streams():
            sys.stdout.write(before + _indented(stream, by=4))
            before = ",\n    "
        sys.stdout.write(f'\n  ],\n  "{STAMP}":{_indented(self._catalog_stamp(), by=2)}\n}}\n')
        # Behind a discovery that fails, Meltano loads nothing: one table that was renamed would keep all others from
        # the warehouse. It runs this command alike for `run`, `invoke --discover` and `select --list` (4.4: the same
        # options and variables), so that only the sync, which always follows in a run, can end with exit code 1.
        if not name_meltano_variable("", prefix=ENV_PREFIX):
            self.refuse_absent()
        return ""  # nobody reads it

    def refuse_absent(self) -> None:
        """End what was shown in an error where the settings name more than there is.

        Raises:
            NinoxConfigError: They name what is not there, or streams that could not be discovered.
        """
        if problems := [*summarize_problems(self._problems), *self.report.undiscovered()]:
            raise NinoxConfigError(problems)

    @classmethod
    @override
    def invoke(cls, **options: Any) -> None:
        try:
            super().invoke(**options)
        except BrokenPipeError:
            logger.error("The loader has ended before the tap: its own message says why. The next run goes on.")  # noqa: TRY400
            raise  # click ends the command with exit code 1, without a word

    @override
    def run(self) -> None:
        with self._reporting_its_end():
            self._compare()
            known = known_by_key(self._given_state[BOOKMARKS], self.settings)
            log_displaced(self.look_around().entries, self.settings, known)
            if FilesStream.name in self.streams:  # last: it can use up the budget of calls, which tables need more
                self.streams[FilesStream.name] = self.streams.pop(FilesStream.name)
            streams = self._announced()
            for stream in streams:  # what a state does not name comes back where states are merged
                for key in stream.bookmark_keys:
                    stream.stream_state.setdefault(key, None)
            self.look_around().schedule.order = [stream for stream in streams if isinstance(stream, TableStream)]
            if batch_config := self.config.get("batch_config"):
                self.writer.batches = Batches(batch_config, name=self.name)
            self.state_writer.write_state(self.state)
            for stream in streams:
                stream.sync()
            self.state_writer.write_state(self.state)
            self.writer.finish()
        self.report.close(self.settings.report_path)

    @override
    def test(self) -> bool:
        succeeded = self.run_sync_dry_run(streams=self._announced())
        self.report.close()
        return succeeded

    @property
    def _selected_streams(self) -> list[RecordStream]:
        return [stream for stream in self.streams.values() if isinstance(stream, RecordStream) and stream.selected]

    def _announced(self) -> list[RecordStream]:
        """Return the selected streams, once every feed knows who follows it from where: before the first question."""
        streams = self._selected_streams
        for stream in streams:
            stream.announce()
        return streams

    @override
    def note_set_back(self, entry: TableEntry) -> None:
        files = self.streams.get(FilesStream.name)
        if isinstance(files, FilesStream) and files.selected:
            files.note_set_back(entry)

    def _compare(self) -> None:
        """Look before the first row whether what was selected, known and read before is still there.

        Raises:
            NinoxConfigError: Nothing is selected, or the catalog asks for what cannot be done.
        """
        known = [*self.streams, *(kind.name for kind in LIST_STREAMS)]
        names = [] if self._saved_catalog is None else unknown_streams(self._saved_catalog, known)
        unidentified = {name: UnknownStreamError(name, known) for name in names}
        streams = self._selected_streams
        if not streams:
            self._refuse_nothing_selected(unidentified.values())
        # Not at a discovery, which has no state, so that a table that was renamed goes by another name there.
        if refresh := self.settings.refresh:
            _, unknown = choose(self._by_stream, refresh, setting="refresh")
            if unknown:
                raise NinoxConfigError(unknown)
        for name, error in unidentified.items():
            self.report.fail(name, error)
        self._refuse_what_catalog_asks(streams)
        self.report.drift += [
            nothing_selected(stream.entry)
            for stream in streams
            if isinstance(stream, TableStream) and stream.selects_no_field
        ]
        self.report.selected = [stream.name for stream in streams]
        self.report.problems = self._problems
        self._compare_with_state()

    def _refuse_nothing_selected(self, unidentified: Iterable[UnknownStreamError]) -> NoReturn:
        """End the run: with what the catalog selects and nothing says what it is, if there is any."""
        problems = [str(error) for error in unidentified]
        message = (
            f"Nothing is selected: of the {len(self.streams)} streams that can be read, the catalog selects none. "
            "Under Meltano: meltano select tap-ninox '*' '*'; otherwise set selected in the catalog's metadata."
        )
        raise NinoxConfigError(problems or message)

    def _refuse_what_catalog_asks(self, streams: Iterable[RecordStream]) -> None:
        """Refuse what the catalog asks for beside the selection and cannot be done; a query fails alone, later."""
        no_queries = [stream for stream in streams if not isinstance(stream, QueryStream)]
        problems = [f"{problem}{self._why_so_called(s)}" for s in no_queries for problem in s.problems]
        if problems:
            raise NinoxConfigError(problems)

    def _compare_with_state(self) -> None:
        """Note what is no longer as the state knows it, and which streams must not be read therefore."""
        bookmarks, watch = self.state.setdefault("bookmarks", {}), self.look_around().watch
        if not bookmarks and self._saved_catalog is None:
            return  # nothing was known before
        for name, error in watch.unread(bookmarks).items():
            self.report.fail(name, error)
        drifts = watch.drifts(bookmarks, selected=self.report.selected)
        noted = {drift.key for drift in self.report.drift}  # with what to do about it
        self.report.drift += [drift for drift in drifts if drift.key not in noted]
        self.report.refusals = watch.lost(bookmarks)
        watch.mark_unread(bookmarks, drifts, selected=self.report.selected)

    def _why_so_called(self, stream: RecordStream) -> str:
        """Return how to have rules of a catalog mean the table again that went by the name of another one's stream."""
        key = stream.entry.key if isinstance(stream, TableStream) else None
        shown = next((saved.stream for saved in self._saved_entries if saved.key == key), stream.name)
        owner = owners_in_state(self._given_state[BOOKMARKS]).get(shown)
        if key is None or shown == stream.name or owner is None or owner == key:
            return ""
        ids = ".".join(owner)
        alias = json.dumps({ids: shown, ".".join(key): stream.name}, ensure_ascii=False)
        return f" The catalog calls it {shown!r}, as table {ids} was called. If that one is meant, set aliases: {alias}"

    @override
    def write_state(self, *, is_new: bool = False) -> None:
        # It holds the bookmarks of all streams: one after each of five hundred small tables would outweigh their rows.
        written = self.report.written
        if written - self._rows_at_last_state < len(self.state.get("bookmarks", ())) // BOOKMARKS_PER_ROW:
            return
        self._rows_at_last_state = written
        if is_new:
            self.write_message(StateMessage(self.state))
        else:
            self.state_writer.write_state(self.state)

    @contextmanager
    def _reporting_its_end(self) -> Iterator[None]:
        """Write the report also of what ends before its end, be it by an error or by a signal."""
        try:
            yield
        except BaseException as error:
            self.report.interrupt(error, report_path_of(self.config))
            raise

    @override
    def stop(self, signum: int) -> None:
        """End with the exit code that shells expect."""
        name = self.report.interrupted = signal.Signals(signum).name
        logger.error("Stopped by %s. Nothing is lost: the next run continues from the last state.", name)
        self.writer.stopping.stop(signum)


def _indented(value: Mapping[str, Any], *, by: int) -> str:
    return dump_json(value, indent=2).replace("\n", "\n" + by * " ")  # in JSON, no text has a line break


def _look_within_budget(client: NinoxClient, settings: TapSettings) -> Seen:
    """Look around; what a look has found is in no state, so that each further one would stop at the same place.

    Unless it is retries that used the calls up: the next run may do without.

    Raises:
        NinoxError: Ninox cannot be read, or the permitted calls do not suffice.
    """
    try:
        return look(client, settings)
    except NinoxBudgetError:
        if retries := client.calls_by_purpose[Purpose.RETRIES]:
            message = (
                f"The {client.calls_used} API calls permitted by max_api_calls are used up, {retries} of them by "
                "retries, before all tables were found. The next run tries again."
            )
            raise NinoxError(message) from None
        message = (
            f"max_api_calls: {client.calls_used} is less than finding the tables takes, so that each run stops here. "
            "Raise it, or name fewer databases; where team and databases are given by their ids, nobody has to list "
            "them."
        )
        raise NinoxError(message) from None


def _nothing_to_read(discovery: Discovery) -> str:
    names = ", ".join(repr(team.name) for team in discovery.teams)
    if not discovery.skipped:
        return f"Team {names} has no database that this key can see."
    databases = in_number(len(discovery.skipped), "database")
    return f"Of {databases} of team {names}, none can be read with this key; see the warnings above."


def check_maps(
    maps: Mapping[str, Any], streams: Sequence[str], *, sees_all: bool, has_all_tables: bool = False
) -> None:
    """Refuse maps for streams that do not exist; the name may be mistyped, and the SDK says nothing.

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
    for stream_map in iter_maps(maps):
        source = stream_map.source
        if not any(map(stream_map.is_for, streams)):
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
