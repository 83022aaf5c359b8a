"""Loaders of other makers as they are in the package registry: what they make of rows and deletions of tap-ninox.

Each is installed into an environment of its own and loads five runs: a first load; a change and a deletion; the same
within a full refresh; a deleted row that comes back; formulas that are a day old. After each, live rows are complete,
deleted ones marked once or gone, and a row that came back has no mark. `docs/loaders.md` says the same, loader by
loader.
"""

from __future__ import annotations

import csv
import json
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from devtools.postgres import running_postgres
from ninox_simulator.server import Simulator
from tests.helpers.foreign_taps import environment
from tests.helpers.run import run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, team
from tests.helpers.seeds import field as ninox_field
from tests.helpers.warehouse import fresh_database
from tests.reliability.real_taps import interpreter

STREAM, SCHEMA, DELETED_AT = "shop__customers", "tap_ninox", "_sdc_deleted_at"


@dataclass(frozen=True, kw_only=True)
class RealLoader:
    """A loader, and what comes of deleted rows in it.

    Attributes:
        package: As pip knows it.
        python: The newest version of Python that it can be installed with; None for any.
        place: Where its rows are: `postgres`, `jsonl` or `csv`.
        tap: Settings of the tap that it needs.
        tap_for_formulas: Those that it needs where formulas are read, beside.
        keeps_values: Whether a deleted row keeps its values.
        removes: Whether a full refresh removes rows that were deleted before.
    """

    command: str
    package: str
    place: str
    python: str | None = None
    tap: dict[str, Any] = field(default_factory=dict)
    tap_for_formulas: dict[str, Any] = field(default_factory=dict)
    keeps_values: bool = False
    removes: bool = False


LOADERS = (
    RealLoader(
        command="target-postgres", package="pipelinewise-target-postgres==2.1.2", python="3.9", place="postgres",
        keeps_values=True,
    ),
    RealLoader(
        command="target-postgres", package="singer-target-postgres==0.2.4", python="3.8", place="postgres",
        tap_for_formulas={"deletes": "full"}, removes=True,
    ),
    RealLoader(
        command="target-jsonl", package="target-jsonl==0.1.4", python="3.9", place="jsonl",
        tap_for_formulas={"deletes": "full"},
    ),
    RealLoader(
        command="target-csv", package="meltanolabs-target-csv==0.5.0", place="csv",
        tap={"deletes": "full"},
    ),
)  # fmt: skip


class PostgresPlace:
    """A database of its own."""

    def __init__(self, loader, postgres, _folder):
        self._database, self._loader = fresh_database(postgres), loader
        with psycopg.connect(self._database.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")  # not all of them make it

    def config(self, _number):
        server = self._database
        if self._loader.package.startswith("singer-"):
            return {
                "postgres_host": server.host, "postgres_port": server.port, "postgres_database": server.database,
                "postgres_username": server.user, "postgres_password": server.password, "postgres_schema": SCHEMA,
                "disable_collection": True,
            }  # fmt: skip
        return {
            "host": server.host, "port": server.port, "user": server.user, "password": server.password,
            "dbname": server.database, "default_target_schema": SCHEMA, "add_metadata_columns": True,
        }  # fmt: skip

    def rows(self):
        with psycopg.connect(self._database.dsn, row_factory=dict_row) as connection:
            return connection.execute(f'SELECT * FROM "{SCHEMA}"."{STREAM}"').fetchall()  # noqa: S608 (our own names)


class FilesPlace:
    """A folder per run; of an id, the last line counts."""

    def __init__(self, loader, _postgres, folder):
        self._folder, self._is_csv = folder / loader.package, loader.place == "csv"

    def config(self, number):
        folder = self._folder / str(number)
        folder.mkdir(parents=True)
        if self._is_csv:
            return {
                "output_path": str(folder), "file_naming_scheme": "{stream_name}-{timestamp}.csv",
                "add_record_metadata": True,
            }  # fmt: skip
        return {"destination_path": str(folder)}

    def rows(self):
        last = {}
        for row in self.lines():
            last[int(row["_id"])] = {**row, "_id": int(row["_id"]), DELETED_AT: row.get(DELETED_AT) or None}
        return list(last.values())

    def lines(self):
        for folder in sorted(self._folder.iterdir()):
            for path in sorted(folder.glob(f"{STREAM}*")):
                with path.open(encoding="utf-8", newline="") as file:
                    yield from csv.DictReader(file) if self._is_csv else map(json.loads, file)


PLACES = {"postgres": PostgresPlace, "jsonl": FilesPlace, "csv": FilesPlace}


def check(loader, postgres, folder):
    """Load five runs; raise `AssertionError` with what a loader holds otherwise than it must."""
    place = PLACES[loader.place](loader, postgres, folder)
    python = interpreter(loader.python) if loader.python else None
    command = environment(loader.package, python=python) / "bin" / loader.command
    state, marked, live = None, set(), {}
    tables = {"A": customers(C=ninox_field("fn", "Total", fn="Amount * 2"))}
    with Simulator(seed=team(database(tables, {"A": customer_records(6)}))) as simulator:
        edit = simulator.store.database(TEAM_ID, DATABASE_ID)

        def load(number, **more):
            nonlocal state
            settings = {"full_refresh_interval_hours": 1000, "formulas": {"*.total": "number"}, **loader.tap, **more}
            run = run_tap(simulator, state=state, **settings)
            assert run.error is None, run.error
            state = run.state
            path = folder / "config.json"
            path.write_text(json.dumps(place.config(number)), encoding="utf-8")
            done = subprocess.run(
                [command, "--config", path], input=run.text, capture_output=True, text=True, timeout=120, check=False,
                cwd=folder,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-2000:]
            live.clear()
            factor = int(edit.tables["A"].fields["C"]["fn"][-1])
            live.update({r.id: (r.fields["A"], r.fields.get("B", 0) * factor) for r in edit.records("A")})
            _compare(number, place.rows(), live, marked, loader)

        load(1)
        edit.update("A", 1, {"A": "changed"})
        edit.delete("A", 2)
        marked.add(2)
        load(2)
        edit.update("A", 3, {"A": "changed, too"})
        edit.delete("A", 4)
        marked.add(4)
        marked.difference_update({2} if loader.removes else ())
        load(3, refresh=[STREAM])
        edit.create("A", {"A": "back", "B": 1}, id=2)
        edit.update("A", 5, {"A": "changed at last"})
        marked.discard(2)
        load(4)
        edit.tables["A"].fields["C"]["fn"] = "Amount * 3"  # no sequence says so
        state["bookmarks"][STREAM]["full_refresh_at"] = "2020-01-01T00:00:00Z"
        marked.difference_update({4} if loader.removes else ())
        load(5, full_refresh_interval_hours=None, **loader.tap_for_formulas)
    if loader.place != "postgres":
        marks = Counter(int(row["_id"]) for row in place.lines() if row.get(DELETED_AT))
        assert marks == {2: 1, 4: 1}, f"lines with a mark: {marks}"


def _compare(number, rows, live, marked, loader):
    ids = Counter(row["_id"] for row in rows)
    assert set(ids.values()) <= {1}, f"run {number}: rows are there twice: {ids}"
    held = {row["_id"]: (row["name"], round(float(row["total"]))) for row in rows if row[DELETED_AT] is None}
    assert held == live, f"run {number}: live rows are {held}, not {live}"
    gone = {row["_id"]: row.get("name") for row in rows if row[DELETED_AT] is not None}
    assert gone.keys() == marked, f"run {number}: marked are {sorted(gone)}, not {sorted(marked)}"
    if loader.keeps_values:
        assert gone == {key: f"name {key}" for key in marked}, f"run {number}: deleted rows hold {gone}"


def run_loaders(_options):
    """Load with every loader that can be installed here; print what held."""
    from tests.reliability.__main__ import say  # noqa: PLC0415 (it imports this)

    say("| loader | settings of the tap | deleted rows | held |\n|---|---|---|---|")
    failed = 0
    with running_postgres() as postgres, tempfile.TemporaryDirectory(prefix="ninox-loader-") as folder:
        for loader in LOADERS:
            told = ", ".join(f"`{name}: {value}`" for name, value in loader.tap.items()) or "–"
            told += "".join(f"; for formulas `{name}: {value}`" for name, value in loader.tap_for_formulas.items())
            kept = "marked, values kept" if loader.keeps_values else "marked"
            kept += "; gone after a full refresh" if loader.removes else ""
            if loader.python is not None and interpreter(loader.python) is None:
                say(f"| {loader.package} | {told} | – | **not tried**: it needs Python {loader.python} or older |")
                continue
            held = "yes"
            try:
                check(loader, postgres, Path(folder))
            except (AssertionError, OSError, KeyError, psycopg.Error, subprocess.SubprocessError) as error:
                failed, held = failed + 1, f"no: {type(error).__name__}: {error}"
            say(f"| {loader.package} | {told} | {kept} | {held} |")
    return failed
