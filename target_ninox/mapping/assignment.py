"""One field of a table and the properties that fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ninox_api.schema import Field
from ninox_singer.types import field_type
from ninox_singer.types.base import CLEARED, Formats, ValueRejectedError, Write
from target_ninox.mapping.references import Reference
from target_ninox.mapping.rows import Key, RowRejectedError

_ABSENT = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """How one field is filled.

    Attributes:
        field: The field.
        properties: Part → property.
        keeps_on_null: Whether an empty value leaves the field alone.
        reference: How the linked record is found, if not by its id.
    """

    field: Field
    properties: Mapping[str, str]
    keeps_on_null: bool
    reference: Reference | None
    _field_id: str
    _property: str
    _is_plain: bool
    _is_single: bool
    _has_options: bool
    _is_empty: Callable[[Any], bool]
    _write: Write

    @classmethod
    def make(
        cls, field: Field, properties: Mapping[str, str], formats: Formats, *, keeps_on_null: bool,
        reference: Reference | None,
    ) -> Assignment:  # fmt: skip
        """Compile the encoder of a field."""
        known = field_type(field.type)
        if known.write is None:
            message = f"Fields of type {field.type} cannot be written."
            raise TypeError(message)
        return cls(
            field=field,
            properties=properties,
            keeps_on_null=keeps_on_null,
            reference=reference,
            _field_id=field.id,
            _property=next(iter(properties.values())),
            _is_plain=known.is_plain,
            _is_single=known.is_plain and len(properties) == 1 and reference is None,
            _has_options=known.has_options,
            _is_empty=known.is_empty,
            _write=known.write(field, formats),
        )

    def put(self, record: Mapping[str, Any], fields: dict[str, Any], references: dict[str, tuple[Key, ...]]) -> None:
        """Put what a record says about the field into `fields`, or into `references` if it is still to be resolved.

        Raises:
            RowRejectedError: The value does not fit.
        """
        try:
            if not self._is_single:
                self._put(record, fields, references)
                return
            # The usual field of one property and no reference, as `_put` does it: most of a run is spent here.
            value = record.get(self._property, _ABSENT)
            if value is _ABSENT:
                return
            encoded = CLEARED if value is None or self._is_empty(value) else self._write(value)
            if encoded != CLEARED or not self.keeps_on_null:
                fields[self._field_id] = encoded
        except ValueRejectedError as error:
            raise RowRejectedError(
                property_name=", ".join(name for name in self.properties.values() if record.get(name) is not None),
                code=error.code,
                reason=error.reason,
                allowed=error.allowed,
            ) from None

    def _put(self, record: Mapping[str, Any], fields: dict[str, Any], references: dict[str, tuple[Key, ...]]) -> None:
        given = {part: record[name] for part, name in self.properties.items() if name in record}
        if not given:
            return
        filled = {part: value for part, value in given.items() if not self._is_empty(value)}
        if filled and "" in given and self._has_options:
            filled.setdefault("", None)  # a caption that is null beside an id: the option was deleted
        value = self._value(filled, references) if filled else CLEARED
        if value is not None and not (value == CLEARED and self.keeps_on_null):
            fields[self.field.id] = value

    def _value(self, filled: Mapping[str, Any], references: dict[str, tuple[Key, ...]]) -> Any:
        """Return the value to send, None if it is still to be resolved."""
        first = next(iter(filled.values()))
        if self.reference is not None:
            references[self.field.id] = self.reference.keys(first)
            return None
        return self._write(first if self._is_plain else filled)
