"""Everything that is served: teams and their databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from ninox_simulator.database import Clock, Database
from ninox_simulator.documents import TeamDocument


@dataclass(slots=True)
class Team:
    """A workspace."""

    id: str
    name: str
    databases: dict[str, Database]


def utc_now() -> str:
    """Return the time as Ninox writes it: UTC without saying so (Ninox docs: Tables, fields, and records)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


class Store:
    """Teams by id."""

    def __init__(self, documents: Iterable[TeamDocument], *, clock: Clock = utc_now) -> None:
        """Load sample data; its records are consumed."""
        self.teams = {
            team.id: Team(team.id, team.name, {document.id: Database(document, clock) for document in team.databases})
            for team in documents
        }

    def database(self, team_id: str, database_id: str) -> Database:
        """Return a database.

        Raises:
            KeyError: There is none with these ids.
        """
        return self.teams[team_id].databases[database_id]

    def databases(self) -> Iterator[Database]:
        """Yield the databases of all teams."""
        for team in self.teams.values():
            yield from team.databases.values()
