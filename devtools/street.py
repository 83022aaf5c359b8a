"""How long the street of one record is: functions and files of the product through which it passes, each way.

`make check` prints it. A record is read out of a simulated Ninox, command line and discovery and all, and another is
written into one; what runs while modules are imported does not count. The last lines are what the simulator passes for
one request of a page of records, and of a save. No figure is a bound: whoever reads them judges.
"""
# ruff: noqa: T201 (it prints)

from __future__ import annotations

import io
import json
import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType, FrameType
from urllib.request import Request, urlopen

from ninox_simulator.seeds import DatabaseDocument, RecordDocument, TeamDocument
from ninox_simulator.server import Simulator
from tap_ninox.__main__ import main as tap_ninox
from target_ninox.__main__ import main as target_ninox

ROOT = Path(__file__).parents[1]
PACKAGES = ("ninox_api", "ninox_singer", "tap_ninox", "target_ninox", "ninox_tools", "ninox_simulator")
STREET = tuple(f"{ROOT / package}/" for package in PACKAGES[:4])
TABLE = {"caption": "Customers", "kind": "table", "fields": {"A": {"base": "string", "caption": "Name"}}}
SCHEMA = {"type": "object", "properties": {"Name": {"type": ["string", "null"]}}}
MESSAGES = (
    {"type": "SCHEMA", "stream": "customers", "schema": SCHEMA, "key_properties": ["Name"]},
    {"type": "RECORD", "stream": "customers", "record": {"Name": "Ann"}},
)


def main() -> None:
    """Print how large the product is, and how long its two streets are."""
    for package in PACKAGES:
        files = list((ROOT / package).rglob("*.py"))
        lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
        print(f"{package:16}{len(files):4} files{lines:8,} lines")
    for way, command, more in (("read", tap_ninox, {}), ("written", target_ninox, {"database": "Shop"})):
        codes = _passed_through(command, more)
        print(f"one record {way}: {_counted(codes)}")
    for name, body in (("GET", None), ("POST", b'{"fields": {"A": "Ann"}}')):
        print(f"one {name} of records, simulated: {_counted(_passed_by_request(body))}")


def _counted(codes: set[CodeType]) -> str:
    return f"{len(codes)} functions in {len({code.co_filename for code in codes})} files"


def _passed_through(command: Callable[[], None], settings: dict[str, str]) -> set[CodeType]:
    """Run a command twice, since the first run imports; return the product's functions that the second ran through."""
    for _ in range(2):
        seed = [_shop()]
        with (
            Simulator(seed) as simulator,
            _process(simulator, settings),
            suppress(SystemExit),
            _noted(STREET) as passed,
        ):
            command()
    return passed


def _passed_by_request(body: bytes | None) -> set[CodeType]:
    """Send a request; return the simulator's functions that ran between its arrival and its answer."""
    with _noted((str(ROOT / "ninox_simulator"),)) as passed, Simulator(seed=[_shop()]) as simulator:
        address = f"{simulator.url}/teams/tEamTeamTeam00001/databases/db0000000001/tables/A/records?ids=true"
        request = Request(address, body, {"Authorization": f"Bearer {simulator.token}"})  # noqa: S310 (loopback)
        for _ in range(2):  # the first is counted with what starts the server
            passed.clear()
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                answer.read()
        return set(passed)


@contextmanager
def _noted(folders: tuple[str, ...]) -> Iterator[set[CodeType]]:
    """Note the functions of some folders that run, in this thread and in those that it starts."""
    passed: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        # Python 3.12 has no frames of comprehensions any more; what is called `<…>` is not counted in older ones.
        if event == "call" and frame.f_code.co_filename.startswith(folders) and frame.f_code.co_name[0] != "<":
            passed.add(frame.f_code)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield passed
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _shop() -> TeamDocument:
    record = RecordDocument(1, {"A": "Bea"}, sequence=1)
    schema = {"seq": 1, "version": 1, "types": {"A": TABLE}}
    database = DatabaseDocument(id="db0000000001", name="Shop", schema=schema, records={"A": [record]}, sequence=1)
    return TeamDocument(id="tEamTeamTeam00001", name="Team", databases=[database])


@contextmanager
def _process(simulator: Simulator, more: dict[str, str]) -> Iterator[None]:
    """Let a command find arguments, input and output as in a process of its own."""
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr, logging.getLogger().handlers[:]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"api_url": simulator.url, "auth_token": simulator.token}
        config = Path(folder) / "config.json"
        config.write_text(json.dumps(settings | more), encoding="utf-8")
        sys.argv = ["command", "--config", str(config)]
        lines = "".join(json.dumps(message) + "\n" for message in MESSAGES)
        sys.stdin, sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(text.encode())) for text in (lines, "", ""))
        try:
            yield
        finally:
            sys.argv, sys.stdin, sys.stdout, sys.stderr, logging.getLogger().handlers[:] = kept


if __name__ == "__main__":
    main()
