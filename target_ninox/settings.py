"""The target's settings as frozen objects, made of what users wrote and checked once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ninox_api.errors import NinoxConfigError
from target_ninox.settings_schema import DEFAULT_BATCH_SIZE_ROWS, DEFAULT_MAX_FILE_SIZE_MIB

MODE_BY_LOAD_METHOD = {"append-only": "insert", "upsert": "upsert", "overwrite": "mirror"}

_MIB = 1024 * 1024
_LEAST = {"batch_size_rows": 1, "max_creates": 0, "max_updates": 0, "max_deletes": 0, "max_file_size_mib": 0}


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
        on_duplicate_match: `reject`, `first` or `newest`.
        fields: Property → field id or name; None leaves the property out.
        references: Property → how its record is found.
        on_unknown_choice: `reject` or `null`.
        keeps_on_null: Whether an empty value leaves its field alone instead of clearing it.
        number_format: `iso` or `de`.
        date_format: `iso` or `de`.
        zone: Zone of the wall clock that Ninox shows; None for UTC.
        files: Property → file field, by id or name.
    """

    table: str | None = None
    mode: str = "upsert"
    match_on: tuple[str, ...] | None = None
    on_duplicate_match: str = "reject"
    fields: Mapping[str, str | None] = field(default_factory=dict)
    references: Mapping[str, ReferenceSettings] = field(default_factory=dict)
    on_unknown_choice: str = "reject"
    keeps_on_null: bool = False
    number_format: str = "iso"
    date_format: str = "iso"
    zone: ZoneInfo | None = None
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], *, load_method: str = "upsert") -> StreamSettings:
        """Build the object from checked settings; absent and null ones take their defaults.

        Args:
            settings: What stands under `streams.<stream>`.
            load_method: The run's; it decides the mode unless the stream has its own.

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
            **{"mode": MODE_BY_LOAD_METHOD[load_method], **given},
            references={name: _reference(settings) for name, settings in references.items()},
            keeps_on_null=keeps_on_null,
            zone=ZoneInfo(zone) if zone else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """Where to write and how carefully.

    Attributes:
        database: Id or name.
        batch_size: Records per write request.
        fails_on_reject: Whether rejected rows make the run fail and hold the state.
        max_creates: Most records that a run may create; None for no limit. Likewise `max_updates`, `max_deletes`.
        after_load_script: Ninox script, executed once after everything was written.
        file_folder: The only folder whose files may be uploaded, absolute and without links; None for no folder.
        max_file_size: In bytes.
        trusted_file_hosts: Hosts of files that may be private.
        streams: Stream → its settings, for streams that have some; ask `stream()`.
    """

    database: str
    load_method: str = "upsert"
    batch_size: int = DEFAULT_BATCH_SIZE_ROWS
    skip_unchanged: bool = True
    dry_run: bool = False
    fails_on_reject: bool = True
    rejects_path: Path | None = None
    report_path: Path | None = None
    max_creates: int | None = None
    max_updates: int | None = None
    max_deletes: int | None = None
    hard_delete: bool = False
    after_load_script: str | None = None
    file_folder: Path | None = None
    max_file_size: int = DEFAULT_MAX_FILE_SIZE_MIB * _MIB
    trusted_file_hosts: tuple[str, ...] = ()
    streams: Mapping[str, StreamSettings] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TargetSettings:
        """Build the object from checked settings; absent and null ones take their defaults.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        load_method = given.get("load_method", "upsert")
        streams, problems = _streams(given.get("streams", {}), load_method)
        problems += [*_number_problems(given), *_path_problems(given)]
        if not str(given.get("database", "")).strip():
            problems.append("database: missing. Give the id or name of the database to load into.")
        if problems:
            raise NinoxConfigError(problems)
        return cls(
            database=given["database"],
            load_method=load_method,
            batch_size=given.get("batch_size_rows", DEFAULT_BATCH_SIZE_ROWS),
            skip_unchanged=given.get("skip_unchanged", True),
            dry_run=given.get("dry_run", False),
            fails_on_reject=given.get("on_reject", "fail") == "fail",
            rejects_path=_path(given.get("rejects_path")),
            report_path=_path(given.get("report_path")),
            max_creates=given.get("max_creates"),
            max_updates=given.get("max_updates"),
            max_deletes=given.get("max_deletes"),
            hard_delete=given.get("hard_delete", False),
            after_load_script=given.get("after_load_script"),
            file_folder=_folder(given.get("file_folder")),
            max_file_size=int(given.get("max_file_size_mib", DEFAULT_MAX_FILE_SIZE_MIB) * _MIB),
            trusted_file_hosts=tuple(host.lower() for host in given.get("trusted_file_hosts", ())),
            streams=streams,
        )

    def stream(self, name: str) -> StreamSettings:
        """Return the settings of a stream, the defaults if it has none of its own."""
        return self.streams.get(name) or StreamSettings(mode=MODE_BY_LOAD_METHOD[self.load_method])


def _streams(given: Mapping[str, Any], load_method: str) -> tuple[dict[str, StreamSettings], list[str]]:
    streams, problems = {}, []
    for name, settings in given.items():
        try:
            streams[name] = StreamSettings.from_settings(settings or {}, load_method=load_method)
        except NinoxConfigError as error:
            problems += [f"streams.{name}.{problem}" for problem in error.errors]
    return streams, problems


def _reference(settings: Mapping[str, Any]) -> ReferenceSettings:
    return ReferenceSettings(match_on=settings["match_on"], on_missing=settings.get("on_missing") or "reject")


def _zone_problems(zone: str | None) -> Iterator[str]:
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"timezone: {zone!r} is not a zone of the IANA list, such as Europe/Berlin."


def _number_problems(given: Mapping[str, Any]) -> Iterator[str]:
    for name, least in _LEAST.items():
        if name in given and given[name] < least:
            yield f"{name}: {given[name]} is too small; give at least {least}."
        if given.get(name) == inf:
            yield f"{name}: give a number, or leave it out."


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
