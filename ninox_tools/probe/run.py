"""All questions in their order, what stops them, and the scratch table that is empty at the end in any case."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxAuthenticationError, NinoxConfigError, NinoxError
from ninox_tools.probe import access, feed, queries, records, values, writes
from ninox_tools.probe.question import QUESTIONS
from ninox_tools.probe.reply import NotAnsweredError
from ninox_tools.probe.report import Reason, Report, Stop
from ninox_tools.probe.scratch import Left, Scratch, open_scratch
from ninox_tools.probe.sight import Sight, Step, answered_by
from ninox_tools.probe.wire import CallsUsedUpError, Reader

_FIRST: tuple[Step, ...] = (
    access.read_schema, feed.beyond_head, access.read_samples,
    records.look_at_sample, records.since_id, records.sizes_of_pages, records.first_by_change, records.since_sequence,
    records.largest_page, records.sorting, records.filters,
    feed.since, feed.from_zero,
    access.unknown_record,
)  # fmt: skip
_LAST: tuple[Step, ...] = (
    queries.availability, queries.wrong_script, queries.records, queries.choice, queries.date, queries.formulas,
    values.list_files, values.back_side, values.look_at_values,
    access.two_at_once,
)  # fmt: skip
"""All that is asked without `--scratch`; with it, `writes.py` comes in between."""

_MOST_FAILURES = 3
"""Steps that may fail one after the other before no further one is tried."""

_UNREADABLE = "--scratch: the table cannot be read (HTTP {}). Nothing was written."


class StoppedError(Exception):
    """Nothing more is asked.

    Attributes:
        why: As the report says it.
    """

    def __init__(self, why: Stop) -> None:
        """Keep why."""
        super().__init__(why)
        self.why: Stop = why


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a probe ended.

    Attributes:
        left: What is still in the scratch table; None if there was none.
        error: Why nothing could be written, or not everything be asked.
    """

    report: Report
    left: Left | None = None
    error: NinoxError | None = None


def probe(
    config: ConnectionConfig, *, team: str | None, databases: Iterable[str], table: str | None = None,
    scratch: str | None = None, say: Callable[[str], object] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Ask everything, until it is asked or something stops it.

    Raises:
        NinoxConfigError: The settings name nothing that can be asked; nothing was written.
    """
    report, reader = Report(config.api_url), Reader(config)
    sight = Sight(reader, report)
    sight.wanted_table, sight.scratch_name = table, scratch
    runner = _Runner(sight)
    left: Left | None = None
    with _interrupts() as interrupts:
        try:
            database = access.find_database(sight, team=team, databases=databases)
            say(f"Database {database.name!r}.")
            runner.ask_all(scratch, interrupts)
        except NinoxConfigError:
            raise
        except StoppedError as stop:
            report.stopped = stop.why
        except CallsUsedUpError:
            report.stopped = "calls_used_up"
        except KeyboardInterrupt:
            report.stopped = "interrupted"
        except (NinoxError, NotAnsweredError) as failure:
            report.stopped, runner.error = "fault", failure if isinstance(failure, NinoxError) else None
        finally:  # whatever happened
            if runner.scratch is not None:
                say("Removing the probe's own records. Ctrl-C twice leaves them there.")
                left, was_left = _clean(runner.scratch, interrupts)
                report.stopped = "interrupted" if was_left else report.stopped
                runner.scratch.writer.close()
            reader.close()
    report.wrote = runner.scratch is not None
    report.count(reader.budget.used, reader.seconds)
    for question in QUESTIONS.values():
        needs_scratch = question.group == "writes" and not report.wrote
        report.leave(question.id, "stopped" if report.stopped else "needs_scratch" if needs_scratch else "no_data")
    return Outcome(report, left, runner.error)


def _clean(scratch: Scratch, interrupts: _Interrupts) -> tuple[Left, bool]:
    """Empty the scratch table; return what is left, and whether the user pressed Ctrl-C meanwhile."""
    left = None
    try:
        with interrupts.held():
            left = scratch.clean()
    except KeyboardInterrupt:
        return left or Left(sorted(scratch.own - scratch.gone), None), True
    return left, False


class _Runner:
    """Asks steps, and notes what each cost and why it has no answer.

    Attributes:
        scratch: The scratch table, once something may have been written into it.
        error: Why it is not written into, or nothing works any more.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._failures = 0
        self.scratch: Scratch | None = None
        self.error: NinoxError | None = None

    def ask_all(self, scratch: str | None, interrupts: _Interrupts) -> None:
        """Ask everything; what is written is looked at by the other questions before it is deleted again."""
        self.ask(_FIRST)
        if scratch is not None:
            try:
                self.scratch = open_scratch(self._sight, scratch, held=interrupts.held)
            except NinoxError as refusal:  # what can be read is read all the same
                self.error = refusal
            except NotAnsweredError as refusal:
                self.error = NinoxError(_UNREADABLE.format(refusal.status))
        if self.scratch is None:
            self.ask((*_LAST, feed.recent))
        else:
            writing = writes.Writing(self.scratch)
            self.ask((*writing.steps, *_LAST, *writing.last_steps, feed.recent))
        feed.judge_lists(self._sight)

    def ask(self, steps: Iterable[Step]) -> None:
        """Ask some steps.

        Raises:
            StoppedError: Nothing works any more.
        """
        for step in steps:
            before = self._sight.ask.budget.used
            try:
                step(self._sight)
                self._failures = 0
            except NotAnsweredError as error:
                self._leave(step, "refused", error.status)
            except NinoxConfigError:
                raise
            except NinoxError as error:
                self._leave(step, "failed")
                self._failures += 1
                if self._failures >= _MOST_FAILURES or isinstance(error, NinoxAuthenticationError):
                    self.error = error
                    raise StoppedError("fault") from error  # noqa: EM101 (a word of the report)
            except (TypeError, ValueError, LookupError, AttributeError):  # of what a live server may answer, who knows
                self._leave(step, "unreadable")
            finally:
                calls = self._sight.ask.budget.used - before
                self._sight.report.calls.update(dict.fromkeys(answered_by(step), calls))

    def _leave(self, step: Step, reason: Reason, status: int | None = None) -> None:
        for question in answered_by(step):
            self._sight.report.leave(question, reason, status)


class _Interrupts:
    """Turns SIGINT and SIGTERM into `KeyboardInterrupt`: at once, or behind what must not be cut short."""

    def __init__(self) -> None:
        self._holds = self._is_waiting = False

    def take(self, _signum: int, _frame: FrameType | None) -> None:
        """Take a signal; a second one is not held back.

        Raises:
            KeyboardInterrupt: It is not held back.
        """
        if not self._holds or self._is_waiting:
            raise KeyboardInterrupt
        self._is_waiting = True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let what is inside come to its end.

        Raises:
            KeyboardInterrupt: A signal came meanwhile.
        """
        if self._holds:  # what is around it comes to its end
            yield
            return
        self._holds, self._is_waiting = True, False
        try:
            yield
        finally:
            self._holds = False
        if self._is_waiting:
            raise KeyboardInterrupt


@contextmanager
def _interrupts() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    before: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, interrupts.take)
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
