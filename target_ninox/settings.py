"""The target's settings: what users may write, with what it means, and the objects that are made of it."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from singer_sdk import typing as th

from ninox_api.errors import NinoxConfigError
from ninox_singer import connection
from ninox_singer.names import Names, did_you_mean, fits, is_glob, probably_meant
from ninox_singer.output_files import check_output
from ninox_singer.settings import check_zone, refuse_null
from ninox_singer.stream_maps import iter_maps
from ninox_singer.wording import list_names

logger = logging.getLogger(__name__)

_HOST = re.compile(r"[\w.-]+")
_HOST_OF_URL = re.compile(r"https?://(?:[^/@]*@)?([\w.-]+)(?=[:/?#]|$)", re.IGNORECASE)

_NAMES = th.ArrayType(th.StringType)

CONNECTION_PROPERTIES = (
    *connection.CONNECTION_PROPERTIES,
    th.Property(
        "team",
        th.StringType,
        title="Team",
        description="Workspace to load into, by id or name. Needed if the key sees several, and as an id where the "
        "server does not list its teams. Default: the only one that the key sees.",
    ),
)

STREAM_PROPERTIES = (
    th.Property(
        "table",
        th.StringType,
        description="Table to load into, by id or name. Needed where the stream's name differs. Default: "
        "the table that tap-ninox read, or the one with the stream's name.",
    ),
    th.Property(
        "mode",
        th.StringType,
        allowed_values=["insert", "update", "upsert", "mirror"],
        description="What a row does. `upsert` (default): update the record with its key, or create one. `update`: "
        "only records that exist. `insert`: create a record for every row, also for one that comes again "
        "after a run was killed. `mirror`: upsert, and delete what did not come.",
    ),
    th.Property(
        "match_on",
        _NAMES,
        description="Properties that identify a record; `_id` is the record id itself, unless `fields` says "
        "otherwise. Set it where the stream has no key, or one that Ninox does not have. Default: the "
        "stream's key.",
    ),
    th.Property(
        "fields",
        th.CustomType({"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}),
        description="Property → field, by id or name; `null` leaves the property out. Needed where names differ, and "
        "for files: the property then names the file to upload, a path in a folder or an address on a "
        "host that `file_sources` names, or holds it in base64. Default: by name.",
    ),
    th.Property(
        "references",
        th.ObjectType(additional_properties=th.StringType(min_length=1)),
        examples=[{"customer": "Customer no."}],
        description="Property → field of the linked table, by id or name, whose value it holds, such as a customer "
        "number; `_id` if it holds record ids. Each property that goes to a link needs it, unless rows are matched "
        "by `_id`.",
    ),
    th.Property(
        "on_missing",
        th.StringType,
        allowed_values=["reject", "null"],
        description="What becomes of a row whose `references` name a record that neither exists nor comes: "
        '`reject` it (default), or `"null"`: load it and leave that link empty. A link that is part of the '
        "key cannot be empty.",
    ),
    th.Property(
        "null",
        th.StringType,
        allowed_values=["clear", "keep"],
        description="What an empty value (null or empty text) does to its field: `clear` it (default), or `keep` what "
        "is there. An absent property never does anything.",
    ),
    th.Property(
        "number_format",
        th.StringType,
        allowed_values=["iso", "de"],
        description="How numbers in text are written: `1234.56` (`iso`, the default), or `1.234,56` (`de`). Set it "
        "for German spreadsheets.",
    ),
    th.Property(
        "timezone",
        th.StringType,
        description="Zone of the wall clock in your fields, such as `Europe/Berlin`: date-times with a zone are "
        "converted to it, those without one are kept. Default: UTC.",
    ),
)

TARGET_PROPERTIES = (
    th.Property(
        "database",
        th.StringType(min_length=1),
        required=True,
        title="Database",
        description="Database to load into, by id or name.",
    ),
    th.Property(
        "streams",
        th.ObjectType(additional_properties=th.ObjectType(*STREAM_PROPERTIES, additional_properties=False)),
        title="Streams",
        description="Stream → settings of its own, such as `table`, `mode`, `match_on` and `fields`. A glob such as "
        "`*` applies to all that it matches; settings under a stream's own name take precedence.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        title="Dry run",
        description="Write nothing, and print what would be created, updated, deleted and rejected, with examples. "
        "Set it before the first load into a table that people use.",
    ),
    th.Property(
        "limit_rows",
        th.IntegerType(minimum=1),
        title="Rows of a first run",
        description="Load only this many rows of each stream. Set it for a first look in Ninox: nothing is deleted "
        "and no state is written, so the next run without it loads all rows.",
    ),
    th.Property(
        "on_reject",
        th.StringType,
        default="fail",
        allowed_values=["fail", "continue"],
        title="On reject",
        description="What a rejected row does to the run; all other rows are written. `fail`: the run ends "
        "with exit code 1 and the state is held, so the row comes again. `continue`: the run goes on, and the "
        "row is counted and written to `rejects_path`.",
    ),
    th.Property(
        "rejects_path",
        th.StringType,
        title="Rejects file",
        description="JSON Lines file for rejected rows, with the reasons (dead letter queue). Once fixed, it can be "
        "fed in again.",
    ),
    th.Property(
        "report_path",
        th.StringType,
        title="Report file",
        description="JSON file for the counts of each stream. Set it to monitor runs, or to make an HTML page of them.",
    ),
    th.Property(
        "max_updates",
        th.IntegerType(minimum=0),
        title="Most updates",
        description="Most records that a run may update; it stops before one more. Set it as a safeguard "
        "against a source that has changed as a whole. Default: no limit.",
    ),
    th.Property(
        "max_deletes",
        th.IntegerType(minimum=0),
        title="Most deletions",
        description="Most records that a run may delete, including those that Ninox deletes along with "
        "them; it stops before one more. Default: no limit, but for a mirror a tenth of its table's records, "
        "or 10 if that is more.",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType,
        default=False,
        title="Hard delete",
        description="Whether a row with a time in `_sdc_deleted_at` deletes its record. Set it to pass on "
        "deletions, such as those that tap-ninox reports. Default: such rows are counted, and nothing is "
        "deleted.",
    ),
    th.Property(
        "file_sources",
        _NAMES,
        title="Sources of files",
        examples=[["./photos", "images.example.org"]],
        description="The only places from which files are uploaded. A folder is written with a `/`, such as "
        "`./photos`; a path in a row is looked for in each folder, in this order. Anything else is a host, "
        "asked by https or http; a redirect to any other is not followed. Default: none, so that only base64 "
        "works.",
    ),
)

REMOVED_SETTINGS = {
    **connection.REMOVED_SETTINGS,
    "max_api_calls": "See with `dry_run` what a load would write; a load that is stopped goes on with the next run.",
    "load_method": 'Give the mode under `streams`, for all of them under a glob: {"*": {"mode": "mirror"}}; '
    "append-only is the mode insert, overwrite is mirror.",
    "batch_size_rows": "A batch that is refused is cut into smaller ones by itself.",
    "skip_unchanged": "Records that hold the values already are never written.",
    "max_creates": "See with `dry_run` how many records a load would create.",
    "after_load_script": "Run it in Ninox, or by a request of your own after the load; the target runs no scripts.",
    "file_folder": 'Name the folder in `file_sources`, with a `/`: ["./photos"].',
    "trusted_file_hosts": 'Name the hosts in `file_sources`: ["images.example.org"].',
    "max_file_size_mib": "The largest file has 100 MiB.",
    "streams.*.on_unknown_choice": "A value that is no option rejects its row, with the options in the message; what "
    "tap-ninox says of a deleted option counts as empty.",
    "streams.*.date_format": "Dates such as 31.12.2026 are always understood.",
    "streams.*.references.*.match_on": 'Give the field of the linked table itself: {"customer": "Customer no."}.',
    "streams.*.references.*.on_missing": "Give it once for the stream, beside `references`: "
    '{"references": {"customer": "Customer no."}, "on_missing": "null"}.',
    "streams.*.files": "Name the file field under `fields`.",
    "streams.*.on_duplicate_match": "A row whose key several records have is rejected with their ids: delete the "
    "duplicates in Ninox, or name more properties in `match_on`.",
}
"""Settings of earlier versions → what to do instead; `*` is a stream."""

CONFIG_JSONSCHEMA = refuse_null(
    th.PropertiesList(*CONNECTION_PROPERTIES, *TARGET_PROPERTIES, additional_properties=False).to_dict()
)
"""Which settings may be neither null nor empty nor misspelt, `GUARDS` in `ninox_singer/environment.py` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How one stream is written.

    Attributes:
        table: Id or name; None for the table that is named like the stream.
        mode: `insert`, `update`, `upsert` or `mirror`.
        match_on: Properties that identify a record; None for the stream's key properties.
        fields: Property → field id or name; None leaves the property out. A file field is one to upload to.
        references: Property → field of the linked table, by id or name, whose value it holds.
        links_may_be_empty: Whether a row is loaded without the links whose records are not there.
        keeps_on_null: Whether an empty value leaves its field alone instead of clearing it.
        number_format: `iso` or `de`.
        zone: Zone of the wall clock that Ninox shows; None for UTC.
    """

    table: str | None = None
    mode: str = "upsert"
    match_on: tuple[str, ...] | None = None
    fields: Mapping[str, str | None] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    links_may_be_empty: bool = False
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
        problems = list(check_zone(settings.get("timezone")))
        if problems:
            raise NinoxConfigError(problems)
        given = {key: value for key, value in settings.items() if value is not None}
        zone = given.pop("timezone", None)
        keeps_on_null = given.pop("null", "clear") == "keep"
        links_may_be_empty = given.pop("on_missing", "reject") == "null"
        if "match_on" in given:
            given["match_on"] = tuple(given["match_on"])
        return cls(
            **given,
            keeps_on_null=keeps_on_null,
            links_may_be_empty=links_may_be_empty,
            zone=ZoneInfo(zone) if zone else None,
        )

    def naming(self, properties: Iterable[str]) -> StreamSettings:
        """Return these settings, with the properties named as they are written in the stream; unknown ones stay."""
        names = Names(properties, ids=lambda _: (), names=lambda name: (name,))

        def written(name: str) -> str:
            found = names.find(name)
            return found[0] if len(found) == 1 else name

        return replace(
            self,
            match_on=None if self.match_on is None else tuple(map(written, self.match_on)),
            fields={written(name): field for name, field in self.fields.items()},
            references={written(name): field for name, field in self.references.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSettings:
    """Where to write and how carefully.

    Attributes:
        team: Workspace of the database, by id or name; None for the only one.
        database: Id or name.
        batch_size: Records per write request that are never exceeded; None to find out how many may be.
        fails_on_reject: Whether rejected rows make the run fail and hold the state.
        limit_rows: How many rows of each stream are loaded; None for all.
        max_updates: Most records that a run may change; None for no limit. Likewise `max_deletes`.
        file_folders: The only folders whose files may be uploaded, absolute and without links.
        file_hosts: The only hosts that files are fetched from, in lower case.
        streams: Stream, or a glob → what users gave for it; ask `stream()`.
    """

    team: str | None = None
    database: str
    batch_size: int | None = None
    dry_run: bool = False
    limit_rows: int | None = None
    fails_on_reject: bool = True
    rejects_path: Path | None = None
    report_path: Path | None = None
    max_updates: int | None = None
    max_deletes: int | None = None
    hard_delete: bool = False
    file_folders: tuple[Path, ...] = ()
    file_hosts: tuple[str, ...] = ()
    streams: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> TargetSettings:
        """Build the object from checked settings; absent and null ones take their defaults.

        Raises:
            NinoxConfigError: Names every setting that cannot work.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        problems = []
        for name, said in given.get("streams", {}).items():
            try:
                StreamSettings.from_settings(said)
            except NinoxConfigError as error:
                problems += [f"streams.{name}.{problem}" for problem in error.errors]
        paths = {name: Path(given[name]).expanduser() for name in ("rejects_path", "report_path") if name in given}
        for name in paths:
            problems += check_output(name, given[name])
        if len(paths) > len({path.absolute() for path in paths.values()}):
            problems.append("report_path: give another file than rejects_path, which it would replace.")
        sources = given.get("file_sources", ())
        problems += _source_problems(sources)
        if not str(given.get("database", "")).strip():
            problems.append("database: missing. Give the id or name of the database to load into.")
        if problems:
            raise NinoxConfigError(problems)
        return cls(
            team=given.get("team") or None,
            database=given["database"],
            dry_run=given.get("dry_run", False),
            limit_rows=given.get("limit_rows"),
            fails_on_reject=given.get("on_reject", "fail") == "fail",
            rejects_path=paths.get("rejects_path"),
            report_path=paths.get("report_path"),
            max_updates=given.get("max_updates"),
            max_deletes=given.get("max_deletes"),
            hard_delete=given.get("hard_delete", False),
            file_folders=tuple(folder for source in sources if (folder := _folder(source)) is not None),
            file_hosts=tuple(source.lower() for source in sources if not _is_folder(source)),
            streams=given.get("streams", {}),
        )

    @property
    def deletes_marked(self) -> bool:
        """Whether the records of rows that say so are deleted; never in a run of the first rows."""
        return self.hard_delete and self.limit_rows is None

    @property
    def may_delete(self) -> bool:
        """Whether anything can be deleted in a run: only then it matters for which records rows came."""
        return self.deletes_marked or self.has_mirror

    @property
    def has_mirror(self) -> bool:
        """Whether a stream is a mirror, or would be if it came."""
        return any(settings.get("mode") == "mirror" for settings in self.streams.values())

    def stream(self, name: str) -> StreamSettings:
        """Return the settings of a stream: its own, and for what they leave open those of each glob of its name.

        Raises:
            NinoxConfigError: Two keys are its name but for upper and lower case.
        """
        own = self.own_key(name)
        globs = [pattern for pattern in self.streams if pattern != own and is_glob(pattern) and fits(pattern, name)]
        keys = [*reversed(globs), *([own] if own is not None else [])]  # the last counts most; of globs, the first
        return StreamSettings.from_settings({key: value for name in keys for key, value in self.streams[name].items()})

    def names_table(self, name: str) -> bool:
        """Return whether a stream's own settings, and not those of a glob, name its table."""
        own = self.own_key(name)
        return own is not None and self.streams[own].get("table") is not None

    def own_key(self, name: str) -> str | None:
        """Return the key of `streams` that is a stream's name, None if there is none.

        Raises:
            NinoxConfigError: Several are it but for upper and lower case.
        """
        keys = Names(self.streams, ids=lambda _: (), names=lambda key: (key,)).find(name)
        if len(keys) > 1:
            message = (
                f"streams: {list_names(map(repr, keys))} may all mean the stream {name!r}; name it as it is written."
            )
            raise NinoxConfigError(message)
        return keys[0] if keys else None


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _is_folder(source: str) -> bool:
    """Return whether a source of files is a folder, by how it is written: whether it exists decides nothing."""
    return source.startswith((".", "~")) or "/" in source or "\\" in source


def _folder(source: str) -> Path | None:
    """Return a source of files as a folder, links followed; None if it is a host, or there is no such folder."""
    try:
        path = Path(source).expanduser().resolve() if _is_folder(source) else None
        return path if path is not None and path.is_dir() else None
    except (OSError, RuntimeError):  # too long a name, a loop of links; no such user
        return None


def _source_problems(sources: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for what can be no source of files: no path or address of a row would ever be in it."""
    for source in sources:
        if not source.isprintable():
            yield "file_sources: it holds a character that no name should have."
        elif "://" in source:  # not quoted: it may hold a password
            host = _HOST_OF_URL.match(source)
            meant = f": {host[1]}" if host else ", such as images.example.org, or a folder, such as ./photos"
            yield f"file_sources: an address is no source; give the name of its host alone{meant}."
        elif _is_folder(source) and _folder(source) is None:
            yield f"file_sources: there is no folder {source}. A host is named without a path."
        elif not (_is_folder(source) or _HOST.fullmatch(source) or _is_address(source)):
            yield (
                f"file_sources: {source!r} is no host; give its name alone, such as images.example.org. A folder is "
                "written with a /, such as ./photos."
            )


LIKENESS_OF_SLIPS = 0.8
"""Names that are more alike are taken for one that is mistyped; below that, for a stream that another tap sends."""


def check_unused(
    settings: TargetSettings, loaded: Collection[str], maps: Mapping[str, Any], sent: Collection[str]
) -> None:
    """Refuse settings and stream maps whose stream is mistyped; warn of others that did not come.

    To refuse all would end `meltano run tap-a target-ninox tap-b target-ninox` between its two halves, each night, and
    a tap that sends no SCHEMA for a table in which nothing changed.

    Args:
        settings: The target's.
        loaded: The streams that came, named as they were loaded.
        maps: The target's own stream maps.
        sent: The streams that came, named by the tap.

    Raises:
        NinoxConfigError: A stream of nearly that name came and has no settings, or no map, of its own.
    """
    problems: list[str] = []
    for name in settings.streams:
        if not any(fits(name, stream) for stream in loaded):
            without = [stream for stream in loaded if settings.own_key(stream) is None]
            meant = probably_meant(name, without, likeness=LIKENESS_OF_SLIPS)
            problem = f"streams.{name}: no stream of that name came, so the setting had no effect."
            hint = did_you_mean(name, loaded)
            problems += _judge_unused(problem, meant, hint, cure="load it again", own="settings")
    for stream_map in iter_maps(maps):
        source = stream_map.source
        if not any(map(stream_map.is_for, sent)):
            without = [stream for stream in sent if stream not in maps]
            meant = None if is_glob(source) else probably_meant(source, without, likeness=LIKENESS_OF_SLIPS)
            problem = f"stream_maps.{stream_map.key}: no stream {source!r} came, so the map had no effect."
            hint = did_you_mean(source, sent)
            problems += _judge_unused(problem, meant, hint, cure="look at what was loaded", own="a map")
    if problems:
        raise NinoxConfigError(problems)


def _judge_unused(problem: str, meant: str | None, hint: str, *, cure: str, own: str) -> list[str]:
    """Return what is wrong if a stream was meant that came; else warn."""
    if meant is None:
        logger.warning("%s%s", problem, hint)
        return []
    question = f"Did you mean {meant!r}, which was loaded without it?"
    return [
        f"{problem} {question} Then correct the name and {cure}; if not, give {meant!r} {own} of its own, if only {{}}."
    ]
