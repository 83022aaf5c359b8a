"""One simulated Ninox: its data, its unknowns, its faults, what it was asked. It listens nowhere; see `server`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ninox_simulator.faults import Faults
from ninox_simulator.messages import RequestLog
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
