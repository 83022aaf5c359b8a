"""The neutral description of sample data: what a seed is made of, before the store takes it over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

DEFAULT_USER = "kQ7hWmZ3pXc9RtB2u"
DEFAULT_TIME = "2024-01-01T08:00:00"


class RecordDocument(NamedTuple):
    """One record in stored form.

    Attributes:
        fields: Field id → stored value; empty fields are absent.
        sequence: None for a record that answers without a `sequence` (observed on some records).
    """

    id: int
    fields: dict[str, Any]
    sequence: int | None = None
    created_at: str = DEFAULT_TIME
    created_by: str = DEFAULT_USER
    modified_at: str = DEFAULT_TIME
    modified_by: str = DEFAULT_USER


@dataclass(kw_only=True, slots=True)
class DatabaseDocument:
    """A database with its raw schema, as `GET {database}` answers it, and its records.

    Attributes:
        records: Table id → records in ascending id; consumed once.
        next_rids: Table id → id of the next new record, where it is beyond the last id.
        sequence: The database's sequence, at least the highest of its records.
        password: Locked: to be sent as `nx-password`.
        unreadable_tables: Tables whose records answer 403.
        unreadable_fields: Table id → fields left out of its records.
        file_sizes: File name → bytes, for files of the sample data whose size matters.
    """

    id: str
    name: str
    schema: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Iterable[RecordDocument]] = field(default_factory=dict)
    next_rids: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    password: str | None = None
    unreadable_tables: list[str] = field(default_factory=list)
    unreadable_fields: dict[str, list[str]] = field(default_factory=dict)
    file_sizes: dict[str, int] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class TeamDocument:
    """A team and its databases."""

    id: str
    name: str
    databases: list[DatabaseDocument]
