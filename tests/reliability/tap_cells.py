"""The tap's half of the fault matrix: what it is doing when something goes wrong, and what must then be true."""

from __future__ import annotations

import copy
import functools
import re
from dataclasses import dataclass, field
from unittest import mock

from ninox_api.errors import NinoxError
from ninox_simulator.documents import RecordDocument
from ninox_simulator.server import Simulator
from tests.builders import DATABASE_ID, TEAM_ID, customers, database, table, team
from tests.builders import field as ninox_field
from tests.oracle import expected_rows
from tests.reliability import canaries
from tests.reliability.cells import Cell, Outcome, aim
from tests.reliability.warehouse_model import WarehouseModel
from tests.singer import TapRun, discover, run_tap

CUSTOMERS, ORDERS = "shop__customers", "shop__orders"
TABLES = {CUSTOMERS: "A", ORDERS: "B"}
FORMULA = "double"

PLACES = {
    "teams": r"GET .*/teams$",
    "databases": r"GET .*/databases$",
    "schema": rf"GET .*/databases/{DATABASE_ID}$",
    "tables": r"GET .*/tables$",
    "changes": r"GET .*/changes$",
    "records": r"GET .*/records$",
    "record": r"GET .*/records/\d+$",
    "query": r"POST .*/query$",
}


def shop():
    """Two tables whose values are canaries; three pages of one, two of the other."""
    choices = {"1": {"caption": "Open"}, "2": {"caption": "Done"}}
    tables = {
        "A": customers(
            C=ninox_field("choice", "State", values=choices),
            E=ninox_field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=ninox_field("fn", "Double", fn="Amount + Amount"),
            G=ninox_field("string", "Notes"),
        ),
        "B": table(
            "Orders",
            A=ninox_field("string", "No"),
            B=ninox_field("ref", "Customer", refTypeId="A", refFieldId="E"),
        ),
    }
    records = {
        "A": [RecordDocument(number, _customer(number), number) for number in range(1, 13)],
        "B": [
            RecordDocument(number, {"A": f"{canaries.VALUE} o{number}", "B": number}, 20 + number)
            for number in range(1, 8)
        ],
    }
    return team(database(tables, records))


def _customer(number):
    name = f"{canaries.VALUE} {number}"
    return {"A": name, "B": canaries.NUMBER + number, "C": "1", "G": f"{name}'s notes"}


def a_day_of_work(edit):
    for number in (3, 9, 10):
        edit.update("A", number, {"A": f"{canaries.VALUE} changed", "B": canaries.NUMBER - number})
    edit.create("A", {"A": f"{canaries.VALUE} new"})
    edit.delete("A", 5)
    edit.delete("B", 1)
    edit.create("B", {"A": f"{canaries.VALUE} again"}, id=1)


@dataclass(frozen=True)
class Operation:
    """A way to run the tap.

    Attributes:
        follows: Whether a first load and a day of work go before.
        resumes: Whether it continues from the first state of an earlier run instead of its last.
        mode: `sync`, `discover` or `test`.
    """

    follows: bool = True
    resumes: bool = False
    mode: str = "sync"
    settings: dict = field(default_factory=dict)


OPERATIONS = {
    "discover": Operation(follows=False, mode="discover"),
    "--test": Operation(follows=False, mode="test"),
    "first load": Operation(follows=False),
    "changes": Operation(),
    "full refresh": Operation(settings={"refresh": ["*"]}),
    "resumed load": Operation(resumes=True),
    "formulas": Operation(follows=False, settings={"formulas": {f"*.{FORMULA}": "number"}}),
}

SWITCHES = (
    {},
    {"since_sq_bound": "inclusive", "feed_record_sq": "absent"},
    {"removes": "objects", "feed_keys": "nid"},
    {"records_since_id": "ignored", "default_order": "shuffled"},
    {"records_since_sq": "ignored"},
    {"repeat_last_page": "yes", "per_page_cap": "100"},
    {"feed": "missing"},
    {"feed": "too_old"},
    {"sequence_field": "absent"},
    {"error_bodies": "html"},
    {"error_bodies": "text", "huge_since_sq": "error"},
)


class _Stage:
    """A simulator, what was loaded from it so far, and the state of that."""

    def __init__(self, simulator, operation):
        self.simulator, self.operation = simulator, operation
        self.database = simulator.store.database(TEAM_ID, DATABASE_ID)
        self.database.first_backup = self.database.snapshot()
        self.catalog = discover(self, **self.settings)
        self.warehouse = WarehouseModel()
        self.state = None
        if operation.follows or operation.resumes:
            first = self.run()
            self.state = first.states[3] if operation.resumes else first.state
            if operation.resumes:
                self.warehouse = WarehouseModel()
                self.warehouse.load(_until_state(first.messages, 4))
            a_day_of_work(self.database)
        simulator.log.clear()

    url = property(lambda self: self.simulator.url)
    token = property(lambda self: self.simulator.token)

    @property
    def settings(self):
        return {"page_size": 5, "max_retries": 7, "team": TEAM_ID, **self.operation.settings}

    def run(self, *, mode="sync", **more):
        """Run the tap; in the mode `sync`, load what it wrote and keep its last state."""
        settings = {**self.settings, **more}
        if mode == "discover":
            return _discovered(self, settings)
        if mode == "test":
            return _tested(self, settings)
        run = run_tap(self, state=self.state, catalog=self.catalog, **settings)
        self.warehouse.load(run.messages)
        self.state = run.state or self.state
        return run

    def differences(self, *, unseen=()):
        """Return how the warehouse differs from the store, leaving out columns that could not be seen."""
        for stream, table_id in TABLES.items():
            (entry,) = (entry for entry in self.catalog["streams"] if entry["tap_stream_id"] == stream)
            want = {row["_id"]: _shown(row, unseen) for row in expected_rows(self.database.records(table_id), entry)}
            have = {key: _shown(row, unseen) for key, row in self.warehouse.rows(stream).items()}
            for key in want.keys() | have.keys():
                if want.get(key) != have.get(key):
                    yield f"{stream} {key}: should be {want.get(key)}, is {have.get(key)}"


def _shown(row, unseen):
    return {name: value for name, value in row.items() if not name.startswith("_") and name not in {*unseen, FORMULA}}


def _until_state(messages, count):
    for message in messages:
        yield message
        count -= message["type"] == "STATE"
        if not count:
            return


def _discovered(stage, settings):
    run = TapRun()
    try:
        discover(stage, **settings)
    except Exception as error:  # noqa: BLE001 (looked at by the cell)
        run.error = error
    return run


def _tested(stage, settings):
    with mock.patch("tap_ninox.tap.TapNinox.sync_all", lambda tap: tap.run_connection_test()):
        return run_tap(stage, catalog=stage.catalog, **settings)


def _simulator(switches):
    return Simulator(seed=copy.deepcopy(shop()), switches=switches, token=canaries.KEY)


@functools.cache
def requests_of(operation, switches=()):
    """Return the places that an operation asks when nothing goes wrong, in order.

    Args:
        operation: Its name.
        switches: Pairs of a switch and its value.
    """
    with _simulator(dict(switches)) as simulator:
        stage = _Stage(simulator, OPERATIONS[operation])
        stage.run(mode=OPERATIONS[operation].mode)
        asked = [f"{call.method} {call.path}" for call in simulator.log.entries]
    return [next(place for place, pattern in PLACES.items() if re.match(pattern, line)) for line in asked]


def run_cell(cell: Cell) -> Outcome:
    """Run an operation into its trouble, then again without it.

    Returns:
        How it ended, with everything that is wrong about it.
    """
    operation = OPERATIONS[cell.operation]
    with _simulator(cell.switches) as simulator, mock.patch("backoff._sync.time.sleep"):
        stage = _Stage(simulator, operation)
        with canaries.listening() as log:
            settings = aim(cell, stage, PLACES[cell.place], calls_before=_calls_before(cell))
            run = stage.run(mode=operation.mode, **settings)
            simulator.faults.clear()
            simulator.on_request.clear()
        outcome = Outcome(kind=_kind_of(run, log), told="\n".join([*log, str(run.error or "")]))
        outcome.problems += _problems_of(run, outcome.told)
        if operation.mode == "sync":
            unseen = {"notes"} if cell.trouble == "the schema changes" else ()
            outcome.problems += _problems_after(stage, outcome.kind, unseen)
    return outcome


def _calls_before(cell):
    places = requests_of(cell.operation, tuple(cell.switches.items()))
    return [index for index, place in enumerate(places) if place == cell.place][cell.number]


def _kind_of(run, log):
    if run.error is not None:
        return "stopped" if run.of_type("RECORD") else "refused"
    return "told" if any(line.startswith("WARNING tap") for line in log) else "recovered"


def _problems_of(run, told):
    if run.error is not None and not isinstance(run.error, NinoxError):
        yield f"a crash: {run.error!r}"
    if "Traceback" in told:
        yield "a traceback in the log"
    yield from (f"{canary!r} is told" for canary in canaries.told_in(told))


def _problems_after(stage, kind, unseen):
    if kind in {"recovered", "told"}:
        yield from (f"at once, {problem}" for problem in stage.differences(unseen=unseen))
    again = stage.run()
    if again.error is not None:
        yield f"the next run fails: {again.error}"
    yield from (f"after the next run, {problem}" for problem in stage.differences(unseen=unseen))
