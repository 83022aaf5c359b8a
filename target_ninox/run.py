"""What all streams of a run share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError
from ninox_api.fetching import FileFetcher
from ninox_api.schema import Field, Table
from ninox_singer.cli import Stopping
from ninox_singer.names import is_glob
from ninox_singer.progress import Display, LogDisplay, choose_display
from ninox_singer.types import field_type
from ninox_singer.types.reference import find_record_id
from target_ninox.destination import Destination, open_destination
from target_ninox.mapping.place import DELETED_AT, Identity, Place, are_tombstones, find_place, slug_of
from target_ninox.mapping.plan import WritePlan, plan_stream
from target_ninox.mapping.references import Reference
from target_ninox.matching.matcher import Matcher
from target_ninox.matching.record_index import KeyOf, SavedValues
from target_ninox.reporting.dry_run import DryRun
from target_ninox.reporting.rejects import Rejects, StreamSchema
from target_ninox.reporting.report import RunReport
from target_ninox.settings import StreamSettings, TargetSettings
from target_ninox.write.file_sources import FileSources
from target_ninox.write.limits import Limits
from target_ninox.write.writers import DryWriter, UninterruptedWriter, Writer

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of the target.

    Attributes:
        max_tries: How often rows are sent in all.
        file_sources: Where files of rows come from.
        preview: What a dry run would do; None in earnest.
        share: Tells which part of the input was read, 0 to 1; None if nobody knows.
        display: Where progress is shown.
    """

    settings: TargetSettings
    client: NinoxClient
    destination: Destination
    writer: Writer
    report: RunReport
    rejects: Rejects
    limits: Limits
    max_tries: int
    file_sources: FileSources
    preview: DryRun | None = None
    share: Callable[[], float | None] = lambda: None
    display: Display = field(default_factory=LogDisplay)
    _failed: dict[str, str] = field(default_factory=dict)
    _lost: str | None = None
    _rejected: dict[str, dict[str, Callable[[int], bool]]] = field(default_factory=dict)
    _places: dict[str, Place] = field(default_factory=dict)
    _filtered: set[str] = field(default_factory=set)
    _seen: dict[str, dict[str, AbstractSet[int]]] = field(default_factory=dict)
    _matchers: dict[tuple[str, tuple[str, ...], str], Matcher] = field(default_factory=dict)
    _values: SavedValues = field(default_factory=SavedValues)

    def plan(self, described: StreamSchema) -> WritePlan:
        """Return how a stream is written, by the schema that was read last.

        Raises:
            NinoxConfigError: It cannot be written.
        """
        name, settings = described.stream, self.settings.stream(described.stream)
        place = self._place(described, settings)
        return plan_stream(name, place, described.schema, described.key_properties, self.destination.schema, settings)

    def note_seen(self, plan: WritePlan, record_ids: AbstractSet[int]) -> None:
        """Know for which records rows of a stream came; the set grows with them."""
        self._seen.setdefault(plan.table.id, {})[plan.stream] = record_ids

    def stream_with_row(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have: one that failed; None if none did."""
        failed = self.failed_in(table_id)
        if failed is not None:
            return failed
        streams = self._seen.get(table_id, {})
        return next((name for name, record_ids in streams.items() if record_id in record_ids), None)

    def note_rejected(self, plan: WritePlan, may_be_about: Callable[[int], bool]) -> None:
        """Know how to find out whether rejected rows of a stream may be about a record."""
        self._rejected.setdefault(plan.table.id, {})[plan.stream] = may_be_about

    def stream_that_keeps(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have, written or not; None if none did."""
        name = self.stream_with_row(table_id, record_id)
        if name is not None:
            return name
        filtered = (name for name in self._filtered if name in self._places)
        name = next((name for name in filtered if self._places[name].table_id == table_id), None)
        if name is not None:
            return name
        rejected = self._rejected.get(table_id, {})
        return next((name for name, may_be_about in rejected.items() if may_be_about(record_id)), None)

    def note_filtered(self, stream: str) -> None:
        """Know that a stream map of the target's own left out a row of a stream: it may be about any of its records."""
        self._filtered.add(stream)

    def note_failed(self, plan: WritePlan, reason: str) -> None:
        """Know that a stream ended before its last row was loaded, and why."""
        self._failed[plan.table.id] = plan.stream
        self.report.stream(plan.stream).error = reason

    def failed_in(self, table_id: str) -> str | None:
        """Return a stream that goes into a table, or may, and ended before its last row was loaded; None for none."""
        return self._failed.get(table_id, self._lost)

    def note_lost(self, stream: str, reason: str) -> None:
        """Know that a stream ended before anybody knew where it goes, and why: it may be any table."""
        self._lost = stream
        self.report.stream(stream).error = reason

    def _place(self, described: StreamSchema, settings: StreamSettings) -> Place:
        """Return where a stream goes: decided by its first schema, before any of its rows is written.

        Raises:
            NinoxConfigError: It is not clear, or another stream goes there and no setting says that both shall.
        """
        name = described.stream
        if name not in self._places:
            self._refuse_other_spelling(name)
            place = find_place(name, described.schema, self.destination.described, wanted=settings.table)
            table_name = next(table.name for table in self.destination.schema.tables if table.id == place.table_id)
            for other, taken in self._places.items():
                if taken.table_id == place.table_id and not (place.is_set or taken.is_set):
                    raise NinoxConfigError(_shared(name, other, table_name, place.table_id))
            self._places[name] = place
        self._refuse_to_delete_by_guess(described, settings)
        return _as_described_now(self._places[name], described)

    def _refuse_to_delete_by_guess(self, described: StreamSchema, settings: StreamSettings) -> None:
        """Refuse to delete in a table that was found by a part of the stream's name: it may be another one.

        Raises:
            NinoxConfigError: It is a mirror, or its rows say which records were deleted, and `hard_delete` is set.
        """
        place = self._places[described.stream]
        marks_deletions = DELETED_AT in (described.schema.get("properties") or {})
        what = "a mirror" if settings.mode == "mirror" else "hard_delete"
        if place.is_behind_schema and (what == "a mirror" or (self.settings.deletes_marked and marks_deletions)):
            table_name = next(table.name for table in self.destination.schema.tables if table.id == place.table_id)
            raise NinoxConfigError(_guessed(described.stream, place, table_name, what))

    def tell_place(self, plan: WritePlan) -> None:
        """Log where a stream goes and why; when its first row comes, as a stream without rows goes nowhere."""
        place = self._places[plan.stream]
        logger.info("%s: goes to table %r (%s), since %s.", plan.stream, plan.table.name, place.table_id, place.reason)

    def _refuse_other_spelling(self, name: str) -> None:
        """Refuse to load a stream without the settings that somebody meant for it: before a row is written.

        Raises:
            NinoxConfigError: A key of `streams` differs from its name in signs only.
        """
        slug = slug_of(name)
        if slug is None or self.settings.own_key(name) is not None:
            return
        for key in self.settings.streams:
            if slug_of(key) == slug and not is_glob(key):
                message = (
                    f"streams.{key}: a stream named {name!r} came, which has no settings. Write its name so; if "
                    f"another stream is meant, give {name!r} settings of its own, if only {{}}."
                )
                raise NinoxConfigError(message)

    def matcher_of(self, plan: WritePlan) -> Matcher:
        """Return what finds the records of a stream."""
        kept_fields = plan.field_ids | plan.file_fields.keys()
        return self._matcher(plan.table.id, plan.match_field_ids, key_of(plan), kept_fields)

    def matcher_of_reference(self, reference: Reference) -> Matcher:
        """Return what finds linked records."""
        field_id = reference.match_field.id

        def key(_: int, fields: Mapping[str, Any]) -> Any:
            return reference.key_of(fields)

        return self._matcher(reference.table.id, (field_id,), key, frozenset([field_id]))

    def matcher_of_link(self, table: Table, field: Field, target_id: str) -> Matcher:
        """Return what finds the records of a table that link to a record of another one, by its id."""

        def key(_: int, fields: Mapping[str, Any]) -> int | None:
            return find_record_id(fields.get(field.id), target_id)

        return self._matcher(table.id, (field.id,), key, frozenset([field.id]), by="link")

    def close(self, *, is_complete: bool) -> None:
        """Report what was done, and drop what was kept for it.

        Raises:
            CountsDifferError: The run is complete, yet rows have no outcome.
        """
        self.client.close()
        self.display.clear()
        self._values.close()
        self.rejects.close()
        if self.preview:
            self.preview.print(self.report)
        self.report.close(is_complete=is_complete, samples=self.preview.samples() if self.preview else None)

    def _has_one_spelling(self, table_id: str, field_ids: Collection[str]) -> bool:
        return all(
            field_type(field.type).has_one_spelling
            for table in self.destination.schema.tables
            if table.id == table_id
            for field in table.fields
            if field.id in field_ids
        )

    def _matcher(
        self, table_id: str, key_fields: tuple[str, ...], key: KeyOf, kept_fields: frozenset[str], *, by: str = "value"
    ) -> Matcher:
        """Return the one matcher for a kind of key, a new one if more fields are wanted than it has kept."""
        known = self._matchers.get((table_id, key_fields, by))
        if known is None or not kept_fields <= known.index.kept_fields:
            if known:
                kept_fields |= known.index.kept_fields
                known.retire()
            table = self.destination.table(table_id)
            known = Matcher(
                table,
                key,
                key_fields=key_fields,
                kept_fields=kept_fields,
                values=self._values,
                has_one_spelling=by == "link" or self._has_one_spelling(table_id, key_fields),
            )
            self._matchers[table_id, key_fields, by] = known
        return known


def open_run(
    connection: ConnectionConfig, settings: TargetSettings, stopping: Stopping, *, share: Callable[[], float | None]
) -> Run:
    """Find the database and prepare everything that the settings ask for; a few calls.

    Args:
        connection: How Ninox is reached.
        settings: The target's.
        stopping: Ends the process on a signal.
        share: Tells which part of the input was read.

    Raises:
        NinoxError: The database cannot be found or its schema cannot be read.
    """
    client = NinoxClient(connection)
    destination = open_destination(client, team=settings.team, database=settings.database)
    return Run(
        settings=settings,
        client=client,
        destination=destination,
        writer=DryWriter() if settings.dry_run else UninterruptedWriter(destination.client, stopping),
        report=RunReport(
            lambda: client.calls_used,
            path=settings.report_path,
            is_dry=settings.dry_run,
            limit_rows=settings.limit_rows,
        ),
        rejects=Rejects(settings.rejects_path, is_dry=settings.dry_run),
        limits=Limits(settings),
        max_tries=connection.max_retries + 1,
        file_sources=FileSources(
            FileFetcher(connection, trusted_hosts=settings.file_hosts),
            folders=settings.file_folders,
        ),
        preview=DryRun() if settings.dry_run else None,
        share=share,
        # Behind a tap, the terminal's last line is the tap's.
        display=LogDisplay() if share() is None else choose_display(),
    )


def _shared(stream: str, other: str, table_name: str, table_id: str) -> str:
    return (
        f"streams.{stream}: it would go to table {table_name!r} ({table_id}), and so does {other!r}. If both belong "
        f"there, say so under streams.{stream}.table; else name the right table there."
    )


def _as_described_now(place: Place, described: StreamSchema) -> Place:
    """Return a place for another schema of its stream: where the rows go is decided, whose `_id` they have is not.

    Raises:
        NinoxConfigError: The rows to come were read from another table than those before.
    """
    identity = Identity.of(described.stream, described.schema)
    if identity == place.identity or are_tombstones(described.schema.get("properties") or {}):
        return place
    if identity is not None and place.identity is not None:
        message = (
            f"streams.{described.stream}: its rows were read from two tables, {place.identity.caption!r} and "
            f"{identity.caption!r}. Load one input after the other, or give one of the streams another name."
        )
        raise NinoxConfigError(message)
    return replace(place, has_own_ids=False)


def _guessed(stream: str, place: Place, table_name: str, what: str) -> str:
    return (
        f"streams.{stream}: table {table_name!r} is found by a part of the stream's name ({place.reason}), and {what} "
        f"deletes records. Say under streams.{stream}.table which table is meant."
    )


def key_of(plan: WritePlan) -> KeyOf:
    """Return what tells the key of a record, comparable with `EncodedRow.key`."""
    if plan.matches_record_id:
        return lambda record_id, _: record_id
    return lambda _, fields: plan.key_of(fields)
