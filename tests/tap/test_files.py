"""The files of records: listed once, then where something changed; downloaded whole, once, and nowhere else."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import logging
import os
import random
import shutil
import stat
import sys
from functools import partial
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from starlette.responses import Response

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, team
from tests.helpers.wire import calls

STREAM = "ninox_files"
RNG = random.Random(5)
CONTENTS = {
    (1, "Foto 2021-08-30 10-55-15.jpg"): RNG.randbytes(5000),
    (1, "Plan Größe 100%.pdf"): RNG.randbytes(300_000),
    (3, "Plan Größe 100%.pdf"): RNG.randbytes(300_000),
    (3, "leer.txt"): b"",
    (7, "../../escape.txt"): b"outside?",
    (7, "Gru\u0308n.txt"): b"decomposed",
    (7, "Gr\u00fcn.txt"): b"composed",
}


def put(simulator, record_id, name, content):
    simulator.edit.put_file("A", record_id, name, io.BytesIO(content), moves_record=False)


@pytest.fixture
def shop(simulate):
    def start(**switches):
        tables = {"A": customers(), "B": customers()}
        tables["B"] = {**tables["B"], "caption": "Other"}
        records = {"A": customer_records(8), "B": [RecordDocument(1, {"A": "x"}, 20)]}
        simulator = simulate(team(database(tables, records)), **switches)
        for (record_id, name), content in CONTENTS.items():
            put(simulator, record_id, name, content)
        return simulator

    with limits.no_pauses():
        yield start


def settings(store=None, *, streams=("shop__customers",), **more):
    return {"files": dict.fromkeys(streams, str(store or "metadata")), **more}


def listings(simulator):
    return [call.path for call in calls(simulator) if call.path.endswith("/files")]


def downloads(simulator):
    return [call.path for call in calls(simulator) if "/files/" in call.path]


def files_in(store):
    paths = (path for path in Path(store).rglob("*") if path.is_file())
    return {path.relative_to(store).as_posix(): path.read_bytes() for path in paths if path.suffix != ".json"}


def stored(run, store):
    return {
        (row["record_id"], row["name"]): (Path(store) / row["stored_path"]).read_bytes() for row in run.rows(STREAM)
    }


def test_no_file_is_asked_for_unless_it_is_wanted(shop):
    simulator = shop()
    run = run_tap(simulator)
    assert listings(simulator) == []
    assert STREAM not in run.report["streams"]


@pytest.mark.parametrize("dates", ["number", "text"])
def test_metadata_of_all_records_for_a_call_each_and_none_of_them_twice(shop, caplog, dates):
    simulator = shop(file_dates=dates)
    first = run_tap(simulator, **settings())
    assert len(listings(simulator)) == 8
    assert downloads(simulator) == []
    assert "one API call per record, 8 in all" in caplog.text
    rows = {(row["record_id"], row["name"]): row for row in first.rows(STREAM)}
    assert rows.keys() == CONTENTS.keys()
    row = rows[1, "Plan Größe 100%.pdf"]
    assert (row["size"], row["content_type"], row["stream"]) == (300_000, "application/pdf", "shop__customers")
    assert row["modified_at"].endswith("Z")
    assert (row["stored_path"], row["sha256"]) == (None, None)
    assert len(first.of_type("ACTIVATE_VERSION", STREAM)) == 1
    simulator.log.clear()
    again = run_tap(simulator, state=first.state, **settings())
    assert (again.rows(STREAM), listings(simulator)) == ([], [])
    assert again.of_type("ACTIVATE_VERSION", STREAM) == []


@pytest.mark.parametrize("form", ["objects", "strings", "by_record"])
@pytest.mark.parametrize("moves", ["no", "yes"])
def test_later_runs_ask_for_records_whose_files_changed_in_whatever_form_the_feed_says_so(shop, form, moves):
    simulator = shop(feed_files=form)
    first = run_tap(simulator, **settings())
    simulator.edit.put_file("A", 5, "new.txt", io.BytesIO(b"new"), moves_record=moves == "yes")
    simulator.edit.update("A", 2, {"A": "changed"})
    simulator.edit.put_file("B", 1, "other.txt", io.BytesIO(b"new"), moves_record=False)
    simulator.log.clear()
    later = run_tap(simulator, state=first.state, **settings())
    assert [path.split("/")[-2] for path in listings(simulator)] == ["2", "5"]
    assert [(row["record_id"], row["name"]) for row in later.rows(STREAM)] == [(5, "new.txt")]


def test_a_feed_that_does_not_tell_whose_file_it_is_leads_to_a_warning(shop, caplog):
    simulator = shop(feed_files="names")
    first = run_tap(simulator, **settings())
    put(simulator, 5, "new.txt", b"new")
    run_tap(simulator, state=first.state, **settings())
    assert "names 1 changed file in an unknown form" in caplog.text


@pytest.mark.parametrize("feed", ["missing", "forbidden"])
def test_without_a_feed_changed_records_are_asked_for(shop, feed):
    simulator = shop(feed=feed)
    first = run_tap(simulator, **settings())
    simulator.edit.put_file("A", 5, "new.txt", io.BytesIO(b"new"), moves_record=True)
    later = run_tap(simulator, state=first.state, **settings())
    assert [row["name"] for row in later.rows(STREAM)] == ["new.txt"]


@pytest.mark.parametrize("ranges", ["ignored", "honoured"])
@pytest.mark.parametrize("paging", ["honoured", "ignored"])
def test_downloads_are_byte_identical_under_unique_paths_inside_the_store(shop, tmp_path, ranges, paging):
    simulator = shop(file_ranges=ranges, records_since_id=paging)
    simulator.faults.add("cut", path="/files/", times=2)
    store = tmp_path / "store"
    run = run_tap(simulator, **settings(store, max_retries=3))
    assert run.error is None
    assert stored(run, store) == CONTENTS
    assert len({row["stored_path"] for row in run.rows(STREAM)}) == len(CONTENTS)
    assert {row["sha256"] for row in run.rows(STREAM)} == {hashlib.sha256(c).hexdigest() for c in CONTENTS.values()}
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert (store / "db0000000001/A/1/Plan Größe 100%.pdf").is_file()


def test_an_interrupted_first_reading_goes_on_at_its_record_and_downloads_nothing_twice(shop, tmp_path):
    simulator = shop()
    simulator.faults.add("status", status=503, path="/records/3/files/leer", times=None)
    died = run_tap(simulator, **settings(tmp_path))
    assert "503" in died.stream_error(STREAM)
    assert died.bookmark(STREAM)["tables"][0]["last_id"] == 2
    simulator.faults.clear()
    simulator.log.clear()
    rest = run_tap(simulator, state=died.state, **settings(tmp_path))
    assert [path.split("/")[-2] for path in listings(simulator)] == ["3", "4", "5", "6", "7", "8"]
    assert len(downloads(simulator)) == 4  # not the one of record 3 that had arrived
    assert stored(died, tmp_path) | stored(rest, tmp_path) == CONTENTS
    versions = {m["version"] for run in (died, rest) for m in run.of_type("RECORD", STREAM)}
    assert versions == {rest.of_type("ACTIVATE_VERSION", STREAM)[0]["version"]}


def test_a_feed_that_goes_back_too_short_does_not_set_a_first_reading_back(shop):
    simulator = shop(feed="too_old")
    simulator.faults.add("status", status=503, path="/records/5/files$", times=None)
    died = run_tap(simulator, **settings())
    simulator.faults.clear()
    simulator.edit.update("A", 1, {"A": "changed"})
    simulator.log.clear()
    run_tap(simulator, state=died.state, **settings())
    assert [path.split("/")[-2] for path in listings(simulator)] == ["5", "6", "7", "8"]


def test_the_budget_of_calls_stops_files_last_and_the_next_run_goes_on(shop, tmp_path):
    simulator = shop()
    runs = [run_tap(simulator, max_api_calls=14, **settings(tmp_path))]
    assert runs[0].ids("shop__customers") == list(range(1, 9))
    while runs[-1].error and len(runs) < 10:
        assert "max_api_calls" in runs[-1].stream_error(STREAM)
        runs.append(run_tap(simulator, max_api_calls=10, state=runs[-1].state, **settings(tmp_path)))
    assert 2 < len(runs) < 8
    merged = {}
    for run in runs:
        merged |= stored(run, tmp_path)
    assert merged == CONTENTS


def test_changes_that_exceed_the_budget_are_followed_over_several_runs(shop):
    simulator = shop()
    state = run_tap(simulator, **settings()).state
    for number in range(1, 9):
        put(simulator, number, "new.txt", b"x")
    seen, run = [], None
    for _ in range(8):
        run = run_tap(simulator, state=state, max_api_calls=7, **settings())
        seen += [row["record_id"] for row in run.rows(STREAM) if row["name"] == "new.txt"]
        state = run.state
        if run.error is None:
            break
        put(simulator, 1, "late.txt", b"x")
    assert run.error is None
    assert set(seen) == set(range(1, 9))


def test_a_file_that_was_replaced_is_downloaded_again_and_one_that_was_not_is_not(shop, tmp_path):
    simulator = shop()
    first = run_tap(simulator, **settings(tmp_path))
    name = "Plan Größe 100%.pdf"
    put(simulator, 1, name, b"y" * 300_000)
    simulator.edit.update("A", 3, {"A": "the record changed, its files did not"})
    simulator.log.clear()
    later = run_tap(simulator, state=first.state, **settings(tmp_path))
    assert len(downloads(simulator)) == 1
    assert stored(later, tmp_path)[1, name] == b"y" * 300_000
    assert {row["record_id"] for row in later.rows(STREAM)} == {1, 3}


def names_only(answer, *, size=None):
    """Return an answer in which lists of files hold names alone, as nobody knows that a server does not; or a size."""
    listed = json.loads(answer.body) if answer.media_type == "application/json" else None
    is_list = isinstance(listed, list) and listed and all(isinstance(file, dict) and "size" in file for file in listed)
    if not is_list:
        return answer
    names = [file["name"] if size is None else {"name": file["name"], "size": size} for file in listed]
    return Response(json.dumps(names), media_type=answer.media_type)


def test_where_only_names_are_listed_files_of_changed_records_are_compared_by_their_content(shop, tmp_path):
    simulator = shop()
    with limits.damaged_answers(names_only):
        first = run_tap(simulator, **settings(tmp_path))
        assert stored(first, tmp_path) == CONTENTS
        replaced = CONTENTS[1, "Plan Größe 100%.pdf"][::-1]
        put(simulator, 1, "Plan Größe 100%.pdf", replaced)
        as_it_was = next(path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size == 5000)
        written = as_it_was.stat().st_mtime_ns
        later = run_tap(simulator, state=first.state, **settings(tmp_path))
    assert stored(later, tmp_path)[1, "Plan Größe 100%.pdf"] == replaced
    assert {row["record_id"] for row in later.rows(STREAM)} == {1}
    assert as_it_was.stat().st_mtime_ns == written


def test_a_file_that_is_gone_meanwhile_is_counted_and_no_error(shop, tmp_path):
    simulator = shop()

    def delete(edit, _, path):
        if path.endswith("/records/3/files/leer.txt") and edit.files.find("A", 3, "leer.txt"):
            edit.files.delete("A", 3, "leer.txt")
        if path.endswith("/records/7/files") and any(record.id == 7 for record in edit.records("A")):
            edit.delete("A", 7)

    simulator.between(delete)
    run = run_tap(simulator, **settings(tmp_path))
    assert run.error is None
    assert run.report["streams"][STREAM]["gone"] == 2
    assert {(row["record_id"], row["name"]) for row in run.rows(STREAM)} == {
        key for key in CONTENTS if key[0] != 7 and key != (3, "leer.txt")
    }


def test_a_file_cut_short_without_a_word_is_not_taken_for_whole(shop, tmp_path):
    simulator = shop()
    simulator.faults.add("truncate", path="/records/1/files/Foto", times=1)
    assert stored(run_tap(simulator, **settings(tmp_path)), tmp_path) == CONTENTS


@pytest.mark.parametrize("size", [None, 10])
def test_a_file_that_does_not_end_is_not_followed(shop, tmp_path, size):
    simulator = shop()
    with limits.small_downloads(100_000), limits.damaged_answers(partial(names_only, size=size)):
        run = run_tap(simulator, **settings(tmp_path))
    assert "could not be downloaded in full; the next run tries again" in run.stream_error(STREAM)
    large = {key for key, content in CONTENTS.items() if len(content) > 100_000}
    not_stored = {(row["record_id"], row["name"]) for row in run.rows(STREAM) if row["stored_path"] is None}
    assert not_stored >= large
    assert len([path for path in downloads(simulator) if "Plan" in path]) == len(large)  # it would not end again


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "truncate"}])
def test_a_file_that_cannot_be_fetched_fails_the_run_at_its_end_and_is_tried_again(shop, tmp_path, caplog, fault):
    simulator = shop()
    simulator.faults.add(**fault, path="/records/1/files/Foto", times=None)
    run = run_tap(simulator, **settings(tmp_path))
    assert "1 file could not be downloaded in full" in run.stream_error(STREAM)
    assert len(run.rows(STREAM)) == len(CONTENTS)
    assert [row["name"] for row in run.rows(STREAM) if row["stored_path"] is None] == ["Foto 2021-08-30 10-55-15.jpg"]
    assert "Foto" not in caplog.text.replace(str(simulator.log.entries), "")
    simulator.faults.clear()
    simulator.log.clear()
    later = run_tap(simulator, state=run.state, **settings(tmp_path))
    assert later.error is None
    assert len(downloads(simulator)) == 1
    assert stored(later, tmp_path)[1, "Foto 2021-08-30 10-55-15.jpg"] == CONTENTS[1, "Foto 2021-08-30 10-55-15.jpg"]
    assert run_tap(simulator, state=later.state, **settings(tmp_path)).rows(STREAM) == []


def test_downloads_turned_on_later_and_another_store_read_all_again(shop, tmp_path):
    simulator = shop()
    listed = run_tap(simulator, **settings())
    fetched = run_tap(simulator, state=listed.state, **settings(tmp_path / "one"))
    assert stored(fetched, tmp_path / "one") == CONTENTS
    other = run_tap(simulator, state=fetched.state, **settings(tmp_path / "two"))
    assert stored(other, tmp_path / "two") == CONTENTS


def test_all_selected_tables_are_read_unless_some_are_named(shop):
    simulator = shop()
    simulator.edit.put_file("B", 1, "other.txt", io.BytesIO(b"x"), moves_record=False)
    run = run_tap(simulator, **settings(streams=["*"]))
    assert {row["stream"] for row in run.rows(STREAM)} == {"shop__customers", "shop__other"}
    wrong = run_tap(simulator, **settings(streams=["shop__custmers"]))
    assert "files: nothing is called 'shop__custmers'. Did you mean 'shop__customers'?" in str(wrong.error)


def test_a_table_that_may_not_be_read_does_not_keep_the_others_from_being_read(shop, simulate):
    simulator = shop()
    simulator.edit.unreadable_tables.add("B")
    run = run_tap(simulator, **settings(streams=["shop__customers", "shop__other"]))
    assert len(run.rows(STREAM)) == len(CONTENTS)
    assert "the files of shop__other may not be read" in run.stream_error(STREAM)


def test_a_database_that_was_set_back_is_read_whole_again(shop):
    simulator = shop()
    first = run_tap(simulator, **settings())
    state = copy.deepcopy(first.state)
    state["bookmarks"][STREAM]["tables"][0]["sequence"] = 10_000
    assert len(run_tap(simulator, state=state, **settings()).rows(STREAM)) == len(CONTENTS)


@pytest.mark.parametrize("refresh", [[], ["shop__customers"]], ids=["by the feed", "asked for besides"])
def test_a_run_that_sees_a_set_back_and_ends_before_it_lists_files_begins_anew_with_them(shop, refresh):
    """People then work up to where the files were known: by that number, nothing tells of the other time."""
    simulator = shop()
    backup = simulator.edit.snapshot()
    for _ in range(5):
        simulator.edit.update("A", 2, {"A": "work that gets lost"})
    state = run_tap(simulator, **settings()).state
    simulator.edit.restore(backup)
    seen = run_tap(simulator, state=state, refresh=refresh, **settings())
    messages = seen.messages[: seen.messages.index(seen.of_type("RECORD", STREAM)[0])]
    state = [message["value"] for message in messages if message["type"] == "STATE"][-1]
    simulator.edit.put_file("A", 5, "of the new time.txt", io.BytesIO(b"new"), moves_record=True)
    for _ in range(9):
        simulator.edit.update("A", 2, {"A": "work"})
    run = run_tap(simulator, state=state, **settings())
    assert "of the new time.txt" in {row["name"] for row in run.rows(STREAM)}
    simulator.log.clear()
    run_tap(simulator, state=run.state, **settings())
    assert listings(simulator) == [], "whatever came before it was listed once"


@pytest.mark.parametrize("damage", [{"sequence": "x"}, {"again": 5}, {"partial": [1]}, {"last_id": -1}])
def test_a_damaged_bookmark_leads_to_a_whole_reading(shop, damage):
    simulator = shop()
    first = run_tap(simulator, **settings())
    state = copy.deepcopy(first.state)
    state["bookmarks"][STREAM]["tables"][0].update(damage)
    assert len(run_tap(simulator, state=state, **settings()).rows(STREAM)) == len(CONTENTS)


def test_any_place_that_fsspec_knows_will_do(shop):
    run = run_tap(shop(), **settings("memory://files"))
    files = MemoryFileSystem()
    assert {
        (row["record_id"], row["name"]): files.cat_file(f"/files/{row['stored_path']}") for row in run.rows(STREAM)
    } == CONTENTS


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"*": "memory://a", "shop__other": "metadata"}, "files: give the same for all streams"),
        ({"*": ""}, "files.*: empty. Give a value"),
        ({"*": "nowhere://x"}, "files: fsspec knows no 'nowhere'"),
        ("download", 'files: give an object, as JSON such as {"*": "metadata"}.'),
    ],
)
def test_a_store_that_cannot_work_is_refused_before_anything_is_sent_to_it(shop, files, problem):
    run = run_tap(shop(), files=files)
    assert problem in str(run.error)


def test_a_missing_library_is_named_with_the_way_to_get_it(shop, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    run = run_tap(shop(), **settings(tmp_path))
    assert "pip install '.[files]' in a clone" in str(run.error)


def test_a_store_that_cannot_be_written_is_an_error_without_its_address(shop, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    run = run_tap(shop(), **settings(blocked))
    error = run.stream_error(STREAM)
    assert "files: it could not be read or written" in error
    assert str(tmp_path) not in error


def test_what_is_stored_is_for_its_owner_alone(shop, tmp_path):
    run_tap(shop(), **settings(tmp_path / "store"))
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "store").rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "store").rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def _link_to_victim(path):
    path.symlink_to(path.parents[4] / "victim")


def _linked_folder(path):
    shutil.rmtree(path.parent)
    path.parent.symlink_to(path.parents[4] / "elsewhere")


@pytest.mark.parametrize("lay", [_link_to_victim, os.mkfifo, os.mkdir, _linked_folder])
def test_nothing_is_stored_through_a_link_or_in_place_of_what_is_no_plain_file(shop, tmp_path, lay):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "victim").write_text("mine", encoding="utf-8")
    simulator = shop()
    store = tmp_path / "store"
    row = next(row for row in run_tap(simulator, **settings(store)).rows(STREAM) if row["record_id"] == 1)
    path = store / row["stored_path"]
    path.unlink()
    lay(path)
    before = path.parent.lstat(), path.lstat().st_mode if path.is_symlink() or path.exists() else None
    error = run_tap(simulator, **settings(store)).stream_error(STREAM)
    assert "a link, is where a file or a folder belongs: move it away" in error
    assert "Foto" not in error
    assert (path.parent.lstat().st_mode, path.lstat().st_mode if before[1] else None) == (before[0].st_mode, before[1])
    assert (tmp_path / "victim").read_text(encoding="utf-8") == "mine"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_store_itself_may_be_reached_by_a_link(shop, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "disk")
    assert stored(run_tap(shop(), **settings(tmp_path / "store")), tmp_path / "disk") == CONTENTS


def test_names_are_in_no_log_line_and_no_state(shop, tmp_path, caplog):
    simulator = shop()
    simulator.faults.add("drop_before", path="/files/", times=1)
    caplog.set_level("DEBUG", logger="ninox_api")
    caplog.set_level("DEBUG", logger="tap_ninox")
    run = run_tap(simulator, **settings(tmp_path))
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith(("ninox_api", "tap_ninox")))
    for name in ("Foto", "Plan", "leer", "escape"):
        assert name not in ours
        assert name not in str(run.states)


@pytest.mark.parametrize("library", ["fsspec", "fsspec.local", "s3fs", "gcsfs.core", "adlfs", "botocore.endpoint"])
def test_no_store_logs_paths_whatever_the_level(library, caplog):
    caplog.set_level("DEBUG")
    assert not logging.getLogger(library).isEnabledFor(logging.DEBUG)


def test_a_stream_behind_an_exclamation_mark_is_left_out(shop):
    simulator = shop()
    simulator.edit.put_file("B", 1, "secret.pdf", io.BytesIO(b"x"), moves_record=False)
    run = run_tap(simulator, **settings(streams=("*", "!shop__other")))
    assert run.error is None
    assert {row["stream"] for row in run.rows(STREAM)} == {"shop__customers"}
    assert [path for path in listings(simulator) if "/tables/B/" in path] == []
