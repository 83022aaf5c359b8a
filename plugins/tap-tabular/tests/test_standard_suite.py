"""The Meltano SDK's own tests of taps."""

from __future__ import annotations

from pathlib import Path

LIST = Path(__file__).parent / "files" / "members.csv"
_entry = {
    "path": str(LIST),
    "stream": "members",
    "key_properties": ["No"],
    "types": {"Joined": "date", "Fee": "number"},
}
