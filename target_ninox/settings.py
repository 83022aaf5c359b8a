"""The target's settings as frozen objects, made of what users wrote and checked once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ninox_api.errors import NinoxConfigError

BATCH_SIZE = 100
"""Records per write request (public clients use 100 to 300; no maximum is documented)."""

_GLOB_CHARACTERS = frozenset("*?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSettings:
    """How a link is found by a value of the linked record.

    Attributes:
        match_on: Field of the linked table, by id or name.
        on_missing: `reject` or `null`.
    """

    match_on: str
    on_missing: str = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How one stream is written.

    Attributes:
        table: Id or name; None for the table that is named like the stream.
        mode: `insert`, `update`, `upsert` or `mirror`.
        match_on: Properties that identify a record; None for the stream's key properties.
        fields: Property → field id or name; None leaves the property out. A file field is one to upload to.
        references: Property → how its record is found.
        keeps_on_null: Whether an empty value leaves its field alone instead of clearing it.
        number_format: `iso` or `de`.
        zone: Zone of the wall clock that Ninox shows; None for UTC.
    """

    table: str | None = None
    mode: str = "upsert"
    match_on: tuple[str, ...] | None = None
    fields: Mapping[str, str | None] = field(default_factory=dict)
    references: Mapping[str, ReferenceSettings] = field(default_factory=dict)
    keeps_on_null: bool = False
    number_format: str = "iso"
    zone: ZoneInfo | None = None

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> StreamSettings:
        """Build the object from checked settings; absent and null ones take their defaults.

        Args:
            settings: What stands under `streams.<stream>`.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        problems = list(_zone_problems(settings.get("timezone")))
        if problems:
            raise NinoxConfigError(problems)
        given = {key: value for key, value in settings.items() if value is not None}
        references = given.pop("references", {})
        zone = given.pop("timezone", None)
        keeps_on_null = given.pop("null", "clear") == "keep"
        if "match_on" in given:
            given["match_on"] = tuple(given["match_on"])
        return cls(
            **given,
            references={name: _reference(settings) for name, settings in references.items()},
            keeps_on_null=keeps_on_null,
            zone=ZoneInfo(zone) if zone else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """Where to write and how carefully.

    Attributes:
        team: Workspace of the database, by id or name; None for the only one.
        database: Id or name.
        batch_size: Records per write request.
        fails_on_reject: Whether rejected rows make the run fail and hold the state.
        max_updates: Most records that a run may change; None for no limit. Likewise `max_deletes`.
        file_folder: The only folder whose files may be uploaded, absolute and without links; None for no folder.
        trusted_file_hosts: Hosts of files that may be private.
        streams: Stream, or a glob → what users gave for it; ask `stream()`.
    """

    team: str | None = None
    database: str
    batch_size: int = BATCH_SIZE
    dry_run: bool = False
    fails_on_reject: bool = True
    rejects_path: Path | None = None
    report_path: Path | None = None
    max_updates: int | None = None
    max_deletes: int | None = None
    hard_delete: bool = False
    file_folder: Path | None = None
    trusted_file_hosts: tuple[str, ...] = ()
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TargetSettings:
        """Build the object from checked settings; absent and null ones take their defaults.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        problems = [*_stream_problems(given.get("streams", {})), *_path_problems(given)]
        if not str(given.get("database", "")).strip():
            problems.append("database: missing. Give the id or name of the database to load into.")
        if problems:
            raise NinoxConfigError(problems)
        return cls(
            team=given.get("team") or None,
            database=given["database"],
            dry_run=given.get("dry_run", False),
            fails_on_reject=given.get("on_reject", "fail") == "fail",
            rejects_path=_path(given.get("rejects_path")),
            report_path=_path(given.get("report_path")),
            max_updates=given.get("max_updates"),
            max_deletes=given.get("max_deletes"),
            hard_delete=given.get("hard_delete", False),
            file_folder=_folder(given.get("file_folder")),
            trusted_file_hosts=tuple(host.lower() for host in given.get("trusted_file_hosts", ())),
            streams=given.get("streams", {}),
        )

    def stream(self, name: str) -> StreamSettings:
        """Return the settings of a stream: of every glob that matches its name, in their order, and its own."""
        given: dict[str, Any] = {}
        for pattern, settings in self.streams.items():
            given |= settings if matches_stream(pattern, name) and pattern != name else {}
        return StreamSettings.from_settings({**given, **self.streams.get(name, {})})


def matches_stream(pattern: str, name: str) -> bool:
    """Tell whether a key of `streams` is for a stream: its name, or a glob with `*` or `?`."""
    return pattern == name or (not _GLOB_CHARACTERS.isdisjoint(pattern) and fnmatchcase(name, pattern))


def _stream_problems(streams: Mapping[str, Any]) -> Iterator[str]:
    for name, settings in streams.items():
        try:
            StreamSettings.from_settings(settings)
        except NinoxConfigError as error:
            yield from (f"streams.{name}.{problem}" for problem in error.errors)


def _reference(settings: Mapping[str, Any]) -> ReferenceSettings:
    return ReferenceSettings(match_on=settings["match_on"], on_missing=settings.get("on_missing") or "reject")


def _zone_problems(zone: str | None) -> Iterator[str]:
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"timezone: {zone!r} is not a zone of the IANA list, such as Europe/Berlin."


def _path_problems(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("rejects_path", "report_path", "file_folder"):
        if not given.get(name, "").isprintable():
            yield f"{name}: it holds a character that no path should have."
            return
    for name in ("rejects_path", "report_path"):
        if name in given:
            yield from _file_problems(name, given[name])
    if "file_folder" in given and not Path(given["file_folder"]).expanduser().is_dir():
        yield f"file_folder: there is no folder {given['file_folder']}."


def _file_problems(name: str, given: str) -> Iterator[str]:
    """Yield why a file cannot be made, which else would show at the end of a long run."""
    path = Path(given).expanduser().absolute()
    if path.exists() and not path.is_file():
        yield f"{name}: {given!r} is a folder or a device; give a file."
    elif not path.parent.is_dir():
        yield f"{name}: the folder of {given} does not exist."
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        yield f"{name}: nothing may be written into the folder of {given}."


def _path(given: str | None) -> Path | None:
    return None if given is None else Path(given).expanduser()


def _folder(given: str | None) -> Path | None:
    return None if given is None else Path(given).expanduser().resolve()
