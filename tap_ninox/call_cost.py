"""What syncing costs in API calls; Ninox plans count them by the month."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCost:
    """API calls of a run, as far as they can be told beforehand.

    Attributes:
        discovery: Calls that tell what there is: spent by every run.
        feeds: Calls that tell what changed: one per database with a selected table.
        pages: Calls that read all selected tables once.
        is_complete: Whether the pages of all selected tables could be told.
        runs_per_day: The schedule in question.
    """

    discovery: int
    feeds: int
    pages: int
    is_complete: bool
    runs_per_day: float

    @property
    def first_load(self) -> int:
        """Calls of a run that reads everything."""
        return self.idle_run + self.pages

    @property
    def idle_run(self) -> int:
        """Calls of a run that finds nothing changed."""
        return self.discovery + self.feeds

    def month(self, run: int) -> int:
        """Return the calls of a month of such runs."""
        return math.ceil(run * self.runs_per_day * DAYS_PER_MONTH)

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name; Meltano looks at the catalog once more before each run."""
        return {
            "discovery": self.discovery,
            "is_complete": self.is_complete,
            "runs_per_day": self.runs_per_day,
            "tap": self._column(0),
            "meltano": self._column(self.discovery),
        }

    def _column(self, extra: int) -> dict[str, int]:
        idle = self.idle_run + extra
        return {"first_load": self.first_load + extra, "idle_run": idle, "month": self.month(idle)}


def pages_of(rows: int, page_size: int) -> int:
    """Return the calls that read a table whole: its pages, and the empty one that ends it."""
    return math.ceil(rows / page_size) + 1


def cost_of(
    rows_by_table: Iterable[tuple[str, int | None]], *, discovery: int, page_size: int, runs_per_day: float
) -> CallCost:
    """Add up what the selected tables cost.

    Args:
        rows_by_table: For each selected table the id of its database, and its rows, None if they are not known.
        discovery: Calls that were spent to find the tables.
        page_size: Rows per page.
        runs_per_day: The schedule in question.
    """
    tables = list(rows_by_table)
    return CallCost(
        discovery=discovery,
        feeds=len({database_id for database_id, _ in tables}),
        pages=sum(pages_of(rows or 0, page_size) for _, rows in tables),
        is_complete=all(rows is not None for _, rows in tables),
        runs_per_day=runs_per_day,
    )
