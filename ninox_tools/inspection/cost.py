"""What syncing costs in API calls; Ninox plans count them by the month."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ninox_api.page_size import USUAL_CAPS, PageSize
from tap_ninox.report import minutes_between_runs

DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCost:
    """API calls of a run, as far as they can be estimated.

    Attributes:
        discovery: Calls that show what there is: spent by every run.
        feeds: Calls that show what changed: one per database with a selected table.
        queries: Calls for the user's own scripts: one each in every run.
        pages: Calls that read all selected tables once.
        files: Calls that list the files of all records once; each download comes on top.
        ends: Calls by which the ends of all selected tables are confirmed, at most.
        refreshes_per_month: Calls of scheduled refreshes.
        refresh_ends_per_month: Calls that confirm the ends of those, at most.
        is_complete: Whether all could be estimated: not where rows could not be counted, or files are downloaded.
        runs_per_day: The schedule in question.
        calls_per_month: So many the plan grants, if the settings say it.
    """

    discovery: int
    feeds: int
    queries: int
    pages: int
    files: int
    ends: int
    refreshes_per_month: int
    refresh_ends_per_month: int
    is_complete: bool
    runs_per_day: float
    calls_per_month: int | None = None

    @property
    def first_load(self) -> int:
        """Calls of a run that reads everything, where nothing need be confirmed."""
        return self.idle_run + self.pages + self.files

    @property
    def first_load_at_most(self) -> int | None:
        """Calls of such a run where every table's end is to be confirmed; None if that cannot be estimated."""
        return self.first_load + self.ends if self.is_complete else None

    @property
    def refreshes_per_month_at_most(self) -> int:
        """Calls of scheduled refreshes where every table's end is to be confirmed."""
        return self.refreshes_per_month + self.refresh_ends_per_month

    @property
    def idle_run(self) -> int:
        """Calls of a run that finds nothing changed."""
        return self.discovery + self.feeds + self.queries

    @property
    def minutes_between_runs(self) -> int | None:
        """How often a run without changes fits the plan; None if that is unknown, or full refreshes use it up."""
        left = (self.calls_per_month or 0) - self.refreshes_per_month_at_most
        return minutes_between_runs(self.idle_run, left) if left > 0 else None

    def month(self, run: int) -> int:
        """Return the calls of a month of such runs."""
        return math.ceil(run * self.runs_per_day * DAYS_PER_MONTH) + self.refreshes_per_month

    def as_json(self) -> dict[str, Any]:
        """Return the figures by name; Meltano's discovery before each run is the run's own."""
        return {
            "discovery": self.discovery,
            "refreshes_per_month": self.refreshes_per_month,
            "refreshes_per_month_at_most": self.refreshes_per_month_at_most,
            "is_complete": self.is_complete,
            "runs_per_day": self.runs_per_day,
            "first_load": self.first_load,
            "first_load_at_most": self.first_load_at_most,
            "idle_run": self.idle_run,
            "month": self.month(self.idle_run),
            "month_at_most": self.month(self.idle_run) + self.refresh_ends_per_month,
            "minutes_between_runs": self.minutes_between_runs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """How a selected table is read.

    Attributes:
        rows: None if they are not known; it is then counted as empty.
        joins_formulas: Whether each page is followed by a query for formulas.
        lists_files: Whether each record is asked for its files.
        refreshes_formulas_alone: Whether a refresh that is due is of its formulas, and of nothing else.
        refresh_interval: Age at which it gets a refresh; None for never.
        page_size: Rows per page; None to find out how many.
    """

    database_id: str
    rows: int | None
    joins_formulas: bool
    lists_files: bool
    refresh_interval: timedelta | None
    refreshes_formulas_alone: bool = False
    page_size: int | None = None

    def calls(self) -> int:
        """Return the calls of a full refresh: its pages; nothing but an empty one shows that it has no rows."""
        return self._count_pages(self.rows) * (1 + self.joins_formulas) or 1

    def end_calls(self) -> int:
        """Return the calls that confirm its end, at most; none where the feed's next id is that behind the last record.

        Where it is not, as the newest record was deleted or no feed says it, the newest record is asked for, and
        before it, where the last page may be full, an empty page.
        """
        rows = self.rows or 0
        may_be_full = rows in USUAL_CAPS or self._count_pages(rows + 1) > self._count_pages(rows) > 0
        return 1 + may_be_full

    def refresh_calls(self) -> int:
        """Return the calls of a scheduled refresh."""
        return self._count_pages(self.rows) if self.refreshes_formulas_alone else self.calls()

    def refresh_end_calls(self) -> int:
        """Return the calls that confirm the end of such a refresh, at most: formulas alone come by query."""
        return 0 if self.refreshes_formulas_alone else self.end_calls()

    def file_calls(self) -> int:
        """Return the calls that list the files of all its records: its pages once more, and one for each record."""
        return (self._count_pages(self.rows) or 1) + (self.rows or 0) if self.lists_files else 0

    def refreshes_per_day(self, runs_per_day: float) -> float:
        """Return how often it gets a refresh: never more often than there are runs."""
        if self.refresh_interval is None:
            return 0.0
        return min(runs_per_day, timedelta(days=1) / max(self.refresh_interval, timedelta(seconds=1)))

    def _count_pages(self, rows: int | None) -> int:
        return PageSize("", self.page_size).count_pages(rows or 0)


def estimate_cost(
    readings: Iterable[TableReading],
    *,
    discovery: int,
    queries: int,
    downloads_files: bool,
    runs_per_day: float,
    calls_per_month: int | None = None,
) -> CallCost:
    """Add up what the selected tables cost.

    Args:
        readings: The selected tables.
        discovery: Calls that were spent to find them.
        queries: Selected scripts of the user's own.
        downloads_files: Whether files are fetched, too; how many there are is not known beforehand.
        runs_per_day: The schedule in question.
        calls_per_month: So many the plan grants.
    """
    tables = list(readings)
    refreshes = sum(table.refresh_calls() * table.refreshes_per_day(runs_per_day) for table in tables)
    refresh_ends = sum(table.refresh_end_calls() * table.refreshes_per_day(runs_per_day) for table in tables)
    return CallCost(
        discovery=discovery,
        feeds=len({table.database_id for table in tables}),
        queries=queries,
        pages=sum(table.calls() for table in tables),
        # Databases with files are asked once more for the number of their records, to log this cost.
        files=sum(table.file_calls() for table in tables)
        + len({table.database_id for table in tables if table.lists_files}),
        ends=sum(table.end_calls() for table in tables),
        refreshes_per_month=math.ceil(refreshes * DAYS_PER_MONTH),
        refresh_ends_per_month=math.ceil(refresh_ends * DAYS_PER_MONTH),
        is_complete=all(table.rows is not None for table in tables) and not downloads_files,
        runs_per_day=runs_per_day,
        calls_per_month=calls_per_month,
    )
