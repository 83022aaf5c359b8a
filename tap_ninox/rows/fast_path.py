"""A page of Singer records, kept by property: as dictionaries for the SDK, or straight as the lines to write."""

from __future__ import annotations

import decimal
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import starmap
from typing import Any

import msgspec
from singer_sdk.contrib.msgspec import encoder
from singer_sdk.helpers.types import Record

from ninox_api.client import RECORDS, NinoxRecord
from ninox_singer.types import field_type
from tap_ninox.rows.columns import Column

MOST_COMPILED = 10_000
"""After so many fields, classes of tables that were read are looked for: of 2,000 fields, they take 3 MB."""


class _Compiled:
    """How many fields of classes were compiled; a class refers to itself, so that Python frees none of them soon."""

    def __init__(self) -> None:
        self._fields = 0

    def note(self, fields: int) -> None:
        """Note a class that is about to be compiled, and free those that nobody uses any longer."""
        self._fields += fields
        if self._fields > MOST_COMPILED:
            self._fields = 0
            gc.collect()


_compiled = _Compiled()


class RecordForm:
    """The properties of a stream's records, in their order, and how such a record is encoded."""

    def __init__(self, names: Sequence[str], *, empty: Sequence[str] = ()) -> None:
        """Remember the properties.

        Args:
            names: The properties.
            empty: Further properties of lines, null in each of them.
        """
        self.names = names
        self._empty = empty

    @cached_property
    def record(self) -> Callable[..., Any]:
        """The type whose instances are encoded: faster than dictionaries, which repeat the names.

        Compiled for the first row: most tables have none in a run.
        """
        attributes = {f"p{number}": name for number, name in enumerate([*self.names, *self._empty])}
        _compiled.note(len(attributes))
        needed = len(self.names)
        fields = [(key, Any) if number < needed else (key, Any, None) for number, key in enumerate(attributes)]
        with suppress(ValueError):  # a name has a quotation mark: a caption may
            return msgspec.defstruct("Record", fields, rename=attributes, gc=False)
        return self._as_dictionary

    def _as_dictionary(self, *values: Any) -> Record:
        return {**dict(zip(self.names, values, strict=True)), **dict.fromkeys(self._empty)}


class _RecordMessage(msgspec.Struct, tag="RECORD", tag_field="type", gc=False):
    """The message as the SDK encodes it."""

    stream: str
    record: Any
    version: int | msgspec.UnsetType
    time_extracted: str


@dataclass(frozen=True, slots=True)
class ConvertedPage:
    """Singer records of one stream: a sequence of values for each property.

    Attributes:
        length: Number of records.
    """

    form: RecordForm
    columns: Sequence[Sequence[Any]]
    length: int

    def records(self) -> list[Record]:
        """Return the records as dictionaries."""
        return [dict(zip(self.form.names, row, strict=True)) for row in zip(*self.columns, strict=True)]

    def lines(self, stream: str, *, version: int | None, extracted_at: datetime) -> bytes:
        """Return the RECORD messages, byte for byte as the SDK would write them one by one.

        Args:
            stream: Name in the messages.
            version: Table version, None for messages without one.
            extracted_at: When the page was read.
        """
        in_message = msgspec.UNSET if version is None else version
        at = msgspec.to_builtins(extracted_at)
        records = starmap(self.form.record, zip(*self.columns, strict=True))
        return encoder.encode_lines([_RecordMessage(stream, record, in_message, at) for record in records])


def attributes_of(columns: Iterable[Column]) -> dict[str, str]:
    """Return field id → name of the attribute that has its value, for the fields that come with records."""
    stored = dict.fromkeys(column.field_id for column in columns if column.is_stored)
    return {field_id: f"f{number}" for number, field_id in enumerate(stored)}


class SelectedFieldsDecoder:
    """Decodes pages of one table; `fields` of the records are an object with `attributes_of`, or a mapping as usual."""

    def __init__(self, columns: Iterable[Column]) -> None:
        """Remember what to decode.

        Args:
            columns: The selected ones.
        """
        self._columns = list(columns)

    @cached_property
    def _compiled(self) -> tuple[Any, msgspec.json.Decoder[list[NinoxRecord]]]:
        """What a record without any of the fields has, and the decoder; compiled for the first page."""
        attributes = attributes_of(self._columns)
        _compiled.note(len(attributes))
        types = {column.field_id: field_type(column.type).decoded_as for column in self._columns}
        fields = msgspec.defstruct(
            "Fields",
            [(name, types[field_id], None) for field_id, name in attributes.items()],
            rename={name: field_id for field_id, name in attributes.items()},
            gc=False,
        )
        record = msgspec.defstruct(
            "Record",
            [("fields", fields, msgspec.field(default_factory=fields))],
            bases=(NinoxRecord,),
            rename="camel",
            gc=False,
        )
        return fields(), msgspec.json.Decoder(list[record], float_hook=decimal.Decimal)  # type: ignore[valid-type]

    def decode(self, buf: bytes | bytearray, /) -> list[NinoxRecord]:
        """Return the records of a page.

        Raises:
            msgspec.DecodeError: It is not a page of records.
        """
        nothing, decoder = self._compiled
        try:
            page = decoder.decode(buf)
        except msgspec.ValidationError:
            return RECORDS.decode(buf)
        all_fields: Iterator[Any] = (record.fields for record in page)
        return RECORDS.decode(buf) if all(map(nothing.__eq__, all_fields)) else page  # perhaps keyed by captions
