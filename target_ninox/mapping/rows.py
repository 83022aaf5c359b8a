"""A row on its way into Ninox, and what happens to one that cannot go."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import msgspec

from ninox_api.errors import NinoxError

Key = Hashable
"""What identifies a record, in a form that can be compared: a value, or a tuple of them for a composite key."""

EMPTY_KEY = "empty_key"
"""Code of rows that say nothing by which their record could be found."""


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
