"""What a run did, for its last log lines and the report file: counts that add up, per stream and in all."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from ninox_api.errors import NinoxError
from ninox_api.limits import Purpose
from ninox_singer.output_files import write_private
from ninox_singer.progress import Display, LogDisplay
from ninox_singer.wording import describe_calls, in_number, list_names, named_calls

logger = logging.getLogger(__name__)

_ENCODER = msgspec.json.Encoder(decimal_format="number")
MARKED_DELETED, SUPERSEDED, NO_RECORD, NO_KEY = "marked_deleted", "superseded", "no_record", "no_key"
HAS_FORMULAS_ALONE = "formulas_alone"
SKIPPED = {
    MARKED_DELETED: "the row says that its record was deleted, which counts with hard_delete only",
    SUPERSEDED: "another row about the same record came behind it, or in another stream",
    NO_RECORD: "there is no record that mode update could change",
    HAS_FORMULAS_ALONE: "it has values of formulas alone, which no field takes, or by which no record is found",
    NO_KEY: "the row says that a record was deleted, and nothing to find it by",
}
"""Why rows are skipped, in words."""

EXPLANATIONS = {
    "unchanged": "the record held these values already",
    "deleted": "the row says that its record was deleted (hard_delete)",
    "rejected": "the warnings above say why",
    "removed": "no row came for this record of a mirror, so that it was deleted",
    "unlinked": "links left empty: no record has the value by which the row names it (on_missing)",
    "recovered": "created, though the answer was lost: the record was found in Ninox",
    "unaccounted": "an error ended the run, or the stream, before the row was loaded; the last batch may be saved",
}
"""What counts mean; `created` and `updated` say it themselves."""

RowOutcome = Literal["created", "updated", "unchanged", "deleted", "skipped", "rejected"]
"""What became of a row: each has one."""

OUTCOMES: tuple[RowOutcome, ...] = get_args(RowOutcome)


class StreamsFailedError(NinoxError):
    """Some streams ended before their last row was loaded; all others were loaded."""


class CountsDifferError(NinoxError):
    """A run that ended well has rows it cannot account for: an error of ours, not of the data."""


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """What happened to the rows of one stream; every row that was read has one outcome.

    Attributes:
        read: Rows that came.
        created: Rows that became new records.
        updated: Rows that changed a record.
        unchanged: Rows whose record held the values already.
        deleted: Rows whose record was deleted because they say so.
        skipped: Rows that needed nothing.
        skipped_because: Why → rows of them; see `SKIPPED`.
        superseded_rows: Numbers of the first of them that another row about the same record took the place of.
        rejected: Rows that could not be written.
        removed: Records that a mirror deleted because no row came for them; no row of the stream stands for them.
        deleted_along: Name of a table → records that Ninox deleted along with those that were deleted or removed, by
            references that cascade; they stand in no other count.
        doubts: Why a mirror deleted nothing; empty where there was no doubt.
        error: What ended the stream before its last row was loaded; None where nothing did.
        overridden: Field → records, of the first that were written, in which it held something else than what was sent.
        not_shown: Field → records, of the first that were written, in which it was not shown, nor in any before.
        not_loaded: Properties that no field is called like; their values are in no record.
        left_out: Rows behind the first `limit_rows`; they stand in no other count.
        unlinked: Links that were left empty because their record is not there; they stand in no other count.
        uploaded: Files of rows that were put on records.
        recovered: Records found after an answer was lost, instead of being created twice; counted as created, too.
        api_calls: Repeated ones included.
        api_calls_by_purpose: What they were for → calls, the most first.
    """

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    skipped: int = 0
    skipped_because: dict[str, int] = field(default_factory=dict)
    superseded_rows: list[int] = field(default_factory=list)
    rejected: int = 0
    removed: int = 0
    deleted_along: dict[str, int] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    error: str | None = None
    overridden: dict[str, int] = field(default_factory=dict)
    not_shown: dict[str, int] = field(default_factory=dict)
    not_loaded: list[str] = field(default_factory=list)
    left_out: int = 0
    unlinked: int = 0
    uploaded: int = 0
    recovered: int = 0
    api_calls: int = 0
    api_calls_by_purpose: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def settled(self) -> int:
        """Rows with an outcome."""
        outcomes: Iterator[int] = (getattr(self, outcome) for outcome in OUTCOMES)
        return sum(outcomes)

    @property
    def unaccounted(self) -> int:
        """Rows without an outcome: those that an aborted run did not come to."""
        return self.read - self.settled

    def add(self, other: StreamReport) -> None:
        """Add another stream's counts."""
        for name, value in asdict(other).items():
            own = getattr(self, name)
            if name == "superseded_rows":  # numbers in one stream
                continue
            if name == "error":
                self.error = self.error or value
            elif isinstance(value, dict):
                own |= {key: own.get(key, 0) + count for key, count in value.items()}
            else:
                setattr(self, name, own + value)

    def add_deleted_along(self, counts: Mapping[str, int]) -> None:
        """Add counts by table."""
        for name, count in counts.items():
            self.deleted_along[name] = self.deleted_along.get(name, 0) + count


class RunReport:
    """Gathers the reports of all streams of a run."""

    def __init__(
        self, calls_by_purpose: Callable[[], Counter[Purpose]], *, path: Path | None = None, is_dry: bool = False,
        limit_rows: int | None = None, display: Display | None = None, share: Callable[[], float | None] = lambda: None,
    ) -> None:  # fmt: skip
        """Remember when the run began and where to report.

        Args:
            calls_by_purpose: Counts the requests so far.
            path: Of the report file; None for none.
            is_dry: Whether nothing is written.
            limit_rows: How many rows of each stream are loaded; None for all.
            display: Where progress is shown.
            share: Counts how much of the input was read, 0 to 1; None if nobody knows.
        """
        self.display: Display = display or LogDisplay()
        self.share = share
        self._limit_rows = limit_rows
        self._calls_by_purpose = calls_by_purpose
        self._path = path
        self._is_dry = is_dry
        self._started = time.monotonic()
        self.streams: dict[str, StreamReport] = {}

    def report_of(self, name: str) -> StreamReport:
        """Return the report of a stream, to be counted up."""
        return self.streams.setdefault(name, StreamReport())

    @contextmanager
    def measure(self, name: str) -> Iterator[StreamReport]:
        """Add the API calls and the time of what happens inside to a stream."""
        report = self.report_of(name)
        calls, started = self._calls_by_purpose(), time.monotonic()
        try:
            yield report
        finally:
            taken = self._calls_by_purpose() - calls
            report.api_calls += taken.total()
            for purpose, number in named_calls(taken).items():
                report.api_calls_by_purpose[purpose] = report.api_calls_by_purpose.get(purpose, 0) + number
            report.seconds += time.monotonic() - started

    def error(self) -> StreamsFailedError | None:
        """Return the error with which a run ends of which some streams failed; None if none did."""
        failed = {name: report for name, report in self.streams.items() if report.error}
        if not failed:
            return None
        reasons = " ".join(
            f"{name}: {report.error}; {report.unaccounted} of {in_number(report.read, 'row')} not loaded."
            for name, report in failed.items()
        )
        return StreamsFailedError(
            f"{reasons} All other streams were loaded; the state is held before the first of these rows, so that they "
            "come again."
        )

    @property
    def total(self) -> StreamReport:
        """All streams together; calls and time are those of the whole run."""
        total = StreamReport()
        for report in self.streams.values():
            total.add(report)
        calls = self._calls_by_purpose()
        total.api_calls, total.api_calls_by_purpose = calls.total(), named_calls(calls)
        total.seconds = time.monotonic() - self._started
        return total

    def close(self, *, is_complete: bool, samples: Mapping[str, Any] | None = None) -> None:
        """Write the summary to the log and the report to its file.

        Args:
            is_complete: Whether the run came to its end.
            samples: Stream → examples of a dry run, for the file only: they hold values.

        Raises:
            CountsDifferError: The run is complete, yet rows have no outcome.
        """
        for name, report in self.streams.items():
            is_event = any((report.read, report.removed, report.deleted_along, report.doubts, report.error))
            lacking = f"; not loaded: {list_names(map(repr, report.not_loaded))}" if report.not_loaded else ""
            logger.log(logging.INFO if is_event else logging.DEBUG, "%s: %s%s", name, _line(report), lacking)
        total = self.total
        streams = in_number(len(self.streams), "stream")
        ended = "Dry run" if self._is_dry else "Run"
        if self._limit_rows is not None:
            ended += f" of the first {in_number(self._limit_rows, 'row')} of each stream (limit_rows), without a state"
        if calls := total.api_calls_by_purpose:
            logger.info("API calls: %s.", describe_calls(calls))
        logger.info("%s: %s, %s", ended, streams, _line(total))
        for name, meaning in EXPLANATIONS.items():  # of the counts that do not say it themselves
            if getattr(total, name):
                logger.info("  %s: %s.", name.replace("unaccounted", "NOT WRITTEN"), meaning)
        for because, count in total.skipped_because.items():
            if count:
                logger.info("  skipped (%d): %s.", count, SKIPPED[because])
        if self._path is not None:
            is_whole = is_complete and total.error is None
            document = _ENCODER.encode(self._document(total, samples or {}, is_complete=is_whole))
            write_private(self._path, msgspec.json.format(document, indent=2) + b"\n")
        lost = {name: item.unaccounted for name, item in self.streams.items() if item.unaccounted and not item.error}
        if is_complete and lost:
            counts = ", ".join(f"{count} of {name}" for name, count in lost.items())
            message = f"Some rows were read but have no outcome: {counts}. This is a defect of target-ninox."
            raise CountsDifferError(message)

    def _document(self, total: StreamReport, samples: Mapping[str, Any], *, is_complete: bool) -> dict[str, Any]:
        streams = {name: asdict(report) for name, report in self.streams.items()}
        for name, examples in samples.items():
            streams.setdefault(name, {})["samples"] = examples
        kind = {"dry_run": self._is_dry, "limit_rows": self._limit_rows}
        return {**kind, "complete": is_complete, "total": asdict(total), "streams": streams}


def _line(report: StreamReport) -> str:
    outcomes = ", ".join(f"{getattr(report, outcome)} {outcome}" for outcome in OUTCOMES)
    more = "".join(
        f", {count} {what}"
        for count, what in (
            (report.removed, "removed"),
            *((count, f"of {name!r} deleted along") for name, count in report.deleted_along.items()),
            (report.left_out, "left out"),
            (report.unlinked, "unlinked"),
            (report.recovered, "recovered"),
            (report.uploaded, "files uploaded"),
            (report.unaccounted, "NOT WRITTEN"),
        )
        if count
    )
    return f"{report.read} read = {outcomes}{more}; {in_number(report.api_calls, 'API call')}, {report.seconds:.1f} s"
