"""Writing: create, update, upsert, delete, and what the sequence does.

Sources: Ninox docs "Public Cloud APIs"; merging, 500 for bad fields and `_err` behind 200 were observed in public code.
"""

from __future__ import annotations

import pytest


def post(api, body, table="A"):
    return api.call("POST", f"/tables/{table}/records", json=body)


def test_a_single_object_is_answered_by_a_record(api):
    answer = post(api, {"fields": {"Name": "Dora"}}).json()
    assert (answer["id"], answer["sequence"], answer["fields"]) == (5, 6, {"Name": "Dora"})


def test_an_array_is_answered_in_its_order(api):
    answers = post(api, [{"fields": {"A": "x"}}, {"id": 2, "fields": {"B": 1}}, {"id": "4", "fields": {"B": 2}}]).json()
    assert [answer["id"] for answer in answers] == [5, 2, 4]
    assert answers[1]["fields"] == {"Name": "Bob", "Amount": 1, "State": "Done"}


def test_an_update_of_an_unknown_id_is_an_error_behind_200(api):
    answer = post(api, [{"id": 99, "fields": {"A": "x"}}])
    assert (answer.status_code, answer.json()) == (200, [{"_err": "Record not found"}])


@pytest.mark.parametrize("name", ["Nope", "Total", "Orders"], ids=["unknown", "formula", "back side"])
def test_a_field_that_cannot_be_written_is_500_and_nothing_is_stored(api, name):
    before = api.store.sequence
    assert post(api, [{"fields": {"A": "good"}}, {"fields": {name: 1}}]).status_code == 500
    assert api.store.sequence == before


def test_a_partial_batch_keeps_what_came_first(api):
    api.simulator.switches.update({"batch": "partial"})
    assert post(api, [{"fields": {"A": "good"}}, {"fields": {"Nope": 1}}]).status_code == 500
    assert api.store.tables["A"].records[5].fields == {"A": "good"}


def test_upsert_in_flat_form_inserts_under_the_given_id(api):
    answer = post(api, [{"_upsert": True, "_id": 43, "A": "Alfred"}]).json()
    assert (answer[0]["_id"], answer[0]["A"]) == (43, "Alfred")
    assert post(api, [{"_upsert": True, "id": 43, "fields": {"A": "Becker"}}]).json()[0]["fields"] == {"Name": "Becker"}
    assert post(api, {"fields": {}}).json()["id"] == 44


def test_put_merges(api):
    answer = api.call("PUT", "/tables/A/records/1", json={"fields": {"State": "Done", "Name": ""}}).json()
    assert answer["fields"] == {"Amount": 13.42, "State": "Done", "Tags": ["Blue"]}


@pytest.mark.parametrize(("switch", "left"), [("clears", False), ("ignored", True)])
def test_null_clears_or_is_ignored(api, switch, left):
    api.simulator.switches.update({"null_write": switch})
    answer = api.call("PUT", "/tables/A/records/1", json={"fields": {"Name": None}}).json()
    assert ("Name" in answer["fields"]) is left


def test_deleting_a_parent_deletes_its_parts_and_a_second_time_is_404(api):
    assert api.call("DELETE", "/tables/A/records/1").status_code == 200
    assert api.ids("/tables/B/records") == []
    assert api.call("DELETE", "/tables/A/records/1").status_code == 404


@pytest.mark.parametrize(("key", "value", "goes"), [
    ("cascade", True, True), ("cascade", False, False), ("composition", True, True), ("dbId", "elsewhere", False),
    ("cascade", "ignored", False),
])  # fmt: skip
def test_what_binds_a_record_to_another_one(api, key, value, goes):
    api.simulator.switches.update({"cascade": "ignored"} if value == "ignored" else {})
    definition = api.store.tables["B"].fields["B"]
    if key != "dbId":
        definition.pop("cascade")
    definition[key] = value
    api.call("DELETE", "/tables/A/records/1")
    assert (api.ids("/tables/B/records") == []) is goes


def test_the_link_of_a_sub_table_to_its_parent_binds(api):
    del api.store.tables["B"].fields["B"]["cascade"]
    api.store.tables["B"].definition["masterRef"] = "B"
    api.call("DELETE", "/tables/A/records/1")
    assert api.ids("/tables/B/records") == []


@pytest.mark.parametrize(("switch", "keys"), [("records", {"id", "fields"}), ("ids", {"id"})])
def test_what_a_save_is_answered_with(api, switch, keys):
    api.simulator.switches.update({"save_answer": switch})
    (answer,) = api.call("POST", "/tables/A/records", json=[{"fields": {"Name": "x"}}]).json()
    assert answer.keys() & {"id", "fields"} == keys


def test_a_list_of_ids_is_deleted(api):
    assert api.call("DELETE", "/tables/A/records", json=[1, 4, 99]).status_code == 200
    assert api.ids() == [2]


def test_an_older_server_does_not_delete_many(api):
    api.simulator.switches.update({"delete_many": "missing"})
    assert api.call("DELETE", "/tables/A/records", json=[1]).status_code == 404
    assert api.ids() == [1, 2, 4]


def test_a_proxy_that_drops_bodies_makes_deleting_many_do_nothing(api):
    api.simulator.switches.update({"delete_many": "bodyless"})
    assert api.call("DELETE", "/tables/A/records", json=[1]).status_code == 200
    assert api.ids() == [1, 2, 4]


def test_every_change_takes_one_number_of_one_sequence_and_ids_are_not_given_twice(api):
    api.call("DELETE", "/tables/A/records/4")
    created = post(api, {"fields": {"A": "x"}}).json()
    order = post(api, {"fields": {"No": "o2"}}, table="B").json()
    assert (created["id"], created["sequence"], order["sequence"]) == (5, 7, 8)


@pytest.mark.parametrize(
    "body", [b"{", b'"text"', b"[[1]]", b"\xff", b"[" * 5000], ids=["cut", "text", "nested", "bytes", "deep"]
)
def test_bad_bodies_are_errors_and_the_server_lives_on(api, body):
    assert api.call("POST", "/tables/A/records", data=body).status_code in {400, 500}
    assert api.ids() == [1, 2, 4]


def test_whoever_finds_the_id_of_a_new_record_finds_the_record(api):
    """A test may read the store in a thread of its own while the server writes."""

    class Watched(dict):
        def __setitem__(self, record_id, record):
            assert record_id not in stored.ids()
            super().__setitem__(record_id, record)

    stored = api.store.tables["A"]
    stored.records = Watched(stored.records)
    assert post(api, {"fields": {"Name": "Dora"}}).status_code == 200
    assert stored.ids() == [1, 2, 4, 5]
