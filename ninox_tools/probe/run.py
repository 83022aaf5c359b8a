"""All questions in their order, what stops them, and the scratch table that is empty at the end in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxAuthenticationError, NinoxConfigError, NinoxError
from ninox_tools.probe import access, changes, feed, interrupts, pages, queries, records, removals, values, writes
from ninox_tools.probe.allowed import find_scratch_table
from ninox_tools.probe.question import Question, Step, questions_in, questions_of
from ninox_tools.probe.reply import NotAnsweredError
from ninox_tools.probe.report import Reason, Report
from ninox_tools.probe.scratch import Left, Scratch
from ninox_tools.probe.sight import Sight
from ninox_tools.probe.wire import CallsUsedUpError, Reader

READING = (
    feed.beyond_head, access.read_samples,
    records.look_at_samples, pages.since_id, pages.sizes_of_pages, records.first_by_change, records.since_sequence,
    pages.largest_page, records.sorting, records.filters,
    feed.since, feed.from_zero,
    access.unknown_record,
)  # fmt: skip
WRITING = (writes.create, writes.refused_batch, writes.empty, writes.given_id, writes.look, removals.upload)
LOOKING = (  # also at what was written
    queries.availability, queries.wrong_script, queries.records, queries.choice, queries.date, queries.formulas,
    values.list_files, values.back_side, values.forms, values.choices, values.dynamic_choices, values.empty_texts,
    access.two_at_once,
)  # fmt: skip
REMOVING = (removals.delete, removals.look_again, removals.delete_many)
LAST = (feed.recent, changes.judge_removals_and_files)

QUESTIONS = questions_in(access, records, pages, feed, changes, queries, values, writes, removals)
"""All questions, in the order of the report."""

WRITTEN = questions_in(writes, removals)
"""Those that only writing answers."""

_BESIDES: Mapping[Step, Iterable[Question]] = {
    access.read_samples: questions_in(records, pages, values),
    feed.beyond_head: questions_of(changes.note),
    feed.since: questions_of(changes.look_at_feed),
    writes.create: WRITTEN,
}
"""Step → questions that are not above it but have no answer either where it fails."""

_MOST_FAILURES = 3
"""Steps that may fail one after the other before no further one is tried."""


@dataclass(slots=True)
class Outcome:
    """How a probe ended.

    Attributes:
        left: What is still in the scratch table; None if there was none.
        error: Why not everything could be asked.
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
    outcome = Outcome(Report(config.api_url, QUESTIONS))
    report, reader = outcome.report, Reader(config)
    with interrupts.taken() as signals:
        run = _Run(Sight(reader, report), signals)
        run.sight.wanted_table, run.sight.scratch_name = table, scratch
        try:
            database = access.find_database(run.sight, team=team, databases=databases)
            say(f"Database {database.name!r}.")
            run.ask_all(scratch)
        except CallsUsedUpError:
            report.stopped = "calls_used_up"
        except KeyboardInterrupt:
            report.stopped = "interrupted"
        except NotAnsweredError:
            report.stopped = "fault"
        except NinoxError as error:
            if isinstance(error, NinoxConfigError) and run.scratch is None:
                raise
            report.stopped, outcome.error = "fault", error
        finally:  # whatever happened
            if run.scratch is not None:
                say("Removing the probe's own records. Ctrl-C twice leaves them there.")
                outcome.left = run.clean(run.scratch)
            reader.close()
    report.wrote = run.scratch is not None
    report.all_calls, report.seconds = reader.budget.used, reader.seconds
    for question in QUESTIONS:
        is_written = question in WRITTEN and not report.wrote
        report.leave(question.id, "stopped" if report.stopped else "needs_scratch" if is_written else "no_data")
    return outcome


class _Run:
    """Asks steps, and notes what each cost and why it has no answer.

    Attributes:
        scratch: The scratch table, once something may have been written into it.
    """

    def __init__(self, sight: Sight, signals: interrupts.Interrupts) -> None:
        self.sight = sight
        self.scratch: Scratch | None = None
        self._signals = signals
        self._failures = 0

    def ask_all(self, scratch_name: str | None) -> None:
        """Ask everything; what is written is looked at by the other questions before it is deleted again."""
        self._ask((access.read_schema,), self.sight)
        table = find_scratch_table(self.sight, scratch_name) if scratch_name is not None else None
        self._ask(READING, self.sight)
        if table is not None:
            self.scratch = Scratch(self.sight, table, self._signals.held)
            self._ask(WRITING, self.scratch)
        self._ask(LOOKING, self.sight)
        if self.scratch is not None:
            self._ask(REMOVING, self.scratch)
        self._ask(LAST, self.sight)

    def _ask(self, steps: Iterable[Step], memory: Any) -> None:
        """Take some steps; one that fails leaves its questions open.

        Raises:
            NinoxError: Nothing works any more.
        """
        for step in steps:
            before = self.sight.ask.budget.used
            try:
                step(memory)
                self._failures = 0
            except NotAnsweredError as error:
                self._leave(step, "refused", error.status)
            except NinoxConfigError:
                raise
            except NinoxError as error:
                self._leave(step, "failed")
                self._failures += 1
                if self._failures >= _MOST_FAILURES or isinstance(error, NinoxAuthenticationError):
                    raise
            except (TypeError, ValueError, LookupError, AttributeError):  # of what a live server may answer, who knows
                self._leave(step, "unreadable")
            finally:
                calls = self.sight.ask.budget.used - before
                self.sight.report.calls.update({question.id: calls for question in _answered_by(step)})

    def _leave(self, step: Step, reason: Reason, status: int | None = None) -> None:
        for question in _answered_by(step):
            self.sight.report.leave(question.id, reason, status)

    def clean(self, scratch: Scratch) -> Left:
        """Empty the scratch table, also if the user presses Ctrl-C meanwhile; return what is left."""
        left = None
        try:
            with self._signals.held():
                left = scratch.clean()
        except KeyboardInterrupt:
            self.sight.report.stopped = "interrupted"
        finally:
            scratch.writer.close()
        return left or Left(sorted(scratch.own - scratch.gone), None)


def _answered_by(step: Step) -> list[Question]:
    return [*questions_of(step), *_BESIDES.get(step, ())]
