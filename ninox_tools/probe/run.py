"""All questions in their order, what stops them, and the scratch table that is empty at the end in any case."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from ninox_api.errors import NinoxAuthenticationError, NinoxConfigError, NinoxError
from ninox_tools.probe import access, feed, queries, records, values, writes
from ninox_tools.probe.question import NOT_SEEN, QUESTIONS, Finding, Reason
from ninox_tools.probe.report import Report
from ninox_tools.probe.scratch import Left, Scratch, open_scratch
from ninox_tools.probe.sight import Sight, Step
from ninox_tools.probe.wire import KEPT_FOR_CLEANING, CallsUsedUpError, NotAnsweredError, Wire

_MOST_FAILURES = 3
"""Steps that may fail one after the other before no further one is tried."""

_BEFORE = (
    Step(access.read_schema, ("schema.readable",)),
    Step(feed.beyond_head, ("feed.beyond_head", "feed.next_record_ids")),
    Step(access.read_samples, ()),
    *records.STEPS,
    *feed.STEPS,
    Step(access.unknown_record, ("errors.unknown_record", "errors.body")),
)
_AFTER = (
    *queries.STEPS,
    *values.STEPS,
    Step(access.two_at_once, ("parallel.two",)),
)


_UNREADABLE = "--scratch: the table cannot be read (HTTP {}). Nothing was written."


class StoppedError(Exception):
    """Nothing more is asked.

    Attributes:
        why: As the report says it.
    """

    def __init__(self, why: str) -> None:
        """Keep why."""
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a probe ended.

    Attributes:
        left: What is still in the scratch table; None if there was none.
        error: Why nothing could be asked, or nothing be written.
    """

    report: Report
    left: Left | None = None
    error: NinoxError | None = None


def probe(
    wire: Wire, *, api_url: str, team: str | None, databases: Iterable[str], table: str | None = None,
    scratch: str | None = None, say: Callable[[str], object] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Ask everything, until it is asked or something stops it.

    Raises:
        NinoxConfigError: The settings name nothing that can be asked; nothing was written.
    """
    sight = Sight(wire, QUESTIONS)
    sight.wanted_table, sight.scratch_name = table, scratch
    runner = _Runner(sight)
    left: Left | None = None
    stopped: str | None = None
    with _interrupts() as interrupts:
        try:
            access.find_database(sight, team=team, databases=databases)
            say(f"Database {sight.database.name!r}." if sight.database else "")
            runner.ask_all(scratch, interrupts)
        except NinoxConfigError:
            raise
        except StoppedError as stop:
            stopped = stop.why
        except CallsUsedUpError:
            stopped = "calls_used_up"
        except KeyboardInterrupt:
            stopped = "interrupted"
        except (NinoxError, NotAnsweredError) as failure:
            stopped, runner.error = "fault", failure if isinstance(failure, NinoxError) else None
        finally:  # whatever happened
            if runner.scratch is not None:
                say("Removing the probe's own records. Ctrl-C twice leaves them there.")
                left, was_left = _clean(runner.scratch, interrupts)
                stopped = "interrupted" if was_left else stopped
    report = _report(sight, runner, api_url=api_url, stopped=stopped, wrote=runner.scratch is not None)
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
        calls: Question → calls of the step that answers it.
        scratch: The scratch table, once something may have been written into it.
        error: Why it is not written into.
    """

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._failures = 0
        self.calls: dict[str, int] = {}
        self.scratch: Scratch | None = None
        self.error: NinoxError | None = None

    def ask_all(self, scratch: str | None, interrupts: _Interrupts) -> None:
        """Ask everything; what is written is looked at by the other questions before it is deleted again."""
        self.ask(_BEFORE)
        if scratch is not None:
            try:
                self.scratch = open_scratch(self._sight, scratch)
            except NinoxError as refusal:  # what can be read is read all the same
                self.error = refusal
            except NotAnsweredError as refusal:
                self.error = NinoxError(_UNREADABLE.format(refusal.status))
        if self.scratch is None:
            self.ask(_AFTER)
        else:
            self._sight.wire.kept, self._sight.wire.held = KEPT_FOR_CLEANING, interrupts.held
            writing = writes.Writing(self.scratch)
            self.ask((*writing.steps, *_AFTER, *writing.last_steps))
        feed.judge_lists(self._sight)

    def ask(self, steps: Iterable[Step]) -> None:
        """Ask some steps.

        Raises:
            StoppedError: Nothing works any more.
        """
        for step in steps:
            before = self._sight.wire.calls
            try:
                step.ask(self._sight)
                self._failures = 0
            except NotAnsweredError as error:
                self._leave(step, "refused", error.status)
            except NinoxConfigError:
                raise
            except NinoxError as error:
                self._leave(step, "failed")
                self._failures += 1
                if self._failures >= _MOST_FAILURES or isinstance(error, NinoxAuthenticationError):
                    raise StoppedError("fault") from error  # noqa: EM101 (a word of the report)
            except (TypeError, ValueError, LookupError, AttributeError):  # of what a live server may answer, who knows
                self._leave(step, "unreadable")
            finally:
                for question in step.questions:
                    self.calls[question] = self._sight.wire.calls - before

    def _leave(self, step: Step, reason: Reason, status: int | None = None) -> None:
        for question in step.questions:
            self._sight.leave(question, reason, status)


def _report(sight: Sight, runner: _Runner, *, api_url: str, stopped: str | None, wrote: bool) -> Report:
    findings = {key: sight.findings.get(key) or _unseen(key, stopped=stopped, wrote=wrote) for key in QUESTIONS}
    return Report(
        questions=QUESTIONS, findings=findings, calls=runner.calls, api_url=api_url, all_calls=sight.wire.calls,
        latencies_ms=sight.wire.latencies_ms, stopped=stopped, wrote=wrote,
    )  # fmt: skip


def _unseen(key: str, *, stopped: str | None, wrote: bool) -> Finding:
    if stopped:
        return Finding(None, NOT_SEEN, "stopped")
    is_of_writes = QUESTIONS[key].group == "writes"
    return Finding(None, NOT_SEEN, "needs_scratch" if is_of_writes and not wrote else "no_data")


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
