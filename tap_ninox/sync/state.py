"""How far a table was read: the bookmark of one stream.

```json
{"replication_key": "_sequence", "replication_key_value": 4711, "database_id": "…", "table_id": "A",
 "table_version": 1766000000000, "full_refresh_at": "2026-01-31T04:00:00Z",
 "snapshot": [{"head": 4711, "last_id": 12000, "table_version": 1766000000000}],
 "formula_refresh": [{"at": "2026-02-02T04:00:00Z", "last_id": null, "formulas": ["gross number"]}],
 "feed_echoes": null, "is_empty": null, "deselected": null, "page_cap": null, …}
```

`replication_key_value` is the sequence up to which everything is known to be emitted: the database's sequence taken
*before* reading, never the highest one seen. `snapshot` is there while the table gets a full refresh. A table that is
read in several places at once has `"ranges": [{"last_id": 12000, "end": 20000}, {"last_id": 31000, "end": null}]` in
it instead of `last_id`: the ranges of ids that are not read to their end. `"is_in_doubt": true` in it says that rows
may have been passed over, which is resolved at the end of the reading. `deselected` lists the properties that could
have been read and were not, if any. `is_empty` says that the table had no rows when it was read in full, which was
confirmed. `last_deleted` lists the records that the last run reported as deleted: where the feed's bound is inclusive,
or a table's own feed was asked behind the database's, the next answer names them again. `page_cap` is how many records
the server was seen to send at most. What else is kept of the table's schema: see `known_tables`.

Meltano merges states at depth: after a full refresh, which begins without the old state, whatever the new one does not
name comes back from the old one. So a bookmark names every key from its beginning, null where it says nothing, and
what is to be replaced as a whole is a list.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeGuard

from ninox_api.changes import TableChanges
from ninox_api.ids import IdSet
from ninox_api.paging import IdRange
from ninox_singer.progress import compute_share
from ninox_singer.protocol import SEQUENCE, SNAPSHOT
from tap_ninox import bookmark_keys as keys
from tap_ninox.discovery.known_tables import Description, shape_in_state
from tap_ninox.rows.columns import Column

MOST_LAST_DELETED = 1000
"""So many ids are kept; of more, one may be reported twice, which does no harm but to its time."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """A full refresh of a table that is under way.

    Attributes:
        head: The database's sequence before the first page.
        table_version: Marks the rows of this reading.
        is_in_doubt: Whether rows may have been passed over so far, as the order of the list was not known.
        ranges: What is still to be read; all records outside were emitted.
    """

    head: int
    table_version: int
    is_in_doubt: bool = False
    ranges: list[IdRange] = field(default_factory=lambda: [IdRange()])

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Snapshot:
        """Return the snapshot of a bookmark."""
        ranges = [IdRange(**saved_range) for saved_range in saved.get("ranges", ())]
        return cls(
            head=saved["head"],
            table_version=saved["table_version"],
            is_in_doubt=saved.get("is_in_doubt") is True,
            ranges=ranges or [IdRange(last_id=saved["last_id"])],
        )

    def to_json(self) -> dict[str, Any]:
        """Return what a bookmark keeps; a table read in one place has only one number to keep."""
        place: dict[str, Any] = {"ranges": [asdict(part) for part in self.ranges]}
        if len(self.ranges) == 1 and self.ranges[0].end is None:
            place = {"last_id": self.ranges[0].last_id}
        if self.is_in_doubt:
            place["is_in_doubt"] = True
        return {"head": self.head, **place, "table_version": self.table_version}

    def share_read(self, end: int | None) -> float | None:
        """Return which part of the ids up to `end` lies outside of the ranges that are still to be read."""
        if end is None:
            return None
        unread = sum(max(0, (end if part.end is None else part.end) - part.last_id) for part in self.ranges)
        return compute_share(end - unread, end)

    def note(self, part: IdRange, last_id: int) -> None:
        """Remember that a range was emitted up to an id."""
        part.last_id = last_id
        # An open range ends only with an empty page.
        self.ranges = [left for left in self.ranges if left.end is None or left.last_id < left.end]


@dataclass(slots=True, kw_only=True)
class FormulaRefresh:
    """When the formulas of a table's rows were last sent alone, and how far that has come.

    Attributes:
        formulas: Properties with their types: what was sent.
        at: When it last ended; None for never.
        last_id: Up to which record it has come; None if it has ended.
    """

    formulas: list[str] = field(default_factory=list)
    at: str | None = None
    last_id: int | None = None

    @classmethod
    def from_json(cls, saved: Any) -> FormulaRefresh:
        """Return what a bookmark says; what cannot be ours counts for nothing."""
        kept = saved[0] if isinstance(saved, list) and saved and isinstance(saved[0], Mapping) else {}
        formulas, last_id = kept.get("formulas"), kept.get("last_id")
        return cls(
            formulas=[str(item) for item in formulas] if isinstance(formulas, list) else [],
            at=kept.get("at"),
            last_id=last_id if _is_count(last_id) else None,
        )


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """How far a table was read, what was left out, and how its schema was then.

    Attributes:
        database_id: Handle of the database.
        table_id: Handle of the table.
        sequence: Up to which everything is emitted; None before the first reading is complete.
        table_version: Of the last complete reading.
        full_refresh_at: When that ended, as it was written.
        snapshot: The reading under way, if any.
        formula_refresh: How the formulas were last sent alone.
        feed_repeats: Whether the feed answers any sequence with that sequence.
        is_empty: Whether no row of the table was ever emitted under this bookmark, for sure.
        last_deleted: Ids of records that the last run reported as deleted.
        deselected: Properties that were left out when rows were read.
        page_cap: How many records per page the server was seen to send at most when the table was read in full.
        schema: What the state keeps of the schema; see `known_tables`.
        description: The table's schema as it is now; None if it cannot be seen, so that what is kept stays.
        left_out: Properties that could be read and are not, now.
    """

    database_id: str
    table_id: str
    sequence: int | None = None
    table_version: int | None = None
    full_refresh_at: Any = None
    snapshot: Snapshot | None = None
    formula_refresh: FormulaRefresh = field(default_factory=FormulaRefresh)
    feed_repeats: bool = False
    is_empty: bool = False
    last_deleted: list[int] = field(default_factory=list)
    deselected: list[str] = field(default_factory=list)
    page_cap: int | None = None
    schema: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(keys.OF_SCHEMA))
    description: Description | None = None
    left_out: Collection[str] = ()

    @classmethod
    def from_json(
        cls,
        saved: Mapping[str, Any],
        *,
        database_id: str,
        table_id: str,
        description: Description | None = None,
        left_out: Collection[str] = (),
    ) -> Bookmark:
        """Return what the state has of a table; of a bookmark of another one, or that we cannot have written, nothing.

        Args:
            saved: What it has under the stream's name.
            database_id: Handle of the database.
            table_id: Handle of the table.
            description: The table's schema as it is now.
            left_out: Properties that could be read and are not, now.
        """
        own = cls(database_id=database_id, table_id=table_id, description=description, left_out=left_out)
        version = saved.get(keys.TABLE_VERSION)
        problem = _problem(saved, database_id=database_id, table_id=table_id)
        if problem:
            logger.warning("The bookmark of table %s cannot be used (%s): it gets a full refresh.", table_id, problem)
            own.table_version = version if _is_count(version) else None  # of the rows that the target has
            return own
        deleted, cap = saved.get(keys.LAST_DELETED), saved.get(keys.PAGE_CAP)
        own.sequence, own.table_version = saved.get(keys.REPLICATION_KEY_VALUE), version
        own.full_refresh_at = saved.get(keys.FULL_REFRESH_AT)
        own.snapshot = Snapshot.from_json(saved[SNAPSHOT][0]) if saved.get(SNAPSHOT) else None
        own.formula_refresh = FormulaRefresh.from_json(saved.get(keys.FORMULA_REFRESH))
        own.feed_repeats, own.is_empty = saved.get(keys.FEED_REPEATS) is True, saved.get(keys.IS_EMPTY) is True
        own.last_deleted = list(filter(_is_count, deleted if isinstance(deleted, list) else ()))
        own.deselected = list(saved.get(keys.DESELECTED) or ())
        own.page_cap = cap if _is_count(cap) and cap > 0 else None
        own.schema = {key: saved.get(key) for key in keys.OF_SCHEMA}
        return own

    def write_to(self, saved: MutableMapping[str, Any]) -> None:
        """Put it into the state, in place of what that has under the stream's name."""
        was_sent = self.formula_refresh != FormulaRefresh()
        saved.update(
            {
                keys.REPLICATION_KEY: SEQUENCE,
                keys.REPLICATION_KEY_VALUE: self.sequence,
                keys.DATABASE_ID: self.database_id,
                keys.TABLE_ID: self.table_id,
                keys.TABLE_VERSION: self.table_version,
                keys.FULL_REFRESH_AT: self.full_refresh_at,
                SNAPSHOT: [self.snapshot.to_json()] if self.snapshot else None,
                keys.FORMULA_REFRESH: [asdict(self.formula_refresh)] if was_sent else None,
                keys.FEED_REPEATS: self.feed_repeats or None,
                keys.IS_EMPTY: self.is_empty or None,
                keys.LAST_DELETED: self.last_deleted or None,
                keys.DESELECTED: self.deselected or None,
                keys.PAGE_CAP: self.page_cap,
                **self.schema,
            }
        )

    @property
    def is_of_another_schema(self) -> bool:
        """Whether rows that were read under this bookmark may lack what the table has now, or have another form."""
        return self.description is not None and self.description.differs_from(self.schema)

    def not_reported(self, changes: TableChanges | None) -> IdSet:
        """Return, as a set of its own, the records that a feed names as removed and the last run did not report.

        Those that turn up in a page were made again.
        """
        left = IdSet(changes.removed) if changes else IdSet()
        left.difference_update(self.last_deleted)
        return left

    def is_older_than(self, age: timedelta | None, *, now: datetime) -> bool:
        """Return whether the last full refresh was longer ago; a time that cannot be read counts as long ago."""
        return age is not None and _is_past(self.full_refresh_at, age, now=now)

    def has_formulas_older_than(self, age: timedelta | None, *, now: datetime) -> bool:
        """Return whether the formulas of all rows were sent longer ago, or not to the end."""
        if age is None:
            return False
        last = self.formula_refresh
        return last.last_id is not None or (self.is_older_than(age, now=now) and _is_past(last.at, age, now=now))

    def lacks_formulas(self, columns: Iterable[Column]) -> bool:
        """Return whether rows lack some of these formulas so far, or have them as another type, as far as is known."""
        shape = shape_in_state(self.schema) if self.description is not None else None
        if shape is None:
            return False
        return any(shape.get(c.field_id) != c.computed_as or c.name in self.deselected for c in columns)

    def note_formulas(self, formulas: Sequence[str], last_id: int) -> None:
        """Note up to which record these formulas, in the form of `FormulaRefresh.formulas`, were sent."""
        self.formula_refresh = FormulaRefresh(formulas=list(formulas), at=self.formula_refresh.at, last_id=last_id)

    def finish_formulas(self, formulas: Sequence[str]) -> None:
        """Note that they were sent of all rows."""
        self.formula_refresh = FormulaRefresh(formulas=list(formulas), at=format_now())
        if self.description is not None:
            self.description.write_formulas_to(self.schema)

    def begin_snapshot(self, snapshot: Snapshot, *, feed_repeats: bool) -> None:
        """Note that the table gets a full refresh, and whether its feed repeats whatever it is asked."""
        self.feed_repeats = feed_repeats
        if self.snapshot is None or self.snapshot.table_version != snapshot.table_version:
            self._remember_schema()  # once: what is added before this reading ends is new to its first rows
            if self.description is not None:
                self.description.write_shape_to(self.schema)
        self.snapshot = snapshot

    def finish_snapshot(
        self,
        snapshot: Snapshot,
        *,
        sequence: int,
        is_empty: bool,
        deleted: Iterable[int] = (),
        page_cap: int | None = None,
    ) -> None:
        """Note that the table was read in full: from here on, changes after `sequence` suffice."""
        self.advance(sequence, is_empty=is_empty, deleted=deleted)
        self.snapshot = None
        self.table_version, self.full_refresh_at, self.page_cap = snapshot.table_version, format_now(), page_cap
        self.formula_refresh = FormulaRefresh()

    def advance(self, sequence: int, *, is_empty: bool, deleted: Iterable[int] = ()) -> None:
        """Note that everything up to a sequence was emitted, and which records were reported as deleted."""
        before = self.last_deleted if sequence == self.sequence else []
        self.last_deleted = sorted({*before, *heapq.nsmallest(MOST_LAST_DELETED, deleted)})[:MOST_LAST_DELETED]
        self.is_empty, self.sequence = is_empty, sequence
        self._remember_schema()

    def _remember_schema(self) -> None:
        if self.description is not None:
            self.description.write_to(self.schema)
        self.deselected = sorted(self.left_out)


def format_now() -> str:
    """Return the moment as rows and bookmarks have it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _is_past(moment: Any, age: timedelta, *, now: datetime) -> bool:
    """Return whether a moment of a bookmark is so long ago.

    One that cannot be read counts as long ago, and so does one as far ahead: the clock that it is of was wrong.
    """
    try:
        return abs(now - datetime.fromisoformat(str(moment).replace("Z", "+00:00"))) >= age
    except (ValueError, TypeError):
        return True


def next_version(previous: int | None, *, now_ms: int) -> int:
    """Return a table version above the previous one: a time in milliseconds, which nothing that was lost can reach.

    Versions of 0.1 were times in seconds, and so lie below.
    """
    return max(now_ms, (previous or 0) + 1)


def known_sequence(values: Mapping[str, Any]) -> int | None:
    """Return the sequence from which the feed's changes are of use to a stream, None before the first reading.

    Where the database was set back, a reading that began behind that lies before what was read earlier.
    """
    snapshot = values.get(SNAPSHOT)
    begun = snapshot[0]["head"] if _is_snapshot(snapshot) else None
    return min(filter(_is_count, (values.get(keys.REPLICATION_KEY_VALUE), begun)), default=None)


def _problem(values: Mapping[str, Any], *, database_id: str, table_id: str) -> str | None:
    if (values.get(keys.DATABASE_ID) or database_id, values.get(keys.TABLE_ID) or table_id) != (database_id, table_id):
        return "it belongs to another table"
    numbers = [values[key] for key in (keys.REPLICATION_KEY_VALUE, keys.TABLE_VERSION) if values.get(key) is not None]
    snapshot = values.get(SNAPSHOT)
    if snapshot is not None:
        if not _is_snapshot(snapshot):
            return "its snapshot is not in a known form"
        numbers += [value for name, value in snapshot[0].items() if name not in {"ranges", "is_in_doubt"}]
        numbers += [number for part in snapshot[0].get("ranges", ()) for number in (part["last_id"], part["end"] or 0)]
    if not all(map(_is_count, numbers)):
        return "it holds something else than whole numbers"
    return None


def _is_snapshot(saved: Any) -> TypeGuard[list[dict[str, Any]]]:
    if not isinstance(saved, list) or len(saved) != 1:
        return False
    (snapshot,) = saved
    if not isinstance(snapshot, dict) or not snapshot.keys() >= {"head", "table_version"}:
        return False
    places = snapshot.keys() - {"head", "table_version", "is_in_doubt"}
    return places == {"last_id"} or (places == {"ranges"} and _are_ranges(snapshot["ranges"]))


def _are_ranges(saved: object) -> bool:
    if not isinstance(saved, list) or not saved:
        return False
    return all(isinstance(part, dict) and part.keys() == {"last_id", "end"} for part in saved)


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
