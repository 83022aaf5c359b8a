"""A row in Ninox's terms, and what of it differs from a record: by a plan that was made before anything was written."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec import structs

from ninox_api.schema import Field, Table
from ninox_singer.protocol import DELETED_AT, RECORD_ID
from ninox_singer.types import field_type
from ninox_singer.types.base import CLEARED, Formats, Meaning, ValueRejectedError, Write
from ninox_singer.types.reference import find_record_id
from target_ninox.rows import (
    EMPTY_KEY,
    EncodedRow,
    Key,
    RowRejectedError,
    is_mark_unclear,
    is_marked_deleted,
)

Record = Mapping[str, Any]
_ABSENT = object()
_NO_FILES: Mapping[str, str] = {}
_LARGEST_ID = 2**40
"""No table had so many records. Whoever creates the next one gets a higher id yet, and beyond 2^53 they lose digits."""
_UNCLEAR = "It is neither empty nor a point in time, so it is not clear whether the record was deleted."
FindRecord = Callable[[str, Key], int | None]
"""Field id and key → id of the linked record, None if there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """How the records that a field links to are found.

    Attributes:
        property: The property that holds their key.
        field: The linking field.
        table: The linked table.
        match_field: The field of it that holds the key; None where values are ids of its records.
        match_field_id: Its id; `_id` where it is None.
        write: Makes of a value of the row what Ninox stores in the match field, or what the linking one holds.
        meaning: Says which of those mean the same.
    """

    property: str
    field: Field
    table: Table
    match_field: Field | None
    match_field_id: str
    write: Write
    meaning: Meaning

    def keys(self, value: Any) -> tuple[Key, ...]:
        """Return the keys that a value names, comparable with `key_of`.

        Raises:
            ValueRejectedError: The value does not fit the field `match_field`.
        """
        if self.match_field is None:
            return (self.write(value),)
        items = _listed(value) if field_type(self.field.type).is_list else [value]
        keys = (self.meaning(self.write(item)) for item in items)
        return tuple(key for key in keys if key is not None)

    def key_of(self, fields: Mapping[str, Any]) -> Key | None:
        """Return the key of a record of the linked table, None if it is empty."""
        return self.meaning(fields.get(self.match_field_id))

    def is_held(self, record_id: Key, current_fields: Mapping[str, Any]) -> bool:
        """Return whether a record links to this one already, so that nothing new is written."""
        return self.meaning(current_fields.get(self.field.id)) == record_id

    def encoded(self, keys: tuple[Key, ...], find: Callable[[str, Key], int | None]) -> Any:
        """Return the JSON value of the field.

        Raises:
            RowRejectedError: There is no such record.
        """
        found = [find(self.field.id, key) for key in keys]
        if None in found:
            raise self.missing()
        if field_type(self.field.type).is_list:
            return found or CLEARED
        return found[0] if found else CLEARED

    def missing(self) -> RowRejectedError:
        """Return the fault of a row that names a record which is not there."""
        what = "id" if self.match_field is None else repr(self.match_field.name)
        reason = f"No record of {self.table.name!r} has this {what}."
        return RowRejectedError(property_name=self.property, code="missing_reference", reason=reason)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ValueRejectedError(code="not_a_list", reason="It is not a list of keys.") from error
    return value if isinstance(value, list) else [value]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
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
    _field_id: str  # this and what follows is worked out once: `put` runs for each value of a run
    _part: str | None  # of the first property; None where the value alone is written
    _property: str
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
            _part=None if known.is_plain else next(iter(properties)),
            _property=next(iter(properties.values())),
            _is_single=len(properties) == 1 and reference is None,
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
            if value is None or self._is_empty(value):
                encoded = CLEARED
            else:
                encoded = self._write(value if self._part is None else {self._part: value})
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
        filled = {part: value for part, value in given.items() if not self._is_empty(value)}
        if filled and self.reference is not None:
            references[self._field_id] = self.reference.keys(next(iter(filled.values())))
            return
        if filled and "" in given and self._has_options:
            filled.setdefault("", None)  # a caption that is null beside an id: the option was deleted
        if not filled:
            encoded = CLEARED
        elif self._part is None:
            encoded = self._write(next(iter(filled.values())))
        else:
            encoded = self._write(filled)
        if given and (encoded != CLEARED or not self.keeps_on_null):
            fields[self._field_id] = encoded


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """How a stream is written.

    Attributes:
        stream: Name of the stream.
        table: Where it goes.
        place_reason: Why there, as a part of a sentence.
        mode: `insert`, `update`, `upsert` or `mirror`.
        match_on: Properties that identify a record; empty if nothing does.
        match_field_ids: Their fields, in that order; empty if records are matched by their id.
        needs_key: Whether a row without a key cannot be written.
        matches_record_id: Whether `_id` of the stream is the record id.
        references: Field id → how its linked record is found.
        links_may_be_empty: Whether a row is loaded without a link whose record is not there.
        file_fields: File field id → field, for files to upload.
        warnings: What is left out, one sentence each.
        not_loaded: Properties that no field is called like.
        assignments: How each field is filled.
        file_field_by_property: Property → file field id.
        meanings: Field id → what says which values of it mean the same.
        uncut_of_key: Property → what says of its value what its field, one of the key, does not keep.
        creates_records: Whether a row makes a record where there is none.
        leaves_rows_out: Whether its rows are only counted, as nothing of them can be written.
    """

    stream: str
    table: Table
    place_reason: str
    mode: str
    match_on: tuple[str, ...]
    match_field_ids: tuple[str, ...]
    matches_record_id: bool
    needs_key: bool
    references: Mapping[str, Reference]
    links_may_be_empty: bool
    file_fields: Mapping[str, Field]
    warnings: tuple[str, ...]
    not_loaded: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    file_field_by_property: Mapping[str, str]
    meanings: Mapping[str, Meaning]
    uncut_of_key: Mapping[str, Meaning] = dataclasses.field(default_factory=dict)
    creates_records: bool = True
    leaves_rows_out: bool = False

    @property
    def field_ids(self) -> frozenset[str]:
        """The fields that rows can set."""
        return frozenset(self.meanings) | frozenset(self.file_fields)

    def may_stay_empty(self, field_id: str) -> bool:
        """Return whether a row is loaded without a link whose record is not there; never one of its key."""
        return self.links_may_be_empty and not self.is_part_of_key(field_id)

    def is_part_of_key(self, field_id: str) -> bool:
        """Return whether a row's record cannot be found, nor be distinguished from others, without a field."""
        return self.needs_key and field_id in self.match_field_ids

    def encode(self, record: Record, number: int) -> EncodedRow:
        """Return a row in Ninox's terms.

        Args:
            record: A Singer record.
            number: Of the row in its stream, from 1; for reports.

        Raises:
            RowRejectedError: A value does not fit its field, or the key is empty (but not of a deleted row: those that
                say only their record id cannot be found by another key).
        """
        deleted = DELETED_AT in record and is_marked_deleted(record)
        if not deleted and DELETED_AT in record and is_mark_unclear(record):
            raise RowRejectedError(property_name=DELETED_AT, code="unclear_deletion", reason=_UNCLEAR)
        fields: dict[str, Any] = {}
        references: dict[str, tuple[Key, ...]] = {}
        faults: dict[str, RowRejectedError] = {}
        for assignment in self.assignments:
            if not deleted or assignment.field.id in self.match_field_ids:
                try:
                    assignment.put(record, fields, references)
                except RowRejectedError as fault:
                    faults[assignment.field.id] = fault
        record_id = None
        if self.matches_record_id:
            record_id = find_record_id(record.get(RECORD_ID), self.table.id)
            if (record_id is None and record.get(RECORD_ID) is not None) or (record_id or 0) > _LARGEST_ID:
                faults[RECORD_ID] = _no_record_id()
        is_key_known = references.keys().isdisjoint(self.match_field_ids)  # else it is, once they are resolved
        key = self.key_of_record(record_id, fields) if is_key_known else None
        if key is None and self.needs_key and not deleted:
            empty = self._empty_parts(fields, leaving_out={*faults, *references})
            faults.update({fault.property: fault for fault in empty})
        if faults:
            raise RowRejectedError.of(list(faults.values()), key=record_id or self._shown_key(fields))
        return EncodedRow(
            number=number,
            key=key,
            record_id=record_id,
            fields=fields,
            references=references,
            deleted=deleted,
            files=dict(self._files(record)) if self.file_fields and not deleted else _NO_FILES,
        )

    def resolve(self, row: EncodedRow, find: FindRecord) -> EncodedRow:
        """Return a row with its references in `fields`, as record ids.

        Args:
            row: As `encode` made it.
            find: Returns the linked record's id.

        Raises:
            RowRejectedError: A linked record is missing.
        """
        if not row.references:
            return row
        found = {field_id: self.references[field_id].encoded(keys, find) for field_id, keys in row.references.items()}
        fields = {**row.fields, **found}
        key = self.key_of_record(row.record_id, fields)
        if key is None and self.needs_key and not row.deleted:
            raise RowRejectedError.of(self._empty_parts(fields, leaving_out=()), key=self._shown_key(fields))
        return structs.replace(row, key=key, fields=fields, references={})

    def changes(self, row: EncodedRow, current_fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a row whose values mean something else than what a record holds.

        Args:
            row: An encoded row.
            current_fields: Field id → value, as Ninox answers them with `ids=true`.
        """
        return {field_id: row.fields[field_id] for field_id in self.differing(row.fields, current_fields)}

    def differing(self, fields: Mapping[str, Any], current_fields: Mapping[str, Any]) -> list[str]:
        """Return the fields whose values mean something else than what a record holds."""
        return [
            field_id
            for field_id, value in fields.items()
            if value != (current := current_fields.get(field_id))
            and self.meanings[field_id](value) != self.meanings[field_id](current)
        ]

    def key_of(self, current_fields: Mapping[str, Any]) -> Key | None:
        """Return what identifies a record by its fields, comparable with `EncodedRow.key`; None if a part is empty.

        Where records are matched by their id, that is the key: do not ask here.
        """
        if len(self.match_field_ids) == 1:  # nearly every key: it is read of each row and each record
            (field_id,) = self.match_field_ids
            return self.meanings[field_id](current_fields.get(field_id))
        parts = tuple([self.meanings[field_id](current_fields.get(field_id)) for field_id in self.match_field_ids])
        return None if not parts or None in parts else parts

    def key_of_record(self, record_id: int | None, current_fields: Mapping[str, Any]) -> Key | None:
        """Return what identifies a record by its id or its fields; None if nothing does."""
        return record_id if self.matches_record_id else self.key_of(current_fields)

    def including(self, earlier: WritePlan) -> WritePlan:
        """Return this plan, able to write rows that an earlier one of the stream has encoded, too."""
        return dataclasses.replace(
            self,
            match_field_ids=self.match_field_ids or earlier.match_field_ids,
            references={**earlier.references, **self.references},
            file_fields={**earlier.file_fields, **self.file_fields},
            file_field_by_property={**earlier.file_field_by_property, **self.file_field_by_property},
            meanings={**earlier.meanings, **self.meanings},
        )

    def property_of(self, field_id: str) -> str:
        """Return a property that fills a field."""
        return next(
            name for filled in self.assignments if filled.field.id == field_id for name in filled.properties.values()
        )

    def property_of_file(self, field_id: str) -> str:
        """Return the property that speaks of a file field's file."""
        return next(name for name, filled in self.file_field_by_property.items() if filled == field_id)

    def _empty_parts(self, fields: Mapping[str, Any], *, leaving_out: Collection[str]) -> list[RowRejectedError]:
        """Return a fault for each part of the key that is empty, but for fields of which more is known."""
        if self.matches_record_id or not self.match_field_ids:
            return [] if RECORD_ID in leaving_out else [_empty_key(", ".join(self.match_on))]
        empty = [
            self.property_of(field_id)
            for field_id in self.match_field_ids
            if field_id not in leaving_out and self.meanings[field_id](fields.get(field_id)) is None
        ]
        is_part = len(self.match_field_ids) > 1
        return [_empty_key(name, part_of=", ".join(self.match_on) if is_part else "") for name in empty]

    def _shown_key(self, fields: Mapping[str, Any]) -> Key | None:
        """Return what is known of the key of a row that is rejected, for people: parts of it may be None."""
        parts = tuple(self.meanings[field_id](fields.get(field_id)) for field_id in self.match_field_ids)
        if len(parts) == 1:
            return parts[0]
        return None if parts.count(None) == len(parts) else parts

    def _files(self, record: Record) -> Iterator[tuple[str, str]]:
        for name, field_id in self.file_field_by_property.items():
            value = record.get(name)
            if isinstance(value, str) and value.strip():
                yield field_id, value


def _empty_key(name: str, *, part_of: str = "") -> RowRejectedError:
    what = f"This part of the key ({part_of})" if part_of else "The key"
    reason = f"{what} is empty, so the record cannot be found."
    return RowRejectedError(property_name=name, code=EMPTY_KEY, reason=reason)


def _no_record_id() -> RowRejectedError:
    return RowRejectedError(property_name=RECORD_ID, code="not_a_record_id", reason="It is not a record id.")
