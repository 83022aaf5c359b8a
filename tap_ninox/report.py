"""What a run did, per stream and in all: for its last log lines, and as a file of counts and names, never a value."""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any

from ninox_api.client import NinoxClient
from ninox_api.errors import NinoxBudgetError, NinoxConfigError, NinoxError
from ninox_api.limits import Purpose
from ninox_singer.output_files import write_private
from ninox_singer.progress import choose_display
from ninox_singer.wording import describe_calls, in_number, named_calls
from tap_ninox.discovery.drift import Drift, filled_in
from tap_ninox.rows.convert import BadValues

logger = logging.getLogger(__name__)

_MINUTES_PER_HOUR = 60

_HOURS_PER_MONTH = 30 * 24

_BEFORE_ROWS = frozenset({Purpose.DISCOVERY, Purpose.FEED})
"""What calls are for that bring no row, in each run anew; retries are not, which the next one may do without."""


class RunEndedError(NinoxError):
    """A stream was being read when the run ended."""

    def __init__(self) -> None:
        """Say so; why the run ended is said in its own place."""
        super().__init__("It was not read to its end: the run ended before.")


def summarize_problems(problems: Iterable[str]) -> Iterator[str]:
    """Yield the line that ends a run whose settings name what is not there: the warnings stand at its beginning."""
    settings = sorted({problem.partition(":")[0] for problem in problems})
    if settings:
        yield f"Settings name what is not there ({', '.join(settings)}): see the warnings above."


def minutes_between_runs(calls: int, calls_per_month: int) -> int:
    """Return how many minutes have to lie between runs of so many calls, for them to fit into a month of 30 days."""
    return math.ceil(calls * _HOURS_PER_MONTH * _MINUTES_PER_HOUR / calls_per_month)


def describe_interval(minutes: int) -> str:
    """Return minutes in words, from two hours on as whole hours."""
    return (
        f"{minutes} minutes" if minutes < 2 * _MINUTES_PER_HOUR else f"{math.ceil(minutes / _MINUTES_PER_HOUR)} hours"
    )


class SyncFailedError(NinoxError):
    """At least one selected stream could not be read to its end; the others were."""


class Outcome(str, Enum):
    """What became of a selected stream."""

    COMPLETE = "complete"
    FAILED = "failed"
    NOT_BEGUN = "not_begun"
    """The run ended before, or had used up its API calls."""
    NOT_PERMITTED = "not_permitted"
    """It was never read, and this key may not read it."""
    REMOVED = "removed"
    """Its table is no longer in Ninox."""


@dataclass(slots=True, kw_only=True)
class StreamReport:
    """What happened to one stream.

    Attributes:
        emitted: Rows that were read to be sent.
        filtered: Those of them that stream maps left out.
        deleted: Tombstones.
        vanished: Records named by the feed that had vanished when they were read.
        outcome: What became of it; see `Outcome`.
        bad: Values that could not be sent as they are.
        uncomputed: Property → values of a formula that Ninox could not compute.
        calls: API calls made while it was its turn, by what they were for.
    """

    emitted: int = 0
    filtered: int = 0
    deleted: int = 0
    vanished: int = 0
    bad: BadValues = field(default_factory=BadValues)
    uncomputed: Counter[str] = field(default_factory=Counter)
    calls: Counter[Purpose] = field(default_factory=Counter)
    seconds: float = 0.0
    error: NinoxError | None = None
    outcome: Outcome = Outcome.COMPLETE

    @property
    def sent(self) -> int:
        """RECORD messages with a row, one for each whatever stream maps make of it."""
        return self.emitted - self.filtered

    @property
    def written(self) -> int:
        """Rows and tombstones."""
        return self.emitted + self.deleted

    @property
    def warned_of(self) -> dict[str, Counter[str]]:
        """Key of `_WARNINGS` → how many values of which property; the file has them under that key."""
        return {"nulled": self.bad.nulled, "repaired": self.bad.repaired, "uncomputed": self.uncomputed}

    @property
    def is_eventful(self) -> bool:
        """Whether there is anything to report of it."""
        counts = (self.emitted, self.deleted, self.vanished, *map(Counter.total, self.warned_of.values()))
        return any(counts) or self.outcome is not Outcome.COMPLETE


class RunReport:
    """Gathers the reports of all streams of a run.

    Attributes:
        client: Counts the run's API calls, once there is one.
        interrupted: What ended the run before its end: a signal, or an error; None if nothing did.
        selected: Names of all streams that are to be read.
        problems: What is wrong with the settings and did not keep the run from reading the rest.
        calls_before: Those by which `--discover` saw what this run did not ask for again.
        calls_per_month: So many the plan grants, if the settings say it.
        is_out_of_budget: Whether a stream used up the permitted API calls, so that starting another one is pointless.
        filled_in: Stream → ids of the fields of which all rows came anew; None for all fields.
    """

    def __init__(self) -> None:
        """Remember when the run began."""
        self.client: NinoxClient | None = None
        self.calls_before = 0
        self.calls_per_month: int | None = None
        self._started = time.monotonic()
        self.started_at = datetime.now(timezone.utc)
        self.streams: dict[str, StreamReport] = {}
        self.drift: list[Drift] = []
        self.filled_in: dict[str, Collection[str] | None] = {}
        self.interrupted: str | None = None
        self.display = choose_display()
        self.refusals: Mapping[str, NinoxError] = {}
        self.selected: Sequence[str] = ()
        self.problems: Sequence[str] = ()
        self.is_out_of_budget = False
        self._written_before = 0
        self._running: StreamReport | None = None

    @property
    def calls(self) -> Counter[Purpose]:
        """API calls of the run so far, by what they were for."""
        return self.client.calls_by_purpose if self.client else Counter()

    @property
    def sent(self) -> int:
        """Rows of all streams: the log's last line and the file say the same, and so does the sum of what each says."""
        return sum(report.sent for report in self.streams.values())

    @property
    def seconds(self) -> float:
        """Time since the run began."""
        return time.monotonic() - self._started

    @property
    def written(self) -> int:
        """Rows and tombstones of all streams, asked for behind each page: the sum of thousands of others is kept."""
        return self._written_before + (self._running.written if self._running else 0)

    @property
    def succeeded(self) -> bool:
        """Whether the run came to its end, and nothing is wrong with any stream or setting."""
        return self.interrupted is None and not self.problems and not any(self._summarize_streams())

    def fail(self, name: str, error: NinoxError) -> None:
        """Note why a stream was not read to its end."""
        report = self.streams.setdefault(name, StreamReport())
        report.error, report.outcome = error, Outcome.FAILED
        self.is_out_of_budget |= isinstance(error, NinoxBudgetError)
        logger.error("Stream %s was not read to its end: %s", name, error)

    @contextmanager
    def measure(self, name: str) -> Iterator[StreamReport]:
        """Measure one stream, and keep its failure from ending the others."""
        report = self.streams.setdefault(name, StreamReport())
        calls, started = self.calls, time.monotonic()
        self._written_before -= report.written
        self._running = report
        try:
            yield report
        except NinoxError as error:
            self.fail(name, error)
        except (Exception, SystemExit, KeyboardInterrupt):
            report.error, report.outcome = RunEndedError(), Outcome.FAILED
            raise
        finally:
            report.calls += self.calls - calls
            report.seconds += time.monotonic() - started
            self._running = None
            self._written_before += report.written

    def interrupt(self, error: BaseException, path: Path | None) -> None:
        """Write the file of a run that does not come to its end: people look at it exactly then.

        Args:
            error: What ends the run, unless a signal was noted in `interrupted`.
            path: The file, if one is wanted; that it cannot be written is not worth a second error.
        """
        self._note_what_became()
        self.interrupted = self.interrupted or (str(error) if isinstance(error, NinoxError) else type(error).__name__)
        if path is not None:
            with suppress(NinoxConfigError):
                write_report(path, self)

    def close(self, path: Path | None = None) -> None:
        """Write the summary.

        Args:
            path: File that gets it as JSON, too.

        Raises:
            SyncFailedError: A stream failed.
            NinoxConfigError: The file cannot be written.
        """
        self._note_what_became()
        for name, report in self.streams.items():
            _log_stream(name, report)
        for drift in self.drift:
            logger.warning(drift.message)
        reports = self.streams.values()
        if calls := self.calls:
            logger.info("API calls: %s.", describe_calls(named_calls(calls)))
        if line := self.schedule():
            logger.info(line)
        logger.info(  # the last line: people and their scripts look there
            "Run: %s, %s, %d deleted, %s%s, %.1f s.",
            in_number(len(reports), "stream"),
            in_number(self.sent, "row"),
            sum(report.deleted for report in reports),
            in_number(self.calls.total(), "API call"),
            f" (beside {self.calls_before} of --discover)" if self.calls_before else "",
            self.seconds,
        )
        if path is not None:
            write_report(path, self)
        problems = [*summarize_problems(self.problems), *self._summarize_streams()]
        if problems:
            raise SyncFailedError(" ".join(problems))

    def undiscovered(self) -> Iterator[str]:
        """Yield a sentence for the streams, if any, that discovery could not describe."""
        failed = [name for name, report in self.streams.items() if report.error is not None]
        if failed:
            streams = in_number(len(failed), "stream")
            yield f"{streams} could not be discovered: {', '.join(failed)}. See the errors above."

    def schedule(self) -> str | None:
        """Return what runs like this one cost in a month, and the most frequent ones that `calls_per_month` permits."""
        calls = self.calls.total() + self.calls_before
        if self.calls_per_month is None or not calls:
            return None
        every = describe_interval(minutes_between_runs(calls, self.calls_per_month))
        return (
            f"A run like this every hour costs {calls * _HOURS_PER_MONTH:,} API calls a month; calls_per_month "
            f"({self.calls_per_month:,}) permits one every {every}."
        )

    def _note_what_became(self) -> None:
        """Note which streams were not begun, and which differences have nothing left to do, as all rows came anew."""
        for name in self.selected:
            self.streams.setdefault(name, StreamReport(outcome=Outcome.NOT_BEGUN))
        for number, drift in enumerate(self.drift):
            fields = self.filled_in.get(drift.stream or "", ())
            if fields is None or drift.field_id in fields:
                self.drift[number] = filled_in(drift)

    def _summarize_streams(self) -> Iterator[str]:
        """Yield what is wrong with streams, if anything."""
        names: dict[Outcome, list[str]] = {}
        for name, report in self.streams.items():
            names.setdefault(report.outcome, []).append(name)
        failed, not_begun = names.get(Outcome.FAILED, []), names.get(Outcome.NOT_BEGUN, [])
        if failed:
            streams = in_number(len(self.streams), "stream")
            yield f"{len(failed)} of {streams} could not be read to their end: {', '.join(failed)}."
        if not_begun:
            yield f"{in_number(len(not_begun), 'stream')} not begun: {', '.join(not_begun)}."
        errors = [self.streams[name].error for name in failed]
        if errors and all(isinstance(error, NinoxBudgetError) for error in errors):
            yield (
                "The others are complete. There is nothing to fix: max_api_calls is used up, and the next run goes on."
                if self.calls.keys() - _BEFORE_ROWS
                else "max_api_calls is used up before the first row, so that each run would stop here: raise it."
            )
        elif failed or not_begun:
            yield "The others are complete; see the errors above, fix or deselect them, and run again."
        elif len(names.get(Outcome.NOT_PERMITTED, ())) == len(self.streams):
            yield "None of the selected streams may be read with this key; see the warnings above."


_SHOWN = {
    Outcome.FAILED: "FAILED",
    Outcome.NOT_BEGUN: "NOT BEGUN",
    Outcome.NOT_PERMITTED: "NOT PERMITTED",
    Outcome.REMOVED: "table removed in Ninox",
}


_WARNINGS = {
    "nulled": ("value", "{} of {} did not fit its type and became null{}."),
    "repaired": ("text", "{} of {} had characters that no database stores; U+FFFD stands for them{}."),
    "uncomputed": ("value", "{} of formula {} could not be computed and became null."),
}
"""Why values are not sent as they are: what is counted, and the sentence about a property of a stream.

A page of reports has sentences of its own: `ninox_tools/pages/runs.py`.
"""


def _records(report: StreamReport, property_name: str) -> str:
    """Return in which records the bad values of a property are, as far as that is known."""
    ids = report.bad.records.get(property_name)
    return f": in record {', '.join(map(str, ids))}" if ids else ""


def _log_stream(name: str, report: StreamReport) -> None:
    logger.log(
        logging.INFO if report.is_eventful else logging.DEBUG,
        "%s: %s, %d deleted, %s, %.1f s%s",
        name,
        in_number(report.sent, "row"),
        report.deleted,
        in_number(report.calls.total(), "API call"),
        report.seconds,
        "" if report.outcome is Outcome.COMPLETE else f", {_SHOWN[report.outcome]}",
    )
    if report.vanished:
        logger.info("%s: %s had vanished when it came to reading.", name, in_number(report.vanished, "changed record"))
    for kind, counts in report.warned_of.items():
        noun, sentence = _WARNINGS[kind]
        for property_name, count in counts.items():
            where = _records(report, property_name)
            logger.warning("%s: %s", name, sentence.format(in_number(count, noun), property_name, where))


def write_report(path: Path, report: RunReport) -> None:
    """Write the file in full or not at all: nobody ever sees half of it.

    Raises:
        NinoxConfigError: It cannot be written there.
    """
    try:
        write_private(path, json.dumps(_document(report), ensure_ascii=False, indent=2).encode() + b"\n")
    except (OSError, ValueError) as error:  # ValueError: a path that no system takes
        reason = getattr(error, "strerror", None) or "no path looks so"
        message = f"report_path: {path} cannot be written ({reason})."
        raise NinoxConfigError(message) from None


def _document(report: RunReport) -> dict[str, Any]:
    streams = report.streams
    return {
        "started_at": report.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(report.seconds, 3),
        "succeeded": report.succeeded,
        "interrupted": report.interrupted,
        "api_calls": report.calls.total(),
        "api_calls_by_purpose": named_calls(report.calls),
        "schedule": report.schedule(),
        "rows": report.sent,
        "deleted": sum(stream.deleted for stream in streams.values()),
        "streams": {name: _stream(stream) for name, stream in streams.items()},
        "problems": list(report.problems),
        "drift": [asdict(drift) for drift in report.drift],
    }


def _stream(report: StreamReport) -> dict[str, Any]:
    return {
        "outcome": report.outcome.value,
        "rows": report.sent,
        "filtered": report.filtered,
        "deleted": report.deleted,
        "gone": report.vanished,  # so called since 0.1.0, whose reports are read, too
        **{kind: dict(counts) for kind, counts in report.warned_of.items()},
        "bad_records": dict(report.bad.records),
        "api_calls": report.calls.total(),
        "api_calls_by_purpose": named_calls(report.calls),
        "seconds": round(report.seconds, 3),
        "error": str(report.error) if report.error else None,
    }
