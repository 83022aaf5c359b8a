"""How the rows of one stream become records of one table: decided once, before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import DatabaseSchema, Field, Table
from ninox_singer.names import did_you_mean
from ninox_singer.types import field_type, meaning_of
from ninox_singer.types.base import UTC, Formats, Meaning
from ninox_singer.types.choice import Options
from ninox_singer.types.reference import find_record_id
from target_ninox.mapping.assignment import Assignment
from target_ninox.mapping.place import (
    DELETED_AT,
    RECORD_ID,
    Identity,
    Place,
    are_tombstones,
    is_mark_unclear,
    is_marked_deleted,
)
from target_ninox.mapping.properties import PropertyMapping, map_properties
from target_ninox.mapping.references import Reference, plan_references
from target_ninox.mapping.rows import EMPTY_KEY, EncodedRow, Key, RowRejectedError
from target_ninox.settings import StreamSettings

Record = Mapping[str, Any]
_NO_FILES: Mapping[str, str] = {}
_INSERTS = (
    "mode insert makes a record of every row, and another one of a row that comes again, as after a run that failed or "
    "was killed; mode upsert with a key does not."
)
_UNCLEAR = "It is neither empty nor a point in time, so it is not clear whether the record was deleted."
FindRecord = Callable[[str, Key], int | None]
"""Field id and key → id of the linked record, None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritePlan:
    """How a stream is written.

    Attributes:
        stream: Name of the stream.
        table: Where it goes.
        mode: `insert`, `update`, `upsert` or `mirror`.
        match_on: Properties that identify a record; empty if nothing does.
        match_field_ids: Their fields, in that order; empty if records are matched by their id.
        matches_record_id: Whether `_id` of the stream is the record id.
        references: Field id → how its linked record is found.
        file_fields: File field id → field, for files to upload.
        warnings: What is left out, one sentence each.
    """

    stream: str
    table: Table
    mode: str
    match_on: tuple[str, ...]
    match_field_ids: tuple[str, ...]
    matches_record_id: bool
    references: Mapping[str, Reference]
    links_may_be_empty: bool
    file_fields: Mapping[str, Field]
    warnings: tuple[str, ...]
    _assignments: tuple[Assignment, ...]
    _file_field_by_property: Mapping[str, str]
    _meanings: Mapping[str, Meaning]

    @property
    def field_ids(self) -> frozenset[str]:
        """The fields that rows can set."""
        return frozenset(self._meanings) | frozenset(self.file_fields)

    @property
    def needs_key(self) -> bool:
        """Whether a row without a key cannot be written."""
        return self.mode != "insert"

    def may_stay_empty(self, field_id: str) -> bool:
        """Return whether a row is loaded without a link whose record is not there; never one of its key."""
        return self.links_may_be_empty and not self.is_part_of_key(field_id)

    def is_part_of_key(self, field_id: str) -> bool:
        """Return whether a row's record cannot be found, nor be told from others, without a field."""
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
        for assignment in self._assignments:
            if not deleted or assignment.field.id in self.match_field_ids:
                try:
                    assignment.put(record, fields, references)
                except RowRejectedError as fault:
                    faults[assignment.field.id] = fault
        record_id = None
        if self.matches_record_id:
            record_id = find_record_id(record.get(RECORD_ID), self.table.id)
            if record_id is None and record.get(RECORD_ID) is not None:
                faults[RECORD_ID] = _no_record_id()
        key = self._key(record_id, fields, references)
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
            find: Tells the linked record's id.

        Raises:
            RowRejectedError: A linked record is missing.
        """
        if not row.references:
            return row
        found = {field_id: self.references[field_id].encoded(keys, find) for field_id, keys in row.references.items()}
        fields = {**row.fields, **found}
        key = self._key(row.record_id, fields, {})
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
            and self._meanings[field_id](value) != self._meanings[field_id](current)
        ]

    def key_of(self, current_fields: Mapping[str, Any]) -> Key | None:
        """Return what identifies a record by its fields, comparable with `EncodedRow.key`; None if a part is empty.

        Where records are matched by their id, that is the key: do not ask here.
        """
        parts = tuple([self._meanings[field_id](current_fields.get(field_id)) for field_id in self.match_field_ids])
        if not parts or None in parts:
            return None
        return parts[0] if len(parts) == 1 else parts

    def including(self, earlier: WritePlan) -> WritePlan:
        """Return this plan, able to write rows that an earlier one of the stream has encoded, too."""
        return replace(
            self,
            match_field_ids=self.match_field_ids or earlier.match_field_ids,
            references={**earlier.references, **self.references},
            file_fields={**earlier.file_fields, **self.file_fields},
            _file_field_by_property={**earlier._file_field_by_property, **self._file_field_by_property},
            _meanings={**earlier._meanings, **self._meanings},
        )

    def property_of(self, field_id: str) -> str:
        """Return a property that fills a field."""
        return next(
            name for filled in self._assignments if filled.field.id == field_id for name in filled.properties.values()
        )

    def property_of_file(self, field_id: str) -> str:
        """Return the property that speaks of a file field's file."""
        return next(name for name, filled in self._file_field_by_property.items() if filled == field_id)

    def _key(self, record_id: int | None, fields: Mapping[str, Any], references: Mapping[str, Any]) -> Key | None:
        """Return what identifies a row's record; None if nothing does, or not yet."""
        if references and not references.keys().isdisjoint(self.match_field_ids):
            return None
        return record_id if self.matches_record_id else self.key_of(fields)

    def _empty_parts(self, fields: Mapping[str, Any], *, leaving_out: Collection[str]) -> list[RowRejectedError]:
        """Return a fault for each part of the key that is empty, but for fields of which more is known."""
        if self.matches_record_id or not self.match_field_ids:
            return [] if RECORD_ID in leaving_out else [_empty_key(", ".join(self.match_on))]
        empty = [
            self.property_of(field_id)
            for field_id in self.match_field_ids
            if field_id not in leaving_out and self._meanings[field_id](fields.get(field_id)) is None
        ]
        is_part = len(self.match_field_ids) > 1
        return [_empty_key(name, part_of=", ".join(self.match_on) if is_part else "") for name in empty]

    def _shown_key(self, fields: Mapping[str, Any]) -> Key | None:
        """Return what is known of the key of a row that is rejected, for people: parts of it may be None."""
        parts = tuple(self._meanings[field_id](fields.get(field_id)) for field_id in self.match_field_ids)
        if len(parts) == 1:
            return parts[0]
        return None if parts.count(None) == len(parts) else parts

    def _files(self, record: Record) -> Iterator[tuple[str, str]]:
        for name, field_id in self._file_field_by_property.items():
            value = record.get(name)
            if isinstance(value, str) and value.strip():
                yield field_id, value


def _empty_key(name: str, *, part_of: str = "") -> RowRejectedError:
    what = f"This part of the key ({part_of})" if part_of else "The key"
    reason = f"{what} is empty, so the record cannot be found."
    return RowRejectedError(property_name=name, code=EMPTY_KEY, reason=reason)


def _no_record_id() -> RowRejectedError:
    return RowRejectedError(property_name=RECORD_ID, code="not_a_record_id", reason="It is not a record id.")


def plan_stream(
    stream: str, place: Place, schema: Mapping[str, Any], key_properties: Sequence[str], database: DatabaseSchema,
    settings: StreamSettings,
) -> WritePlan:  # fmt: skip
    """Return how a stream is written.

    Args:
        stream: Its name.
        place: Where it goes.
        schema: JSON Schema of its records.
        key_properties: Of its SCHEMA message.
        database: The schema of the database it goes to.
        settings: The stream's.

    Raises:
        NinoxConfigError: What cannot work, all of it at once.
    """
    table = _table_at(stream, place, database)
    properties: Mapping[str, Any] = schema.get("properties") or {}
    settings = settings.naming(properties)
    mapping = map_properties(properties, table, settings)
    match_on, problems = _matching(key_properties, mapping, properties, settings, has_own_ids=place.has_own_ids)
    formats = _formats(settings)
    references, unlinked = plan_references(mapping, database, settings, formats)
    problems = [*mapping.problems, *problems, *unlinked]
    if problems and not are_tombstones(properties):
        raise NinoxConfigError([f"streams.{stream}: {problem}" for problem in problems])
    matches_record_id = match_on == (RECORD_ID,) and mapping.field_of(RECORD_ID) is None
    if RECORD_ID in properties and not (matches_record_id or Identity.of(stream, schema) or are_tombstones(properties)):
        _note_foreign_id(mapping, settings)
    has_ids = matches_record_id or place.has_own_ids
    links = () if has_ids else tuple(set(mapping.parts) - references.keys())
    match_fields = () if matches_record_id else tuple(filter(None, map(mapping.field_of, match_on)))
    return WritePlan(
        stream=stream,
        table=table,
        mode=settings.mode,
        match_on=match_on,
        match_field_ids=tuple(dict.fromkeys(field.id for field in match_fields)),
        matches_record_id=matches_record_id,
        references=references,
        links_may_be_empty=settings.links_may_be_empty,
        file_fields={field_id: mapping.fields[field_id] for field_id in mapping.files.values()},
        warnings=tuple(f"{stream}: {warning}" for warning in _warnings(mapping, settings, links)),
        _assignments=tuple(_assignments(mapping, references, formats, settings)),
        _file_field_by_property=mapping.files,
        _meanings={field_id: meaning_of(mapping.fields[field_id], formats.zone) for field_id in mapping.parts},
    )


def _warnings(mapping: PropertyMapping, settings: StreamSettings, by_id: Collection[str]) -> Iterator[str]:
    """Yield what is worth a look before anything is written; links among `by_id` take values for record ids."""
    if settings.mode == "insert":
        yield _INSERTS
    yield from mapping.warnings()
    for field_id in mapping.parts:
        if field_id in by_id and field_type(mapping.fields[field_id].type).is_link_by_id:
            name = next(iter(mapping.parts[field_id].values()))
            yield (
                f"{name!r} is taken for the ids of the records that {mapping.fields[field_id].name!r} links to. If it "
                f"holds a key of another system, say which field has it: references: {{{name}: <its field>}}."
            )
        twins = Options(mapping.fields[field_id].choices).twins
        if twins:
            named = ", ".join(f"{caption!r} ({', '.join(ids)})" for caption, ids in twins.items())
            yield (
                f"options of {mapping.fields[field_id].name!r} have one caption: {named}. A row that gives it is "
                "rejected; one that gives the id is not."
            )


def _table_at(stream: str, place: Place, database: DatabaseSchema) -> Table:
    for table in database.tables:
        if table.id == place.table_id:
            return table
    message = f"streams.{stream}: table {place.table_id}, where it goes, was deleted while this run was under way."
    raise NinoxConfigError(message)


def _note_foreign_id(mapping: PropertyMapping, settings: StreamSettings) -> None:
    """Say of another product's `_id` that it is left out, as of any property that goes nowhere."""
    if RECORD_ID not in settings.fields:
        mapping.unknown[RECORD_ID] = None


def _matching(
    key_properties: Sequence[str], mapping: PropertyMapping, properties: Collection[str], settings: StreamSettings,
    *, has_own_ids: bool,
) -> tuple[tuple[str, ...], list[str]]:  # fmt: skip
    """Return the properties that identify a record, and why they cannot."""
    given = settings.match_on is not None
    match_on = tuple(dict.fromkeys(settings.match_on if settings.match_on is not None else key_properties))
    is_record_id = match_on == (RECORD_ID,) and RECORD_ID in properties and (given or has_own_ids)
    unmapped = [] if is_record_id else [name for name in match_on if mapping.field_of(name) is None]
    if settings.mode == "insert" and not given:
        return ((), []) if unmapped else (match_on, [])
    if not match_on and settings.mode != "insert":
        return match_on, [f"mode {settings.mode} needs a key, and the stream has none; set match_on, or mode insert."]
    return match_on, [_cannot_match(name, match_on, mapping, properties, is_given=given) for name in unmapped]


def _cannot_match(
    name: str, match_on: Sequence[str], mapping: PropertyMapping, properties: Collection[str], *, is_given: bool
) -> str:
    where = "match_on" if is_given else "the stream's key"
    if name == RECORD_ID and (is_given or len(match_on) > 1 or name not in properties):
        return f"{where}: _id identifies a record by itself; it must be in the stream and the only one."
    if name == RECORD_ID:
        return (
            "the stream's key is _id, and nothing says that it is the id of a record of this very table. If it is, as "
            "when a backup is restored or a database copied, set match_on: [_id]; if a field holds it, name the field "
            "under fields: {_id: …}; else name another key under match_on."
        )
    if name not in properties:
        return f"{where}: the stream has no property {name!r}.{did_you_mean(name, properties)}"
    if name in mapping.read_only:
        return f"{where}: {name!r} is {mapping.read_only[name]}, by which no record can be found; choose another."
    near = mapping.unknown.get(name)
    hint = f" Did you mean {near!r}?" if near else ""
    return f"{where}: {name!r} goes to no field, so no record can be found by it; map it under fields.{hint}"


def _assignments(
    mapping: PropertyMapping, references: Mapping[str, Reference], formats: Formats, settings: StreamSettings
) -> Iterable[Assignment]:
    for field_id, properties in mapping.parts.items():
        yield Assignment.make(
            mapping.fields[field_id],
            properties,
            formats,
            keeps_on_null=settings.keeps_on_null,
            reference=references.get(field_id),
        )


def _formats(settings: StreamSettings) -> Formats:
    return Formats(
        german_numbers=settings.number_format == "de",
        zone=settings.zone or UTC,
    )
