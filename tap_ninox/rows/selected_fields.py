"""Decoding a page straight into a table's selected fields: values that nobody wants are not even made.

It works where every value is of its field's type. A page with any other value is decoded again as it comes.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ninox_api.client import RECORDS, NinoxRecord
from ninox_singer.types import field_type
from tap_ninox.rows.columns import Column


def attributes_of(columns: Iterable[Column]) -> dict[str, str]:
    """Return field id → name of the attribute that holds its value, for the fields that come with records."""
    stored = dict.fromkeys(column.field_id for column in columns if column.is_stored)
    return {field_id: f"f{number}" for number, field_id in enumerate(stored)}


class SelectedFieldsDecoder:
    """Decodes pages of one table; `fields` of the records are an object with `attributes_of`, or a mapping as usual."""

    def __init__(self, columns: Iterable[Column]) -> None:
        """Compile a decoder.

        Args:
            columns: The selected ones.
        """
        columns = list(columns)
        attributes = attributes_of(columns)
        types = {column.field_id: field_type(column.type).decoded_as for column in columns}
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
        self._nothing = fields()
        self._decoder = msgspec.json.Decoder(list[record], float_hook=decimal.Decimal)  # type: ignore[valid-type]

    def decode(self, buf: bytes, /) -> list[NinoxRecord]:
        """Return the records of a page.

        Raises:
            msgspec.DecodeError: It is not a page of records.
        """
        try:
            page: list[NinoxRecord] = self._decoder.decode(buf)
        except msgspec.ValidationError:
            return RECORDS.decode(buf)
        all_fields: Iterator[Any] = (record.fields for record in page)
        return RECORDS.decode(buf) if all(map(self._nothing.__eq__, all_fields)) else page  # perhaps keyed by captions
