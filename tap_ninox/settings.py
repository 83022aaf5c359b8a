"""The tap's settings: what users may write, with what it means, and the object that is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from singer_sdk import typing as th

from ninox_api import config
from ninox_api.errors import NinoxConfigError
from ninox_singer import connection
from ninox_singer.identifiers import MAX_LENGTH
from ninox_singer.names import fits, fold, is_glob, is_left_out, is_wanted
from ninox_singer.output_files import check_output
from ninox_singer.settings import check_zone, refuse_null
from ninox_singer.types import COMPUTED, field_type
from ninox_singer.types.base import INTEGER, JsonSchema

DEFAULT_STREAM_NAME_FORMAT = "{database}__{table}"
STREAM_NAME_FORMAT_OF_TEAMS = "{team}__{database}__{table}"

MAX_INTERVAL_HOURS = 100 * 366 * 24

_NAMES = th.ArrayType(th.StringType)
_SOME_NAMES = th.CustomType({**_NAMES.to_dict(), "minItems": 1})
"""An empty list is what is left of one that was to be filled in: everything would be read."""

CONNECTION_PROPERTIES = (
    *connection.CONNECTION_PROPERTIES,
    th.Property(
        "team",
        th.CustomType(
            {"type": ["string", "array", "null"], "items": {"type": "string", "minLength": 1}, "minItems": 1}
        ),
        title="Team",
        description="Workspace to read, by id or name. Needed if the key sees several, and as an id where the server "
        "does not list its teams. To read several, give a list or a glob such as `*`; stream names then "
        "begin with the team. Default: the only one that the key sees.",
    ),
    th.Property(
        "max_parallel_requests",
        th.IntegerType(minimum=1, maximum=100),
        default=config.DEFAULT_MAX_PARALLEL_REQUESTS,
        title="Parallel requests",
        description="Requests in flight at once, across databases, tables and ranges within a table. Raise it for a "
        "private cloud that permits it; the public cloud answers parallel calls with 429, and the run "
        "then continues with one at a time.",
    ),
    th.Property(
        "max_api_calls",
        th.IntegerType(minimum=1),
        title="Call budget",
        description="Most API calls of one process: it stops there, with its state saved, and the next run continues. "
        "`meltano run` discovers in a process of its own, which has its own count. Set it where your plan limits calls "
        "per month.",
    ),
    th.Property(
        "calls_per_month",
        th.IntegerType(minimum=1),
        title="Calls per month",
        description="API calls that your plan grants per month. Each run, and `singer-ninox inspect`, then say how "
        "often such a run fits; nothing is stopped.",
    ),
)

QUERY_PROPERTIES = (
    th.Property("database", th.StringType, required=True),
    th.Property("query", th.StringType, required=True),
    th.Property("key_properties", th.ArrayType(th.StringType)),
    th.Property("schema", th.ObjectType(additional_properties=th.StringType)),
)

TAP_PROPERTIES = (
    th.Property(
        "databases",
        _SOME_NAMES,
        title="Databases",
        description="Databases to read: ids, names or globs such as `Büro*`; `!` before one leaves it out. Default: "
        "all that the key can read.",
    ),
    th.Property(
        "tables",
        _SOME_NAMES,
        title="Tables",
        description="Tables to list, and so to read: ids, names, globs, or `<database id>.<table id>`; `!` before one "
        "leaves it out. Set it to keep tables out of the catalog altogether. Default: all but pages.",
    ),
    th.Property(
        "stream_name_format",
        th.StringType,
        title="Stream names",
        description="How streams are named, from `{team}`, `{database}`, `{table}`, `{database_id}` and `{table_id}`. "
        "Set it before the first load: names that are loaded stay. Default: `{database}__{table}`, or "
        "`{team}__{database}__{table}` with several teams.",
    ),
    th.Property(
        "aliases",
        th.ObjectType(additional_properties=th.StringType),
        title="Aliases",
        description="Names of your own: `<database_id>.<table_id>` → stream, "
        "`<database_id>.<table_id>.<field_id>` → property. Set one where a name is unreadable, or to adopt "
        "the new name of a renamed table or field.",
    ),
    th.Property(
        "formulas",
        th.ObjectType(additional_properties=th.StringType),
        title="Formulas",
        description="Formulas to read → type of their values. Each is named by a glob of `<stream>.<property>`, such "
        'as `{"*.total": "number"}`, or by `<database_id>.<table_id>.<field_id>`; the type is one of '
        f"{', '.join(f'`{word}`' for word in COMPUTED)}. Default: none; formulas are only listed.",
    ),
    th.Property(
        "queries",
        th.ObjectType(additional_properties=th.ObjectType(*QUERY_PROPERTIES, additional_properties=False)),
        title="Queries",
        examples=[{"vip": {"database": "Shop", "query": "(select Customers where VIP).Name"}}],
        description="Scripts of your own as streams: stream → `{database, query, key_properties, schema}`. "
        "Use them for sums and joins that Ninox should compute. `schema` maps properties to types (those of "
        "`formulas`, and `integer`); without it, discovery runs the query.",
    ),
    th.Property(
        "files",
        th.ObjectType(additional_properties=th.StringType(min_length=1)),
        title="Files",
        examples=[{"*": "metadata"}],
        description="Stream, or a glob of the selected ones → what is read of its files: `metadata` lists "
        "them in the stream `ninox_files`; a place downloads them as well, a folder such as `./files`, or an "
        "address that fsspec supports, such as `s3://bucket/folder`; one place for all. Costs an API call per "
        "record at first, then per changed record. Default: none.",
    ),
    th.Property(
        "timezone",
        th.StringType,
        title="Time zone",
        description="Zone of the date-times in your fields, such as `Europe/Berlin`. Set it to have them sent in UTC. "
        "Default: as Ninox returns them, without a zone.",
    ),
    th.Property(
        "deletes",
        th.StringType,
        default="tombstone",
        allowed_values=["tombstone", "full", "stream", "both", "ignore"],
        title="Deletes",
        description="How deletions arrive. `tombstone`: the row keeps its values and gets `_sdc_deleted_at` (soft "
        "delete), under a schema of its own. `full`: under the schema of the rows, for targets that take "
        "one schema per stream; an upsert then empties the other columns. `stream`: only listed, in "
        "`ninox_deleted_records`. `both`: `tombstone` and `stream`. `ignore`: not at all.",
    ),
    th.Property(
        "full_refresh_interval_hours",
        th.NumberType(minimum=0, maximum=MAX_INTERVAL_HOURS),
        title="Full refresh interval",
        description="Hours after which a table is read in full again. Set it where old rows must show the "
        "current captions of renamed options, which the change sequence does not report. Default: never, "
        "except for formulas that are read: they are refreshed every 24 hours, without the rest of the table "
        "if `deletes` is `tombstone` or `both`.",
    ),
    th.Property(
        "refresh",
        _NAMES,
        title="Refresh",
        description="Streams to read in full in this run, by name or glob. Set it for one run, to backfill a new "
        "field without reading any other table again: `TAP_NINOX_REFRESH='[\"shop__customers\"]'`.",
    ),
    th.Property(
        "report_path",
        th.StringType,
        title="Report",
        description="JSON file for the summary of the run and the schema changes. Set it to monitor runs, "
        "or to make an HTML page of them; it is written however the run ends.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit `ACTIVATE_VERSION` messages",
        description="Whether a full refresh lets the target mark or remove the rows that are gone. Set it to false "
        "for a target that must keep them.",
    ),
)

REMOVED_SETTINGS = {
    **connection.REMOVED_SETTINGS,
    "tombstone_schema": "Give deletes: full for deletions under the schema of the rows.",
    "teams": "Give the list to `team`.",
    "follow_names": "Save the catalog anew (`--discover`) to take the names of now.",
    "field_name_style": "Name single properties with `aliases`; the caption of each is its `title` in the catalog.",
    "choice_style": "Both are sent, the caption and the id: deselect the properties that you do not want.",
    "expand_composites": "Composites always come in their parts: deselect the properties that you do not want.",
    "on_bad_value": "Values that do not fit become null and are counted in the report.",
    "file_tables": 'Name the streams in `files`: {"shop__invoices": "./files"}.',
    "file_store": 'Give the place in `files`: {"*": "./files"}.',
    "page_size": "Pages become smaller by themselves where a server cannot deliver them.",
}
"""Settings of earlier versions → what to do instead."""

CONFIG_JSONSCHEMA = refuse_null(
    th.PropertiesList(*CONNECTION_PROPERTIES, *TAP_PROPERTIES, additional_properties=False).to_dict()
)
"""Which settings may be neither null nor empty nor misspelt, `GUARDS` in `ninox_singer/environment.py` says."""


LIST_ONLY = "metadata"
"""What `files` says of streams whose files are listed and not fetched."""

FIELD_DOTS = 2
"""In the id of a field: `<database_id>.<table_id>.<field_id>`."""

_QUERY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")

STREAM_NAME_PLACEHOLDERS = frozenset({"team", "database", "table", "database_id", "table_id"})

QUERY_TYPES: Mapping[str, JsonSchema] = {
    **{word: field_type(word).parts[0].schema for word in COMPUTED},
    "integer": INTEGER,
}
"""What a property can be, in the words of settings → JSON Schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettings:
    """One script as a stream.

    Attributes:
        name: Of the stream.
        database: Id or name.
        script: In Ninox's language; it must only read.
        key_properties: What identifies a row; empty for its position.
        types: Property → key of `QUERY_TYPES`; empty if the answer is to show them.
    """

    name: str
    database: str
    script: str
    key_properties: tuple[str, ...]
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TapSettings:
    """What to read and how to name it.

    Attributes:
        team: One team, by id or name; None for the only one, or for several.
        teams: Ids, names or globs of several teams; empty means one team.
        databases: Likewise; empty means all.
        tables: Likewise.
        stream_name_format: How streams are named; placeholders are `STREAM_NAME_PLACEHOLDERS`.
        aliases: Id of a table, or of a field with that of its table → name of the stream, or property.
        zone: Zone of date-times in fields; None leaves them as they are sent.
        sends_tombstones: Whether deletions go to the tables' own streams.
        marks_deletions_in_full: Whether those are sent under the schema of the rows.
        lists_deletions: Whether deletions go to a stream of their own.
        refresh: Streams to refresh in full in this run: names or globs.
        report_path: Where the summary is written, too.
        calls_per_month: So many the plan grants.
        formulas: Id or glob of the formulas to read → type of their values.
        queries: Scripts that become streams.
        file_streams: Streams whose files are read: names or globs.
        file_store: Where those go: a folder, or an address that fsspec knows; None if they are only listed.
        full_refresh_interval: Age at which a table gets a full refresh; None for never.
        activates_versions: Whether a full refresh lets loaders take rows that did not come for deleted.
        page_size: Records per request; None to find out how many. No setting: tests alone give a number.
    """

    team: str | None = None
    teams: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stream_name_format: str = DEFAULT_STREAM_NAME_FORMAT
    aliases: Mapping[str, str]
    zone: ZoneInfo | None = None
    formulas: Mapping[str, str] = field(default_factory=dict)
    queries: tuple[QuerySettings, ...] = ()
    file_streams: tuple[str, ...] = ()
    file_store: str | None = field(default=None, repr=False)
    sends_tombstones: bool = True
    marks_deletions_in_full: bool = False
    lists_deletions: bool = False
    full_refresh_interval: timedelta | None = None
    page_size: int | None = None
    activates_versions: bool = True
    refresh: tuple[str, ...] = ()
    report_path: Path | None = None
    calls_per_month: int | None = None

    @property
    def sends_narrow_rows(self) -> bool:
        """Whether the loader keeps the columns that a row lacks: that is what deletions under their own schema need."""
        return self.sends_tombstones and not self.marks_deletions_in_full

    def refreshes(self, stream: str) -> bool:
        """Return whether a stream gets a full refresh in this run."""
        return bool(self.refresh) and is_wanted(self.refresh, ids=(), names=(stream,))

    def lists_files_of(self, stream: str, *, is_selected: bool = True) -> bool:
        """Whether the files of a table are listed: one that is named, or a selected one that a glob names."""
        is_named = fold(stream) in map(fold, self.file_streams)
        is_meant = is_named or (is_selected and any(fits(pattern, stream) for pattern in self.file_streams))
        return is_meant and not is_left_out(self.file_streams, ids=(), names=(stream,))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TapSettings:
        """Build the object from checked settings.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        if problems := list(_find_problems(settings)):
            raise NinoxConfigError(problems)
        zone = settings.get("timezone")
        deletes = settings.get("deletes") or "tombstone"
        hours = settings.get("full_refresh_interval_hours")
        team = settings.get("team") or None
        if isinstance(team, str) and is_glob(team):
            team = [team]
        team, teams = (team, ()) if isinstance(team, str) else (None, tuple(team or ()))
        default_format = STREAM_NAME_FORMAT_OF_TEAMS if teams else DEFAULT_STREAM_NAME_FORMAT
        files = settings.get("files") or {}
        stores = set(files.values()) - {LIST_ONLY}
        return cls(
            team=team,
            teams=teams,
            databases=tuple(settings.get("databases") or ()),
            tables=tuple(settings.get("tables") or ()),
            stream_name_format=settings.get("stream_name_format") or default_format,
            aliases=dict(settings.get("aliases") or {}),
            zone=ZoneInfo(zone) if zone else None,
            formulas=dict(settings.get("formulas") or {}),
            queries=tuple(
                QuerySettings(
                    name=name,
                    database=item["database"],
                    script=item["query"],
                    key_properties=tuple(item.get("key_properties") or ()),
                    types=dict(item.get("schema") or {}),
                )
                for name, item in (settings.get("queries") or {}).items()
            ),
            file_streams=tuple(files),
            file_store=stores.pop() if stores else None,
            sends_tombstones=deletes in {"tombstone", "full", "both"},
            marks_deletions_in_full=deletes == "full",
            lists_deletions=deletes in {"stream", "both"},
            full_refresh_interval=None if hours is None else timedelta(hours=hours),
            refresh=tuple(settings.get("refresh") or ()),
            report_path=report_path_of(settings),
            calls_per_month=settings.get("calls_per_month"),
            activates_versions=settings.get("emit_activate_version_messages") is not False,
        )


def report_path_of(settings: Mapping[str, Any]) -> Path | None:
    """Return where a run's report goes, None for nowhere: also of settings that have not been checked yet."""
    path = settings.get("report_path")
    return Path(path).expanduser() if path and not any(check_output("report_path", path)) else None


def _find_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with settings that fit their schema."""
    if path := settings.get("report_path"):
        yield from check_output("report_path", path)
    yield from _format_problems(settings.get("stream_name_format") or "")
    yield from check_zone(settings.get("timezone"))
    yield from _alias_problems(settings.get("aliases") or {})
    for pattern, formula_type in (settings.get("formulas") or {}).items():
        if formula_type not in COMPUTED:
            allowed = ", ".join(COMPUTED)
            yield f"formulas: the type {formula_type!r} of {pattern!r} is unknown; use one of {allowed}."
    yield from _query_problems(settings.get("queries") or {})
    if len(set((settings.get("files") or {}).values())) > 1:
        yield "files: give the same for all streams, `metadata` or one place."


def _format_problems(name_format: str) -> list[str]:
    if not name_format.isprintable():
        return ["stream_name_format: it contains a character that no name should have."]
    try:
        parts = list(Formatter().parse(name_format))
    except ValueError:
        return ["stream_name_format: a brace is not closed."]
    if any("." in literal for literal, *_ in parts):
        message = "it contains a dot, at which Meltano splits select rules; take another character, such as __ or -."
        return [f"stream_name_format: {message}"]
    names = {name for _, name, _, _ in parts if name is not None}
    if any(form or conversion for _, _, form, conversion in parts):
        return ["stream_name_format: give names in braces only, without a format."]
    unknown = sorted(names - STREAM_NAME_PLACEHOLDERS)
    allowed = ", ".join(f"{{{name}}}" for name in sorted(STREAM_NAME_PLACEHOLDERS))
    return [f"stream_name_format: {{{name}}} is unknown; use {allowed}." for name in unknown]


def _alias_problems(aliases: Mapping[str, str]) -> Iterator[str]:
    taken: dict[tuple[str, str], str] = {}
    for key, name in aliases.items():
        if key.count(".") not in {1, 2}:
            yield f"aliases: {key!r} is no id; give <database_id>.<table_id>, or <database_id>.<table_id>.<field_id>."
        if not name or not name.isprintable() or len(name.encode(errors="replace")) > MAX_LENGTH or '"' in name:
            wanted = f"a name of 1 to {MAX_LENGTH} bytes that can be printed, without quotation marks"
            yield f"aliases: give {key!r} {wanted}."
        scope = key.rpartition(".")[0] if key.count(".") == FIELD_DOTS else ""
        if scope and name.startswith("_"):
            yield f"aliases: the name for {key!r} begins with an underscore, as the properties of the tap itself do."
        elif not scope and "." in name:
            yield f"aliases: the name for {key!r} contains a dot, at which Meltano splits select rules."
        other = taken.setdefault((scope, name.casefold()), key)
        if other != key:
            yield f"aliases: {other!r} and {key!r} have the same name."


def _query_problems(queries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, item in queries.items():
        types = item.get("schema") or {}
        if not _QUERY_NAME.fullmatch(name):
            yield f"queries: {name!r} cannot be a stream's name; use up to 63 letters, digits and underscores."
        if not item["query"].strip():
            yield f"queries: the query of {name!r} is empty."
        for property_name, word in types.items():
            if word not in QUERY_TYPES:
                allowed = ", ".join(QUERY_TYPES)
                yield f"queries: the type {word!r} of {name}.{property_name} is unknown; use one of {allowed}."
        for key in item.get("key_properties") or ():
            if types and key not in types:
                yield f"queries: the key property {key!r} of {name!r} is not in its schema."
