"""`batch_config`: rows in JSON Lines files, state never ahead of them, keys, versions and deletions as without."""

from __future__ import annotations

import gzip
import json
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tap_ninox.streams.base import RecordStream
from tests.helpers.run import new_tap, run_tap, run_target, stored
from tests.helpers.seeds import shop

STREAM = "shop__customers"


def rows_of(message):
    """Return the rows of a BATCH message's files."""
    rows = []
    for url in message["manifest"]:
        content = Path(unquote(urlsplit(url).path)).read_bytes()
        text = gzip.decompress(content) if message["encoding"]["compression"] == "gzip" else content
        rows += [json.loads(line) for line in text.splitlines()]
    return rows


def batched(run, stream):
    return [row for message in run.of_type("BATCH", stream) for row in rows_of(message)]


@pytest.fixture
def config(tmp_path):
    return {"storage": {"root": tmp_path.as_uri(), "prefix": "x-"}, "batch_size": 20}


def without_times(rows):
    return [{name: value for name, value in row.items() if not name.startswith("_sdc_")} for row in rows]


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_the_rows_are_those_of_a_run_without_files(simulate, config, tmp_path, compression):
    simulator = simulate(shop(50))
    plain = run_tap(simulator, page_size=15)
    encoding = {"format": "jsonl", "compression": compression}
    run = run_tap(simulator, page_size=15, batch_config={**config, "encoding": encoding})
    assert run.error is None
    assert run.of_type("RECORD") == []
    assert [len(rows_of(message)) for message in run.of_type("BATCH", STREAM)] == [20, 20, 10]
    rows = batched(run, STREAM)
    assert without_times(rows) == [dict(row, amount=int(row["amount"])) for row in plain.rows(STREAM)]
    (activation,) = run.of_type("ACTIVATE_VERSION", STREAM)
    assert {row["_sdc_table_version"] for row in rows} == {activation["version"]}
    assert all(row["_sdc_extracted_at"] for row in rows)
    assert run.messages.index(activation) > run.messages.index(run.of_type("BATCH", STREAM)[-1])
    assert {path.name[:12] for path in tmp_path.iterdir()} == {"x-tap-ninox-"}


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_state_is_ahead_of_the_files(simulate, config, parallel):
    simulator = simulate(shop(95))
    simulator.faults.configure({"latency_s": 0.001})
    run = run_tap(simulator, page_size=10, max_parallel_requests=parallel, batch_config=config)
    places = [index for index, message in enumerate(run.messages) if message["type"] == "STATE"]
    assert len(places) > 5
    for place in places:
        before = [
            row["_id"]
            for message in run.messages[:place]
            if message["type"] == "BATCH" and message["stream"] == STREAM
            for row in rows_of(message)
        ]
        rest = run_tap(simulator, page_size=10, state=run.messages[place]["value"])
        assert set(before + rest.ids(STREAM)) == set(range(1, 96))


def test_deletions_come_in_files_under_their_own_schema_behind_the_rows(simulate, config):
    simulator = simulate(shop(5))
    first = run_tap(simulator, batch_config=config)
    simulator.edit.update("A", 1, {"A": "x"})
    simulator.edit.delete("A", 2)
    later = run_tap(simulator, batch_config=config, state=first.state)
    kinds = [message["type"] for message in later.messages if message.get("stream") == STREAM]
    assert kinds == ["SCHEMA", "BATCH", "SCHEMA", "BATCH", "SCHEMA"]
    rows, gone = (rows_of(message) for message in later.of_type("BATCH", STREAM))
    assert [row["name"] for row in rows] == ["x"]
    assert [(row["_id"], bool(row["_sdc_deleted_at"])) for row in gone] == [(2, True)]


def test_stream_maps_shape_the_files(simulate, config):
    maps = {
        STREAM: {"__alias__": "people", "name": "name.upper()", "__filter__": "_id > 3"},
        "copy": {"__source__": STREAM},
    }
    run = run_tap(simulate(shop(5)), batch_config=config, stream_maps=maps)
    assert [row["name"] for row in batched(run, "people")] == ["NAME 4", "NAME 5"]
    assert len(batched(run, "copy")) == 5


def test_an_idle_run_makes_no_file(simulate, config, tmp_path):
    simulator = simulate(shop(5))
    first = run_tap(simulator, batch_config=config)
    for path in tmp_path.iterdir():
        path.unlink()
    later = run_tap(simulator, batch_config=config, state=first.state)
    assert later.state == first.state
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_confirms_only_what_is_in_files(simulate, config):
    simulator = simulate(shop(95))
    simulator.faults.add("status", status=500, path="/records$", after=5, times=None)
    died = run_tap(simulator, page_size=10, batch_config=config)
    simulator.faults.clear()
    rest = run_tap(simulator, page_size=10, batch_config=config, state=died.state)
    assert len(batched(died, STREAM)) == 50
    assert sorted({row["_id"] for run in (died, rest) for row in batched(run, STREAM)}) == list(range(1, 96))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoding": {"format": "parquet"}}, "format parquet is not offered; use jsonl"),
        ({"storage": {"prefix": "x"}}, "storage.root is missing"),
        ({"storage": {"root": "nope://x"}}, "storage.root is of a kind that fsspec does not know"),
    ],
)
def test_what_is_not_offered_is_one_clear_error_before_anything_is_read(simulate, config, change, message):
    simulator = simulate(shop(5))
    run = run_tap(simulator, batch_config={**config, **change})
    assert message in str(run.error)
    assert run.messages == []


def test_files_are_for_their_owner_alone(simulate, config, tmp_path):
    config["storage"]["prefix"] = "nightly/"
    run = run_tap(simulate(shop(5)), batch_config=config)
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(paths) == len(run.of_type("BATCH")) > 0
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert {path.parent for path in paths} == {tmp_path / "nightly"}


def test_no_file_is_written_through_a_link(simulate, config, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "nightly").symlink_to(tmp_path / "elsewhere")
    config["storage"]["prefix"] = "nightly/"
    run = run_tap(simulate(shop(5)), batch_config=config)
    assert "it is a link" in str(run.error)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("root", ["{}/with blank", "file://{}/with blank"])
def test_a_target_finds_files_in_a_folder_with_a_blank(simulate, config, tmp_path, root):
    source, destination = simulate(shop(5)), simulate(shop(0))
    config["storage"]["root"] = root.format(tmp_path)
    run = run_tap(source, batch_config=config, tables=["Customers"])
    assert run_target(destination, run.messages).error is None
    assert len(stored(destination)) == 5


def test_every_stream_leaves_its_batches_to_the_writer(simulate):
    tap = new_tap(simulate(shop(1)), deletes="both", files={"*": "metadata"})
    assert all(isinstance(stream, RecordStream) for stream in tap.streams.values())
