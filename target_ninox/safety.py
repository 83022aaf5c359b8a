"""What keeps a run from doing harm: how many records it may change and delete."""

from __future__ import annotations

import logging
from collections import Counter

from ninox_api.errors import NinoxError
from ninox_singer.wording import in_number
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
                f"max_{action}s: this run would {action} at least {in_number(total, 'record')}, more than the {most} "
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
                f"max_deletes: this mirror would delete {in_number(count, 'record')}, more than the {most} permitted "
                f"by default ({MIRROR_SHARE} % of the {records_before} before the run, at least {MIRROR_LEAST}). "
                f"Nothing was deleted: {what}. Look at it with dry_run, and set max_deletes to {count} or more if that "
                "is what you want.",
                is_first=True,
            )
        self.reserve("delete", count, what=what)

    def _refuse(self, message: str, *, is_first: bool) -> None:
        if not self._is_dry:
            raise LimitReachedError(message)
        if is_first:
            logger.warning("In earnest it would stop here: %s", message)
