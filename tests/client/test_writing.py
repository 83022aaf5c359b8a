"""What the client sends when it writes, and what it never sends twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_api.client import RecordWrite
from ninox_api.errors import NinoxServerError, NinoxTimeoutError, NinoxTransportError
from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.helpers.wire import calls

pytestmark = pytest.mark.usefixtures("waits")


def writer(simulator, **settings):
    config = ConnectionConfig(api_url=simulator.url, auth_token=simulator.token, **{"max_retries": 3, **settings})
    return NinoxClient(config).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name=""))


def stored(simulator):
    return {record.id: record.fields for record in simulator.store.database(TEAM_ID, DATABASE_ID).records("A")}


def test_creates_updates_and_upserts_go_in_one_request_and_are_answered_in_order(simulator):
    answers = writer(simulator).save_records(
        "A",
        [
            RecordWrite(fields={"A": "new", "B": Decimal("1.50")}),
            RecordWrite(id=2, fields={"A": ""}),
            RecordWrite(id=40, fields={"A": "with id"}, upsert=True),
            RecordWrite(id=99, fields={"A": "nobody"}),
        ],
    )
    assert [answer.id for answer in answers] == [4, 2, 40, None]
    assert [answer.error for answer in answers] == [None, None, None, "Record not found"]
    rows = stored(simulator)
    assert rows[4] == {"A": "new", "B": 1.5}
    assert rows[2] == {"B": 20}
    assert rows[40] == {"A": "with id"}
    assert len(calls(simulator)) == 1


BUSY = [{"kind": "status", "status": 502}, {"kind": "drop_after"}, {"kind": "truncate"}, {"kind": "html"}]


@pytest.mark.parametrize("fault", BUSY, ids=lambda fault: fault["kind"])
@pytest.mark.parametrize("write", [RecordWrite(fields={}), RecordWrite(id=1, fields={})])
def test_saving_is_sent_once(simulator, fault, write):
    simulator.faults.add(**fault)
    with pytest.raises((NinoxServerError, NinoxTransportError)):
        writer(simulator).save_records("A", [write])
    assert len(calls(simulator)) == 1


def test_a_refused_create_is_repeated_because_nothing_was_done(simulator):
    simulator.faults.add(kind="status", status=429, times=2)
    writer(simulator).save_records("A", [RecordWrite(fields={"A": "x"})])
    assert len(stored(simulator)) == 4


def test_500_on_a_write_is_not_repeated(simulator):
    with pytest.raises(NinoxServerError):
        writer(simulator).save_records("A", [RecordWrite(id=1, fields={"nope": 1})])
    assert len(calls(simulator)) == 1


def test_a_timeout_is_told_from_other_failures(simulator):
    simulator.faults.add(kind="slow", seconds=0.5)
    with pytest.raises(NinoxTimeoutError):
        writer(simulator, request_timeout_s=0.1).save_records("A", [RecordWrite(fields={})])


def test_deleting_reports_what_was_not_there(simulator):
    assert writer(simulator).delete_record("A", 1) is True
    assert writer(simulator).delete_record("A", 1) is False
    writer(simulator).delete_records("A", [2, 77])
    assert list(stored(simulator)) == [3]


def test_a_script_is_sent_once(simulator):
    assert writer(simulator).execute("1 + 6") == 7
    simulator.faults.add(kind="drop_after")
    with pytest.raises(NinoxTransportError):
        writer(simulator).execute("create Customers")
    assert len(stored(simulator)) == 4
