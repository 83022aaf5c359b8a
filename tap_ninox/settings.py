"""The tap's settings as one frozen object, made of what users wrote and checked once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ninox_api.client import MAX_PAGE_SIZE
from ninox_api.errors import NinoxConfigError
from ninox_api.naming import MAX_LENGTH
from tap_ninox.formulas.computed import EXPRESSIONS
from tap_ninox.queries.settings import QuerySettings, queries_from, query_problems
from tap_ninox.settings_schema import DEFAULT_STREAM_NAME_FORMAT, STREAM_NAME_FORMAT_OF_TEAMS
from tap_ninox.values.columns import ColumnStyle

MAX_INTERVAL_HOURS = 100 * 366 * 24

FIELD_DOTS = 2
"""In the id of a field: `<database_id>.<table_id>.<field_id>`."""

STREAM_NAME_PLACEHOLDERS = frozenset({"team", "database", "table", "database_id", "table_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TapSettings:
    """What to read and how to name it.

    Attributes:
        teams: Ids, names or globs of several teams; empty means one team.
        databases: Likewise; empty means all.
        tables: Likewise.
        fails_on_bad_values: Whether a value that does not fit its type ends its stream, instead of becoming null.
        zone: Zone of date-times in fields; None leaves them as they are sent.
        sends_tombstones: Whether deletions go to the tables' own streams.
        marks_deletions_in_full: Whether those are sent under the schema of the rows.
        lists_deletions: Whether deletions go to a stream of their own.
        follows_names: Whether names are those of now also with a saved catalog.
        refresh: Streams to read whole in this run: names or globs.
        report_path: Where the summary is written, too.
        formulas: Id or glob of the formulas to read → type of their values.
        queries: Scripts that become streams.
        files: `none`, `metadata` or `download`.
        file_tables: Streams whose files are read: names or globs; empty means all that are selected.
        file_store: Where downloads go: a folder, or an address that fsspec knows.
        full_refresh_interval: Age at which a table is read whole again; None for never.
    """

    teams: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stream_name_format: str = DEFAULT_STREAM_NAME_FORMAT
    column_style: ColumnStyle = field(default_factory=ColumnStyle)
    aliases: Mapping[str, str]
    fails_on_bad_values: bool = False
    zone: ZoneInfo | None = None
    formulas: Mapping[str, str] = field(default_factory=dict)
    queries: tuple[QuerySettings, ...] = ()
    files: str = "none"
    file_tables: tuple[str, ...] = ()
    file_store: str | None = field(default=None, repr=False)
    sends_tombstones: bool = True
    marks_deletions_in_full: bool = False
    lists_deletions: bool = False
    full_refresh_interval: timedelta | None = None
    page_size: int = MAX_PAGE_SIZE
    activates_versions: bool = True
    follows_names: bool = False
    refresh: tuple[str, ...] = ()
    report_path: Path | None = None

    def refreshes(self, stream: str) -> bool:
        """Tell whether a stream is to be read whole in this run."""
        return any(fnmatchcase(stream, pattern) for pattern in self.refresh)

    @property
    def reads_files(self) -> bool:
        """Whether files are listed at all."""
        return self.files != "none"

    def lists_files_of(self, stream: str) -> bool:
        """Whether the files of a selected table are listed."""
        patterns = self.file_tables or ("*",)
        return self.reads_files and any(fnmatchcase(stream, pattern) for pattern in patterns)

    @property
    def downloads_files(self) -> bool:
        """Whether files are brought into the store."""
        return self.files == "download"

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TapSettings:
        """Build the object from checked settings.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        problems = [
            *_team_problems(settings),
            *_report_problems(settings),
            *_format_problems(settings),
            *_zone_problems(settings),
            *_number_problems(settings),
            *_alias_problems(settings.get("aliases") or {}),
            *_formula_problems(settings),
            *query_problems(settings.get("queries") or ()),
            *_file_problems(settings),
        ]
        if problems:
            raise NinoxConfigError(problems)
        zone = settings.get("timezone")
        deletes = settings.get("deletes") or "tombstone"
        hours = settings.get("full_refresh_interval_hours")
        return cls(
            teams=tuple(settings.get("teams") or ()),
            databases=tuple(settings.get("databases") or ()),
            tables=tuple(settings.get("tables") or ()),
            stream_name_format=settings.get("stream_name_format") or _default_format(settings),
            column_style=ColumnStyle(
                names=settings.get("field_name_style") or "slug",
                choices=settings.get("choice_style") or "both",
                expands_composites=settings.get("expand_composites") is not False,
            ),
            fails_on_bad_values=settings.get("on_bad_value") == "fail",
            aliases=dict(settings.get("aliases") or {}),
            zone=ZoneInfo(zone) if zone else None,
            formulas=dict(settings.get("formulas") or {}),
            queries=queries_from(settings.get("queries") or ()),
            files=settings.get("files") or "none",
            file_tables=tuple(settings.get("file_tables") or ()),
            file_store=settings.get("file_store") or None,
            sends_tombstones=deletes in {"tombstone", "both"},
            marks_deletions_in_full=(deletes in {"tombstone", "both"} and settings.get("tombstone_schema") == "full"),
            lists_deletions=deletes in {"stream", "both"},
            full_refresh_interval=None if hours is None else timedelta(hours=hours),
            page_size=settings.get("page_size") or MAX_PAGE_SIZE,
            follows_names=settings.get("follow_names") is True,
            refresh=tuple(settings.get("refresh") or ()),
            report_path=report_path_of(settings),
            activates_versions=settings.get("emit_activate_version_messages") is not False,
        )


def _default_format(settings: Mapping[str, Any]) -> str:
    return STREAM_NAME_FORMAT_OF_TEAMS if settings.get("teams") else DEFAULT_STREAM_NAME_FORMAT


def _team_problems(settings: Mapping[str, Any]) -> list[str]:
    return ["teams: give either team or teams, not both."] if settings.get("team") and settings.get("teams") else []


def report_path_of(settings: Mapping[str, Any]) -> Path | None:
    """Return where a run's report goes, None for nowhere: also of settings that have not been checked yet."""
    path = settings.get("report_path")
    return Path(path) if path and not _report_problems(settings) else None


def _report_problems(settings: Mapping[str, Any]) -> list[str]:
    path = settings.get("report_path") or "."
    if not path.isprintable():
        return ["report_path: it holds a character that no path should have."]
    folder = Path(path).parent
    return [] if folder.is_dir() else [f"report_path: there is no folder {folder}."]


def _format_problems(settings: Mapping[str, Any]) -> list[str]:
    if not (settings.get("stream_name_format") or "").isprintable():
        return ["stream_name_format: it holds a character that no name should have."]
    try:
        parts = list(Formatter().parse(settings.get("stream_name_format") or ""))
    except ValueError:
        return ["stream_name_format: a brace is not closed."]
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
        if not name or not name.isprintable() or len(name) > MAX_LENGTH:
            yield f"aliases: the name for {key!r} is empty, too long (at most {MAX_LENGTH}), or not printable."
        scope = key.rpartition(".")[0] if key.count(".") == FIELD_DOTS else ""
        if scope and name.startswith("_"):
            yield f"aliases: the name for {key!r} begins with an underscore, as the properties of the tap itself do."
        other = taken.setdefault((scope, name), key)
        if other != key:
            yield f"aliases: {other!r} and {key!r} have the same name."


def _zone_problems(settings: Mapping[str, Any]) -> list[str]:
    zone = settings.get("timezone")
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [f"timezone: {zone!r} is not a zone of the IANA list, such as Europe/Berlin."]
    return []


def _file_problems(settings: Mapping[str, Any]) -> list[str]:
    if settings.get("files") == "download" and not settings.get("file_store"):
        return [
            "file_store: files: download needs a place for the files: a folder, or an address such as s3://bucket/x."
        ]
    return []


def _formula_problems(settings: Mapping[str, Any]) -> list[str]:
    allowed = ", ".join(EXPRESSIONS)
    return [
        f"formulas: the type {formula_type!r} of {pattern!r} is unknown; use one of {allowed}."
        for pattern, formula_type in (settings.get("formulas") or {}).items()
        if formula_type not in EXPRESSIONS
    ]


def _number_problems(settings: Mapping[str, Any]) -> list[str]:
    if (settings.get("full_refresh_interval_hours") or 0) > MAX_INTERVAL_HOURS:
        return [f"full_refresh_interval_hours: give at most {MAX_INTERVAL_HOURS}, or leave it out for never."]
    given = (
        (name, settings.get(name), least) for name, least in (("page_size", 1), ("full_refresh_interval_hours", 0))
    )
    return [
        f"{name}: {value} is too small; give at least {least}."
        for name, value, least in given
        if value is not None and value < least
    ]
