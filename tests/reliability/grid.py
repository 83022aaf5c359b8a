"""Every value of every switch into PostgreSQL, and every pair of values into a loader of ten lines: is anything silent?

What nobody outside Ninox knows is a switch of the simulator. Under each value, and under each two, a small company is
loaded (broken off once), changed, and read in full again after more changes. After each run what was loaded equals the
source (*exact*), or the run says in its log or by its error that something is missing (*loud*), or it does not
(*silent*). A tap that always stopped would never be silent, so it is counted how often all rows came in the end.

The table goes into `docs/reliability.md`.
"""

from __future__ import annotations

import functools
import logging
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from devtools.postgres import running_postgres
from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from ninox_simulator.switches import SWITCHES
from tests.helpers import limits
from tests.helpers.loaders import SCHEMA, PostgresLoader
from tests.helpers.oracle import expected_rows
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team
from tests.helpers.warehouse import rows_of
from tests.world.loader import Loader

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- grid: begin -->", "<!-- grid: end -->"
STREAMS = {"shop__customers": "A", "shop__orders": "B"}
EXACT, LOUD, SILENT = "exact", "loud", "silent"
LEAST_COMPLETE = 0.95

VALUES = [(name, value) for name, switch in SWITCHES.items() for value in switch.values]
PAIRS = [(one, other) for one, other in combinations(VALUES, 2) if one[0] != other[0]]


class Verdict(NamedTuple):
    """What came of a history.

    Attributes:
        outcome: The worst of its runs: exact, loud or silent.
        is_complete: Whether each row of the source was there in the end.
        notes: What differed, by run, and what the runs said.
    """

    outcome: str
    is_complete: bool
    notes: tuple[str, ...]


def company():
    """Return a database with values of each form that a switch changes, and tables of several pages with gaps."""
    choices = {"1": {"caption": "Open"}, "2": {"caption": "1"}, "3": {"caption": "Done"}}
    orders = table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", refFieldId="E"))
    tables = {
        "A": customers(
            C=field("choice", "State", values=choices),
            D=field("multi", "Tags", values=choices),
            E=field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=field("html", "Notes"),
            G=field("boolean", "Done"),
            H=field("date", "Day"),
            I=field("timestamp", "Moment"),
            J=field("dchoice", "Month"),
            K=field("dmulti", "Months"),
        ),
        "B": orders,
    }
    records = {
        "A": [
            RecordDocument(n, {"A": f"n{n}", "B": n, "C": str(n % 3 + 1), "D": ["2", "3"], "F": "<p>", **_more(n)}, n)
            for n in range(1, 15)
            if n % 5
        ],
        "B": [RecordDocument(n, {"A": f"o{n}", "B": n}, 20 + n) for n in range(1, 6)],
    }
    return team(database(tables, records))


def _more(number):
    moment = {"H": f"2026-02-{number:02}", "I": f"2026-02-{number:02}T12:30:00"}
    return {"G": number % 2 == 0, **moment, "J": number % 7 + 1, "K": [1, number % 5 + 2]} if number % 4 else {}


def first_day(edit):
    edit.update("A", 3, {"A": "changed", "D": ["1", "2"]})
    edit.update("A", 9, {"C": "2"})
    edit.update("A", 13, {"F": None})
    edit.create("A", {"A": "new"})
    edit.delete("A", 6)
    edit.delete("B", 1)
    edit.create("B", {"A": "again"}, id=1)
    edit.delete("B", 5)


def second_day(edit):
    edit.update("A", 1, {"A": "later"})
    edit.delete("A", 2)
    edit.create("A", {"A": "newer", "C": "3"})
    edit.delete("B", 2)


@functools.cache
def _simulator():
    return Simulator(seed=company()).__enter__()


@functools.cache
def _entries():
    simulator = _simulator()
    simulator.reset(seed=company())
    simulator.switches.update({name: switch.values[0] for name, switch in SWITCHES.items()})
    return {entry["tap_stream_id"]: entry for entry in discover(simulator)["streams"]}


def play(switches, loader):
    """Play the history under some switches; return its verdict.

    Args:
        switches: Name → value.
        loader: Takes the messages of a run (`load`), and gives a stream's live rows by id (`live`).
    """
    entries, simulator = _entries(), _simulator()
    simulator.reset(seed=company())
    simulator.switches.update({name: switch.values[0] for name, switch in SWITCHES.items()} | switches)
    simulator.faults.clear()
    notes, outcomes, state, different, before = [], [], None, {}, []

    def run(name, **more):
        nonlocal state, different
        with _warnings() as said, limits.no_pauses():
            done = run_tap(simulator, state=state, team=TEAM_ID, page_size=5, max_retries=2, **more)
        state = done.state or state
        loader.load(done)
        if name is None:
            before.extend(line for line in said if "did not fit" in line)  # of rows that do not come with the rest
            return
        source = simulator.store.database(TEAM_ID, DATABASE_ID)
        different = {stream: _difference(source, entries[stream], loader.live(stream)) for stream in STREAMS}
        told = [str(done.error)] if done.error else [*before, *said]
        before.clear()
        if done.error is None and not any(different.values()):
            outcomes.append(EXACT)
        else:
            outcomes.append(LOUD if told else SILENT)
            notes.append(f"{name}: {different}; {told[:2]}")

    simulator.faults.add("status", status=500, path="/records$", after=2, times=3)
    run(None)
    simulator.faults.clear()
    run("first load")
    first_day(simulator.store.database(TEAM_ID, DATABASE_ID))
    run("changes")
    second_day(simulator.store.database(TEAM_ID, DATABASE_ID))
    run("full refresh", refresh=["*"])
    worst = next(outcome for outcome in (SILENT, LOUD, EXACT) if outcome in outcomes)
    is_complete = not any("missing" in found for found in different.values())
    return Verdict(worst, is_complete, tuple(notes))


def _difference(source, entry, live):
    """Return what is wrong with the rows of a stream: kind → ids."""
    records = source.records(next(i["metadata"] for i in entry["metadata"] if not i["breadcrumb"])["ninox"]["table_id"])
    want = {row["_id"]: _shown(row) for row in expected_rows(records, entry)}
    have = {number: _shown(row) for number, row in live.items()}
    found = {
        "missing": sorted(want.keys() - have.keys()),
        "too many": sorted(have.keys() - want.keys()),
        "wrong": sorted(number for number in want.keys() & have.keys() if want[number] != have[number]),
    }
    return {kind: numbers for kind, numbers in found.items() if numbers}


def _shown(row):
    return {name: value for name, value in row.items() if not name.startswith("_")}


@contextmanager
def _warnings():
    """Hand out a list of what the tap warns of."""
    said = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: _says_nothing_of_rows(record.getMessage()) or said.append(record.getMessage())
    loggers = [logging.getLogger(name) for name in ("tap_ninox", "ninox_api", "ninox_singer", "tap-ninox")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield said
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def _says_nothing_of_rows(message):
    """Tell whether a warning only speaks of a way that costs more calls."""
    return "in repeated passes" in message or "the whole table is read" in message


class SmallLoader:
    """The loader of the random world."""

    def __init__(self):
        self._loader = Loader(batch_size=3, states_between=0, hard_delete=False)

    def load(self, run):
        self._loader.load(run.messages)

    def live(self, stream):
        return {key[0]: row for key, row in self._loader.live(stream).items()}


class Postgres:
    """target-postgres, into a database of its own."""

    def __init__(self, loader):
        self._loader = loader

    def load(self, run):
        if run.text:
            self._loader.load(run.text)

    def live(self, stream):
        ((is_there,),) = self._loader.query(f"SELECT to_regclass('{SCHEMA}.{stream}') IS NOT NULL")
        rows = rows_of(self._loader.warehouse, stream, where="_sdc_deleted_at IS NULL") if is_there else ()
        return {row["_id"]: row for row in rows}


def odd_of(pair):
    """Return those of some values that are no defaults: what they leave as it is is played once for all."""
    return tuple((name, value) for name, value in pair if value != SWITCHES[name].values[0])


def play_small(values):
    """Play some values into the small loader."""
    return play(dict(values), SmallLoader())


def run_grid(options):
    """Play all of it and print it; a whole one goes into the page. Return how many histories failed a promise."""
    pairs = PAIRS[options.first :: options.every]
    distinct = list(dict.fromkeys(map(odd_of, pairs)))
    with ProcessPoolExecutor(2, get_context("fork")) as pool:  # before this process has threads
        played = pool.map(play_small, distinct, chunksize=10)
        with running_postgres() as postgres, tempfile.TemporaryDirectory(prefix="ninox-grid-") as folder:
            alone = {value: _in_postgres(value, postgres, Path(folder)) for value in VALUES[:: options.every]}
        by_odd = dict(zip(distinct, played, strict=True))
    verdicts = {pair: by_odd[odd_of(pair)] for pair in pairs}
    text = "\n".join(_lines(alone, verdicts))
    sys.stdout.write(f"{text}\n")
    if len(pairs) == len(PAIRS):
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    silent = {cell: v for cell, v in (*alone.items(), *verdicts.items()) if v.outcome == SILENT}
    for cell, verdict in silent.items():
        sys.stderr.write(f"{cell}: {verdict}\n")
    complete = sum(verdict.is_complete for verdict in verdicts.values())
    return len(silent) + (complete < LEAST_COMPLETE * len(verdicts))


def _in_postgres(value, postgres, folder):
    loader = PostgresLoader(postgres, folder)
    return play(dict([value]), Postgres(loader))


def _lines(alone, verdicts):
    """Yield the lines of the table: first all pairs, then by value."""
    total = Counter(verdict.outcome for verdict in verdicts.values())
    complete = sum(verdict.is_complete for verdict in verdicts.values())
    yield f"{len(verdicts)} pairs: {total[EXACT]} exact, {total[LOUD]} loud, {total[SILENT]} silent; all rows of the"
    yield f"source came in {complete} of them ({complete / len(verdicts):.1%}). {len(alone)} values into PostgreSQL:"
    yield ", ".join(f"{n} {outcome}" for outcome, n in Counter(v.outcome for v in alone.values()).items()) + "."
    yield ""
    yield "| switch | value | into PostgreSQL | with each other value: exact | loud | silent | all rows came |"
    yield "|---|---|---|--:|--:|--:|--:|"
    for value in alone:
        its = [verdict for pair, verdict in verdicts.items() if value in pair]
        counts = Counter(verdict.outcome for verdict in its)
        share = sum(verdict.is_complete for verdict in its) / max(1, len(its))
        yield (
            f"| `{value[0]}` | {value[1]} | {alone[value].outcome} | {counts[EXACT]} | {counts[LOUD]} | "
            f"{counts[SILENT]} | {share:.0%} |"
        )
