"""The one door: tap, target and discovery run in this process; what they wrote and reported is what tests look at.

Nothing else in the tests starts `TapNinox` or `TargetNinox`. Reports are the JSON that `report_path` documents. Beside
settings, what `limits.CONSTANTS` names can be given, such as `page_size`; without a word, nothing is tried again.
"""

from __future__ import annotations

import copy
import io
import json
import tempfile
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import simplejson

from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox
from tests.helpers import limits
from tests.helpers.limits import KilledError
from tests.helpers.seeds import DATABASE_ID, TEAM_ID


@dataclass
class TapRun:
    """What a run of the tap wrote, and how it ended.

    Attributes:
        messages: Everything on stdout, parsed; numbers with a fraction are decimals.
        text: The same, as it was written.
        error: What ended the run, None if it succeeded.
        report: The JSON of `report_path`, None if the run did not come to write one.
        tap: The tap itself, None if its settings were refused.
    """

    messages: list[dict] = field(default_factory=list)
    text: str = ""
    error: Exception | None = None
    report: dict | None = None
    tap: TapNinox | None = None

    def of_type(self, kind, stream=None):
        return [m for m in self.messages if m["type"] == kind and (stream is None or m["stream"] == stream)]

    def rows(self, stream):
        """Records without tombstones, and without the null that says so."""
        records = (dict(m["record"]) for m in self.of_type("RECORD", stream))
        return [record for record in records if not record.pop("_sdc_deleted_at", None)]

    def tombstones(self, stream):
        return [m["record"] for m in self.of_type("RECORD", stream) if m["record"].get("_sdc_deleted_at")]

    def ids(self, stream):
        return [row["_id"] for row in self.rows(stream)]

    @property
    def catalog(self):
        """What the run worked with, as `--discover` prints it, as if that was long ago."""
        return _aged(self.tap.catalog_dict)

    @property
    def states(self):
        return [m["value"] for m in self.of_type("STATE")]

    @property
    def state(self):
        return self.states[-1] if self.states else None

    def bookmark(self, stream):
        return self.state["bookmarks"][stream]

    def drifts(self):
        """The kinds of the schema changes that the report lists."""
        return [drift["kind"] for drift in self.report["drift"]]

    def stream_error(self, stream):
        """What the report says went wrong with one stream, None if nothing did."""
        return self.report["streams"][stream]["error"]


@dataclass
class TargetRun:
    """What a run of the target wrote, and how it ended; see `TapRun`.

    Attributes:
        rejects: Lines of the file that `rejects_path` names.
    """

    states: list = field(default_factory=list)
    error: BaseException | None = None
    report: dict | None = None
    rejects: list[dict] = field(default_factory=list)

    @property
    def state(self):
        return self.states[-1] if self.states else None

    def counts(self, stream):
        """Outcomes of a stream's rows that are not zero."""
        names = ("read", "created", "updated", "unchanged", "deleted", "skipped", "rejected", "removed", "recovered")
        reported = self.report["streams"][stream]
        return {name: reported[name] for name in names if reported.get(name)}


def tap_settings(simulator, **more):
    return {"api_url": simulator.url, "auth_token": simulator.token, **more}


def scripts(*queries):
    """Return the setting `queries` of objects that have their stream's name as `name`."""
    return {query["name"]: {key: value for key, value in query.items() if key != "name"} for query in queries}


def target_settings(simulator, **more):
    return {**tap_settings(simulator), "database": "Shop", **more}


def new_tap(simulator, *, state=None, catalog=None, **settings):
    """Return a tap that has not begun, for tests of the SDK and of `singer-ninox inspect`."""
    with limits.constants({"max_retries": 0, **settings}) as given:
        config = tap_settings(simulator, **given)
        return TapNinox(config=config, state=copy.deepcopy(state), catalog=copy.deepcopy(catalog))


def run_tap(simulator, *, state=None, catalog=None, **settings):
    """Run the tap to its end; an error is kept, not raised."""
    return _run_tap(TapNinox.sync_all, simulator, state, catalog, settings)


def run_connection_test(simulator, *, catalog=None, **settings):
    """Run the tap as `--test` does."""
    return _run_tap(TapNinox.run_connection_test, simulator, None, catalog, settings)


def write_schemas(simulator, **settings):
    """Run the tap as `--test=schema` does."""
    return _run_tap(TapNinox.write_schemas, simulator, None, None, settings)


def _run_tap(work, simulator, state, catalog, settings):
    run = TapRun()
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with _reporting(run, settings) as reporting, redirect_stdout(buffer):
        try:
            run.tap = new_tap(simulator, state=state, catalog=catalog, **reporting)
            work(run.tap)
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            run.error = error
    buffer.seek(0)
    run.text = buffer.read()
    run.messages = parse(run.text)
    return run


def discover(simulator, *, is_stamped=False, **settings):
    """Return the catalog as a dictionary, as `--discover` prints it; by default as if that was long ago."""
    return _aged(json.loads(new_tap(simulator, **settings).catalog_json_text), is_stamped=is_stamped)


def metadata(stream, *breadcrumb):
    """The metadata of a stream of a catalog, or of one of its properties."""
    return next(item["metadata"] for item in stream["metadata"] if tuple(item["breadcrumb"]) == breadcrumb)


def _aged(catalog, *, is_stamped=False):
    return {key: value for key, value in catalog.items() if is_stamped or key != "ninox"}


def run_target(simulator, messages, **settings):
    """Run the target to its end; an error is kept, not raised. A message may be given as the bytes of a line."""
    run = TargetRun()
    output = io.StringIO()
    with _reporting(run, settings) as reporting, redirect_stdout(output):
        try:
            listen(target_settings(simulator, **reporting), messages)
        except (Exception, SystemExit, KilledError) as error:  # noqa: BLE001 (the test looks at it)
            run.error = error
    run.states = [json.loads(line) for line in output.getvalue().split("\n") if line]
    rejects = Path(settings.get("rejects_path") or "")
    run.rejects = (
        list(map(json.loads, filter(None, rejects.read_text("utf-8").split("\n")))) if rejects.is_file() else []
    )
    return run


def listen(config, messages):
    """Run the target with a configuration as it is, fed messages or raw bytes; errors are raised."""
    if not isinstance(messages, bytes):
        encoded = (m if isinstance(m, bytes) else simplejson.dumps(m, use_decimal=True).encode() for m in messages)
        messages = b"".join(line + b"\n" for line in encoded)
    listen_to(io.BytesIO(messages), config)


def listen_to(file, config):
    """Run the target with a configuration as it is, fed a file that was opened for reading bytes."""
    with limits.constants({"max_retries": 0, **config}) as given:
        TargetNinox(config=given).listen(file)


@contextmanager
def _reporting(run, settings):
    """Let a run write its report, and read it; a test may name a file of its own."""
    with tempfile.TemporaryDirectory(prefix="ninox-report-") as folder:
        path = Path(settings.get("report_path") or f"{folder}/report.json")
        yield {**settings, "report_path": str(path)}
        if path.is_file():
            run.report = json.loads(path.read_text(encoding="utf-8"))


def parse(text):
    return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]


def replay(rows, run, stream):
    """Apply a run to rows by id, as an upserting target would; return them."""
    for message in run.of_type("RECORD", stream):
        record = message["record"]
        rows.setdefault(record["_id"], {}).update(record)
    return rows


def schema(stream, key=("id",), **properties):
    """A SCHEMA message; properties are given by type or by a whole schema."""
    known = {name: {"type": [kind, "null"]} if isinstance(kind, str) else kind for name, kind in properties.items()}
    return {
        "type": "SCHEMA",
        "stream": stream,
        "key_properties": list(key),
        "schema": {"type": "object", "properties": known},
    }


def of_tap(described, *, team=TEAM_ID, database=DATABASE_ID, table="A", caption="Customers"):
    """Return a SCHEMA message as tap-ninox sends it of a table: with what the schema says of it."""
    identity = {"title": caption, "x-ninox": {"team": team, "database": database, "table": table}}
    return {**described, "schema": {**described["schema"], **identity}}


def records(stream, rows, *, version=None):
    of_version = {} if version is None else {"version": version}
    return [{"type": "RECORD", "stream": stream, "record": row, **of_version} for row in rows]


def customer_rows(*numbers, version=None):
    """RECORDs of the stream `customers`, as `customer_records` stores them."""
    return records("customers", [{"Name": f"name {n}", "Amount": n * 10} for n in numbers], version=version)


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
