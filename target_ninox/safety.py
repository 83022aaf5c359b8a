"""What keeps a run from doing harm: its limits, for which records its rows stand, and what failed as nobody foresaw."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager

from ninox_api.errors import NinoxError
from ninox_singer.cli import log_defect
from ninox_singer.wording import counted
from target_ninox.settings import TargetSettings

logger = logging.getLogger(__name__)


class LimitReachedError(NinoxError):
    """The next step would write more records than the settings permit; it was not taken."""


MIRROR_SHARE = 10
"""Percent of a table's records that a mirror may delete where `max_deletes` says nothing."""

MIRROR_LEAST = 10
"""So many it may delete of any table: of a short list, a few are soon more than their share."""


def most_of_a_mirror(records_before: int) -> int:
    """Return how many records a mirror may delete by default, what Ninox deletes along included."""
    return max(MIRROR_LEAST, records_before * MIRROR_SHARE // 100)


class Limits:
    """Counts what the run is about to do.

    A dry run goes on beyond a limit, with a warning: it shows the whole plan.
    """

    def __init__(self, settings: TargetSettings) -> None:
        """Start at zero."""
        self._most = {"update": settings.max_updates, "delete": settings.max_deletes}
        self._is_dry = settings.dry_run
        self._count: Counter[str] = Counter()

    def reserve(self, action: str, count: int, *, what: str = "") -> None:
        """Count records that are about to be written.

        Args:
            action: `update` or `delete`.
            count: How many.
            what: They, in words, if there is more to say than their number.

        Raises:
            LimitReachedError: They are too many; none of them was written.
        """
        most, total = self._most[action], self._count[action] + count
        if most is not None and total > most:
            self._refuse(
                f"max_{action}s: this run would {action} at least {counted(total, 'record')}, more than the {most} "
                f"permitted. Stopped before {what or f'these {count}'}; raise max_{action}s if that is what you want.",
                is_first=self._count[action] <= most,
            )
        self._count[action] = total

    def reserve_mirror(self, count: int, *, records_before: int, what: str) -> None:
        """Count records that a mirror is about to delete; it has a limit also where the settings give none.

        Args:
            count: How many, with those that Ninox deletes along.
            records_before: How many the table had before the run.
            what: They, in words.

        Raises:
            LimitReachedError: They are too many; none of them was deleted.
        """
        most = most_of_a_mirror(records_before)
        if self._most["delete"] is None and count > most:
            self._refuse(
                f"max_deletes: this mirror would delete {counted(count, 'record')}, more than the {most} permitted by "
                f"default ({MIRROR_SHARE} % of the {records_before} before the run, at least {MIRROR_LEAST}). Nothing "
                f"was deleted: {what}. Look at it with dry_run, and set max_deletes to {count} or more if that is what "
                "you want.",
                is_first=True,
            )
        self.reserve("delete", count, what=what)

    def _refuse(self, message: str, *, is_first: bool) -> None:
        if not self._is_dry:
            raise LimitReachedError(message)
        if is_first:
            logger.warning("In earnest it would stop here: %s", message)


class ClaimedRecords:
    """For which records rows of this input came, or may have: nothing that another row says deletes those."""

    def __init__(self) -> None:
        """Start before the first row."""
        self._seen: dict[str, dict[str, AbstractSet[int]]] = {}
        self._rejected: dict[str, dict[str, Callable[[int], bool]]] = {}
        self._filtered: set[str] = set()
        self._failed: dict[str, str] = {}
        self._lost: str | None = None

    def add(
        self, stream: str, table_id: str, record_ids: AbstractSet[int], may_be_rejected: Callable[[int], bool]
    ) -> None:
        """Know for which records rows of a stream came.

        Args:
            stream: Its name.
            table_id: Where it goes.
            record_ids: The set grows with the rows.
            may_be_rejected: Returns whether a rejected row may be about a record.
        """
        self._seen.setdefault(table_id, {})[stream] = record_ids
        self._rejected.setdefault(table_id, {})[stream] = may_be_rejected

    def is_shared(self, table_id: str) -> bool:
        """Return whether several streams go into a table: in which order their rows are written, nobody can tell."""
        return len(self._seen.get(table_id, {})) > 1

    def note_filtered(self, stream: str) -> None:
        """Know that a stream map of the target's own left out a row of a stream: it may be about any of its records."""
        self._filtered.add(stream)

    def note_failed(self, stream: str, table_id: str) -> None:
        """Know that a stream ended before its last row was loaded."""
        self._failed[table_id] = stream

    def note_lost(self, stream: str) -> None:
        """Know that a stream ended before anybody knew where it goes: it may be any table."""
        self._lost = stream

    def failed_in(self, table_id: str) -> str | None:
        """Return a stream that goes into a table, or may, and ended before its last row was loaded; None for none."""
        return self._failed.get(table_id, self._lost)

    def stream_with_row(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have: one that failed; None if none did."""
        failed = self.failed_in(table_id)
        if failed is not None:
            return failed
        streams = self._seen.get(table_id, {})
        return next((name for name, record_ids in streams.items() if record_id in record_ids), None)

    def stream_that_keeps(self, table_id: str, record_id: int) -> str | None:
        """Return the stream of which a row came for a record, or may have, written or not; None if none did."""
        name = self.stream_with_row(table_id, record_id)
        if name is not None:
            return name
        name = next((name for name in self._seen.get(table_id, {}) if name in self._filtered), None)
        if name is not None:
            return name
        return self.stream_with_rejected(table_id, record_id)

    def stream_with_rejected(self, table_id: str, record_id: int, *, but_for: str | None = None) -> str | None:
        """Return the stream of which a rejected row is about a record, or may be; None if none did.

        Args:
            table_id: The record's table.
            record_id: Its id.
            but_for: A stream that is not asked.
        """
        rejected = self._rejected.get(table_id, {})
        names = (name for name, may_be_about in rejected.items() if name != but_for and may_be_about(record_id))
        return next(names, None)


_NO_DELETION = "so that nobody knows what may be deleted, and nothing was at the end. All rows were loaded"


class DefectError(NinoxError):
    """Something that concerns no row failed as nobody foresaw."""

    def __init__(self, error: Exception, follows: str) -> None:
        """Say what follows from it; not the error's own text, which may quote a value."""
        super().__init__(f"target-ninox has a defect ({type(error).__name__}), {follows}.")


class Defects:
    """What failed as nobody foresaw and concerns no row. It ends nothing: only what follows from it is not done.

    Attributes:
        first: The first of them, with which the run ends; None for none.
    """

    def __init__(self) -> None:
        """Start without any."""
        self.first: DefectError | None = None

    @contextmanager
    def outlived(self, *, follows: str = _NO_DELETION) -> Iterator[None]:
        """Let the run outlive an error inside that nobody foresaw.

        Args:
            follows: What is not done because of it, as a part of a sentence.
        """
        try:
            yield
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (no row has a part in it)
            self.note(error, follows=follows)

    def note(self, error: Exception, *, follows: str = _NO_DELETION) -> None:
        """Log where an error came from, if it is the first: it may come again with each message."""
        if self.first is None:
            log_defect(error, logging.getLogger("target-ninox"))
            self.first = DefectError(error, follows)

    @property
    def doubt(self) -> str | None:
        """Why nothing may be deleted, as a part of a sentence; None if nothing failed."""
        return None if self.first is None else str(self.first).rstrip(".")
