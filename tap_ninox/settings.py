"""The tap's settings as one frozen object, made of what users wrote and checked once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

LIST_ONLY = "metadata"
"""What `files` says of streams whose files are listed and not fetched."""

FIELD_DOTS = 2
"""In the id of a field: `<database_id>.<table_id>.<field_id>`."""

STREAM_NAME_PLACEHOLDERS = frozenset({"team", "database", "table", "database_id", "table_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TapSettings:
    """What to read and how to name it.

    Attributes:
        team: One team, by id or name; None for the only one, or for several.
        teams: Ids, names or globs of several teams; empty means one team.
        databases: Likewise; empty means all.
        tables: Likewise.
        zone: Zone of date-times in fields; None leaves them as they are sent.
        sends_tombstones: Whether deletions go to the tables' own streams.
        marks_deletions_in_full: Whether those are sent under the schema of the rows.
        lists_deletions: Whether deletions go to a stream of their own.
        refresh: Streams to read whole in this run: names or globs.
        report_path: Where the summary is written, too.
        formulas: Id or glob of the formulas to read → type of their values.
        queries: Scripts that become streams.
        file_streams: Streams whose files are read: names or globs.
        file_store: Where those go: a folder, or an address that fsspec knows; None if they are only listed.
        full_refresh_interval: Age at which a table is read whole again; None for never.
        page_size: Records per request.
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
    page_size: int = MAX_PAGE_SIZE
    activates_versions: bool = True
    refresh: tuple[str, ...] = ()
    report_path: Path | None = None

    def refreshes(self, stream: str) -> bool:
        """Tell whether a stream is to be read whole in this run."""
        return any(fnmatchcase(stream, pattern) for pattern in self.refresh)

    def lists_files_of(self, stream: str, *, is_selected: bool = True) -> bool:
        """Whether the files of a table are listed: one that is named, or a selected one that a glob names."""
        return stream in self.file_streams or (
            is_selected and any(fnmatchcase(stream, pattern) for pattern in self.file_streams)
        )

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TapSettings:
        """Build the object from checked settings.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        problems = [
            *_report_problems(settings),
            *_format_problems(settings),
            *_zone_problems(settings),
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
        team, teams = _teams(settings.get("team"))
        files = settings.get("files") or {}
        stores = set(files.values()) - {LIST_ONLY}
        return cls(
            team=team,
            teams=teams,
            databases=tuple(settings.get("databases") or ()),
            tables=tuple(settings.get("tables") or ()),
            stream_name_format=settings.get("stream_name_format") or _default_format(teams),
            aliases=dict(settings.get("aliases") or {}),
            zone=ZoneInfo(zone) if zone else None,
            formulas=dict(settings.get("formulas") or {}),
            queries=queries_from(settings.get("queries") or ()),
            file_streams=tuple(files),
            file_store=stores.pop() if stores else None,
            sends_tombstones=deletes in {"tombstone", "both"},
            marks_deletions_in_full=(deletes in {"tombstone", "both"} and settings.get("tombstone_schema") == "full"),
            lists_deletions=deletes in {"stream", "both"},
            full_refresh_interval=None if hours is None else timedelta(hours=hours),
            refresh=tuple(settings.get("refresh") or ()),
            report_path=report_path_of(settings),
            activates_versions=settings.get("emit_activate_version_messages") is not False,
        )


def _teams(given: str | Sequence[str] | None) -> tuple[str | None, tuple[str, ...]]:
    """Return one team or several: a list, or a glob."""
    if isinstance(given, str):
        return (None, (given,)) if {"*", "?"} & set(given) else (given or None, ())
    return None, tuple(given or ())


def _default_format(teams: Sequence[str]) -> str:
    return STREAM_NAME_FORMAT_OF_TEAMS if teams else DEFAULT_STREAM_NAME_FORMAT


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
    if len(set((settings.get("files") or {}).values())) > 1:
        return ["files: give the same for all streams, `metadata` or one place."]
    return []


def _formula_problems(settings: Mapping[str, Any]) -> list[str]:
    allowed = ", ".join(EXPRESSIONS)
    return [
        f"formulas: the type {formula_type!r} of {pattern!r} is unknown; use one of {allowed}."
        for pattern, formula_type in (settings.get("formulas") or {}).items()
        if formula_type not in EXPRESSIONS
    ]
