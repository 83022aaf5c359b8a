"""Reading, against what the documentation says or what was observed.

Sources: Ninox docs "Public Cloud APIs" and "Tables, fields, and records"; observations are marked so.
"""

from __future__ import annotations

import pytest

from tests.helpers.seeds import DATABASE_ID, TEAM_ID


def test_teams_and_databases_are_bare_arrays_of_id_and_name(api):
    assert api.json(f"{api.simulator.url}/teams") == [{"id": TEAM_ID, "name": "Team"}]
    assert api.json(f"{api.simulator.url}/teams/{TEAM_ID}") == {"id": TEAM_ID, "name": "Team"}
    assert api.json(f"{api.simulator.url}/teams/{TEAM_ID}/databases") == [{"id": DATABASE_ID, "name": "Shop"}]


@pytest.mark.parametrize("sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_no_or_a_wrong_key_is_401(api, sent):
    headers = {"Authorization": "", **sent}
    assert api.call("GET", "/tables", headers=headers).status_code == 401


def test_unknown_things_are_404_with_the_texts_that_were_seen(api):
    assert api.get(f"{api.simulator.url}/teams/nope").json() == {"message": "Team Not Found"}
    assert api.get("/tables/A/records/99").status_code == 404
    assert api.get("/tables/A/fields").json() == {"message": "End-point not found"}  # observed


def test_the_raw_schema_has_settings_and_types_and_the_sibling_has_the_schema_alone(api):
    answer = api.json("")
    assert set(answer) == {"settings", "schema"}
    assert answer["schema"]["types"]["A"]["fields"]["F"] == {"base": "fn", "caption": "Total", "fn": "B * 2"}
    assert api.json("/schema") == answer["schema"]


def test_tables_leave_formulas_and_pages_out(api):
    tables = {table["id"]: table for table in api.json("/tables")}
    assert set(tables) == {"A", "B"}
    fields = {item["id"]: item for item in tables["A"]["fields"]}
    assert "F" not in fields
    assert fields["C"]["choices"][0] == {"id": "1", "caption": "Open", "captions": {}, "order": 0}
    assert fields["E"] == {
        "id": "E", "name": "Orders", "type": "rev", "referenceFromTable": "B", "referenceFromField": "B",
    }  # fmt: skip
    assert tables["B"]["fields"][1]["referenceToTable"] == "A"
    assert api.json("/tables/A") == tables["A"]


def test_a_table_name_works_in_place_of_its_id(api):
    assert api.ids("/tables/Orders%20%26%20more/records") == [1]


def test_a_record_has_names_and_captions_unless_asked_otherwise(api):
    record = api.json("/tables/A/records/1")
    assert record == {
        "id": 1,
        "sequence": 5,
        "createdAt": "2024-01-01T08:00:00",
        "createdBy": "kQ7hWmZ3pXc9RtB2u",
        "modifiedAt": "2024-01-01T08:00:00",
        "modifiedBy": "kQ7hWmZ3pXc9RtB2u",
        "fields": {"Name": "Ann", "Amount": 13.42, "State": "Open", "Tags": ["Blue"]},
    }


@pytest.mark.parametrize("query", [{"ids": "true"}, {"style": "ids"}])
def test_ids_as_field_keys(api, query):
    assert set(api.json("/tables/A/records/1", **query)["fields"]) == {"A", "B", "C", "D"}


@pytest.mark.parametrize("query", [{"choiceStyle": "ids"}, {"choice": "ids"}])
def test_options_are_answered_by_id_if_asked_for(api, query):
    fields = api.json("/tables/A/records/1", **query)["fields"]
    assert (fields["State"], fields["Tags"]) == ("1", ["2"])


def test_records_come_by_id_and_empty_fields_are_absent(api):
    records = api.json("/tables/A/records")
    assert [record["id"] for record in records] == [1, 2, 4]
    assert records[2]["fields"] == {"Name": "Cy"}
    assert "sequence" not in records[2]


def test_pages_count_from_zero_and_hold_a_hundred(api):
    for number in range(150):
        api.store.create("A", {"A": str(number)})
    assert len(api.ids()) == 100
    assert len(api.ids(page=1)) == 53
    assert api.ids(page=2) == []
    assert api.ids(perPage=2, page=1) == [4, 5]


@pytest.mark.parametrize("name", ["limit", "offset", "skip", "pageSize", "whatever"])
def test_unknown_parameters_are_ignored(api, name):
    assert api.ids(**{name: 1}) == [1, 2, 4]


def test_since_id_and_since_sequence_filter(api):
    assert api.ids(sinceId=1) == [2, 4]
    assert api.ids(sinceSq=3) == [1]
    assert api.ids(sinceSq=0, sinceId=1) == [2]


def test_records_are_listed_in_the_order_that_is_asked_for(api):
    assert api.ids(new="true") == [4, 2, 1]
    assert api.ids(updated="true") == [1, 2, 4]
    assert api.ids(order="Amount", desc="true")[:2] == [1, 2]


@pytest.mark.parametrize("filters", ['{"A":"Bob"}', '{"Name":"Bob"}', '{"fields":{"Name":"Bob"}}', '{"C":"Done"}'])
def test_the_three_forms_of_filters(api, filters):
    assert api.ids(filters=filters) == [2]


def test_search_answers_one_record_or_an_empty_array(api):
    assert api.call("POST", "/tables/A/record", json={"filters": {"A": "Bob"}}).json()["id"] == 2
    assert api.call("POST", "/tables/A/record", json={"filters": {"A": "Zoe"}}).json() == []


def test_a_body_on_get_is_accepted(api):
    assert api.call("GET", "/tables/A/records", json={}).status_code == 200


def test_a_locked_database_opens_with_its_password_only(api):
    api.store.password = "pw"
    assert api.get("/tables").status_code == 403
    assert api.call("GET", "/tables", headers={"nx-password": "pw"}).status_code == 200


def test_what_the_key_may_not_read_is_403_or_left_out(api):
    api.store.unreadable_tables.add("B")
    api.store.unreadable_fields["A"] = {"B"}
    assert api.get("/tables/B/records").status_code == 403
    assert set(api.json("/tables/A/records/1")["fields"]) == {"Name", "State", "Tags"}


def test_filters_by_id_are_honoured_ignored_or_find_nothing(api):
    found = {}
    for setting in ("honoured", "names", "ignored"):
        api.simulator.switches.update({"filters": setting})
        found[setting] = [
            len(api.get(f"/tables/A/records?filters={{%22{key}%22:%22Ann%22}}").json()) for key in ("A", "Name")
        ]
    assert found["honoured"] == [1, 1]
    assert found["names"] == [0, 1]
    assert found["ignored"] == [3, 3]


def test_answers_kept_ready_are_those_of_the_schema_and_the_switches_of_now(api):
    def answered():
        return api.json("/tables/A/records", ids="true", choiceStyle="ids")[0]

    assert answered()["fields"]["B"] == 13.42
    api.store.remove_field("A", "B")
    assert "B" not in answered()["fields"]
    api.control("POST", "switches", json={"sequence_field": "absent"})
    assert "sequence" not in answered()
    api.control("POST", "switches", json={"sequence_field": "present"})
    assert answered()["sequence"] == 5
