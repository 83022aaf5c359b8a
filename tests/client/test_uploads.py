"""Files of records: what is sent, byte by byte, and what the simulator holds afterwards."""

from __future__ import annotations

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.errors import NinoxTransportError
from ninox_api.files import Upload
from ninox_simulator.server import Simulator
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, team
from tests.helpers.wire import calls

AWKWARD = [
    "Foto 2021-08-30 10-55-15.jpg",
    "Plan Größe 100%.pdf",
    "a+b#c?.txt",
    'say "hi".txt',
    "ohne Endung",
    "日本.png",
]


@pytest.fixture(params=["json", "text"])
def simulator(request):
    seed = team(database({"A": customers(C=field("image", "Logo"))}, {"A": customer_records(2)}))
    with Simulator(seed=seed, switches={"upload_answer": request.param}) as running:
        yield running


@pytest.fixture
def files(simulator):
    config = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 3}
    client = NinoxClient(ConnectionConfig.from_settings(config))
    return client.database(TEAM_ID, DatabaseName(id=DATABASE_ID, name=""))


def held(simulator, name, record_id=1):
    store = simulator.store.database(TEAM_ID, DATABASE_ID).files
    return store.path(store.find("A", record_id, name)).read_bytes()


@pytest.mark.parametrize("name", AWKWARD)
def test_a_file_arrives_whole_under_its_name(simulator, files, name):
    content = bytes(range(256)) + b"\r\n--boundary\r\n"
    files.upload_file("A", 1, Upload(name=name, content=content))
    assert files.list_files("A", 2) == []
    listed = files.list_files("A", 1)
    stored = name.replace('"', "%22")
    assert [(file.name, file.size) for file in listed] == [(stored, len(content))]
    assert held(simulator, stored) == content


def test_a_file_can_be_shown_by_a_field(simulator, files):
    files.upload_file("A", 1, Upload(name="logo.png", content=b"", field_id="C"))
    record = next(iter(simulator.store.database(TEAM_ID, DATABASE_ID).records("A")))
    assert record.fields["C"] == "logo.png"
    assert held(simulator, "logo.png") == b""


def test_an_upload_whose_answer_is_lost_is_not_sent_again(simulator, files):
    simulator.faults.add("drop_after", method="POST")
    with pytest.raises(NinoxTransportError):
        files.upload_file("A", 1, Upload(name="logo.png", content=b"x"))
    assert len(calls(simulator)) == 1
    assert [file.name for file in files.list_files("A", 1)] == ["logo.png"]
