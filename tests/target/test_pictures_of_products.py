"""B12: pictures of products from a folder and from addresses; what is there already is not sent again."""

from __future__ import annotations

import io
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, team

PICTURES = schema("product_photos", key=["Name"], Name="string", photo_url="string", sheet="string")
SETTINGS = {"table": "Customers", "fields": {"photo_url": "Foto", "sheet": "Datenblatt"}}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        pass


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(1, 4):
        (folder / f"Foto {number} 100%.png").write_bytes(b"\x89PNG" + bytes(number * 1000))
    (folder / "sheet.pdf").write_bytes(b"%PDF")
    return folder


@pytest.fixture
def host(pictures):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pictures))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(params=["json", "text"])
def simulator(simulate, request):
    tables = {"A": customers(C=field("image", "Foto"), D=field("file", "Datenblatt"))}
    return simulate(team(database(tables, {"A": customer_records(2)})), upload_answer=request.param)


def load(simulator, pictures, host, **more):
    given = [
        {"Name": f"name {number}", "photo_url": f"{host}/Foto%20{number}%20100%25.png", "sheet": "sheet.pdf"}
        for number in range(1, 4)
    ]
    settings = {"file_sources": [str(pictures), "127.0.0.1"], **more}
    return run_target(
        simulator, [PICTURES, *records("product_photos", given)], streams={"product_photos": SETTINGS}, **settings
    )


def held(simulator, record_id):
    files = simulator.store.database(TEAM_ID, DATABASE_ID).files
    return {item["name"]: item["size"] for item in files.listed("A", record_id)}


def uploads(simulator):
    return [call for call in simulator.log.entries if call.method == "POST" and call.path.endswith("/files")]


def test_a_row_whose_host_is_not_named_is_rejected_with_the_setting_that_names_it(simulator, pictures, host, tmp_path):
    path = tmp_path / "rejects.jsonl"
    sources = [str(pictures), "pictures.example.com"]
    run = load(simulator, pictures, host, file_sources=sources, rejects_path=str(path))
    assert run.error is not None
    assert run.counts("product_photos")["rejected"] == 3
    assert "file_sources does not name its host" in path.read_text(encoding="utf-8")
    assert "photo_url" in path.read_text(encoding="utf-8")
    assert not [call for call in uploads(simulator) if "Foto" in str(call)]


def test_pictures_arrive_once(simulator, pictures, host):
    run = load(simulator, pictures, host)
    assert run.error is None
    assert run.counts("product_photos") == {"read": 3, "created": 1, "updated": 2}
    assert run.report["streams"]["product_photos"]["uploaded"] == 6
    for number in range(1, 4):
        assert held(simulator, number) == {f"Foto {number} 100%.png": 4 + number * 1000, "sheet.pdf": 4}
        assert stored(simulator)[number]["C"] == f"Foto {number} 100%.png"
    simulator.log.clear()
    again = load(simulator, pictures, host)
    assert again.counts("product_photos") == {"read": 3, "unchanged": 3}
    assert [call for call in simulator.log.entries if call.method != "GET"] == []


def test_a_row_that_changed_with_its_picture_there_is_one_write(simulator, pictures, host):
    load(simulator, pictures, host)
    simulator.log.clear()
    row = {"Name": "name 1", "Amount": 5, "photo_url": f"{host}/Foto%201%20100%25.png"}
    described = schema("product_photos", key=["Name"], Name="string", Amount="number", photo_url="string")
    run = run_target(
        simulator,
        [described, *records("product_photos", [row])],
        streams={"product_photos": {**SETTINGS, "fields": {"photo_url": "Foto"}}},
        file_sources=["127.0.0.1"],
    )
    assert run.counts("product_photos") == {"read": 1, "updated": 1}
    assert len([call for call in simulator.log.entries if call.method != "GET"]) == 1


def test_a_picture_that_changed_is_sent_again(simulator, pictures, host):
    load(simulator, pictures, host)
    (pictures / "Foto 2 100%.png").write_bytes(b"new")
    simulator.log.clear()
    run = load(simulator, pictures, host)
    assert run.counts("product_photos") == {"read": 3, "updated": 1, "unchanged": 2}
    assert len(uploads(simulator)) == 1
    assert held(simulator, 2)["Foto 2 100%.png"] == 3


def test_a_picture_that_is_gone_is_a_reject_of_its_row(simulator, pictures, host, caplog):
    (pictures / "Foto 3 100%.png").unlink()
    run = load(simulator, pictures, host, on_reject="continue")
    assert run.error is None
    assert run.counts("product_photos") == {"read": 3, "updated": 2, "rejected": 1}
    assert "row 3 is rejected: photo_url: The file could not be fetched: the host answers HTTP 404." in caplog.text
    assert "127.0.0.1" not in caplog.text


@limits.small_files(3000)
@pytest.mark.parametrize("source", ["address", "folder"])
def test_a_picture_that_is_too_large_is_a_reject_of_its_row(simulator, pictures, host, caplog, source):
    row = {"photo_url": f"{host}/Foto%203%20100%25.png" if source == "address" else "Foto 3 100%.png"}
    run = run_target(
        simulator,
        [PICTURES, *records("product_photos", [{"Name": "name 1", **row}, {"Name": "name 2", "sheet": "sheet.pdf"}])],
        streams={"product_photos": SETTINGS},
        on_reject="continue",
        file_sources=[str(pictures), "127.0.0.1"],
    )
    assert run.error is None
    assert run.counts("product_photos") == {"read": 2, "updated": 1, "rejected": 1}
    assert "row 1 is rejected: photo_url: The file is larger than " in caplog.text
    assert (held(simulator, 1), len(uploads(simulator))) == ({}, 1)


def test_a_dry_run_uploads_nothing(simulator, pictures, host, monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    dry = load(simulator, pictures, host, dry_run=True)
    assert [call for call in simulator.log.entries if call.method != "GET"] == []
    assert load(simulator, pictures, host).counts("product_photos") == dry.counts("product_photos")


@limits.no_pauses()
@pytest.mark.parametrize("blocked", ["upload", "field"])
@pytest.mark.parametrize("status", [423, 500])
def test_one_picture_that_ninox_chokes_on_costs_no_other_row(simulator, pictures, host, status, blocked):
    """A locked record, or a picture that fails; or a picture that is there and is not shown."""
    if blocked == "field":
        load(simulator, pictures, host)
        simulator.store.database(TEAM_ID, DATABASE_ID).update("A", 1, {"C": ""})
        simulator.faults.add("status", status=status, method="POST", path="/records$", times=None)
    else:
        simulator.faults.add("status", status=status, method="POST", path="/records/1/files$", times=None)
    run = load(simulator, pictures, host, on_reject="continue")
    assert run.error is None
    counts = run.counts("product_photos")
    assert (counts["read"], counts["rejected"]) == (3, 1)
    records_with_files = [number for number in (1, 2, 3) if held(simulator, number)]
    assert records_with_files == ([1, 2, 3] if blocked == "field" else [2, 3])
