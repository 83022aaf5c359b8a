"""Files of records (Ninox docs: Files; sizes and words as public clients saw them)."""

from __future__ import annotations

import pytest
import requests

from ninox_simulator.remote import running
from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from tests.helpers.seeds import database, field, table, team
from tests.simulator.conftest import Caller, peak_kb

FILES = "/tables/A/records/1/files"


@pytest.fixture
def album():
    tables = {"A": table("Visits", A=field("image", "Photo"), B=field("string", "Title"))}
    records = {"A": [RecordDocument(1, {"A": "old.png"}, 1), RecordDocument(2, {}, 2)]}
    with Simulator(seed=team(database(tables, records))) as simulator:
        yield Caller(simulator)


def upload(api, name, content=b"bytes", path=FILES, **parts):
    return api.call("POST", path, files={"file": (name, content)}, data=parts)


def quoted(name):
    return name.replace("%", "%25").replace("/", "%2F").replace("#", "%23").replace("?", "%3F")


def test_upload_list_metadata_bytes_and_delete(album):
    answer = upload(album, "contract.pdf", b"%PDF-1.7 x")
    assert answer.status_code == 200
    assert answer.json() == {"message": "File Uploaded Successfully"}
    listed = {file["name"]: file for file in album.json(FILES)}
    assert set(listed) == {"old.png", "contract.pdf"}
    metadata = album.json(f"{FILES}/contract.pdf/metadata")
    assert metadata == listed["contract.pdf"]
    assert set(metadata) == {"name", "contentType", "size", "modifiedDate", "modifiedUser", "seq"}
    assert (metadata["contentType"], metadata["size"]) == ("application/pdf", 10)
    got = album.get(f"{FILES}/contract.pdf")
    assert (got.content, got.headers["Content-Type"]) == (b"%PDF-1.7 x", "application/pdf")
    assert album.call("DELETE", f"{FILES}/contract.pdf").status_code == 200
    assert album.get(f"{FILES}/contract.pdf").status_code == 404
    assert album.call("DELETE", f"{FILES}/contract.pdf").status_code == 404


@pytest.mark.parametrize(("switch", "date"), [("number", 1709648411000), ("text", "2024-03-05T14:20:11")])
def test_the_date_of_a_file(album, switch, date):
    album.simulator.switches.update({"file_dates": switch})
    assert album.json(FILES)[0]["modifiedDate"] == date
    assert album.json(f"{FILES}/old.png/metadata")["modifiedDate"] == date


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("objects", lambda metadata: [{"nid": "A1", **metadata}]),
        ("strings", lambda _: ["A1/new.txt"]),
        ("by_record", lambda metadata: {"A1": [metadata]}),
        ("names", lambda metadata: [metadata]),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_an_uploaded_file_in_the_feed(album, switch, told):
    album.simulator.switches.update({"feed_files": switch})
    upload(album, "new.txt")
    metadata = album.json(f"{FILES}/new.txt/metadata")
    assert album.json("/changes", sinceSq=2)["files"] == told(metadata)


def test_a_record_without_files_has_an_empty_list(album):
    assert album.json("/tables/A/records/2/files") == []
    assert album.get("/tables/A/records/77/files").status_code == 404


def test_uploading_a_name_again_replaces(album):
    upload(album, "a.txt", b"one")
    upload(album, "a.txt", b"second")
    assert [file["size"] for file in album.json(FILES) if file["name"] == "a.txt"] == [6]
    assert album.get(f"{FILES}/a.txt").content == b"second"


def test_the_name_can_be_put_into_a_field(album):
    upload(album, "new.jpg", fieldName="Photo")
    assert album.json("/tables/A/records/1")["fields"]["Photo"] == "new.jpg"
    assert upload(album, "x.jpg", fieldName="Title").status_code == 500


@pytest.mark.parametrize(
    "name",
    ["100%.txt", "Plan #2.txt", "a+b.txt", "Grünfläche.txt", "no-ending", "../../etc/passwd", "a/b.txt", "?.txt"],
)
def test_any_name_is_a_name_and_no_path(album, name):
    upload(album, name, name.encode())
    stored = [file["name"] for file in album.json(FILES) if file["name"] != "old.png"]
    assert len(stored) == 1
    assert album.get(f"{FILES}/{quoted(stored[0])}").content == name.encode()


def test_a_picture_has_a_thumbnail(album):
    upload(album, "wide.png", b"a picture")
    answer = album.get(f"{FILES}/wide.png/thumb.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")
    upload(album, "text.txt", b"no picture")
    assert album.get(f"{FILES}/text.txt/thumb.jpg").status_code == 404
    assert album.get(f"{FILES}/old.png/thumb.jpg").status_code == 200


def test_25_mib_arrive_whole_and_are_not_held_in_memory(tmp_path):
    content = b"0123456789abcdef" * (25 * 1024 * 1024 // 16)
    seed = tmp_path / "seed.json"
    seed.write_text(
        '[{"id": "t", "name": "T", "databases": [{"id": "d", "name": "D", "schema": {"types": {"A": {"fields": {}}}},'
        ' "records": {"A": [{"id": 1, "fields": {}, "sequence": 1}]}}]}]'
    )
    with running("--seed", str(seed)) as ninox:
        path = f"{ninox.url}/teams/t/databases/d{FILES}"
        headers = {"Authorization": "Bearer simulator-key"}
        requests.get(path, headers=headers, timeout=10)
        before = peak_kb(ninox.pid)
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            assert requests.post(path, files={"file": (name, content)}, headers=headers, timeout=60).status_code == 200
            assert requests.get(f"{path}/{name}", headers=headers, timeout=60).content == content
        assert peak_kb(ninox.pid) - before < 12 * 1024


@pytest.mark.parametrize(
    ("setting", "status", "content"), [("ignored", 200, b"0123456789"), ("honoured", 206, b"456789")]
)
def test_a_download_may_begin_in_the_middle_or_not(album, setting, status, content):
    album.simulator.switches.update({"file_ranges": setting})
    upload(album, "n.txt", b"0123456789")
    answer = album.call("GET", f"{FILES}/n.txt", headers={"Range": "bytes=4-"})
    assert (answer.status_code, answer.content) == (status, content)


@pytest.mark.parametrize(
    ("setting", "text"), [("json", '{"message":"File Uploaded Successfully"}'), ("text", "File Uploaded Successfully")]
)
def test_how_an_upload_is_answered(album, setting, text):
    album.simulator.switches.update({"upload_answer": setting})
    assert upload(album, "a.txt").text == text


@pytest.mark.parametrize(("setting", "moves"), [("no", False), ("yes", True)])
def test_an_upload_is_in_the_feed_and_may_move_the_record(album, setting, moves):
    album.simulator.switches.update({"files_move_record": setting})
    before = album.json("/changes", sinceSq=2)["seq"]
    upload(album, "a.txt")
    feed = album.json("/changes", sinceSq=before)
    assert [(file["nid"], file["name"], file["seq"]) for file in feed["files"]] == [("A1", "a.txt", feed["seq"])]
    assert (album.json("/tables/A/records/1")["sequence"] > before) is moves
    assert [file["name"] for file in album.json("/tables/A/changes", sinceSq=before)["files"]] == ["a.txt"]


def test_deleting_a_record_deletes_its_files(album):
    upload(album, "a.txt")
    album.call("DELETE", "/tables/A/records/1")
    assert album.get(FILES).status_code == 404
    (store,) = album.simulator.store.databases()
    assert store.files.listed("A", 1) == []


@pytest.mark.parametrize(
    "options",
    [
        {"data": b"no form"},
        {"files": {"other": ("a.txt", b"x")}},
        {"data": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"data": b"", "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
def test_a_form_without_a_file_is_an_error_and_the_server_lives_on(album, options):
    assert album.call("POST", FILES, **options).status_code == 400
    assert album.json(FILES)


def test_files_of_the_sample_exist_with_the_sizes_that_matter():
    with Simulator() as simulator:
        (office, *_) = simulator.store.databases()
        photo = office.tables["P"].field_id("Foto1")
        by_name = {}
        for record in office.records("P"):
            for file in office.files.listed("P", record.id):
                by_name.setdefault(file["name"], []).append((record.id, file["size"]))
        assert by_name["leer.txt"][0][1] == 0
        assert by_name["25MiB.pdf"][0][1] == 25 * 1024 * 1024
        assert len(by_name["Plan.pdf"]) >= 2
        assert any(record.fields.get(photo) == "100%.pdf" for record in office.records("P"))
