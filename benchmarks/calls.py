"""`python -m benchmarks.calls [SIDE ...]`: how many API calls the works take, by the simulator's log, side by side.

`python -m benchmarks.calls waiting` measures nothing but the times again, on a machine without other work.

tap-ninox is run as `meltano run` does: `--discover`, then the sync with that catalog, all streams of tables selected.
Peers read everything each time: they know nothing of a change feed. The target's work stands in the same column; behind
the table, what a month of hourly runs costs, and how near a sync comes to the time that its calls take, each answered
after the same time by a server whose answers are ready. With all sides, the figures are kept in
`benchmarks/calls.json`, of which `python -m benchmarks.page` makes the tables of the page.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

from benchmarks import month
from benchmarks.dataset import DATABASE_PATH, table_ids, write_messages
from benchmarks.peers import OUR_BIN, peer_bin
from benchmarks.prepared import PreparedServer
from benchmarks.process import Cost
from benchmarks.process import run as run_alone
from ninox_simulator.seeds import BULK_DATABASE_ID, BULK_TEAM_ID, bulk
from ninox_simulator.server import Simulator

SIDES = Path(__file__).parent / "sides"
FIGURES = Path(__file__).parent / "calls.json"
LATENCY_S, ROUNDS = 0.2, 3
CHANGES = {"A": 20, "B": 15, "C": 5}
CHANGED_QUANTITY = 1001
"""No record has it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table.

    Attributes:
        bound: What tap-ninox may take, or target-ninox.
        is_later: Whether it is the run behind a first load; else that load.
        by_id: Whether team and database are given by id.
        changed: Table → records that change before the later run.
        formulas: So many of the tables have one, which is a day old in the later run.
        switch: Of the simulator.
        sent: Rows that are written, of as many records with other values; 0 for a work of the tap.
    """

    name: str
    bound: int
    tables: int = 12
    rows: int = 90
    is_later: bool = False
    by_id: bool = True
    changed: Mapping[str, int] = field(default_factory=dict)
    formulas: int = 0
    switch: tuple[str, str] | None = None
    sent: int = 0


ROWS = (
    Row(name="idle `meltano run`, ids given", bound=2, is_later=True),
    Row(name="the same, by names", bound=4, is_later=True, by_id=False),
    Row(name="first load, 12 tables of 90 rows", bound=14),
    Row(name="first load, 100,000 rows in one table", tables=1, rows=100_000, bound=17),
    Row(name="incremental, 40 changed rows in 3 tables", bound=5, is_later=True, changed=CHANGES),
    Row(name="formulas of 3 tables a day old", bound=5, is_later=True, formulas=3),
    Row(name="first load of 250 rows each, pages capped at 100", rows=250, bound=38, switch=("per_page_cap", "100")),
    Row(name="first load, `sinceId` ignored", bound=14, switch=("records_since_id", "ignored")),
    Row(name="first load, no feed", bound=38, switch=("feed", "missing")),
    Row(name="first load, no list of teams", bound=14, switch=("teams_endpoint", "missing")),
    Row(name="first load, schema forbidden, tables can be listed", bound=16, switch=("schema_access", "tables_only")),
    Row(name="idle, no feed", bound=14, is_later=True, switch=("feed", "missing")),
    Row(name="target: 1,000 changed rows of 50,000, keyed", tables=1, rows=50_000, sent=1000, bound=14),
)  # fmt: skip

WAITING = (
    Row(name="incremental, 40 changed rows in 3 tables", bound=5, is_later=True, changed=CHANGES),
    Row(name="first load, 12 tables of 90 rows", bound=14),
    Row(name="first load, 100,000 rows in one table", tables=1, rows=100_000, bound=17),
    Row(name="first load, 100 tables of 90 rows", tables=100, bound=102),
)

Run = Callable[[Row, Simulator, Path], None]


def main(sides: Sequence[str]) -> int:
    """Print the figures; the exit code tells whether tap-ninox keeps within its bounds."""
    if [*sides] == ["waiting"]:
        kept = json.loads(FIGURES.read_text(encoding="utf-8"))
        _keep({**kept, "waiting": list(_all_waited())})
        return 0
    chosen = [name for name in RUNS if name in (sides or RUNS)]
    figures: dict[str, Any] = {"sides": chosen, "calls": [], "month": [], "waiting": []}
    is_met = True
    for row in ROWS:
        counts = {name: count(row, name) for name in chosen}
        is_met &= counts.get("tap-ninox", 0) <= row.bound
        figures["calls"].append({"work": row.name, "bound": row.bound, **counts})
        print(figures["calls"][-1], flush=True)
    if "tap-ninox" in chosen:
        figures["month"] = month.days(_sync)
        print(figures["month"], flush=True)
        figures["waiting"] = list(_all_waited())
    if len(chosen) == len(RUNS):
        _keep(figures)
    return 0 if is_met else 1


def _keep(figures: Mapping[str, Any]) -> None:
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _all_waited() -> Iterator[dict[str, Any]]:
    for row in WAITING:
        figures = waited(row)
        print(figures, flush=True)
        yield figures


def waited(row: Row) -> dict[str, Any]:
    """Return how long a sync takes beside its calls, each of them so slow as Ninox answers.

    The start of the process, which makes no call, is measured by itself and left out; of several rounds, the quickest
    counts, as any other work of the machine makes one slower.
    """
    with (
        _simulator(row) as simulator,
        PreparedServer(simulator.url) as server,
        tempfile.TemporaryDirectory(prefix="ninox-calls-") as name,
    ):
        folder = Path(name)
        _sync(simulator, folder, _by_id(row), url=server.url)
        if row.is_later:
            _change(row, simulator)
            server.forget()
        else:
            (folder / "state.json").unlink()
        _discover(simulator, folder, _by_id(row), url=server.url)
        tap, sync = str(OUR_BIN / "tap-ninox"), _sync_command(folder)
        _run(sync, folder)  # each answer is ready then
        server.latency_s = LATENCY_S
        starts, syncs = [], []
        for _ in range(ROUNDS):
            server.calls = 0
            syncs.append(_run(sync, folder))
            starts.append(_run([tap, "--version"], folder))
        alone = server.calls * LATENCY_S
        seconds, cpu = (_least(syncs, figure) - _least(starts, figure) for figure in ("wall_s", "cpu_s"))
        return {
            "work": row.name,
            "calls": server.calls,
            "waiting": round(alone, 1),
            "seconds": round(seconds, 2),
            "cpu": round(cpu, 2),
            "ratio": round(seconds / alone, 2),
        }


def _run(command: Sequence[str], folder: Path) -> Cost:
    return run_alone(command, folder=Path(tempfile.mkdtemp(dir=folder)))


def _least(runs: Sequence[Cost], figure: str) -> float:
    return min(float(getattr(run, figure)) for run in runs)


def count(row: Row, side: str) -> int:
    """Return the calls of a work; 0 where a side cannot do it, or not on such a server."""
    run = (WRITING if row.sent else RUNS).get(side)
    if run is None or (row.formulas and side != "tap-ninox"):
        return 0
    with _simulator(row) as simulator, tempfile.TemporaryDirectory(prefix="ninox-calls-") as folder:
        try:
            run(row, simulator, Path(folder))
            if row.is_later:
                _change(row, simulator)
                if row.formulas:
                    month.let_a_day_pass(Path(folder) / "state.json")
                simulator.log.clear()
                run(row, simulator, Path(folder))
        except subprocess.CalledProcessError:
            return 0
        return len(simulator.log.entries)


def _change(row: Row, simulator: Simulator) -> None:
    database = next(simulator.store.databases())
    for table, records in row.changed.items():
        for number in range(1, records + 1):
            database.update(table, number, {"A": f"changed {number}"})


@contextmanager
def _simulator(row: Row) -> Iterator[Simulator]:
    seed = bulk(tables=row.tables, rows=row.rows, fields=10)
    month.add_formulas(seed, row.formulas)
    with Simulator(seed, switches=dict([row.switch] if row.switch else [])) as simulator:
        yield simulator


def _tap(row: Row, simulator: Simulator, folder: Path) -> None:
    _sync(simulator, folder, _by_id(row))


def _by_id(row: Row) -> Mapping[str, Any]:
    formulas = {"formulas": month.FORMULAS} if row.formulas else {}
    return {"team": BULK_TEAM_ID, "databases": [BULK_DATABASE_ID], **formulas} if row.by_id else {}


def _sync(simulator: Simulator, folder: Path, more: Mapping[str, Any], *, url: str | None = None) -> None:
    """Discover and sync, with the state that the last sync left."""
    _discover(simulator, folder, more, url=url or simulator.url)
    output = _output(_sync_command(folder), folder)
    states = [line for line in output.splitlines() if line.startswith(b'{"type":"STATE"')]
    (folder / "state.json").write_text(json.dumps(json.loads(states[-1])["value"]), encoding="utf-8")


def _discover(simulator: Simulator, folder: Path, more: Mapping[str, Any], *, url: str) -> None:
    settings = {"api_url": url, "auth_token": simulator.token, **more}
    config = folder / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    catalog = _output([str(OUR_BIN / "tap-ninox"), "--config", str(config), "--discover"], folder)
    (folder / "catalog.json").write_bytes(catalog)


def _sync_command(folder: Path) -> list[str]:
    config, catalog, state = (str(folder / f"{name}.json") for name in ("config", "catalog", "state"))
    given = ["--state", state] if Path(state).exists() else []
    return [str(OUR_BIN / "tap-ninox"), "--config", config, "--catalog", catalog, *given]


def _target(row: Row, simulator: Simulator, folder: Path) -> None:
    settings = {
        "api_url": simulator.url,
        "auth_token": simulator.token,
        "team": BULK_TEAM_ID,
        "database": BULK_DATABASE_ID,
    }
    config = folder / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    _load([str(OUR_BIN / "target-ninox"), "--config", str(config)], row, simulator, folder)


def _writing_script(row: Row, simulator: Simulator, folder: Path) -> None:
    script = str(SIDES / "careful_write.py")
    _load([sys.executable, script, f"{simulator.url}/{DATABASE_PATH}", "A"], row, simulator, folder)


def _load(command: Sequence[str], row: Row, simulator: Simulator, folder: Path) -> None:
    every = row.rows // row.sent
    write_messages(
        folder / "messages", table_id="A", rows=row.sent, every=every, changed={"quantity": CHANGED_QUANTITY}
    )
    with (folder / "messages").open("rb") as messages:
        subprocess.run(command, check=True, cwd=folder, stdin=messages, stdout=PIPE, stderr=DEVNULL)
    table = next(simulator.store.databases()).tables["A"]
    assert sum(record.fields["D"] == CHANGED_QUANTITY for record in table.records.values()) == row.sent  # noqa: S101


def _script(row: Row, simulator: Simulator, folder: Path) -> None:
    [database] = simulator.store.databases()
    [team] = simulator.store.teams.values()
    names = () if row.by_id else (team.name, database.name)
    _side(Path(sys.executable), "careful_read", row, simulator, folder, str(folder / "state"), *names)


def _dlt(row: Row, simulator: Simulator, folder: Path) -> None:
    _side(peer_bin("dlt") / "python", "dlt_read", row, simulator, folder, "1", "lines")


def _airbyte(row: Row, simulator: Simulator, folder: Path) -> None:
    _side(peer_bin("airbyte") / "python", "airbyte_read", row, simulator, folder, "1")


def _side(python: Path, name: str, row: Row, simulator: Simulator, folder: Path, *options: str) -> None:
    url = f"{simulator.url}/{DATABASE_PATH}"
    _output([str(python), str(SIDES / f"{name}.py"), url, ",".join(table_ids(row.tables)), *options], folder)


def _output(command: Sequence[str], folder: Path) -> bytes:
    return subprocess.run(command, check=True, cwd=folder, stdout=PIPE, stderr=DEVNULL).stdout


RUNS: dict[str, Run] = {"tap-ninox": _tap, "careful script": _script, "dlt rest_api": _dlt, "airbyte-cdk": _airbyte}
WRITING: dict[str, Run] = {"tap-ninox": _target, "careful script": _writing_script}
"""The peers write nothing that is there already otherwise than anew."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
