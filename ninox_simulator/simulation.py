"""One simulated Ninox: its data, its unknowns, its faults, what it was asked. It listens nowhere; see `server`.

At the end, the requests below `/_simulator/`, which look at it and change it while it is served.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.responses import Response

from ninox_simulator.faults import BOUNDS, Faults
from ninox_simulator.messages import ApiError, Request, RequestLog, error_reply, json_reply
from ninox_simulator.seeds import EMPTY, PROFILES, SAMPLE, TeamDocument, bulk, from_file
from ninox_simulator.store import Backup, Database, Store
from ninox_simulator.switches import Switches

DEFAULT_TOKEN = "simulator-key"  # noqa: S105 (opens nothing but the simulator)
FIRST_DAY = 1
_BULK = re.compile(r"bulk:(\d+)x(\d+)x(\d+)", re.ASCII)


class Simulation:
    """A Ninox.

    Attributes:
        store: What is served; tests may change it between requests, or in `on_request`.
        switches: How the unknowns of the API are answered.
        faults: What goes wrong.
        log: What was asked.
        token: The key that is accepted.
        day: Day of the sample's script that was played last.
    """

    def __init__(
        self,
        seed: str | Sequence[TeamDocument] = SAMPLE,
        profile: str = "s",
        *,
        switches: Mapping[str, str] | None = None,
        token: str = DEFAULT_TOKEN,
    ) -> None:
        """Load the data.

        Raises:
            ValueError: There is no such seed, profile or switch.
        """
        self._seed, self._profile = seed, profile
        self._backups: list[tuple[Database, Backup]] = []
        self.store = Store([])
        self.switches = Switches(switches)
        self.faults = Faults()
        self.log = RequestLog()
        self.token = token
        self._load()

    def reset(self, seed: str | None = None, profile: str | None = None) -> None:
        """Load the seed again, or another one; log, faults and switches stay."""
        self._seed, self._profile = seed or self._seed, profile or self._profile
        self._load()

    def next_day(self) -> str:
        """Play the next day of the sample's script and say what happened.

        Raises:
            ValueError: The script has ended, or the seed has none.
        """
        if self._seed != SAMPLE:
            message = f"Only the seed {SAMPLE} has a script of days."
            raise ValueError(message)
        from ninox_simulator.samples.blattwerk.week import advance  # noqa: PLC0415 (large, and often not needed)

        told = advance(self.store, self.day + 1)
        self.day += 1
        return told

    def backup(self) -> None:
        """Keep every database as it is now."""
        self._backups = [(database, database.snapshot()) for database in self.store.databases()]

    def restore(self) -> None:
        """Bring every database back to the backup, its sequence included (what a real restore does is unknown).

        Raises:
            ValueError: There is no backup.
        """
        if not self._backups:
            message = "There is no backup to restore."
            raise ValueError(message)
        for database, backup in self._backups:
            database.restore(backup)

    def close(self) -> None:
        """Delete the files on disk."""
        for database in self.store.databases():
            database.files.close()

    def _load(self) -> None:
        documents = load_seed(self._seed, self._profile) if isinstance(self._seed, str) else self._seed
        self.close()
        self.store = Store(documents)
        self.log.loaded_at = len(self.log.entries)
        self._backups = []
        self.day = FIRST_DAY


def load_seed(seed: str, profile: str) -> list[TeamDocument]:
    """Return the documents of a seed.

    Args:
        seed: `blattwerk`, `empty`, `bulk:TABLESxROWSxFIELDS`, or the path of a JSON file with a list of teams.
        profile: Size of `blattwerk`: `s` or `m`.

    Raises:
        ValueError: There is no such seed or profile, or the file is not in the form of the documents.
    """
    if profile not in PROFILES:
        message = f"Profile is one of {', '.join(PROFILES)}, not {profile!r}."
        raise ValueError(message)
    if seed == SAMPLE:
        from ninox_simulator.samples.blattwerk import build  # noqa: PLC0415 (large, and often not needed)

        return build(profile)
    if seed == EMPTY:
        return [TeamDocument(id="emptyTeam00000001", name="Empty", databases=[])]
    if wanted := _BULK.fullmatch(seed):
        tables, rows, fields = map(int, wanted.groups())
        return bulk(tables=tables, rows=rows, fields=fields)
    if Path(seed).is_file():
        return from_file(Path(seed))
    message = f"There is no seed {seed!r}: give {SAMPLE}, {EMPTY}, bulk:TABLESxROWSxFIELDS or the path of a JSON file."
    raise ValueError(message)


# ------------------------------------------------------------------------------------------------------------- control

CONTROL_PREFIX = "_simulator"

Body = dict[str, Any]


def control(ninox: Simulation, request: Request) -> Response:
    """Answer a control request."""
    try:
        return json_reply(_answer(ninox, request))
    except ApiError as error:
        return error_reply(error, "json")
    except (ValueError, TypeError) as error:
        return error_reply(ApiError(400, str(error)), "json")


def _answer(ninox: Simulation, request: Request) -> Any:
    act = _CONTROLS.get((request.method, *request.segments[1:]))
    if act is None:
        raise ApiError(404, "There is no such control")
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ApiError(400, "An object is expected")
    told = act(ninox, {**request.query, **body})
    return {} if told is None else told


def _set_switches(ninox: Simulation, settings: Body) -> Any:
    ninox.switches.update(settings)
    return ninox.switches.described()


def _set_faults(ninox: Simulation, body: Body) -> Any:
    """Set bounds, and add a rule if the body names a kind."""
    ninox.faults.configure({name: body.pop(name) for name in BOUNDS if name in body})
    if body:
        ninox.faults.add(**body)
    return ninox.faults.as_json()


def _reset(ninox: Simulation, body: Body) -> None:
    ninox.reset(body.get("seed"), body.get("profile"))


def _records(ninox: Simulation, query: Body) -> Any:
    """Answer all records of a table in stored form, for comparisons."""
    wanted, key = query.get("database"), query.get("table", "")
    database = next((database for database in ninox.store.databases() if wanted in {database.id, database.name}), None)
    table = database.find_table(key) if database else None
    if table is None:
        raise ApiError(404, "There is no such database or table")
    return [record.stored_form(with_sequence=True) for record in table.after_id(0)]


_CONTROLS: dict[tuple[str, ...], Callable[[Simulation, Body], Any]] = {
    ("GET", "switches"): lambda ninox, _: ninox.switches.described(),
    ("POST", "switches"): _set_switches,
    ("GET", "faults"): lambda ninox, _: ninox.faults.as_json(),
    ("POST", "faults"): _set_faults,
    ("DELETE", "faults"): lambda ninox, _: ninox.faults.clear(),
    ("GET", "log"): lambda ninox, _: ninox.log.as_json(),
    ("DELETE", "log"): lambda ninox, _: ninox.log.clear(),
    ("POST", "reset"): _reset,
    ("POST", "seed"): _reset,
    ("POST", "next-day"): lambda ninox, _: {"done": ninox.next_day()},
    ("POST", "backup"): lambda ninox, _: ninox.backup(),
    ("POST", "restore"): lambda ninox, _: ninox.restore(),
    ("GET", "records"): _records,
}
