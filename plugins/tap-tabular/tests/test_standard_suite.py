"""The Meltano SDK's own tests of taps."""

from __future__ import annotations

from pathlib import Path

from singer_sdk.testing import get_tap_test_class

from tap_tabular.tap import TapTabular

LIST = Path(__file__).parent / "files" / "members.csv"
_entry = {
    "path": str(LIST),
    "stream": "members",
    "key_properties": ["No"],
    "types": {"Joined": "date", "Fee": "number"},
}

TestTapTabular = get_tap_test_class(TapTabular, config={"files": [_entry]})
