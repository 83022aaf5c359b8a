"""The brakes: how many records a run may create, change and delete."""

from __future__ import annotations

import logging
from collections import Counter

from ninox_api.errors import NinoxError
from ninox_api.wording import counted
from target_ninox.settings import TargetSettings

logger = logging.getLogger(__name__)


class LimitReachedError(NinoxError):
    """The next step would write more records than the settings permit; it was not taken."""


class Limits:
    """Counts what the run is about to do.

    A dry run goes on beyond a limit, with a warning: it shows the whole plan.
    """

    def __init__(self, settings: TargetSettings) -> None:
        """Start at zero."""
        self._most = {
            "create": settings.max_creates,
            "update": settings.max_updates,
            "delete": settings.max_deletes,
        }
        self._is_dry = settings.dry_run
        self._count: Counter[str] = Counter()

    def reserve(self, action: str, count: int) -> None:
        """Count records that are about to be written.

        Args:
            action: `create`, `update` or `delete`.
            count: How many.

        Raises:
            LimitReachedError: They are too many; none of them was written.
        """
        most, total = self._most[action], self._count[action] + count
        if most is not None and total > most:
            records = counted(total, "record")
            message = (
                f"max_{action}s: this run would {action} at least {records}, more than the {most} permitted. "
                f"Stopped before these {count}; raise max_{action}s if that is what you want."
            )
            if not self._is_dry:
                raise LimitReachedError(message)
            if self._count[action] <= most:
                logger.warning("In earnest it would stop here: %s", message)
        self._count[action] = total
