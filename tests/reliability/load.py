"""Large things, each way: rows, tables, fields, values, and many tables that change at once; figures printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ninox_simulator.seeds import BULK_DATABASE_ID, BULK_TEAM_ID, RecordDocument, bulk, field_id, table_id
from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.run import schema
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team

TIMEOUT_S = 1800
MOST_MB = 150
MOST_MB_ABOVE_SDK = 50
SDK_CATALOG = """
import json, sys
from singer_sdk.singerlib import Catalog
print(json.dumps(Catalog.from_dict(json.load(open(sys.argv[1]))).to_dict(), indent=2))
"""
# A process inherits the peak of the one that starts it, so a small one stands between this one and the command.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.PIPE)
sys.stderr.buffer.write(done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def _timed(directory, program, simulator, *more, **settings):
    """Run a command; return what it wrote, its seconds and its peak memory in MB."""
    config = directory / "config.json"
    config.write_text(json.dumps({"api_url": simulator.url, "auth_token": simulator.token, **settings}))
    command = [*COMMAND, program, "--config", config, *more]
    started = time.monotonic()
    peak = _peak(directory, *command)
    return directory / "output", time.monotonic() - started, peak


def _peak(directory, *command):
    """Run a command; return its peak memory in MB."""
    measured = [sys.executable, "-c", MEASURE, directory / "output", *command]
    done = subprocess.run(measured, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout) // (1024**2 if sys.platform == "darwin" else 1024)


def _count(output, stream="shop"):
    """Return how many rows of tables are in an output, and its last state."""
    rows, state = 0, None
    mark = re.compile(rb'^\{"type":"RECORD","stream":"' + stream.encode())
    with output.open("rb") as lines:
        for line in lines:
            rows += mark.match(line) is not None
            if line.startswith(b'{"type":"STATE"'):
                state = line
    return rows, json.loads(state)["value"] if state else None


def _records(count):
    return [RecordDocument(n, {"A": f"name {n}", "B": n}, n) for n in range(1, count + 1)]


def tap_rows(directory, rows):
    """Read a table whole, then follow a day on which a hundredth of it changed."""
    with Simulator(seed=team(database({"A": customers()}, {"A": _records(rows)}))) as simulator:
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        count, state = _count(output)
        assert count == rows
        yield f"tap: {rows:,} rows, first load", seconds, peak
        edit = simulator.store.database(TEAM_ID, DATABASE_ID)
        for number in range(1, rows + 1, 100):
            edit.update("A", number, {"B": -number})
        (directory / "state.json").write_text(json.dumps(state))
        output, seconds, peak = _timed(directory, "tap-ninox", simulator, "--state", directory / "state.json")
        assert _count(output)[0] == len(range(1, rows + 1, 100))
        yield f"tap: {rows // 100:,} changes among {rows:,} rows", seconds, peak


def target_rows(directory, rows):
    """Create rows in an empty table, then feed the same again."""
    lines = directory / "input"
    with lines.open("w", encoding="utf-8") as file:
        file.write(json.dumps(schema("customers", ["Name"], Name="string", Amount="integer")) + "\n")
        for number in range(1, rows + 1):
            row = {"Name": f"name {number}", "Amount": number}
            file.write(json.dumps({"type": "RECORD", "stream": "customers", "record": row}) + "\n")
    with Simulator(seed=team(database({"A": customers()}))) as simulator:
        stored = simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].records
        for what in ("created", "fed again, unchanged"):
            simulator.log.clear()
            _, seconds, peak = _timed(
                directory, "target-ninox", simulator, "--input", lines, database="Shop", batch_size_rows=1000
            )
            assert len(stored) == rows
            assert ("POST" in {call.method for call in simulator.log.entries}) is (what == "created")
            yield f"target: {rows:,} rows {what}", seconds, peak


def target_waiting(directory, rows):
    """Load children whose parents all come behind the last of them."""
    parents = rows // 3
    lines = directory / "input"
    with lines.open("w", encoding="utf-8") as file:
        file.write(json.dumps(schema("lines", ["No"], No="string", Order="string", Note="string")) + "\n")
        for number in range(rows):
            row = {"No": f"L{number}", "Order": f"O{number % parents}", "Note": "as long as a note often is " * 4}
            file.write(json.dumps({"type": "RECORD", "stream": "lines", "record": row}) + "\n")
        file.write(json.dumps(schema("orders", ["No"], No="string")) + "\n")
        for number in range(parents):
            file.write(json.dumps({"type": "RECORD", "stream": "orders", "record": {"No": f"O{number}"}}) + "\n")
    lines_table = table(
        "Lines", A=field("string", "No"), B=field("ref", "Order", refTypeId="A"), C=field("string", "Note")
    )
    streams = {"lines": {"references": {"Order": "No"}}}
    with Simulator(seed=team(database({"A": table("Orders", A=field("string", "No")), "C": lines_table}))) as simulator:
        _, seconds, peak = _timed(
            directory, "target-ninox", simulator, "--input", lines, database="Shop", streams=streams
        )
        stored = simulator.store.database(TEAM_ID, DATABASE_ID).tables
        numbers = {record.id: record.fields["A"] for record in stored["A"].records.values()}
        held = [(record.fields["A"], numbers[record.fields["B"]]) for record in stored["C"].records.values()]
        assert sorted(held) == sorted((f"L{number}", f"O{number % parents}") for number in range(rows))
        assert peak <= MOST_MB, f"{peak} MB, more than {MOST_MB}"
        yield f"target: {rows:,} rows before the records they link to", seconds, peak


def target_streams(directory, count):
    """Load rows of many streams that come in turn."""
    names = [f"Field {n}" for n in range(10)]
    lines = directory / "input"
    with lines.open("w", encoding="utf-8") as file:
        for n in range(count):
            described = schema(f"Table {n}", names[:1], **dict.fromkeys(names, "string"))
            file.write(json.dumps(described) + "\n")
        for number in range(2000):
            row = {name: f"{name} {number}" for name in names}
            for n in range(count):
                file.write(json.dumps({"type": "RECORD", "stream": f"Table {n}", "record": row}) + "\n")
    fields = {field_id(n): field("string", name) for n, name in enumerate(names)}
    tables = {table_id(n): table(f"Table {n}", **fields) for n in range(count)}
    with Simulator(seed=team(database(tables))) as simulator:
        _, seconds, peak = _timed(directory, "target-ninox", simulator, "--input", lines, database="Shop")
        stored = simulator.store.database(TEAM_ID, DATABASE_ID).tables.values()
        assert [len(table.records) for table in stored] == [2000] * count
        assert peak <= MOST_MB, f"{peak} MB, more than {MOST_MB}"
        yield f"target: {count} streams of 2,000 rows in turn", seconds, peak


def tap_tables(directory, count):
    """Read many tables, then follow a day on which a hundred of them changed at once."""
    with Simulator(seed=bulk(tables=count, rows=20, fields=2)) as simulator:
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        rows, state = _count(output, "bulk")
        assert rows == 20 * count
        yield f"tap: {count} tables", seconds, peak
        edit = simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID)
        changed = list(edit.tables)[:100]
        for table_id in changed:
            edit.update(table_id, 7, {"A": "changed"})
            edit.delete(table_id, 8)
        (directory / "state.json").write_text(json.dumps(state))
        output, seconds, peak = _timed(directory, "tap-ninox", simulator, "--state", directory / "state.json")
        assert _count(output, "bulk")[0] == 2 * len(changed)
        yield f"tap: {len(changed)} of {count} tables changed at once", seconds, peak


def tap_catalog(directory, count):
    """Describe and read many empty tables; and have the SDK alone read and write the catalog of them."""
    saved = directory / "catalog.json"
    with Simulator(seed=bulk(tables=count, rows=0)) as simulator:
        output, seconds, described = _timed(directory, "tap-ninox", simulator, "--discover")
        output.rename(saved)
        sdk = _peak(directory, sys.executable, "-c", SDK_CATALOG, saved)
        yield f"the SDK's own catalog of {count:,} tables of 10 fields", 0.0, sdk
        yield f"tap: {count:,} tables, --discover", seconds, described
        _, seconds, read = _timed(directory, "tap-ninox", simulator)
        yield f"tap: {count:,} tables without rows", seconds, read
        _, seconds, read_saved = _timed(directory, "tap-ninox", simulator, "--catalog", saved)
        yield f"tap: {count:,} tables without rows, with a saved catalog", seconds, read_saved
        most = max(described, read, read_saved)
        assert most <= sdk + MOST_MB_ABOVE_SDK, f"{most} MB, more than {MOST_MB_ABOVE_SDK} above {sdk}"


def both_fields(directory, count):
    """Read a table of many fields, and load it into an empty one of the same form."""
    with Simulator(seed=bulk(tables=1, rows=100, fields=count)) as simulator:
        read = [dict(record.fields) for record in simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID).records("A")]
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        assert _count(output, "bulk")[0] == 100
        yield f"tap: {count:,} fields, 100 rows", seconds, peak
    lines = directory / "input"
    with output.open("rb") as file:
        wide = [line for line in file if b'"stream":"bulk__' in line and b"ACTIVATE" not in line]
    lines.write_bytes(b"".join(wide))
    with Simulator(seed=bulk(tables=1, rows=0, fields=count)) as simulator:
        _, seconds, peak = _timed(directory, "target-ninox", simulator, "--input", lines, database="Bulk")
        stored = simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID).records("A")
        assert [record.fields for record in stored] == read
        yield f"target: {count:,} fields, 100 rows", seconds, peak


def both_large_values(directory, size):
    """Read and load texts of ten megabytes."""
    rows = [RecordDocument(n, {"A": chr(64 + n) * size, "B": n}, n) for n in range(1, 11)]
    with Simulator(seed=team(database({"A": customers()}, {"A": rows}))) as simulator:
        output, seconds, peak = _timed(directory, "tap-ninox", simulator, page_size=2)
        assert _count(output)[0] == 10
        yield f"tap: 10 texts of {size // 10**6} MB, 2 a page", seconds, peak
    lines = directory / "input"
    with output.open("rb") as file:
        lines.write_bytes(b"".join(line for line in file if b'"stream":"shop__customers"' in line[:60]))
    with Simulator(seed=team(database({"A": customers()}))) as simulator:
        _, seconds, peak = _timed(
            directory, "target-ninox", simulator, "--input", lines, database="Shop", batch_size_rows=1
        )
        stored = simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].records
        assert [record.fields["A"] for record in stored.values()] == [row.fields["A"] for row in rows]
        yield f"target: 10 texts of {size // 10**6} MB, 1 a request", seconds, peak


def run_load(options):
    """Run every load; print seconds and peak memory."""
    works = (
        (tap_rows, options.rows),
        (target_rows, options.rows),
        (target_waiting, 300_000),
        (target_streams, 200),
        (tap_tables, max(110, min(500, options.rows // 100))),
        (tap_catalog, 5000),
        (both_fields, 2000),
        (both_large_values, 10_000_000),
    )
    failed = 0
    sys.stdout.write("| load | seconds | peak memory |\n|---|--:|--:|\n")
    for work, size in works:
        with tempfile.TemporaryDirectory(prefix="ninox-load-") as directory:
            try:
                for name, seconds, peak in work(Path(directory), size):
                    sys.stdout.write(f"| {name} | {seconds:.1f} | {peak} MB |\n")
                    sys.stdout.flush()
            except AssertionError as error:
                failed += 1
                sys.stderr.write(f"{work.__name__}: {error}\n")
    return failed
