"""The first load: every row once, resumable, untouched by people who edit meanwhile."""

from __future__ import annotations

import msgspec
import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import replay, run_tap
from tests.helpers.seeds import customer_records, customers, database, shop, team
from tests.helpers.wire import calls, changes_calls, record_pages

STREAM = "shop__customers"


def test_every_row_arrives_once_with_its_values(simulate):
    run = run_tap(simulate(shop(5)))
    assert run.error is None
    assert run.ids(STREAM) == [1, 2, 3, 4, 5]
    assert run.rows(STREAM)[1] == {
        "_id": 2,
        "_sequence": 2,
        "_created_at": "2024-01-01T08:00:00Z",
        "_created_by": "kQ7hWmZ3pXc9RtB2u",
        "_modified_at": "2024-01-01T08:00:00Z",
        "_modified_by": "kQ7hWmZ3pXc9RtB2u",
        "name": "name 2",
        "amount": 20,
    }


def test_numbers_arrive_with_all_their_digits(simulate):
    digits = ["0.10000000000000000001", str(2**63 + 1), "33.333333333333336", "-0.01"]
    records = [
        RecordDocument(number, {"B": msgspec.Raw(text.encode())}, number) for number, text in enumerate(digits, 1)
    ]
    run = run_tap(simulate(team(database({"A": customers()}, {"A": records}))))
    assert [str(row["amount"]) for row in run.rows(STREAM)] == digits


def test_a_server_that_answers_captions_in_place_of_ids_is_refused(simulate):
    run = run_tap(simulate(shop(3), ids_parameter="ignored"))
    assert run.rows(STREAM) == []
    assert "shop__customers" in str(run.error)
    assert run.bookmark(STREAM)["replication_key_value"] is None


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 20], ids=lambda rows: f"{rows} rows")
@pytest.mark.parametrize("next_rids", ["present", "absent"])
def test_pages_of_ten_bring_every_row_with_one_call_a_page_if_the_feed_tells_the_end(simulate, rows, next_rids):
    simulator = simulate(shop(rows), next_rids=next_rids)
    run = run_tap(simulator, page_size=10)
    assert run.ids(STREAM) == list(range(1, rows + 1))
    more = 0 if next_rids == "present" else 1 if rows % 10 else 2  # the newest record, and before it an empty page
    assert len(record_pages(simulator)) == (-(-rows // 10) + more if rows else 1 + more // 2)


@pytest.mark.parametrize("cap", ["100", "500"])
def test_a_server_that_caps_pages_loses_no_row(simulate, cap):
    run = run_tap(simulate(shop(1100), per_page_cap=cap))
    assert run.ids(STREAM) == list(range(1, 1101))


def test_requests_are_cut_by_record_id_and_ask_for_ids(simulate):
    simulator = simulate(shop(12))
    run_tap(simulator, page_size=10)
    assert [page["sinceId"] for page in record_pages(simulator)] == ["0", "10"]
    assert {(page["ids"], page["choiceStyle"], page["perPage"]) for page in record_pages(simulator)} == {
        ("true", "ids", "10")
    }


def test_the_sequence_is_asked_for_before_the_first_page(simulate):
    simulator = simulate(shop(3))
    run_tap(simulator)
    paths = [call.path for call in calls(simulator)]
    assert paths.index(changes_calls(simulator)[0].path) < next(
        index for index, path in enumerate(paths) if path.endswith("/records")
    )


def test_the_bookmark_is_the_sequence_from_before_not_the_highest_seen(simulate):
    simulator = simulate(shop(25))

    def change_a_row_during_the_second_page(edit, index, path):
        if path.endswith("/records") and index >= 5:
            edit.update("A", 1, {"A": f"changed at {index}"})

    simulator.between(change_a_row_during_the_second_page)
    run = run_tap(simulator, page_size=10)
    assert run.bookmark(STREAM)["replication_key_value"] == 25


def test_a_row_changed_after_it_was_read_comes_in_the_next_run(simulate):
    simulator = simulate(shop(25))
    edited = []

    def once_after_the_first_page(edit, _index, path):
        if path.endswith("/records") and len(record_pages(simulator)) == 2 and not edited:
            edited.append(edit.update("A", 3, {"A": "new name"}))

    simulator.between(once_after_the_first_page)
    first = run_tap(simulator, page_size=10)
    assert edited
    assert {row["name"] for row in first.rows(STREAM) if row["_id"] == 3} == {"name 3"}
    second = run_tap(simulator, state=first.state)
    assert [(row["_id"], row["name"]) for row in second.rows(STREAM)] == [(3, "new name")]


def test_deleting_rows_that_were_read_moves_no_other_row_out_of_sight(simulate):
    simulator = simulate(shop(30))

    def delete_the_first_rows(edit, _index, path):
        if path.endswith("/records") and len(record_pages(simulator)) == 2:
            for record_id in (1, 2, 3):
                edit.delete("A", record_id)

    simulator.between(delete_the_first_rows)
    first = run_tap(simulator, page_size=10)
    assert set(first.ids(STREAM)) == set(range(1, 31))
    second = run_tap(simulator, state=first.state)
    assert {row["_id"] for row in second.tombstones(STREAM)} == {1, 2, 3}


@pytest.mark.parametrize("stop_after", [0, 1, 2, 4])
def test_every_state_of_a_first_load_is_a_place_to_continue_from(simulate, stop_after):
    simulator = simulate(shop(45))
    whole = run_tap(simulator, page_size=10)
    state = [state for state in whole.states if state["bookmarks"].get(STREAM, {}).get("snapshot")][stop_after]
    cut = next(i for i, message in enumerate(whole.messages) if message.get("value") == state)
    before = [m["record"]["_id"] for m in whole.messages[:cut] if m["type"] == "RECORD" and m["stream"] == STREAM]
    rest = run_tap(simulator, page_size=10, state=state)
    assert sorted(before + rest.ids(STREAM)) == list(range(1, 46))
    assert rest.bookmark(STREAM) == {
        **whole.bookmark(STREAM),
        "full_refresh_at": rest.bookmark(STREAM)["full_refresh_at"],
    }


def test_a_continued_load_keeps_its_version_and_activates_it_once_at_the_end(simulate):
    simulator = simulate(shop(30))
    whole = run_tap(simulator, page_size=10)
    state = next(state for state in whole.states if state["bookmarks"].get(STREAM, {}).get("snapshot"))
    rest = run_tap(simulator, page_size=10, state=state)
    version = state["bookmarks"][STREAM]["snapshot"][0]["table_version"]
    assert {message["version"] for message in rest.of_type("RECORD", STREAM)} == {version}
    assert [message["version"] for message in rest.of_type("ACTIVATE_VERSION", STREAM)] == [version]
    kinds = [message["type"] for message in rest.messages if message.get("stream") == STREAM]
    assert kinds[-1] == "ACTIVATE_VERSION"


def test_rows_without_a_sequence_arrive_too(simulate):
    records = [record._replace(sequence=None) if record.id % 2 else record for record in customer_records(10)]
    run = run_tap(simulate(team(database({"A": customers()}, {"A": records}))))
    assert [(row["_id"], row["_sequence"]) for row in run.rows(STREAM)] == [
        (number, None if number % 2 else number) for number in range(1, 11)
    ]


@pytest.mark.parametrize(
    "switches",
    [
        {"records_since_id": "ignored"},
        {"default_order": "sequence"},
        {"default_order": "shuffled"},
        {"records_since_id": "ignored", "repeat_last_page": "yes"},
        {"since_id_bound": "inclusive"},
        {"huge_since_sq": "echo"},
        {"huge_since_sq": "everything"},
        {"feed": "missing"},
        {"feed": "forbidden"},
        {"sequence_field": "absent"},
    ],
    ids=lambda switches: ",".join(f"{name}={value}" for name, value in switches.items()),
)
def test_whatever_the_server_does_not_do_every_row_arrives(simulate, switches):
    run = run_tap(simulate(shop(35), **switches), page_size=10)
    assert run.error is None
    assert set(run.ids(STREAM)) == set(range(1, 36))
    assert run.bookmark(STREAM)["snapshot"] is None


def test_a_second_load_after_a_lost_state_ends_in_the_same_rows(simulate):
    simulator = simulate(shop(15))
    rows = replay({}, run_tap(simulator), STREAM)
    assert replay(dict(rows), run_tap(simulator), STREAM) == rows


@pytest.mark.parametrize("bound", ["inclusive", "ignored"])
def test_pages_of_one_record_are_not_taken_for_the_end_of_the_table(simulate, bound):
    """Found by the kill tests: one row came, and the version that was then activated took all others away."""
    switches = {"since_id_bound": "inclusive"} if bound == "inclusive" else {"records_since_id": "ignored"}
    simulator = simulate(shop(5), **switches)
    assert set(run_tap(simulator, page_size=1).ids("shop__customers")) == {1, 2, 3, 4, 5}
