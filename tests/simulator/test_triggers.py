"""Defaults and triggers (observed by public clients; schema keys as they were seen)."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from ninox_simulator.server import Simulator
from tests.helpers.seeds import database, field, table, team
from tests.simulator.conftest import Caller

FIELDS = {
    "A": field("string", "Name"),
    "B": field("number", "Days", numberDefault="7 * 2"),
    "C": field("boolean", "Paid", booleanDefault="false", afterUpdate="if Paid then State := 2 end"),
    "D": field("choice", "State", values={"1": {"caption": "Open"}, "2": {"caption": "Done"}}),
    "E": field("string", "Code"),
}


@pytest.fixture
def orders():
    tables = {
        "A": {
            **table("Orders", **FIELDS),
            "afterCreate": 'Code := "O-" + number(Id)',
            "afterUpdate": 'if Name = "boom" then frobnicate() end',
        }
    }
    document = database(tables, {"A": [RecordDocument(1, {"A": "Ann"}, 1)]})
    with Simulator(seed=team(document)) as simulator:
        yield Caller(simulator)


def create(api, **fields):
    return api.call("POST", "/tables/A/records", json={"fields": fields}, params={"ids": "true", "choiceStyle": "ids"})


def stored(api, number):
    return api.json(f"/tables/A/records/{number}", ids="true", choiceStyle="ids")["fields"]


def events(api):
    return [entry.event for entry in api.simulator.log.triggers]


def test_a_default_fills_what_was_not_sent_and_a_trigger_overrides_what_was(orders):
    create(orders, A="Cy", E="mine")
    assert stored(orders, 2) == {"A": "Cy", "B": 14, "C": False, "E": "O-2"}
    create(orders, B=3)
    assert stored(orders, 3)["B"] == 3


def test_every_firing_is_noted_once(orders):
    create(orders)
    orders.call("PUT", "/tables/A/records/1", json={"fields": {"Paid": True}})
    assert events(orders) == ["afterCreate", "afterUpdate", "afterUpdate of Paid"]
    assert stored(orders, 1)["D"] == "2"
    log = orders.control("GET", "log").json()
    assert log["triggers"][0] == {
        "database_id": orders.store.id, "table_id": "A", "record_id": 2, "event": "afterCreate", "error": None,
    }  # fmt: skip


@pytest.mark.parametrize(("setting", "code"), [("final", "O-2"), ("submitted", "mine")])
def test_the_answer_may_show_the_record_before_its_triggers(orders, setting, code):
    orders.simulator.switches.update({"trigger_answer": setting})
    assert create(orders, E="mine").json()["fields"]["E"] == code
    assert stored(orders, 2)["E"] == "O-2"


def test_a_trigger_moves_the_sequence_and_the_feed_tells_it(orders):
    before = orders.store.sequence
    create(orders)
    feed = orders.json("/changes", sinceSq=before)
    assert feed["seq"] == before + 2
    assert feed["updates"]["A2"]["E"] == "O-2"


def test_a_trigger_whose_script_is_wrong_is_noted_and_the_write_stays(orders):
    assert orders.call("PUT", "/tables/A/records/1", json={"fields": {"A": "boom"}}).status_code == 200
    assert "frobnicate" in orders.simulator.log.triggers[0].error
    assert stored(orders, 1)["A"] == "boom"


def test_exec_sets_off_triggers_and_a_trigger_none(orders):
    orders.call("POST", "/exec", json={"query": "create Orders"})
    assert events(orders) == ["afterCreate"]


def test_upsert_and_batches_set_off_triggers_for_each_record(orders):
    orders.call(
        "POST", "/tables/A/records", json=[{"_upsert": True, "_id": 9, "A": "x"}, {"id": 1, "fields": {"A": "y"}}]
    )
    assert events(orders) == ["afterCreate", "afterUpdate"]


def test_the_sample_has_triggers(api):
    with Simulator() as simulator:
        sample = Caller(simulator)
        (team_document,) = simulator.store.teams.values()
        (office, shop, *_) = team_document.databases.values()
        base = f"{simulator.url}/teams/{team_document.id}/databases/"
        made = sample.call(
            "POST", f"{base}{shop.id}/tables/Orders/records", json={"fields": {"Order Code": "mine"}}
        ).json()
        assert made["fields"]["Order Code"] == f"SO-{100000 + made['id']}"
        made = sample.call("POST", f"{base}{office.id}/tables/Rechnungen/records", json={"fields": {}}).json()
        assert made["fields"]["Zahlungsziel (Tage)"] == 14
        paid = sample.call(
            "PUT", f"{base}{office.id}/tables/E/records/{made['id']}", json={"fields": {"bezahlt?": True}}
        )
        assert paid.json()["fields"]["Status"] == "bezahlt"
