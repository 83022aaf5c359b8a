"""The tap's settings as one frozen object, made of what users wrote and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ninox_api.client import MAX_PAGE_SIZE
from ninox_api.errors import NinoxConfigError
from tap_ninox.settings_schema import DEFAULT_STREAM_NAME_FORMAT

STREAM_NAME_PLACEHOLDERS = frozenset({"team", "database", "table", "database_id", "table_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TapSettings:
    """What to read and how to name it.

    Attributes:
        databases: Ids, names or globs; empty means all.
        tables: Likewise.
        zone: Zone of date-times in fields; None leaves them as they are sent.
        sends_tombstones: Whether deletions go to the tables' own streams.
        lists_deletions: Whether deletions go to a stream of their own.
        full_refresh_interval: Age at which a table is read whole again; None for never.
    """

    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stream_name_format: str = DEFAULT_STREAM_NAME_FORMAT
    field_name_style: str = "slug"
    aliases: Mapping[str, str]
    zone: ZoneInfo | None = None
    sends_tombstones: bool = True
    lists_deletions: bool = False
    full_refresh_interval: timedelta | None = None
    page_size: int = MAX_PAGE_SIZE
    activates_versions: bool = True

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TapSettings:
        """Build the object from checked settings.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        problems = [*_format_problems(settings), *_zone_problems(settings), *_number_problems(settings)]
        if problems:
            raise NinoxConfigError(problems)
        zone = settings.get("timezone")
        deletes = settings.get("deletes") or "tombstone"
        hours = settings.get("full_refresh_interval_hours")
        return cls(
            databases=tuple(settings.get("databases") or ()),
            tables=tuple(settings.get("tables") or ()),
            stream_name_format=settings.get("stream_name_format") or DEFAULT_STREAM_NAME_FORMAT,
            field_name_style=settings.get("field_name_style") or "slug",
            aliases=dict(settings.get("aliases") or {}),
            zone=ZoneInfo(zone) if zone else None,
            sends_tombstones=deletes in {"tombstone", "both"},
            lists_deletions=deletes in {"stream", "both"},
            full_refresh_interval=None if hours is None else timedelta(hours=hours),
            page_size=settings.get("page_size") or MAX_PAGE_SIZE,
            activates_versions=settings.get("emit_activate_version_messages") is not False,
        )


def _format_problems(settings: Mapping[str, Any]) -> list[str]:
    try:
        names = {name for _, name, _, _ in Formatter().parse(settings.get("stream_name_format") or "") if name}
    except ValueError:
        return ["stream_name_format: a brace is not closed."]
    unknown = sorted(names - STREAM_NAME_PLACEHOLDERS)
    allowed = ", ".join(f"{{{name}}}" for name in sorted(STREAM_NAME_PLACEHOLDERS))
    return [f"stream_name_format: {{{name}}} is unknown; use {allowed}." for name in unknown]


def _zone_problems(settings: Mapping[str, Any]) -> list[str]:
    zone = settings.get("timezone")
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [f"timezone: {zone!r} is not a zone of the IANA list, such as Europe/Berlin."]
    return []


def _number_problems(settings: Mapping[str, Any]) -> list[str]:
    given = (
        (name, settings.get(name), least) for name, least in (("page_size", 1), ("full_refresh_interval_hours", 0))
    )
    return [
        f"{name}: {value} is too small; give at least {least}."
        for name, value, least in given
        if value is not None and value < least
    ]
