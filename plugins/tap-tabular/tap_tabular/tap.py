"""The tap: `files` in, a stream for each name that they give."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override

from tap_tabular.files import TabularError
from tap_tabular.table import FileSettings, Table
from tap_tabular.types import CONVERTS

logger = logging.getLogger(__name__)


class TabularStream(Stream):
    """The rows of all files that go to one stream, anew in every run."""

    TYPE_CONFORMANCE_LEVEL = (
        TypeConformanceLevel.NONE
    )  # values are what they shall be; the SDK would take them for others

    def __init__(self, tap: Tap, name: str, table: Table) -> None:
        """Take what was read."""
        self._table = table
        super().__init__(tap, name=name, schema=table.schema)
        self.primary_keys = table.keys

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        return False  # the SDK's comes before the rows, where it says nothing of whether they are all

    @override
    def _write_schema_message(self) -> None:
        """Describe the files as they are now: a catalog may be older, and its schema would count."""
        selected = {name: kind for name, kind in self.schema["properties"].items() if self.mask["properties", name]}
        schema = {**self.schema, "properties": selected}
        self._tap.mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)
        super()._write_schema_message()

    @property
    @override
    def effective_schema(self) -> dict[str, Any]:
        return self.schema

    @override
    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Yield the rows; behind the last one, say that they are all."""
        self._stream_version = time.time_ns() // 1_000_000
        yield from self._table.rows()
        if self.ABORT_AT_RECORD_COUNT is None:  # else it is a test of the connection, which sends nothing
            self._write_activate_version_message(self._stream_version)
        logger.info("%s: %d rows", self.name, self._table.count)


_NO_FILES = (
    'files: missing. Say what to read, such as [{"path": "customers.xlsx", "stream": "customers", '
    '"key_properties": ["No"]}].'
)


class TapTabular(Tap):
    """Reads spreadsheets and CSV files."""

    name = "tap-tabular"
    package_name = "tap-tabular"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "files",
            th.ArrayType(
                th.ObjectType(
                    th.Property("path", th.StringType, required=True, description="A file, or a glob for many."),
                    th.Property(
                        "stream",
                        th.StringType,
                        required=True,
                        description="Stream that its rows go to. Several files may go to one.",
                    ),
                    th.Property(
                        "key_properties",
                        th.ArrayType(th.StringType),
                        description="Headings of the columns by which a row is known. The row that has them all is "
                        "the one with the headings; without them it is the first that is not empty.",
                    ),
                    th.Property(
                        "sheet",
                        th.StringType,
                        description="Name of the sheet, or a glob for several. Default: the only one that is visible, "
                        "or that has the headings of key_properties.",
                    ),
                    th.Property("header_row", th.IntegerType(minimum=1), description="Row with the headings."),
                    th.Property(
                        "encoding", th.StringType, description="Of text files, such as cp850. Default: found out."
                    ),
                    th.Property(
                        "delimiter",
                        th.StringType(min_length=1, max_length=1),
                        description="Of text files. Default: found out.",
                    ),
                    th.Property(
                        "types",
                        th.ObjectType(additional_properties=th.StringType(allowed_values=list(CONVERTS))),
                        description="Heading → type of its values. Default: what the cells are; of text files, text.",
                    ),
                    additional_properties=False,
                )
            ),
            required=True,
            description="What to read.",
        ),
    ).to_dict()

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; of missing files, the SDK (0.54) would say "'files' is a required property".

        Raises:
            TabularError: There is nothing to read, or a setting is not what people mostly mean by it.
        """
        if not self.config.get("files"):
            raise TabularError(_NO_FILES)
        if problems := list(_iter_mistakes(self.config["files"])):
            raise TabularError(*problems)
        return super()._validate_config(raise_errors=raise_errors)

    @override
    def discover_streams(self) -> Sequence[Stream]:
        """Read all files to their ends.

        Raises:
            TabularError: One cannot be read: nothing of any goes out. It names all that is wrong, in all files.
        """
        by_stream: dict[str, list[FileSettings]] = {}
        for entry in self.config["files"]:
            settings = FileSettings.of(entry)
            by_stream.setdefault(settings.stream, []).append(settings)
        streams: list[Stream] = []
        problems: list[str] = []
        for name, entries in by_stream.items():
            try:
                streams.append(TabularStream(self, name, Table(name, entries)))
            except TabularError as error:
                problems += error.problems
        if problems:
            raise TabularError(*problems)
        return streams


def _iter_mistakes(files: Any) -> Iterator[str]:
    """Yield what the SDK would say in words of JSON Schema."""
    known = TapTabular.config_jsonschema["properties"]["files"]["items"]["properties"]
    for number, entry in enumerate(files if isinstance(files, list) else ()):
        if not isinstance(entry, dict):
            continue
        for name in entry.keys() - known.keys():
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(known)}."
            yield f"files[{number}]: there is no setting {name!r}. {hint}"
        if isinstance(keys := entry.get("key_properties"), str):
            yield f"files[{number}].key_properties: give a list, such as {json.dumps([keys], ensure_ascii=False)}."
