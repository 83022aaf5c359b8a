"""Running the target in this process, fed with Singer messages, and reading what it wrote."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field

import simplejson

from target_ninox.target import TargetNinox
from tests.builders import DATABASE_ID, TEAM_ID


@dataclass
class TargetRun:
    """What a run of the target wrote, and how it ended."""

    states: list = field(default_factory=list)
    error: BaseException | None = None
    target: TargetNinox | None = None

    @property
    def state(self):
        return self.states[-1] if self.states else None

    def counts(self, stream):
        """Outcomes of a stream's rows that are not zero."""
        report = self.target.run.report.streams[stream]
        names = ("read", "created", "updated", "unchanged", "deleted", "skipped", "rejected", "removed", "recovered")
        return {name: getattr(report, name) for name in names if getattr(report, name)}


def settings_for(simulator, **more):
    return {"api_url": simulator.url, "auth_token": simulator.token, "database": "Shop", "max_retries": 0, **more}


def run_target(simulator, messages, **settings):
    """Run the target to its end; an error is kept, not raised. A message may be given as the bytes of a line."""
    run = TargetRun()
    encoded = (m if isinstance(m, bytes) else simplejson.dumps(m, use_decimal=True).encode() for m in messages)
    lines = b"".join(line + b"\n" for line in encoded)
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            run.target = TargetNinox(config=settings_for(simulator, **settings))
            run.target.listen(io.BytesIO(lines))
        except (Exception, SystemExit) as error:  # noqa: BLE001 (the test looks at it)
            run.error = error
    run.states = [json.loads(line) for line in output.getvalue().splitlines()]
    return run


def schema(stream, key=("id",), **properties):
    """A SCHEMA message; properties are given by type or by a whole schema."""
    known = {name: {"type": [kind, "null"]} if isinstance(kind, str) else kind for name, kind in properties.items()}
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(key),
        "schema": {"type": "object", "properties": known},
    }


def records(stream, rows):
    return [{"type": "RECORD", "stream": stream, "record": row} for row in rows]


def state(value):
    return {"type": "STATE", "value": value}


def activate_version(stream, version=1):
    return {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}


def stored(simulator, table_id="A"):
    """Record id → fields, as Ninox holds them now."""
    database = simulator.store.database(TEAM_ID, DATABASE_ID)
    return {record.id: dict(record.fields) for record in database.records(table_id)}


def writes(simulator):
    """Requests that change records, in order."""
    return [call for call in simulator.log.entries if call.method in {"POST", "PUT", "DELETE"}]
