"""How far a table was read: the bookmark of one stream.

```json
{"replication_key": "_sequence", "replication_key_value": 4711, "database_id": "…", "table_id": "A",
 "table_version": 1766000000, "full_refresh_at": "2026-01-31T04:00:00Z",
 "snapshot": {"head": 4711, "last_id": 12000, "table_version": 1766000000}}
```

`replication_key_value` is the sequence up to which everything is known to be emitted: the database's sequence taken
*before* reading, never the highest one seen. `snapshot` is there while the table is being read whole. What else is
kept of the table's schema: see `known_tables`.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from tap_ninox.columns import REPLICATION_KEY
from tap_ninox.known_tables import Description

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """A whole reading of a table that is under way.

    Attributes:
        head: The database's sequence before the first page.
        last_id: Every record up to this id was emitted.
        table_version: Marks the rows of this reading.
    """

    head: int
    last_id: int
    table_version: int


class Bookmark:
    """Reads and writes one stream's bookmark, which Singer keeps as plain JSON."""

    def __init__(
        self,
        values: MutableMapping[str, Any],
        *,
        database_id: str,
        table_id: str,
        description: Description | None = None,
    ) -> None:
        """Take over a stream's bookmark; one of another table, or one we cannot have written, is discarded.

        Args:
            values: The bookmark.
            database_id: Handle of the database.
            table_id: Handle of the table.
            description: What it is to keep of the table's schema once the table was read with it.
        """
        self._values = values
        self._description = description
        problem = _problem(values, database_id=database_id, table_id=table_id)
        if problem:
            logger.warning("The bookmark of table %s cannot be used (%s): it is read whole again.", table_id, problem)
            values.clear()
        values.update(replication_key=REPLICATION_KEY, database_id=database_id, table_id=table_id)

    @property
    def sequence(self) -> int | None:
        """Sequence up to which everything is emitted; None before the first reading is complete."""
        return self._values.get("replication_key_value")

    @property
    def table_version(self) -> int | None:
        """Version of the last complete reading."""
        return self._values.get("table_version")

    def is_older_than(self, age: timedelta | None, *, now: datetime) -> bool:
        """Tell whether the last whole reading was longer ago; a time that cannot be read counts as long ago."""
        if age is None:
            return False
        try:
            read_at = datetime.fromisoformat(str(self._values.get("full_refresh_at")).replace("Z", "+00:00"))
            return now - read_at >= age
        except (ValueError, TypeError):
            return True

    @property
    def snapshot(self) -> Snapshot | None:
        """The reading under way, if any."""
        saved = self._values.get("snapshot")
        return Snapshot(**saved) if saved else None

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._values["snapshot"] = {
            "head": snapshot.head,
            "last_id": snapshot.last_id,
            "table_version": snapshot.table_version,
        }

    def begin_snapshot(self, *, head: int, now: datetime) -> Snapshot:
        """Start reading the table whole, under a version above all earlier ones."""
        version = max(int(now.timestamp()), (self.table_version or 0) + 1)
        if "fields" not in self._values:  # a field added before this reading ends is new to its first rows
            self._remember_schema()
        self.snapshot = Snapshot(head=head, last_id=0, table_version=version)
        return Snapshot(head=head, last_id=0, table_version=version)

    def finish_snapshot(self, snapshot: Snapshot) -> None:
        """Note that the table was read whole: from here on, changes after `head` suffice."""
        self._values.pop("snapshot", None)
        self._remember_schema()
        now = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._values.update(
            replication_key_value=snapshot.head, table_version=snapshot.table_version, full_refresh_at=now
        )

    def advance(self, sequence: int) -> None:
        """Note that everything up to a sequence was emitted."""
        self._remember_schema()
        self._values["replication_key_value"] = sequence

    def _remember_schema(self) -> None:
        if self._description is not None:
            self._description.write_to(self._values)


def known_sequence(values: MutableMapping[str, Any]) -> int | None:
    """Return the sequence of a bookmark that later changes can be followed from, None if it must be read whole."""
    sequence = values.get("replication_key_value")
    return sequence if _is_count(sequence) and not values.get("snapshot") else None


def _problem(values: MutableMapping[str, Any], *, database_id: str, table_id: str) -> str | None:
    if values.get("database_id", database_id) != database_id or values.get("table_id", table_id) != table_id:
        return "it belongs to another table"
    numbers = [values.get("replication_key_value"), values.get("table_version")]
    snapshot = values.get("snapshot")
    if snapshot is not None:
        if not isinstance(snapshot, dict) or snapshot.keys() != {"head", "last_id", "table_version"}:
            return "its snapshot is not in a known form"
        numbers += snapshot.values()
    if any(number is not None and not _is_count(number) for number in numbers):
        return "it holds something else than whole numbers"
    return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
