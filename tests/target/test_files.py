"""Files of rows: from where they come, under which names they arrive, and what is not sent twice."""

from __future__ import annotations

import base64
import re
from contextlib import contextmanager

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.errors import NinoxAPIError, NinoxFetchError, NinoxTransportError
from ninox_api.fetching import FetchedFile
from ninox_api.schema import DatabaseSchema, Field, Table
from ninox_simulator.messages import json_reply
from ninox_simulator.server import Simulator
from ninox_singer.types.base import ValueRejectedError
from target_ninox.mapping.plan import plan_stream
from target_ninox.mapping.tables import ChosenTable, Database
from target_ninox.records.destination import Destination
from target_ninox.rows import RowRejectedError, StreamSchema
from target_ninox.settings import StreamSettings
from target_ninox.write.blame import RefusesEverythingError
from target_ninox.write.files import FileLoader, FileSources, safe_name
from tests.helpers import limits
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, team
from tests.helpers.wire import calls

TRIES = 5
PICTURE = b"\x89PNG" + bytes(range(200))
TABLE = Table(
    id="A",
    name="Customers",
    fields=(
        Field(id="A", name="Name", type="string"),
        Field(id="C", name="Foto 1", type="image"),
        Field(id="D", name="Foto 2", type="image"),
    ),
)


class Web:
    """Stands in for other hosts."""

    def __init__(self):
        self.files = {}
        self.read = []

    @contextmanager
    def open(self, url):
        if url not in self.files:
            raise NinoxFetchError(problem="the host answers HTTP 404")
        content, tells_size = self.files[url]
        file = Sent(content, self, url)
        yield FetchedFile(
            name=url.rpartition("/")[2],
            media_type="image/png",
            size=len(content) if tells_size else None,
            _response=file,
        )


class Sent:
    def __init__(self, content, web, url):
        self.raw, self._left, self._web, self._url = self, [content], web, url

    def read1(self, _amount, **_more):
        if self._left:
            self._web.read.append(self._url)
        return self._left.pop() if self._left else b""


@pytest.fixture
def web():
    return Web()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos" / "2021").mkdir(parents=True)
    (tmp_path / "photos" / "2021" / "Plan Größe.png").write_bytes(PICTURE)
    (tmp_path / "secret.txt").write_text("secret")
    return (tmp_path / "photos").resolve()


@pytest.fixture
def sources(web, folder):
    return FileSources(web, folders=[folder], max_bytes=1000)


@pytest.fixture
def simulator():
    tables = {"A": customers(C=field("image", "Foto 1"), D=field("image", "Foto 2"))}
    with Simulator(seed=team(database(tables, {"A": customer_records(2)}))) as running:
        yield running


@pytest.fixture
def pauses():
    """How long was waited, in seconds, without waiting."""
    with limits.no_pauses() as waited:
        yield waited


@pytest.fixture
def load(simulator, sources, pauses):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0}
    client = NinoxClient(ConnectionConfig.from_settings(config)).database(
        TEAM_ID, DatabaseName(id=DATABASE_ID, name="")
    )
    schema = DatabaseSchema(tables=(TABLE,), lists_formulas=True)
    plan = plan_stream(
        StreamSchema(
            stream="customers", schema={"properties": {"name": {}, "one": {}, "two": {}}}, key_properties=["name"]
        ),
        ChosenTable(table_id=TABLE.id, reason="", is_set=False, has_own_ids=False),
        schema,
        StreamSettings(fields={"one": "Foto 1", "two": "D"}),
    )
    described = Database(team_id=TEAM_ID, name=client.database, schema=schema)
    destination = Destination(client, described, client, None, max_tries=TRIES, batch_size=None)
    loader = FileLoader(plan, destination, sources)

    def run(**files):
        current = dict(stored(simulator).fields)
        return loader.load(plan.encode({"name": "name 1", **files}, 1), 1, current)

    yield run
    destination.temporary.close()


def stored(simulator):
    return next(iter(simulator.store.database(TEAM_ID, DATABASE_ID).records("A")))


def held(simulator):
    files = simulator.store.database(TEAM_ID, DATABASE_ID).files
    return {item["name"]: item["size"] for item in files.listed("A", 1)}


def uploads(simulator):
    return [call for call in calls(simulator) if call.method == "POST" and call.path.endswith("/files")]


def test_a_file_of_the_folder_is_uploaded_once(simulator, load):
    assert load(one="2021/Plan Größe.png") == 1
    assert held(simulator) == {"Plan Größe.png": len(PICTURE)}
    assert stored(simulator).fields["C"] == "Plan Größe.png"
    assert load(one="2021/Plan Größe.png") == 0
    assert len(uploads(simulator)) == 1


def test_a_file_of_another_size_replaces_the_old_one(simulator, load, folder):
    load(one="2021/Plan Größe.png")
    (folder / "2021" / "Plan Größe.png").write_bytes(b"new")
    assert load(one="2021/Plan Größe.png") == 1
    assert held(simulator) == {"Plan Größe.png": 3}


def test_a_file_that_is_there_but_not_shown_is_shown(simulator, load):
    load(one="2021/Plan Größe.png")
    simulator.store.database(TEAM_ID, DATABASE_ID).update("A", 1, {"C": ""})
    assert load(one="2021/Plan Größe.png") == 0
    assert stored(simulator).fields["C"] == "Plan Größe.png"


def test_a_file_of_another_host_is_not_read_if_it_is_there(simulator, load, web):
    web.files = {"https://e.com/a.png": (PICTURE, True), "https://e.com/b.png": (PICTURE, False)}
    assert load(one="https://e.com/a.png", two="https://e.com/b.png") == 2
    assert load(one="https://e.com/a.png", two="https://e.com/b.png") == 0
    # The second host does not tell the size before it sends the file.
    assert web.read == ["https://e.com/a.png", "https://e.com/b.png", "https://e.com/b.png"]
    assert len(uploads(simulator)) == 2


def test_two_files_of_one_name_do_not_replace_each_other(simulator, load, web):
    web.files = {"https://e.com/1/a.png": (b"one", True), "https://e.com/2/a.png": (b"second", True)}
    for _ in range(2):
        load(one="https://e.com/1/a.png", two="https://e.com/2/a.png")
    assert held(simulator) == {"a.png": 3, "foto_2-a.png": 6}
    assert len(uploads(simulator)) == 2


def test_base64_needs_no_name(simulator, load):
    coded = base64.b64encode(PICTURE).decode()
    assert load(one=f"data:image/png;base64,{coded}", two=coded) == 2
    assert held(simulator) == {"foto_1.png": len(PICTURE), "foto_2.png": len(PICTURE)}
    assert load(one=f"data:image/png;name=Mein%20Logo.png;base64,{coded}") == 1
    assert "Mein Logo.png" in held(simulator)


def test_a_lost_answer_is_looked_after_not_sent_again(simulator, load):
    simulator.faults.add("drop_after", method="POST")
    assert load(one="2021/Plan Größe.png") == 1
    assert len(uploads(simulator)) == 1


def test_an_upload_that_did_not_arrive_is_sent_again(simulator, load):
    simulator.faults.add("drop_before", method="POST")
    assert load(one="2021/Plan Größe.png") == 1
    assert len(uploads(simulator)) == 2


def test_a_page_in_place_of_the_answer_is_no_success(simulator, load):
    simulator.faults.add("login_page", method="POST")
    assert load(one="2021/Plan Größe.png") == 1
    assert held(simulator) == {"Plan Größe.png": len(PICTURE)}
    assert len(uploads(simulator)) == 2


def test_an_upload_is_tried_as_often_as_the_settings_say_with_pauses(simulator, load, pauses):
    simulator.faults.add("status", status=503, method="POST", times=TRIES - 1)
    assert load(one="2021/Plan Größe.png") == 1
    assert held(simulator) == {"Plan Größe.png": len(PICTURE)}
    assert len(pauses) == TRIES - 1
    assert all(pause >= 0.5 for pause in pauses)


@pytest.mark.parametrize(
    ("status", "code", "reason", "tries"),
    [
        (413, "too_large", "Ninox does not take a file of this size (HTTP 413).", 1),
        (404, "refused", "was answered with HTTP 404. It does not exist (any more), or the key cannot see it.", 1),
        (415, "refused", "was answered with HTTP 415.", 1),
        (423, "refused", "was answered with HTTP 423.", 1),
        (500, "refused", "Ninox fails with this file (HTTP 500), and does not have it.", 3),
    ],
)
def test_a_file_that_ninox_does_not_take_is_a_reject_not_the_end(simulator, load, status, code, reason, tries):
    simulator.faults.add("status", status=status, method="POST", times=None)
    with pytest.raises(RowRejectedError, match=re.escape(reason)) as caught:
        load(one="2021/Plan Größe.png")
    assert (caught.value.property, caught.value.code) == ("one", code)
    assert len(uploads(simulator)) == tries


def test_a_file_that_is_there_behind_500_is_no_reject(simulator, load):
    simulator.faults.add("status_after", status=500, method="POST", times=None)
    assert load(one="2021/Plan Größe.png") == 1
    assert len(uploads(simulator)) == 1


def hide(simulator, load):
    """Let a file be on the record, and its field empty."""
    load(one="2021/Plan Größe.png")
    simulator.store.database(TEAM_ID, DATABASE_ID).update("A", 1, {"C": ""})


@pytest.mark.parametrize("status", [400, 423, 500])
def test_a_file_that_its_record_does_not_show_is_a_reject_not_the_end(simulator, load, status):
    hide(simulator, load)
    simulator.faults.add("status", status=status, method="POST", path="/records$", times=None)
    with pytest.raises(RowRejectedError, match=f"its field does not show it.*HTTP {status}") as caught:
        load(one="2021/Plan Größe.png")
    assert (caught.value.property, caught.value.code) == ("one", "refused")


@pytest.mark.parametrize(
    "answered",
    [[{"_err": "Plan Größe.png"}], [], [{"id": 2}], [{"id": 1, "_err": "Plan Größe.png"}], {"_err": "Plan Größe.png"}],
    ids=str,
)
def test_a_field_that_is_not_set_behind_200_is_a_reject(simulator, load, answered):
    hide(simulator, load)
    rejected = pytest.raises(RowRejectedError, match="its field does not show it")
    with limits.saves_answered(json_reply(answered)), rejected as caught:
        load(one="2021/Plan Größe.png")
    assert caught.value.property == "one"
    assert "Plan" not in str(caught.value)


def test_a_field_is_set_again_after_an_answer_that_was_lost(simulator, load, pauses):
    hide(simulator, load)
    simulator.faults.add("status", status=503, method="POST", path="/records$", times=TRIES - 1)
    assert load(one="2021/Plan Größe.png") == 0
    assert stored(simulator).fields["C"] == "Plan Größe.png"
    assert len(pauses) == TRIES - 1


@pytest.mark.parametrize("status", [423, 500])
def test_a_record_whose_files_are_not_listed_is_a_reject_while_its_table_can_be_read(simulator, load, status):
    simulator.faults.add("status", status=status, method="GET", path="/files$", times=None)
    with pytest.raises(RowRejectedError, match="does not list the files") as caught:
        load(two="2021/Plan Größe.png")
    assert caught.value.property == "two"
    simulator.faults.add("status", status=status, method="GET", path="/records$", times=None)
    with pytest.raises(NinoxAPIError):
        load(two="2021/Plan Größe.png")


@limits.few_failures_of_files(3)
def test_a_server_that_fails_with_the_files_of_all_rows_ends_the_run(simulator, load):
    simulator.faults.add("status", status=500, method="POST", times=2 * 3)
    for _ in range(2):
        with pytest.raises(RowRejectedError):
            load(one="2021/Plan Größe.png")
    assert load(one="2021/Plan Größe.png") == 1
    simulator.faults.add("status", status=500, method="POST", times=None)
    for _ in range(2):
        with pytest.raises(RowRejectedError):
            load(two="data:image/png;base64,iVBORw0KGgo=")
    with pytest.raises(RefusesEverythingError, match="files of 3 rows of table A in a row"):
        load(two="data:image/png;base64,iVBORw0KGgo=")


def test_an_upload_that_is_answered_with_an_error_in_200_is_a_reject(simulator, load):
    answered = limits.uploads_answered(json_reply({"_err": "No space left"}))
    with answered, pytest.raises(RowRejectedError, match="it says that nothing was stored"):
        load(one="2021/Plan Größe.png")


def test_an_outage_ends_the_run_not_the_row(simulator, load):
    simulator.faults.add("drop_before", method="POST", times=9)
    with pytest.raises(NinoxTransportError):
        load(one="2021/Plan Größe.png")


def test_a_file_that_cannot_be_had_is_a_reject_that_names_its_property(load):
    with pytest.raises(RowRejectedError) as caught:
        load(two="https://e.com/gone.png")
    assert (caught.value.property, caught.value.code) == ("two", "not_fetched")
    assert str(caught.value) == "two: The file could not be fetched: the host answers HTTP 404."


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("../secret.txt", "no_such_file"),
        ("/etc/passwd", "no_such_file"),
        ("2021/../../secret.txt", "no_such_file"),
        ("2021", "no_such_file"),
        ("gone.png", "no_such_file"),
        ("a\0b", "no_such_file"),
        ("x" * 5000, "file_too_large"),
        ("data:image/png;base64,####", "not_base64"),
        ("data:text/plain,hello", "not_base64"),
        ("data:;base64," + "A" * 4000, "file_too_large"),
    ],
    ids=lambda value: value[:12].replace("\0", "0"),
)
def test_what_may_not_be_read(sources, value, code):
    with pytest.raises(ValueRejectedError) as caught, sources.open(value, fallback="x"):
        pass
    assert caught.value.code == code


def test_a_link_does_not_lead_out_of_the_folder(sources, folder):
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(ValueRejectedError), sources.open("link.txt", fallback="x"):
        pass


def test_a_path_is_looked_for_in_each_folder_in_their_order(web, tmp_path):
    first, second = (tmp_path / name for name in ("first", "second"))
    for folder, names in ((first, ["a.png"]), (second, ["a.png", "b.png"])):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(f"{folder.name} {name}")
    (first / "link.png").symlink_to(second / "b.png")
    (tmp_path / "c.png").write_text("in neither")
    sources = FileSources(web, folders=[first, second], max_bytes=1000)
    for value, content in (("a.png", b"first a.png"), ("b.png", b"second b.png"), (f"{second}/a.png", b"second a.png")):
        with sources.open(value, fallback="x") as found:
            assert found.read() == content
    for value in ("link.png", "../c.png", "../second/b.png/../../c.png", str(tmp_path / "c.png")):
        with pytest.raises(ValueRejectedError, match="no such file in a folder of file_sources"):
            sources.open(value, fallback="x").__enter__()


@pytest.mark.parametrize("trouble", [PermissionError, FileNotFoundError])
def test_a_file_of_a_folder_that_may_not_be_read_is_a_reject_not_the_end(simulator, load, trouble):
    with limits.files_of_folders_fail(trouble), pytest.raises(RowRejectedError) as caught:
        load(one="2021/Plan Größe.png")
    assert (caught.value.property, caught.value.code) == ("one", "not_readable")
    assert "Plan" not in str(caught.value)
    with limits.files_of_folders_fail(MemoryError), pytest.raises(MemoryError):
        load(one="2021/Plan Größe.png")
    assert uploads(simulator) == []


def test_a_large_file_is_not_read(sources, folder, web):
    (folder / "large.png").write_bytes(bytes(1001))
    web.files = {"https://e.com/large.png": (bytes(1001), True)}
    for value in ("large.png", "https://e.com/large.png"):
        with pytest.raises(ValueRejectedError) as caught, sources.open(value, fallback="x"):
            pass
        assert caught.value.code == "file_too_large"
    assert web.read == []


def test_without_a_folder_no_path_is_read(web, folder):
    sources = FileSources(web, folders=[], max_bytes=1000)
    opened = sources.open(str(folder / "2021" / "Plan Größe.png"), fallback="x")
    with pytest.raises(ValueRejectedError, match="file_sources names no folder"), opened:
        pass


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fotos\\a.png", "a.png"),
        ("..", "file"),
        ("", "file"),
        ("a\x00\r\n\x1b.png", "a.png"),
        ('say "hi".txt', "say 'hi'.txt"),
        ("Gro\u0308\u00dfe.pdf", "Größe.pdf"),
        ("ä" * 300 + ".jpeg", "ä" * 97 + ".jpeg"),
        ("x." + "y" * 300, "." + "y" * 199),
    ],
    ids=range(9),
)
def test_a_name_is_safe(name, expected):
    assert safe_name(name) == expected
