"""The change feed at its levels, and every switch that shapes it. No raw answer is on public record."""

from __future__ import annotations

import pytest


def test_the_database_feed_has_the_keys_that_two_models_agree_on(api):
    feed = api.json("/changes", sinceSq=3)
    assert set(feed) == {"config", "nextRids", "updates", "removes", "files", "views", "reports", "seq"}
    assert feed["updates"]["A1"]["_sq"] == 5
    assert set(feed["updates"]) == {"A1", "B1"}
    assert feed["nextRids"] == {"A": 5, "B": 2, "P": 1}
    assert feed["seq"] == 5


def test_updates_are_in_raw_form(api):
    update = api.json("/changes", sinceSq=4)["updates"]["A1"]
    assert {key: update[key] for key in ("_id", "A", "B", "C", "D")} == {
        "_id": 1, "A": "Ann", "B": 13.42, "C": "1", "D": ["2"],
    }  # fmt: skip


def test_table_and_record_feeds_are_parts_of_it(api):
    api.store.delete("A", 2)
    table = api.json("/tables/A/changes", sinceSq=3)
    assert set(table) == {"nextRid", "updates", "removes", "files", "views", "reports", "seq"}
    assert (list(table["updates"]), table["removes"]) == (["A1"], ["A2"])
    record = api.json("/tables/A/records/1/changes", sinceSq=0)
    assert set(record) == {"nextRid", "updates", "removes", "files", "seq"}
    assert list(record["updates"]) == ["A1"]


@pytest.mark.parametrize(("bound", "ids"), [("exclusive", ["A1"]), ("inclusive", ["A1", "B1"])])
def test_since_counts_its_own_sequence_in_or_not(api, bound, ids):
    api.simulator.switches.update({"since_sq_bound": bound})
    assert list(api.json("/changes", sinceSq=4)["updates"]) == ids


@pytest.mark.parametrize(
    ("form", "removes", "of_table"),
    [
        ("strings", ["A2"], ["A2"]),
        ("objects", [{"id": 2, "tid": "A"}], [{"id": 2, "tid": "A"}]),
        ("numbers", ["A2"], [2]),
        ("mapping", {"A2": {}}, {"A2": {}}),
        ("unforeseen", ["A/2"], ["A/2"]),
    ],
)
def test_how_removes_are_named(api, form, removes, of_table):
    api.simulator.switches.update({"removes": form})
    api.store.delete("A", 2)
    assert api.json("/changes", sinceSq=5)["removes"] == removes
    assert api.json("/tables/A/changes", sinceSq=5)["removes"] == of_table


@pytest.mark.parametrize(("keys", "key"), [("nid", "A1"), ("rid", "1")])
def test_how_a_tables_updates_are_keyed(api, keys, key):
    api.simulator.switches.update({"feed_keys": keys})
    assert list(api.json("/tables/A/changes", sinceSq=4)["updates"]) == [key]


def test_full_or_delta_and_with_or_without_the_sequence(api):
    api.simulator.switches.update({"feed_updates": "delta", "feed_record_sq": "absent"})
    assert set(api.json("/changes", sinceSq=4)["updates"]["A1"]) == {"_id", "_cd", "_cu", "_md", "_mu"}


def test_fields_alone_or_the_sequence_as_text(api):
    api.simulator.switches.update({"feed_record_sq": "text"})
    assert api.json("/changes", sinceSq=4)["updates"]["A1"]["_sq"] == "5"
    api.simulator.switches.update({"feed_updates": "bare"})
    assert set(api.json("/changes", sinceSq=4)["updates"]["A1"]) == {"A", "B", "C", "D"}


def test_next_record_ids_can_be_left_out(api):
    api.simulator.switches.update({"next_rids": "absent"})
    assert "nextRids" not in api.json("/changes", sinceSq=3)
    assert "nextRid" not in api.json("/tables/A/changes", sinceSq=3)


@pytest.mark.parametrize(
    ("switch", "status", "seq", "updates"),
    [("normal", 200, 5, 0), ("echo", 200, 999, 0), ("everything", 200, 5, 3), ("error", 500, None, None)],
)
def test_a_sequence_beyond_the_last(api, switch, status, seq, updates):
    api.simulator.switches.update({"huge_since_sq": switch})
    answer = api.get("/changes", sinceSq=999)
    assert answer.status_code == status
    if status == 200:
        assert (answer.json()["seq"], len(answer.json()["updates"])) == (seq, updates)


@pytest.mark.parametrize(("switch", "status"), [("missing", 404), ("forbidden", 403), ("too_old", 410)])
def test_a_feed_that_is_not_served(api, switch, status):
    api.simulator.switches.update({"feed": switch})
    assert api.get("/changes", sinceSq=1).status_code == status


@pytest.mark.parametrize(("switch", "removes"), [("yes", ["A2"]), ("no", [])])
def test_a_record_made_again(api, switch, removes):
    api.simulator.switches.update({"recreated_in_removes": switch})
    api.store.delete("A", 2)
    api.store.create("A", {"A": "back"}, id=2)
    feed = api.json("/changes", sinceSq=5)
    assert (feed["removes"], list(feed["updates"])) == (removes, ["A2"])


@pytest.mark.parametrize(("switch", "removes"), [("listed", ["A1", "B1"]), ("silent", ["A1"])])
def test_what_went_along_with_a_deleted_record(api, switch, removes):
    api.simulator.switches.update({"cascade_in_removes": switch})
    api.call("DELETE", "/tables/A/records/1")
    assert api.json("/changes", sinceSq=5)["removes"] == removes
    assert api.ids("/tables/B/records") == []


def test_a_backup_moves_the_sequence_back(api):
    backup = api.store.snapshot()
    api.store.update("A", 1, {"A": "later"})
    api.store.restore(backup)
    assert api.json("/changes", sinceSq=99)["seq"] == 5
    assert api.json("/tables/A/records/1")["fields"]["Name"] == "Ann"
