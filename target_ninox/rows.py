"""A row: as it came, in Ninox's terms, together with others about its record; and why one cannot go."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from msgspec.structs import replace

from ninox_api.errors import NinoxError
from ninox_singer.protocol import DELETED_AT, SYSTEM_PROPERTIES
from ninox_singer.types.base import is_blank
from ninox_singer.types.moment import parse_moment

Key = Hashable
"""What identifies a record, in a form that can be compared: a value, or a tuple of them for a composite key."""

EMPTY_KEY = "empty_key"
"""Code of rows that say nothing by which their record could be found."""

_FIRST_DELETION = datetime(1980, 1, 1)  # noqa: DTZ001 (a bound, not a moment)
_SINGER_PREFIX = "_sdc_"


def is_system(name: str) -> bool:
    """Return whether a property is about the record, not of it."""
    return name in SYSTEM_PROPERTIES or name.startswith(_SINGER_PREFIX)


def are_tombstones(properties: Collection[str]) -> bool:
    """Return whether a schema is the narrow one of tap-ninox's deletions: which record, and that it was deleted."""
    return DELETED_AT in properties and all(map(is_system, properties))


def is_marked_deleted(record: Mapping[str, Any]) -> bool:
    """Return whether a row says that its record was deleted: since when, or just true.

    Times that programs write for "never" are none: the zero of a clock (`0001-01-01`, `1970-01-01`), and the future.
    """
    value = record.get(DELETED_AT)
    if value is None:
        return False
    if value is True:
        return True
    moment = parse_moment(value.strip()) if isinstance(value, str) else None
    return moment is not None and _FIRST_DELETION <= moment.replace(tzinfo=None) <= _tomorrow()


def _tomorrow() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=1)


def is_mark_unclear(record: Mapping[str, Any]) -> bool:
    """Return whether a row says something of its deletion that is no time: what files make of nothing (`0`, `None`)."""
    value = record.get(DELETED_AT)
    return value is not False and not is_blank(value) and not is_marked_deleted(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSchema:
    """What the SCHEMA message of a stream said."""

    stream: str
    schema: Mapping[str, Any]
    key_properties: Sequence[str]


class RowRejectedError(NinoxError):
    """A row that cannot be written.

    Attributes:
        property: The property that is to blame; empty for the row as a whole.
        code: Kind of problem, for programs: `unknown_choice`, `not_a_number`, …
        reason: One sentence without any value of the row, so that it is fit for logs.
        allowed: What would be accepted, where that is a list: captions of options.
        faults: All problems of the row, this one first.
        key: The row's key, if it has one that can be read. It is a customer's value: not for logs.
    """

    def __init__(
        self, *, property_name: str = "", code: str, reason: str, allowed: tuple[str, ...] = (),
        others: tuple[RowRejectedError, ...] = (), key: Key | None = None,
    ) -> None:  # fmt: skip
        """Describe the problem without quoting the row."""
        self.faults: tuple[RowRejectedError, ...] = (self, *others)
        self.key = key
        self.property = property_name
        self.code = code
        self.reason = reason
        self.allowed = allowed
        blamed = f"{property_name}: {reason}" if property_name else reason
        said = f"{blamed} Allowed: {', '.join(allowed)}." if allowed else blamed
        super().__init__(" ".join([said, *map(str, others)]))

    @classmethod
    def of(cls, faults: Sequence[RowRejectedError], *, key: Key | None) -> RowRejectedError:
        """Return all problems of a row as one."""
        first, *others = faults
        return cls(
            property_name=first.property, code=first.code, reason=first.reason, allowed=first.allowed,
            others=tuple(others), key=key,
        )  # fmt: skip


class EncodedRow(msgspec.Struct, frozen=True, kw_only=True):  # made faster than a dataclass: one for each row
    """A row in Ninox's terms.

    Attributes:
        number: Of the row in its stream, counted from 1.
        key: What identifies its record; None if nothing does, or while a reference that is part of it is unresolved.
        record_id: Given if records are matched by their id.
        fields: Field id → JSON value to send: `""` clears, what is absent stays untouched. Numbers are int or Decimal.
        references: Field id → keys of linked records, still to be resolved (`WritePlan.resolve`).
        deleted: Whether the row says that its record was deleted; it then has a key and nothing else.
        files: File field id → what the row says about the file: path, address or base64.
    """

    number: int
    key: Key | None = None
    record_id: int | None = None
    fields: Mapping[str, Any] = {}
    references: Mapping[str, tuple[Key, ...]] = {}
    deleted: bool = False
    files: Mapping[str, str] = {}


class Row(msgspec.Struct, frozen=True):
    """A row with the record it was made of, kept until its outcome is known.

    Attributes:
        encoded: In Ninox's terms.
        record: As it came.
        since: Number of the earliest row whose values are in it.
        described: The schema that it came under: while it waits, another may come.
    """

    encoded: EncodedRow
    record: Mapping[str, Any]
    since: int
    described: StreamSchema

    @property
    def identity(self) -> Hashable:
        """What rows about the same record have in common; a row without a key stands for itself."""
        key = self.encoded.key
        return ("row", self.encoded.number) if key is None else ("key", key)

    def then(self, later: Row) -> Row:
        """Return both rows as one."""
        since = min(self.since, later.since)
        if self.encoded.deleted or later.encoded.deleted:
            return replace(later, since=since)
        first, last = self.encoded, later.encoded
        references = {key: value for key, value in first.references.items() if key not in last.fields}
        fields = {key: value for key, value in first.fields.items() if key not in last.references}
        encoded = replace(
            last,
            fields={**fields, **last.fields},
            references={**references, **last.references},
            files={**first.files, **last.files},
        )
        return Row(encoded, {**self.record, **later.record}, since, later.described)


def superseded(rows: Sequence[Row], kept: Sequence[Row]) -> Sequence[int]:
    """Return the numbers of the rows that were merged into a later one."""
    if len(rows) == len(kept):  # nearly always
        return ()
    last = {row.encoded.number for row in kept}
    return [row.encoded.number for row in rows if row.encoded.number not in last]


def merge(rows: Iterable[Row]) -> list[Row]:
    """Return one row per record, in the order of the first row about it."""
    by_identity: dict[Hashable, Row] = {}
    for row in rows:
        identity = row.identity
        earlier = by_identity.get(identity)
        by_identity[identity] = row if earlier is None else earlier.then(row)
    return list(by_identity.values())
