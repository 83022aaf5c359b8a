"""Running the tap in this process, and reading what it wrote as Singer messages."""

from __future__ import annotations

import copy
import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal

from tap_ninox.tap import TapNinox


@dataclass
class TapRun:
    """What a run of the tap wrote, and how it ended."""

    messages: list[dict] = field(default_factory=list)
    error: Exception | None = None
    text: str = ""
    tap: TapNinox | None = None

    def of_type(self, kind, stream=None):
        return [m for m in self.messages if m["type"] == kind and (stream is None or m["stream"] == stream)]

    def rows(self, stream):
        """Records without tombstones."""
        return [m["record"] for m in self.of_type("RECORD", stream) if "_sdc_deleted_at" not in m["record"]]

    def tombstones(self, stream):
        return [m["record"] for m in self.of_type("RECORD", stream) if "_sdc_deleted_at" in m["record"]]

    def ids(self, stream):
        return [row["_id"] for row in self.rows(stream)]

    @property
    def states(self):
        return [m["value"] for m in self.of_type("STATE")]

    @property
    def state(self):
        return self.states[-1] if self.states else None

    def bookmark(self, stream):
        return self.state["bookmarks"][stream]


def settings_for(simulator, **more):
    return {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0, **more}


def run_tap(simulator, *, state=None, catalog=None, **settings):
    """Run the tap to its end; an error is kept, not raised."""
    run = TapRun()
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(buffer):
        try:
            run.tap = TapNinox(
                config=settings_for(simulator, **settings), state=copy.deepcopy(state), catalog=copy.deepcopy(catalog)
            )
            run.tap.sync_all()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            run.error = error
    buffer.seek(0)
    run.text = buffer.read()
    run.messages = parse(run.text)
    return run


def parse(text):
    return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]


def discover(simulator, **settings):
    """Return the catalog as a dictionary, as `--discover` prints it."""
    return json.loads(TapNinox(config=settings_for(simulator, **settings)).catalog_json_text)


def replay(rows, run, stream):
    """Apply a run to rows by id, as an upserting target would; return them."""
    for message in run.of_type("RECORD", stream):
        record = message["record"]
        rows.setdefault(record["_id"], {}).update(record)
    return rows
