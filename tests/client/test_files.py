"""Files on their way: whole, continued after an interruption, and without their names in any message."""

from __future__ import annotations

import hashlib
import io
import random
import tracemalloc
from decimal import Decimal

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.changes import DatabaseFeedReader, FeedAnswer
from ninox_api.errors import AnswerTooLargeError, NinoxProtocolError, NinoxServerError, NinoxTransportError
from ninox_api.files import Download, RangeRefusedError, parse_files
from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop
from tests.helpers.wire import calls

CONTENT = random.Random(1).randbytes(700_000)
NAME = "Plan Größe 100%.pdf"


@pytest.fixture(params=["ignored", "honoured"])
def simulator(request):
    with limits.no_pauses(), Simulator(seed=shop(2), switches={"file_ranges": request.param}) as running:
        database = running.store.database(TEAM_ID, DATABASE_ID)
        database.put_file("A", 1, NAME, io.BytesIO(CONTENT), moves_record=False)
        yield running


def reader(simulator, **settings):
    config = ConnectionConfig(api_url=simulator.url, auth_token=simulator.token, **{"max_retries": 3, **settings})
    return NinoxClient(config).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))


def received(simulator, name=NAME, **settings):
    target = io.BytesIO()
    download = Download(target)
    found = reader(simulator, **settings).download_file("A", 1, name, download)
    return found, target.getvalue(), download


@pytest.mark.parametrize("fault", [None, {"kind": "cut"}, {"kind": "drop_before"}, {"kind": "status", "status": 503}])
def test_a_file_arrives_byte_by_byte_whatever_interrupts_it(simulator, fault):
    if fault:
        simulator.faults.add(**fault, path="/files/", times=2)
    found, content, download = received(simulator)
    assert found
    assert content == CONTENT
    assert (download.size, download.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert len(calls(simulator)) == (3 if fault else 1)


def test_an_error_page_is_not_the_file(simulator):
    simulator.faults.add("status", status=500, path="/files/", times=None)
    with pytest.raises(NinoxServerError) as caught:
        received(simulator)
    assert "Plan" not in str(caught.value)
    assert str(caught.value).startswith(f"GET /teams/{TEAM_ID}/databases/{DATABASE_ID}/tables/A/records/1/files/*")


def test_a_name_is_in_no_message_when_the_connection_breaks(simulator, caplog):
    simulator.faults.add("drop_before", path="/files/", times=None)
    with pytest.raises(NinoxTransportError) as caught:
        received(simulator)
    assert "Plan" not in str(caught.value) + caplog.text
    assert "files/*" in caplog.text


def test_what_is_gone_is_told_without_an_error(simulator):
    assert received(simulator, "other.pdf")[0] is False
    assert reader(simulator).list_files("A", 99) is None
    assert reader(simulator).list_files("A", 2) == []


def test_a_rest_is_only_taken_for_the_version_that_was_begun():
    download = Download(io.BytesIO())
    download.begin(200, {"ETag": '"one"', "Content-Length": "10"})
    download.write(b"12345")
    assert download.headers()["Range"] == "bytes=5-"
    assert download.headers()["If-Range"] == '"one"'
    download.begin(200, {"ETag": '"two"'})
    assert download.size == 0
    download.write(b"1")
    download.begin(206, {"Content-Range": "bytes 0-9/10"})
    assert download.size == 0


@pytest.mark.parametrize(
    "part", ["bytes 3-9/10", "bytes 6-9/10", "bytes 5-8/10", "bytes 0-8/10", "bytes */10", "", "5-9"]
)
def test_another_part_than_the_rest_is_never_taken_for_it(part):
    file = io.BytesIO()
    download = Download(file)
    download.begin(200, {"ETag": '"one"'})
    download.write(b"12345")
    with pytest.raises(RangeRefusedError):
        download.begin(206, {"Content-Range": part})
    assert (download.size, file.getvalue()) == (0, b"")
    download.begin(206, {"Content-Range": "bytes 0-9/*"})


def test_a_file_is_not_followed_beyond_what_it_may_have():
    file = io.BytesIO()
    download = Download(file, max_bytes=6)
    download.begin(200, {})
    download.write(b"123456")
    with pytest.raises(AnswerTooLargeError):
        download.write(b"7")
    assert file.getvalue() == b"123456"


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}, {"ETag": '"x"', "Content-Encoding": "gzip"}])
def test_without_a_sure_version_a_download_begins_again(headers):
    download = Download(io.BytesIO())
    download.begin(200, headers)
    download.write(b"12345")
    assert "Range" not in download.headers()


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (1709648411000, "2024-03-05T14:20:11Z"),
        (Decimal("1709648411500.0"), "2024-03-05T14:20:11.500000Z"),
        ("1709648411000", "2024-03-05T14:20:11Z"),
        ("2024-03-05T14:20:11", "2024-03-05T14:20:11Z"),
        ("2024-03-05T14:20:11.000Z", "2024-03-05T14:20:11Z"),
        ("2024-03-05T15:20:11+01:00", "2024-03-05T14:20:11Z"),
        ("soon", None),
        (None, None),
        (10**30, None),
    ],
    ids=repr,
)
def test_the_date_of_a_file_is_utc_in_whatever_form_it_comes(raw, moment):
    (file,) = parse_files([{"name": "a", "modifiedDate": raw}])
    assert file.modified_at == moment


def test_a_list_of_files_is_read_as_far_as_it_can_be():
    files = parse_files(["a.txt", {"name": "b.txt", "size": "7", "extra": 1}, {"name": "b.txt", "size": 8}])
    assert [(file.name, file.size) for file in files] == [("a.txt", None), ("b.txt", 8)]
    for wrong in ({}, None, [{"size": 1}]):
        with pytest.raises(NinoxProtocolError):
            parse_files(wrong)


@pytest.mark.parametrize(
    ("raw", "files", "unread"),
    [
        ([{"nid": "A7", "name": "x", "seq": 5}], {7: 5}, 0),
        ([{"nid": "A7", "seq": 5}, {"nid": "A7", "seq": 9}], {7: 9}, 0),
        ([{"nid": "A7", "seq": 5}, {"nid": "A7"}], {7: None}, 0),
        ([{"id": 7, "tid": "A"}, "A8", "A9/plan.pdf"], {7: None, 8: None, 9: None}, 0),
        ({"A7": [{"name": "x"}]}, {7: None}, 0),
        ([{"name": "x"}, 5, None], {}, 3),
        (None, {}, 0),
        ("all", {}, 0),
    ],
)
def test_the_files_of_the_feed_are_read_in_whatever_form_they_come(raw, files, unread):
    changes = DatabaseFeedReader(["A"]).finish(FeedAnswer(seq=9, files=raw))
    assert (changes.tables["A"].files if files else {}) == files
    assert changes.unread_files == unread


def test_a_large_file_passes_through_little_memory(simulator, tmp_path):
    size = 25 * 1024 * 1024
    database = simulator.store.database(TEAM_ID, DATABASE_ID)
    with (tmp_path / "source").open("w+b") as source:
        source.truncate(size)
        database.put_file("A", 1, "large.bin", source, moves_record=False)
    tracemalloc.start()
    try:
        with (tmp_path / "target").open("wb") as target:
            download = Download(target)
            assert reader(simulator).download_file("A", 1, "large.bin", download)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert download.size == size
    assert peak < size / 4
