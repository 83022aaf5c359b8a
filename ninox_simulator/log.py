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
class RequestLog:
    """All requests since the start or the last clearing.

    Attributes:
        most_in_flight: Highest number of requests under way at once.
    """

    entries: list[LogEntry] = field(default_factory=list)
    most_in_flight: int = 0

    def clear(self) -> None:
        """Forget all requests."""
        self.entries.clear()
        self.most_in_flight = 0

    def as_json(self) -> dict[str, Any]:
        """Return the log with its count."""
        return {
            "count": len(self.entries),
            "most_in_flight": self.most_in_flight,
            "entries": [asdict(entry) for entry in self.entries],
        }
