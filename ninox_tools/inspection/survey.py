"""What a key can see and what syncing it would cost, without reading a record: `singer-ninox inspect`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ninox_api.errors import NinoxError
from ninox_api.row_counts import RowCounts, count_rows
from ninox_api.schema import DatabaseName, Field, Table, Team
from ninox_singer.names import are_ids
from ninox_tools.inspection.cost import CallCost, TableReading, estimate_cost
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.discovery.discover import DiscoveredDatabase
from tap_ninox.settings import TapSettings
from tap_ninox.streams.queries import QueryStream
from tap_ninox.streams.tables import FORMULA_REFRESH_INTERVAL, TableStream
from tap_ninox.tap import TapNinox

HIDDEN = "hidden in Ninox: read only if selected, as Meltano's *.* does"
"""Why a hidden table would not be synced. Meltano runs this without the catalog that it makes for the tap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedTable:
    """A table and what becomes of it.

    Attributes:
        stream: Name of its stream, None if it has none.
        left_out: Why it would not be synced; empty if it would.
        rows: How many records it has, None where the server does not say.
        is_counted: Whether they were counted; otherwise it is at most that many.
        properties: Field id → the stream's properties that hold it.
    """

    table: Table
    stream: str | None
    left_out: str
    rows: int | None
    is_counted: bool
    properties: Mapping[str, list[str]]

    @property
    def is_synced(self) -> bool:
        """Whether the next run would read it."""
        return not self.left_out

    def as_json(self) -> dict[str, Any]:
        """Return the table as JSON."""
        return {
            "id": self.table.id,
            "name": self.table.name,
            "kind": self.table.kind,
            "is_hidden": self.table.is_hidden,
            "master_table": self.table.master_table_id,
            "stream": self.stream,
            "is_synced": self.is_synced,
            "left_out": self.left_out,
            "rows": self.rows,
            "is_counted": self.is_counted,
            "fields": [_field_as_json(field, self.properties.get(field.id, [])) for field in self.table.fields],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedDatabase:
    """A readable database and all its tables."""

    team: Team
    name: DatabaseName
    tables: tuple[InspectedTable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A look at teams and their databases.

    Attributes:
        skipped: Databases that could not be read; the log says why.
        calls_used: API calls that the look itself took.
    """

    teams: tuple[Team, ...]
    databases: tuple[InspectedDatabase, ...]
    skipped: tuple[DatabaseName, ...]
    cost: CallCost
    calls_used: int
    inspected_at: datetime
    version: str

    @property
    def title(self) -> str:
        """Names of the teams."""
        return ", ".join(team.name for team in self.teams)

    @property
    def tables(self) -> list[InspectedTable]:
        """All tables of all databases."""
        return [table for database in self.databases for table in database.tables]

    @property
    def settings_by_id(self) -> dict[str, Any]:
        """The settings that name by their ids what was read here; nothing where they spare no call."""
        ids = [database.name.id for database in self.databases]
        if len(self.teams) != 1 or self.cost.discovery <= len(ids) or not are_ids(self.teams[0].id, ids):
            return {}
        return {"team": self.teams[0].id, "databases": ids}

    def as_json(self) -> dict[str, Any]:
        """Return everything as JSON; the other two forms are made of the same facts."""
        return {
            "teams": [{"id": team.id, "name": team.name} for team in self.teams],
            "inspected_at": self.inspected_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "version": self.version,
            "databases": [
                {
                    "team": database.team.id,
                    "id": database.name.id,
                    "name": database.name.name,
                    "tables": [table.as_json() for table in database.tables],
                }
                for database in self.databases
            ],
            "skipped": [{"id": name.id, "name": name.name} for name in self.skipped],
            "api_calls": self.cost.as_json(),
            "settings_by_id": self.settings_by_id,
            "api_calls_used": self.calls_used,
        }


def inspect(tap: TapNinox, *, runs_per_day: float) -> Inspection:
    """Look at everything that a tap's settings and catalog lead to. No record is read.

    Costs the calls of discovery, and one per database for the number of its records.

    Raises:
        NinoxError: Ninox cannot be read at all.
    """
    streams = [stream for stream in tap.streams.values() if isinstance(stream, TableStream)]
    discovery_calls = tap.look_around().client.calls_used
    discovery = tap.look_around().discovery
    if discovery is None:
        message = "There is nothing to inspect: no schema can be read with this key. A sync can use a saved catalog."
        raise NinoxError(message)
    databases = tuple(_inspect_database(database, streams) for database in discovery.databases)
    rows = {(database.name.id, table.table.id): table.rows for database in databases for table in database.tables}
    queries = [stream for stream in tap.streams.values() if isinstance(stream, QueryStream) and stream.selected]
    return Inspection(
        teams=discovery.teams,
        databases=databases,
        skipped=discovery.skipped,
        cost=estimate_cost(
            (_describe_reading(stream, rows, tap.settings) for stream in streams if stream.selected),
            discovery=discovery_calls,
            queries=len(queries),
            downloads_files=tap.settings.file_store is not None,
            runs_per_day=runs_per_day,
            calls_per_month=tap.settings.calls_per_month,
        ),
        calls_used=tap.look_around().client.calls_used,
        inspected_at=datetime.now(tz=timezone.utc),
        version=tap.plugin_version,
    )


def _describe_reading(
    stream: TableStream, rows: Mapping[tuple[str, str], int | None], settings: TapSettings
) -> TableReading:
    entry = stream.entry
    joins = any(column.computed_as and stream.mask["properties", column.name] for column in entry.columns)
    return TableReading(
        database_id=entry.database.id,
        rows=rows.get((entry.database.id, entry.table_id)),
        joins_formulas=joins,
        lists_files=settings.lists_files_of(entry.stream),
        refresh_interval=settings.full_refresh_interval or (FORMULA_REFRESH_INTERVAL if joins else None),
        page_size=settings.page_size,
        refreshes_formulas_alone=joins and settings.full_refresh_interval is None and stream.sends_formulas_alone,
    )


def _inspect_database(database: DiscoveredDatabase, streams: Iterable[TableStream]) -> InspectedDatabase:
    stream_by_table = {
        stream.entry.table_id: stream for stream in streams if stream.entry.database.id == database.name.id
    }
    counts = count_rows(database.client, database.schema.tables)
    listed = {table.id for table in database.tables}
    return InspectedDatabase(
        team=database.team,
        name=database.name,
        tables=tuple(
            _inspect_table(table, stream_by_table.get(table.id), counts, is_listed=table.id in listed)
            for table in database.schema.tables
        ),
    )


def _inspect_table(table: Table, stream: TableStream | None, counts: RowCounts, *, is_listed: bool) -> InspectedTable:
    return InspectedTable(
        table=table,
        stream=stream.name if stream else None,
        left_out=_explain_absence(table, stream, is_listed=is_listed),
        rows=None if table.is_page else counts.by_table.get(table.id),
        is_counted=counts.are_exact,
        properties=_group_properties(stream.entry) if stream else {},
    )


def _explain_absence(table: Table, stream: TableStream | None, *, is_listed: bool) -> str:
    if table.is_page:
        return "a page, without records"
    if not is_listed:
        return "not named by the setting tables"
    if stream is None:
        return "not in the saved catalog"
    if stream.selected:
        return ""
    return HIDDEN if table.is_hidden else "not selected"


def _group_properties(entry: TableEntry) -> dict[str, list[str]]:
    properties: dict[str, list[str]] = {}
    for column in entry.columns:
        if column.is_readable:
            properties.setdefault(column.field_id, []).append(column.name)
    return properties


def _field_as_json(field: Field, properties: list[str]) -> dict[str, Any]:
    return {
        "id": field.id,
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "choices": [choice.caption for choice in field.choices],
        "formula": field.formula,
        "target_table": field.target_table_id,
        "target_field": field.target_field_id,
        "properties": properties,
    }
