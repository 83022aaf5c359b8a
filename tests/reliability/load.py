"""Large things, each way: rows, tables, fields, values, and many tables that change at once; figures printed."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ninox_simulator.seeds import BULK_DATABASE_ID, BULK_TEAM_ID, RecordDocument, bulk
from ninox_simulator.server import Simulator
from tests.helpers.commands import COMMAND
from tests.helpers.measured import rows_and_state, run_measured, write_config
from tests.helpers.run import schema
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team

MOST_MB = 150


def _timed(directory, program, simulator, *more, **settings):
    """Run a command, whose settings may name constants; return what it wrote, its seconds and its peak memory in MB."""
    config = write_config(directory, simulator, **settings)
    took = run_measured(*COMMAND, program, "--config", config, *more, output=directory / "output")
    return directory / "output", took.seconds, took.mb


def _records(count):
    return [RecordDocument(n, {"A": f"name {n}", "B": n}, n) for n in range(1, count + 1)]


def tap_rows(directory, rows):
    """Read a table whole, then follow a day on which a hundredth of it changed."""
    with Simulator(seed=team(database({"A": customers()}, {"A": _records(rows)}))) as simulator:
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        count, state = rows_and_state(output)
        assert count == rows
        yield f"tap: {rows:,} rows, first load", seconds, peak
        edit = simulator.store.database(TEAM_ID, DATABASE_ID)
        for number in range(1, rows + 1, 100):
            edit.update("A", number, {"B": -number})
        (directory / "state.json").write_text(json.dumps(state))
        output, seconds, peak = _timed(directory, "tap-ninox", simulator, "--state", directory / "state.json")
        assert rows_and_state(output)[0] == len(range(1, rows + 1, 100))
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


def tap_tables(directory, count):
    """Read many tables, then follow a day on which a hundred of them changed at once."""
    with Simulator(seed=bulk(tables=count, rows=20, fields=2)) as simulator:
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        rows, state = rows_and_state(output)
        assert rows == 20 * count
        yield f"tap: {count} tables", seconds, peak
        edit = simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID)
        changed = list(edit.tables)[:100]
        for table_id in changed:
            edit.update(table_id, 7, {"A": "changed"})
            edit.delete(table_id, 8)
        (directory / "state.json").write_text(json.dumps(state))
        output, seconds, peak = _timed(directory, "tap-ninox", simulator, "--state", directory / "state.json")
        assert rows_and_state(output)[0] == 2 * len(changed)
        yield f"tap: {len(changed)} of {count} tables changed at once", seconds, peak


def both_fields(directory, count):
    """Read a table of many fields, and load it into an empty one of the same form."""
    with Simulator(seed=bulk(tables=1, rows=100, fields=count)) as simulator:
        read = [dict(record.fields) for record in simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID).records("A")]
        output, seconds, peak = _timed(directory, "tap-ninox", simulator)
        assert rows_and_state(output)[0] == 100
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
        assert rows_and_state(output)[0] == 10
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
        (tap_tables, max(110, min(500, options.rows // 100))),
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
