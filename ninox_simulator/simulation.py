"""One simulated Ninox: its data, its unknowns, its faults, what it was asked. It listens nowhere; see `server`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ninox_simulator.documents import TeamDocument
from ninox_simulator.faults import Faults
from ninox_simulator.log import RequestLog
from ninox_simulator.scripts import TriggeredWrites
from ninox_simulator.seeds import SAMPLE, load_seed
from ninox_simulator.store import Backup, Database, Store
from ninox_simulator.switches import Switches

DEFAULT_TOKEN = "simulator-key"  # noqa: S105 (opens nothing but the simulator)
FIRST_DAY = 1


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

    def writes(self, database: Database) -> TriggeredWrites:
        """Return what writes of the API go through."""
        return TriggeredWrites(database, self.switches, self.log)

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
