"""A page of Singer records, kept by property: as dictionaries for the SDK, or straight as the lines to write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import starmap
from typing import Any

import msgspec
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers.types import Record


class RecordForm:
    """The properties of a stream's records, in their order, and how such a record is encoded."""

    def __init__(self, names: Sequence[str], *, empty: Sequence[str] = ()) -> None:
        """Make the type whose instances are encoded: faster than dictionaries, which repeat the names.

        Args:
            names: The properties.
            empty: Further properties of lines, null in each of them.
        """
        self.names = names
        self._empty = empty
        attributes = {f"p{number}": name for number, name in enumerate([*names, *empty])}
        fields = [(key, Any) if number < len(names) else (key, Any, None) for number, key in enumerate(attributes)]
        self.record: Callable[..., Any] = self._as_dictionary
        with suppress(ValueError):  # a name holds a quotation mark: a caption may
            self.record = msgspec.defstruct("Record", fields, rename=attributes, gc=False)

    def _as_dictionary(self, *values: Any) -> Record:
        return {**dict(zip(self.names, values, strict=True)), **dict.fromkeys(self._empty)}


class _RecordMessage(msgspec.Struct, tag="RECORD", tag_field="type", gc=False):
    """The message as the SDK encodes it."""

    stream: str
    record: Any
    version: int | msgspec.UnsetType
    time_extracted: str


class ConvertedPage:
    """Singer records of one stream."""

    def __init__(self, form: RecordForm, columns: Iterable[Sequence[Any]], *, length: int) -> None:
        """Take over the values, a sequence for each property."""
        self._form = form
        self._columns = columns
        self._length = length

    def __len__(self) -> int:
        """Return the number of records."""
        return self._length

    def records(self) -> list[Record]:
        """Return the records as dictionaries."""
        return [dict(zip(self._form.names, row, strict=True)) for row in self._rows()]

    def lines(self, stream: str, *, version: int | None, extracted_at: datetime) -> bytes:
        """Return the RECORD messages, byte for byte as the SDK would write them one by one.

        Args:
            stream: Name in the messages.
            version: Table version, None for messages without one.
            extracted_at: When the page was read.
        """
        told = msgspec.UNSET if version is None else version
        at = msgspec.to_builtins(extracted_at)
        records = starmap(self._form.record, self._rows())
        return encoder.encode_lines([_RecordMessage(stream, record, told, at) for record in records])

    def _rows(self) -> Iterable[Sequence[Any]]:
        return zip(*self._columns, strict=True)
