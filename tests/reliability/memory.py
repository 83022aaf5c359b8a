"""Peak memory of whole processes, of each shape that once took too much; each row with its bound.

`python -m tests.reliability memory`; with names (`--only feed wide`) some of them. The simulator is this process, and
what is measured another.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from ninox_simulator.seeds import (
    BULK_DATABASE_ID,
    BULK_TEAM_ID,
    DatabaseDocument,
    RecordDocument,
    TeamDocument,
    bulk,
    bulk_fields,
    bulk_values,
    field_id,
    table_id,
)
from ninox_simulator.server import Simulator
from tests.helpers.measured import rows_and_state, run_measured, write_config
from tests.helpers.run import schema
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, field, table, team

MOST_MB = 150
MOST_MB_ABOVE_SDK = 50
SDK_CATALOG = """
import json, sys
from singer_sdk.singerlib import Catalog
print(json.dumps(Catalog.from_dict(json.load(open(sys.argv[1]))).to_dict(), indent=2))
"""


class Peak(NamedTuple):
    """What a process took, and what it may take at most."""

    name: str
    mb: int
    user_s: float
    most_mb: int | None = MOST_MB


def _measured(name, directory, *command, most_mb=MOST_MB):
    took = run_measured(*command, output=directory / "output")
    return Peak(name, took.mb, took.user_s, most_mb)


def _run(name, directory, program, simulator, *more, most_mb=MOST_MB, **settings):
    config = write_config(directory, simulator, **settings)
    command = Path(sys.executable).with_name(program)
    return _measured(name, directory, command, "--config", config, *more, most_mb=most_mb)


def tap(name, directory, simulator, *more, **settings):
    return _run(f"tap: {name}", directory, "tap-ninox", simulator, *more, **settings)


def target(name, directory, simulator, **settings):
    """Load the directory's `input`."""
    return _run(f"target: {name}", directory, "target-ninox", simulator, "--input", directory / "input", **settings)


def _write_input(directory, output):
    """Make what the tap wrote of tables the target's input."""
    of_tables = (b'{"type":"SCHEMA","stream":"bulk', b'{"type":"RECORD","stream":"bulk')
    with output.open("rb") as lines, (directory / "input").open("wb") as file:
        file.writelines(line for line in lines if line.startswith(of_tables))


def large_rows(directory, rows=1000, size=100_000):
    """Rows of 100 kB, each way; the second load finds all of them."""
    documents = [RecordDocument(n, {"A": f"{n:07d}" * (size // 7), "B": n}, n) for n in range(1, rows + 1)]
    with Simulator(seed=team(database({"A": customers()}, {"A": documents}))) as simulator:
        yield tap(f"{rows:,} rows of 100 kB", directory, simulator)
        assert rows_and_state(directory / "output")[0] == rows
    with (directory / "input").open("w", encoding="utf-8") as file:
        file.write(json.dumps(schema("customers", ["Amount"], Name="string", Amount="integer")) + "\n")
        for n in range(1, rows + 1):
            row = {"Name": f"{n:07d}" * (size // 7), "Amount": n}
            file.write(json.dumps({"type": "RECORD", "stream": "customers", "record": row}) + "\n")
    with Simulator(seed=team(database({"A": customers()}))) as simulator:
        for what in ("created", "fed again"):
            yield target(f"{rows:,} rows of 100 kB {what}", directory, simulator, database="Shop")
            assert len(simulator.store.database(TEAM_ID, DATABASE_ID).tables["A"].records) == rows


def _wide(tables, rows, fields):
    """Return equal tables of many fields; rows share their values, which here are only sent."""
    types = {
        table_id(n): {"caption": f"Wide {n}", "kind": "table", "fields": bulk_fields(fields)} for n in range(tables)
    }
    kinds = [tuple(bulk_values(n).values()) for n in range(10)]
    stored = [{key: values[place % 10] for place, key in enumerate(bulk_fields(fields))} for values in kinds]
    records = {key: (RecordDocument(n, stored[n % 10], n) for n in range(1, rows + 1)) for key in types}
    document = DatabaseDocument(
        id=BULK_DATABASE_ID,
        name="Bulk",
        schema={"seq": 1, "version": 1, "types": types},
        settings={"name": "Bulk"},
        records=records,
        sequence=rows,
    )
    return [TeamDocument(id=BULK_TEAM_ID, name="Bulk", databases=[document])]


def wide_rows(directory, rows=4000, fields=2000):
    """A table of 2,000 fields, each way."""
    with Simulator(seed=_wide(1, rows, fields)) as simulator:
        yield tap(f"{fields:,} fields, {rows:,} rows", directory, simulator)
        assert rows_and_state(directory / "output")[0] == rows
        _write_input(directory, directory / "output")
    with Simulator(seed=_wide(1, 0, fields)) as simulator:
        for what in ("created", "fed again"):
            name = f"{fields:,} fields, {rows:,} rows {what}"
            yield target(name, directory, simulator, database="Bulk")
            assert len(simulator.store.database(BULK_TEAM_ID, BULK_DATABASE_ID).tables["A"].records) == rows


def in_flight(directory, tables=8, rows=2000, fields=2000):
    """Eight requests under way at once: for rows of 100 kB, and for tables whose descriptions alone are large."""
    large = [RecordDocument(n, {"A": f"{n:07d}" * (100_000 // 7), "B": n}, n) for n in range(1, 1001)]
    ids = [table_id(n) for n in range(tables)]
    seed = team(database({key: table(f"Large {key}", **bulk_fields(2)) for key in ids}, dict.fromkeys(ids, large)))
    with Simulator(seed=seed) as simulator:
        yield tap(
            f"8 requests in flight, {tables} tables of 1,000 rows of 100 kB",
            directory,
            simulator,
            max_parallel_requests=8,
        )
        assert rows_and_state(directory / "output")[0] == tables * 1000
    with Simulator(seed=_wide(tables, rows, fields)) as simulator:
        for latency_s in (0.0, 0.15):
            simulator.faults.latency_s = latency_s
            name = f"8 requests in flight, {tables} tables of {fields:,} fields x {rows:,} rows, {latency_s} s each"
            yield tap(name, directory, simulator, max_parallel_requests=8)
            assert rows_and_state(directory / "output")[0] == tables * rows


def interleaved(directory, count=200, rows=2000):
    """Rows of many streams that come in turn."""
    names = [f"Field {n}" for n in range(10)]
    with (directory / "input").open("w", encoding="utf-8") as file:
        for n in range(count):
            file.write(json.dumps(schema(f"Table {n}", names[:1], **dict.fromkeys(names, "string"))) + "\n")
        for number in range(rows):
            row = {name: f"{name} {number}" for name in names}
            for n in range(count):
                file.write(json.dumps({"type": "RECORD", "stream": f"Table {n}", "record": row}) + "\n")
    fields = {field_id(n): field("string", name) for n, name in enumerate(names)}
    with Simulator(
        seed=team(database({table_id(n): table(f"Table {n}", **fields) for n in range(count)}))
    ) as simulator:
        yield target(f"{count} streams of {rows:,} rows in turn", directory, simulator, database="Shop")
        stored = simulator.store.database(TEAM_ID, DATABASE_ID).tables.values()
        assert [len(each.records) for each in stored] == [rows] * count


def feed(directory, changes=300_000, size=20):
    """As many records changed as were deleted."""
    documents = [RecordDocument(n, {"A": "x" * size, "B": n}, n) for n in range(1, 2 * changes + 1)]
    with Simulator(seed=team(database({"A": customers()}, {"A": documents}))) as simulator:
        yield tap(f"{2 * changes:,} rows", directory, simulator)
        (directory / "state.json").write_text(json.dumps(rows_and_state(directory / "output")[1]))
        edit = simulator.store.database(TEAM_ID, DATABASE_ID)
        for number in range(2 * changes - 1, 0, -2):  # from the end, where taking one out moves none
            edit.update("A", number, {"B": -number})
            edit.delete("A", number + 1)
        what = "" if size < 100 else f" of {size} bytes"
        name = f"{changes:,} changes{what}, and as many deletions"
        yield tap(name, directory, simulator, "--state", directory / "state.json")
        assert rows_and_state(directory / "output")[0] == 2 * changes


def feed_of_large_records(directory):
    """Values of the records stand in the feed, too."""
    yield from feed(directory, 100_000, 1000)


def _described(name, directory, simulator, *, has_many):
    """Have a catalog made, read and kept, and by the SDK alone, as which it takes at least so much."""
    saved = directory / "catalog.json"
    described = tap(f"{name}, --discover", directory, simulator, "--discover")
    (directory / "output").rename(saved)
    command = (sys.executable, "-c", SDK_CATALOG, saved)
    sdk = _measured(f"the SDK's own catalog: {name}", directory, *command, most_mb=None)
    most = max(MOST_MB, sdk.mb + MOST_MB_ABOVE_SDK)
    most_without = most if has_many else MOST_MB
    yield sdk
    yield described._replace(most_mb=most_without)
    yield tap(f"{name}, without a catalog", directory, simulator, most_mb=most_without)
    yield tap(f"{name}, with a saved catalog", directory, simulator, "--catalog", saved, most_mb=most)


def tables(directory, count=5000):
    """Many tables in one database."""
    with Simulator(seed=bulk(tables=count, rows=0)) as simulator:
        yield from _described(f"{count:,} tables of 10 fields", directory, simulator, has_many=True)


def databases(directory, count=100, each=20):
    """Many databases of some tables."""
    documents = []
    for n in range(count):
        (of_one,) = bulk(tables=each, rows=10)[0].databases
        of_one.id, of_one.name = f"bulk{n:08d}", f"Bulk {n}"
        documents.append(of_one)
    with Simulator(seed=[TeamDocument(id=BULK_TEAM_ID, name="Bulk", databases=documents)]) as simulator:
        yield from _described(f"{count} databases of {each} tables of 10 fields", directory, simulator, has_many=False)


SHAPES = {
    "large": large_rows,
    "wide": wide_rows,
    "flight": in_flight,
    "streams": interleaved,
    "feed": feed,
    "feed-large": feed_of_large_records,
    "databases": databases,
    "tables": tables,
}


def run_memory(options):
    """Measure every shape; print its peak beside its bound."""
    failed = 0
    sys.stdout.write("| load | peak memory | bound | user s |\n|---|--:|--:|--:|\n")
    for shape in options.only or SHAPES:
        with tempfile.TemporaryDirectory(prefix="ninox-memory-") as directory:
            for peak in SHAPES[shape](Path(directory)):
                bound = f"{peak.most_mb} MB" if peak.most_mb else "-"
                is_above = peak.most_mb is not None and peak.mb > peak.most_mb
                failed += is_above
                sys.stdout.write(f"| {peak.name} | {peak.mb} MB | {bound}{' (!)' * is_above} | {peak.user_s:.2f} |\n")
                sys.stdout.flush()
    return failed
