"""What was asked: every API request, without its headers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class LogEntry:
    """One request and how it was answered; the key is never kept."""

    method: str
    path: str
    query: dict[str, str]
    body_size: int = 0
    status: int = 0


@dataclass(slots=True)
class TriggerEntry:
    """A trigger that ran.

    Attributes:
        event: `afterCreate`, `afterUpdate`, or `afterUpdate of <field>`.
        error: Why its script failed, if it did.
    """

    database_id: str
    table_id: str
    record_id: int
    event: str
    error: str | None = None


@dataclass(slots=True)
class RequestLog:
    """All requests since the start or the last clearing.

    Attributes:
        triggers: What ran on its own, in order.
        most_in_flight: Highest number of requests under way at once.
        loaded_at: Number of requests that were about other data, which `reset` has replaced.
    """

    entries: list[LogEntry] = field(default_factory=list)
    triggers: list[TriggerEntry] = field(default_factory=list)
    most_in_flight: int = 0
    loaded_at: int = 0

    def clear(self) -> None:
        """Forget all requests."""
        self.entries.clear()
        self.triggers.clear()
        self.most_in_flight = 0
        self.loaded_at = 0

    def as_json(self) -> dict[str, Any]:
        """Return the log with its count."""
        return {
            "count": len(self.entries),
            "most_in_flight": self.most_in_flight,
            "entries": [asdict(entry) for entry in self.entries],
            "triggers": [asdict(entry) for entry in self.triggers],
        }
