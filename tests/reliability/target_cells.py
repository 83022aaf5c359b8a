"""The target's half of the fault matrix: what it is doing when something goes wrong, and what must then be true."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

from ninox_api.errors import NinoxError
from ninox_simulator.documents import RecordDocument
from ninox_simulator.server import Simulator
from ninox_simulator.switches import SWITCHES as ALL_SWITCHES
from tests.builders import DATABASE_ID, TEAM_ID, database, table, team
from tests.builders import field as ninox_field
from tests.reliability import canaries
from tests.reliability.cells import Cell, Outcome, aim, pauses, settle
from tests.target_runs import records, run_target, schema, state

EVERY = 7
"""A state follows so many rows."""

PLACES = {
    "teams": r"GET .*/teams$",
    "databases": r"GET .*/databases$",
    "schema": rf"GET .*/databases/{DATABASE_ID}$",
    "records": r"GET .*/records$",
    "record": r"GET .*/records/\d+$",
    "write": r"POST .*/records$",
    "delete": r"DELETE .*/records(/\d+)?$",
    "exec": r"POST .*/exec$",
}

TABLES = {
    "A": {
        **table(
            "Customers",
            A=ninox_field("string", "Name"),
            B=ninox_field("number", "Amount"),
            C=ninox_field("rev", "Orders", refTypeId="B", refFieldId="B"),
            G=ninox_field("string", "Notes"),
            H=ninox_field("string", "State"),
        ),
        "afterCreate": "let x := 1",
    },
    "B": {
        **table(
            "Orders",
            A=ninox_field("string", "No"),
            B=ninox_field("ref", "Customer", refTypeId="A", refFieldId="C"),
        ),
        "afterCreate": "let x := 1",
    },
}

CUSTOMERS = schema("customers", ["Name"], Name="string", Amount="number")
BY_ID = schema("customers", ["_id"], _id="integer", Name="string", _sdc_deleted_at="string")
ORDERS = schema("orders", ["No"], No="string", Customer="string")


def shop(*, sparse=False):
    """Twelve customers; a last one far away where looking keys up is to be cheaper than reading the table."""
    existing = [RecordDocument(number, _stored(number), number) for number in range(1, 13)]
    if sparse:
        existing.append(RecordDocument(900_000, _stored(900_000), 13))
    return team(database(TABLES, {"A": existing}))


def _name(number):
    return f"{canaries.VALUE} {number}"


def _stored(number, plus=0):
    return {"A": _name(number), "B": canaries.NUMBER + number + plus}


def _row(number, plus=0):
    return {"Name": _name(number), "Amount": canaries.NUMBER + number + plus}


@dataclass(frozen=True)
class Operation:
    """Something to load.

    Attributes:
        rows: Stream → rows.
        schemas: Stream → SCHEMA message, parents first.
        model: Table id → what its records must be in the end, by content.
        replays_all: Whether the tap always sends everything, whatever the state.
        is_sparse: Whether the table's ids suggest that it is large.
    """

    schemas: dict
    rows: dict
    model: dict
    settings: dict = field(default_factory=dict)
    replays_all: bool = False
    is_sparse: bool = False

    def messages(self, *, after=0, share=1.0):
        """Return the Singer messages from a place on: schemas, rows, and a state behind every few of them.

        Args:
            after: How many rows the tap has left behind, by its state.
            share: How many of all rows there are so far.
        """
        yield from self.schemas.values()
        by_stream = (records(stream, rows) for stream, rows in self.rows.items())
        lines = [line for several in zip_longest(*by_stream) for line in several if line]
        there = round(len(lines) * share)
        for number, line in enumerate(lines[:there], start=1):
            if number > after:
                yield line
                if number % EVERY == 0 or number == there:
                    yield state({"rows": number})


def _customers(first, last, plus=0):
    return [_row(number, plus) for number in range(first, last + 1)]


def _model(first, last, plus=0):
    return [_stored(number, plus) for number in range(first, last + 1)]


def _customer_operation(rows, model, **settings):
    return Operation({"customers": CUSTOMERS}, {"customers": rows}, {"A": model}, settings)


def _mirror():
    settings = {"streams": {"customers": {"mode": "mirror"}}, "max_deletes": 100}
    return Operation(
        {"customers": CUSTOMERS}, {"customers": _customers(5, 16)}, {"A": _model(5, 16)}, settings, replays_all=True
    )


def _orders(last):
    numbers = range(8, last + 1)
    orders = [{"No": f"{canaries.VALUE} o{number}", "Customer": _name(number)} for number in numbers]
    linked = [{"A": order["No"], "B": number} for number, order in zip(numbers, orders, strict=True)]
    return Operation(
        {"orders": ORDERS, "customers": CUSTOMERS},
        {"orders": orders, "customers": _customers(8, last)},
        {"A": _model(1, last), "B": linked},
        {"streams": {"orders": {"references": {"Customer": {"match_on": "Name"}}}}},
    )


def _under_its_id(last):
    changed = [{**_stored(number), "A": f"{_name(number)} x"} for number in (11, 12)]
    created = [{"A": f"{_name(number)} x"} for number in range(13, last + 1)]
    return Operation(
        {"customers": BY_ID},
        {"customers": [{"_id": number, "Name": f"{_name(number)} x"} for number in range(11, last + 1)]},
        {"A": [*_model(1, 10), *changed, *created]},
    )


def _look_up():
    return Operation(
        {"customers": CUSTOMERS},
        {"customers": _customers(12, 13, plus=5)},
        {"A": [*_model(1, 11), *_model(12, 13, plus=5), _stored(900_000)]},
        is_sparse=True,
    )


def _delete():
    rows = [{"_id": number, "_sdc_deleted_at": "2026-01-01T00:00:00Z"} for number in range(4, 13)]
    return Operation({"customers": BY_ID}, {"customers": rows}, {"A": _model(1, 3)}, {"hard_delete": True})


def _exec():
    model = [{**_stored(number), "H": "done"} for number in range(1, 16)]
    script = 'for c in select Customers do c.State := "done" end'
    return _customer_operation(_customers(13, 15), model, after_load_script=script)


def operations(last):
    """Return what there is to load, rows up to a number."""
    return {
        "create": _customer_operation(_customers(13, last + 12), _model(1, last + 12)),
        "update": _customer_operation(_customers(1, 12, plus=5), _model(1, 12, plus=5)),
        "upsert": _customer_operation(_customers(7, last, plus=5), [*_model(1, 6), *_model(7, last, plus=5)]),
        "look-up": _look_up(),
        "under its id": _under_its_id(last),
        "delete": _delete(),
        "mirror": _mirror(),
        "references": _orders(last),
        "exec": _exec(),
    }


OPERATIONS = operations(20)

SWITCHES = (
    {},
    {"batch": "partial"},
    {"null_write": "ignored"},
    {"per_page_cap": "100", "repeat_last_page": "yes"},
    {"records_since_id": "ignored"},
    {"default_order": "shuffled", "records_since_id": "ignored"},
    {"trigger_answer": "submitted"},
    {"delete_many": "missing"},
    {"order": "ignored", "updated_order": "ignored"},
    {"error_bodies": "html"},
    {"ref": "array"},
)


@functools.cache
def _simulator():
    """Return the one simulator of this process; every cell starts with fresh data."""
    return Simulator(seed=shop(), token=canaries.KEY).__enter__()


def _fresh(name, switches):
    simulator = _simulator()
    simulator.reset(seed=shop(sparse=OPERATIONS[name].is_sparse))
    simulator.switches.update({name: switch.values[0] for name, switch in ALL_SWITCHES.items()} | switches)
    simulator.faults.clear()
    simulator.on_request.clear()
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

    def run(self, *, from_start=False, **more):
        """Feed the rows that come after the last state, or all."""
        after = 0 if from_start or self.operation.replays_all else (self.state or {}).get("rows", 0)
        settings = {"max_retries": 7, "team": TEAM_ID, "batch_size_rows": 5, **self.operation.settings, **more}
        run = run_target(self.simulator, self.operation.messages(after=after), **settings)
        self.state = run.state or self.state
        return run

    def differences(self, *, unseen=()):
        """Return how the store differs from the model: records by content, each as often as it is there."""
        for table_id, wanted in self.operation.model.items():
            have = Counter(_shown(record.fields, unseen) for record in self.database.records(table_id))
            want = Counter(_shown(fields, unseen) for fields in wanted)
            for content in (want - have).keys() | (have - want).keys():
                yield f"table {table_id}: {content} should be there {want[content]} times, is {have[content]}"

    def fired_twice(self):
        """Return the records for which a script on creation ran more than once, or without need."""
        fired = Counter(
            (entry.table_id, entry.record_id) for entry in self.simulator.log.triggers if entry.event == "afterCreate"
        )
        yield from (f"afterCreate ran {count} times for {key}" for key, count in fired.items() if count > 1)
        there = {(table_id, record.id) for table_id in TABLES for record in self.database.records(table_id)}
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
        outcome.problems += _problems_of(run, told)
        outcome.problems += _problems_after(stage, unseen)
    return outcome


def _kind_of(run, told, stage, unseen):
    if run.error is not None:
        is_untouched = all(call.method == "GET" for call in stage.simulator.log.entries)
        return "refused" if is_untouched else "stopped"
    if any(stage.differences(unseen=unseen)):
        return "later"
    return "told" if re.search("^WARNING target", told, re.MULTILINE) else "recovered"


def _problems_of(run, told):
    if run.error is not None and not isinstance(run.error, NinoxError):
        yield f"a crash: {run.error!r}"
    if "Traceback" in told:
        yield "a traceback in the log"
    yield from (f"{canary!r} is told" for canary in canaries.told_in(told))


def _problems_after(stage, unseen):
    again = stage.run()
    if again.error is not None:
        yield f"the next run fails: {again.error}"
    yield from (f"after the next run, {problem}" for problem in stage.differences(unseen=unseen))
    yield from stage.fired_twice()
    stage.simulator.log.clear()
    stage.run(from_start=True)
    writes = [call for call in stage.simulator.log.entries if call.method != "GET" and not call.path.endswith("exec")]
    yield from (f"the same rows again are written again: {call.method} {call.path}" for call in writes)
