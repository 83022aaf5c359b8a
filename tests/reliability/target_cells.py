"""The target's half of the fault matrix: runs into trouble, and what must then be true."""

from __future__ import annotations

import functools
import io
import re
from collections import Counter
from contextlib import redirect_stderr

from tests.helpers.run import run_target
from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.reliability import canaries
from tests.reliability.cells import Cell, Outcome, aim, fresh_simulator, pauses, problems_of, settle
from tests.reliability.target_operations import OPERATIONS, PLACES
from tests.reliability.target_shop import LAST_BEFORE, TABLES, shop


def _fresh(name, switches):
    simulator = fresh_simulator(shop(sparse=OPERATIONS[name].is_sparse), switches | OPERATIONS[name].switches)
    OPERATIONS[name].prepare(simulator.store.database(TEAM_ID, DATABASE_ID))
    simulator.log.clear()
    return simulator


class Stage:
    """A simulator, and how far the rows of an operation have come."""

    def __init__(self, operation, simulator):
        self.operation = operation
        self.simulator = simulator
        self.database = simulator.store.database(TEAM_ID, DATABASE_ID)
        self.database.first_backup = self.database.snapshot()
        self.state = None
        self.sent_again = set()

    def tidy(self, told):
        """Do what a stopped run tells people to do about records without a key, or note what will come again."""
        rows = [_shown(record.fields, ()) for record in self.database.records("A") if record.id > LAST_BEFORE]
        behind = set(rows[(self.state or {}).get("rows", 0) :])
        if "delete those of this run" in told:
            for record in list(self.database.records("A")):
                if record.id > LAST_BEFORE and _shown(record.fields, ()) in behind:
                    self.database.delete("A", record.id)
        else:
            self.sent_again = behind

    def run(self, *, from_start=False, **more):
        """Feed the rows that come after the last state, or all."""
        after = 0 if from_start or self.operation.replays_all else (self.state or {}).get("rows", 0)
        settings = {"max_retries": 7, "team": TEAM_ID, "batch_size_rows": 5, **self.operation.settings, **more}
        with redirect_stderr(io.StringIO()):  # where a dry run shows what it would do
            run = run_target(self.simulator, self.operation.messages(after=after), **settings)
        self.state = run.state or self.state
        return run

    def differences(self, *, unseen=()):
        """Return how the store differs from the model: records by content, each as often as it is there."""
        for table_id, wanted in self.operation.model.items():
            have = Counter(_shown(self._with_parent(record), unseen) for record in self.database.records(table_id))
            want = Counter(_shown(fields, unseen) for fields in wanted)
            for content in (want - have).keys() | (have - want).keys():
                if content in self.sent_again and have[content] == want[content] + 1:
                    continue
                yield f"table {table_id}: {content} should be there {want[content]} times, is {have[content]}"

        yield from self._differing_files()

    def _with_parent(self, record):
        """Return a record's fields, its parent by name: ids follow from the order in which records were made."""
        names = {other.id: other.fields.get("A") for other in self.database.records("A")}
        return {key: names.get(value, value) if key == "D" else value for key, value in record.fields.items()}

    def _differing_files(self):
        names = {record.fields["A"]: record.id for record in self.database.records("A")}
        for name, wanted in self.operation.files.items():
            listed = self.database.files.listed("A", names.get(name, 0))
            have = {file["name"]: self._content(names[name], file["name"]) for file in listed}
            if have != wanted:
                yield f"the files of {name} should be {wanted}, are {have}"

    def _content(self, record_id, name):
        files = self.database.files
        return files.path(files.find("A", record_id, name)).read_bytes()

    def fired_twice(self):
        """Return the records for which a script on creation ran more than once, or without need."""
        fired = Counter(
            (entry.table_id, entry.record_id) for entry in self.simulator.log.triggers if entry.event == "afterCreate"
        )
        yield from (f"afterCreate ran {count} times for {key}" for key, count in fired.items() if count > 1)
        there = {(table_id, record.id) for table_id in TABLES for record in self.database.records(table_id)}
        if self.operation.has_key:
            yield from (f"afterCreate ran for {key}, which is not there" for key in fired.keys() - there)


def _shown(fields, unseen):
    return tuple(sorted((key, value) for key, value in fields.items() if key not in unseen))


@functools.cache
def requests_of(operation, switches=()):
    """Return the places that an operation asks when nothing goes wrong, in order."""
    stage = Stage(OPERATIONS[operation], _fresh(operation, dict(switches)))
    run = stage.run()
    assert run.error is None, run.error
    asked = [f"{call.method} {call.path}" for call in stage.simulator.log.entries]
    return [next(place for place, pattern in PLACES.items() if re.match(pattern, line)) for line in asked]


def run_cell(cell: Cell) -> Outcome:
    """Run an operation into its trouble, then again without it, then a third time from the start.

    Returns:
        How it ended, with everything that is wrong about it.
    """
    places = requests_of(cell.operation, tuple(cell.switches.items()))
    calls_before = [index for index, place in enumerate(places) if place == cell.place][cell.number]
    stage = Stage(OPERATIONS[cell.operation], _fresh(cell.operation, cell.switches))
    with pauses(cell):
        with canaries.listening() as log:
            settings = aim(cell, stage, PLACES[cell.place], calls_before=calls_before)
            run = stage.run(**settings)
        settle(cell, stage.simulator)
        stage.simulator.faults.clear()
        stage.simulator.on_request.clear()
        told = "\n".join([*log, str(run.error or "")])
        unseen = ()
        outcome = Outcome(kind=_kind_of(run, told, stage, unseen), told=told)
        outcome.problems += problems_of(run, told)
        if run.error is not None and not stage.operation.has_key:
            stage.tidy(told)
        outcome.problems += _problems_after(stage, unseen)
    return outcome


def _kind_of(run, told, stage, unseen):
    if run.error is not None:
        is_untouched = all(call.method == "GET" for call in stage.simulator.log.entries)
        return "refused" if is_untouched else "stopped"
    if any(stage.differences(unseen=unseen)):
        return "later"
    return "told" if re.search("^WARNING target", told, re.MULTILINE) else "recovered"


def _problems_after(stage, unseen):
    again = stage.run()
    if again.error is not None:
        yield f"the next run fails: {again.error}"
    yield from (f"after the next run, {problem}" for problem in stage.differences(unseen=unseen))
    yield from stage.fired_twice()
    stage.simulator.log.clear()
    if not stage.operation.has_key:
        return
    stage.run(from_start=True)
    writes = [call for call in stage.simulator.log.entries if call.method != "GET" and not call.path.endswith("exec")]
    yield from (f"the same rows again are written again: {call.method} {call.path}" for call in writes)
