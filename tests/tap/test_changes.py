"""Later runs: exactly what changed, one feed call per database, deletions as narrow tombstones."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import TEAM_ID, customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import calls, changes_calls, record_pages, single_reads

STREAM = "shop__customers"


@pytest.fixture
def loaded(simulate):
    """Return a simulator and the state after its first load, the log cleared."""

    def load(seed, **switches):
        simulator = simulate(seed, **switches)
        run = run_tap(simulator)
        assert run.error is None
        simulator.log.clear()
        return simulator, run.state

    return load


def test_an_idle_run_makes_one_feed_call_besides_discovery_and_sends_only_its_state(loaded):
    simulator, state = loaded(shop(5))
    run = run_tap(simulator, state=state)
    assert [call.path.split("/")[-1] for call in calls(simulator)] == ["teams", "databases", "db0000000001", "changes"]
    assert run.of_type("RECORD") == []
    assert run.state == state


@pytest.mark.parametrize("bound", ["exclusive", "inclusive"])
def test_a_run_after_an_idle_one_repeats_nothing(loaded, bound):
    simulator, state = loaded(shop(5), since_sq_bound=bound)
    simulator.edit.update("A", 2, {"A": "x"})
    simulator.edit.delete("A", 3)
    first = run_tap(simulator, state=state)
    assert first.ids(STREAM) == [2]
    assert [row["_id"] for row in first.tombstones(STREAM)] == [3]
    second = run_tap(simulator, state=first.state)
    assert second.of_type("RECORD") == []


FEED_FORMS = [
    {"removes": "strings"},
    {"removes": "objects"},
    {"feed_updates": "delta"},
    {"feed_record_sq": "absent"},
    {"since_sq_bound": "inclusive"},
    {"since_sq_bound": "inclusive", "feed_record_sq": "absent"},
    {"records_since_sq": "ignored"},
    {"records_since_id": "ignored"},
    {"default_order": "shuffled"},
    {"per_page_cap": "100"},
    {"ref": "array"},
    {"multi": "object"},
    {"empty_fields": "blank"},
    {"rev": "array"},
]


@pytest.mark.parametrize("switches", FEED_FORMS, ids=lambda s: ",".join(f"{k}={v}" for k, v in s.items()))
def test_changed_added_and_deleted_rows_arrive_whatever_form_the_feed_has(loaded, switches):
    simulator, state = loaded(shop(250), **switches)
    for record_id in range(1, 160):
        simulator.edit.update("A", record_id, {"B": -record_id})
    added = [simulator.edit.create("A", {"A": "new"}).id for _ in range(3)]
    for record_id in (200, 201):
        simulator.edit.delete("A", record_id)
    run = run_tap(simulator, state=state)
    assert run.error is None
    repeated = {250} if switches.keys() == {"since_sq_bound", "feed_record_sq"} else set()  # the row at the bookmark
    assert set(run.ids(STREAM)) - repeated == {*range(1, 160), *added}
    assert {row["amount"] for row in run.rows(STREAM) if row["_id"] < 160} == {-i for i in range(1, 160)}
    assert {row["_id"] for row in run.tombstones(STREAM)} == {200, 201}


def test_one_changed_row_is_read_singly(loaded):
    simulator, state = loaded(shop(50))
    simulator.edit.update("A", 7, {"A": "x"})
    run_tap(simulator, state=state)
    assert record_pages(simulator) == []
    assert [path.rsplit("/", 1)[1] for path in single_reads(simulator)] == ["7"]


def test_many_changed_rows_are_read_in_pages_and_no_call_is_wasted(loaded):
    simulator, state = loaded(shop(300))
    for record_id in range(1, 251):
        simulator.edit.update("A", record_id, {"A": "x"})
    run_tap(simulator, state=state, page_size=100)
    assert len(record_pages(simulator)) == 3
    assert single_reads(simulator) == []


def test_a_server_that_ignores_the_sequence_is_noticed_on_the_first_page(loaded):
    simulator, state = loaded(shop(300), records_since_sq="ignored")
    for record_id in (150, 290):
        simulator.edit.update("A", record_id, {"A": "x"})
    run = run_tap(simulator, state=state, page_size=10)
    assert run.ids(STREAM) == [150, 290]
    assert len(record_pages(simulator)) == 1
    assert len(single_reads(simulator)) == 2


def test_tables_without_changes_cost_no_call_and_move_on(loaded):
    tables = {"A": customers(), "B": table("Orders", A=field("string", "No"))}
    simulator, state = loaded(team(database(tables, {"A": customer_records(3)})))
    simulator.edit.update("A", 1, {"A": "x"})
    run = run_tap(simulator, state=state)
    assert len(changes_calls(simulator)) == 1
    assert run.bookmark("shop__orders")["replication_key_value"] == run.bookmark(STREAM)["replication_key_value"] == 4


def test_a_row_edited_forty_times_comes_once_as_it_is_now(loaded):
    simulator, state = loaded(shop(5))
    for number in range(40):
        simulator.edit.update("A", 2, {"B": number})
    run = run_tap(simulator, state=state)
    assert [(row["_id"], row["amount"]) for row in run.rows(STREAM)] == [(2, 39)]


def test_a_row_changed_and_then_deleted_is_only_a_tombstone(loaded):
    simulator, state = loaded(shop(5))
    simulator.edit.update("A", 2, {"B": 1})
    simulator.edit.delete("A", 2)
    run = run_tap(simulator, state=state)
    assert run.rows(STREAM) == []
    assert [row["_id"] for row in run.tombstones(STREAM)] == [2]


@pytest.mark.parametrize("listed", ["yes", "no"])
def test_a_row_deleted_and_made_again_is_a_row_and_no_tombstone(loaded, listed):
    simulator, state = loaded(shop(5), recreated_in_removes=listed)
    simulator.edit.delete("A", 2)
    simulator.edit.create("A", {"A": "back"}, id=2)
    run = run_tap(simulator, state=state)
    assert [(row["_id"], row["name"]) for row in run.rows(STREAM)] == [(2, "back")]
    assert run.tombstones(STREAM) == []


def test_tombstones_come_last_under_a_narrow_schema(loaded):
    simulator, state = loaded(shop(5))
    simulator.edit.update("A", 1, {"B": 1})
    simulator.edit.delete("A", 2)
    run = run_tap(simulator, state=state)
    mine = [m for m in run.messages if m.get("stream") == STREAM]
    assert [m["type"] for m in mine] == ["SCHEMA", "RECORD", "SCHEMA", "RECORD", "SCHEMA"]
    assert mine[0] == mine[4], "the schema of the rows is the last one again"
    assert (mine[1]["record"]["_sdc_deleted_at"], mine[3]["record"]["_sdc_deleted_at"] is None) == (None, False)
    assert set(mine[2]["schema"]["properties"]) == {"_id", "_sequence", "_sdc_deleted_at"} == set(mine[3]["record"])
    assert mine[2]["key_properties"] == ["_id"]


def test_deletes_can_be_ignored(loaded):
    simulator, state = loaded(shop(5))
    simulator.edit.delete("A", 2)
    run = run_tap(simulator, state=state, deletes="ignore")
    assert run.of_type("RECORD") == []
    assert run.bookmark(STREAM)["replication_key_value"] == 6


def test_deleting_a_parent_brings_tombstones_for_its_children(loaded):
    tables = {
        "A": customers(C=field("rev", "Contacts", refTypeId="B", refFieldId="B")),
        "B": {
            **table(
                "Contacts",
                A=field("string", "Name"),
                B=field("ref", "Customer", refTypeId="A", refFieldId="C", cascade=True),
            ),
            "master": "A",
            "masterRef": "B",
        },
    }
    contacts = [
        customer_records(1)[0]._replace(id=n, fields={"A": "c", "B": 1 + n % 2}, sequence=10 + n) for n in (1, 2, 3)
    ]
    simulator, state = loaded(team(database(tables, {"A": customer_records(2), "B": contacts})))
    simulator.edit.delete("A", 2)
    run = run_tap(simulator, state=state)
    assert [row["_id"] for row in run.tombstones(STREAM)] == [2]
    assert {row["_id"] for row in run.tombstones("shop__contacts")} == {1, 3}


@pytest.mark.parametrize("feed", ["missing", "forbidden"])
@pytest.mark.parametrize("filters", ["honoured", "ignored"])
def test_without_a_feed_changed_rows_arrive_and_one_warning_speaks_of_deletions(loaded, caplog, feed, filters):
    simulator, state = loaded(shop(30), feed=feed, records_since_sq=filters)
    caplog.clear()
    simulator.edit.update("A", 4, {"A": "x"})
    simulator.edit.update("A", 9, {"A": "y"})
    run = run_tap(simulator, state=state)
    assert sorted(set(run.ids(STREAM))) == [4, 9]
    assert len([r for r in caplog.records if "deleted rows cannot be seen" in r.getMessage()]) == 1
    assert run.bookmark(STREAM)["replication_key_value"] == 32


@pytest.mark.parametrize("bound", ["exclusive", "inclusive"])
@pytest.mark.parametrize("switch", [{"updated_order": "ignored"}, {"sequence_field": "absent"}], ids=str)
def test_without_a_feed_and_without_a_last_change_no_changed_row_is_missed(loaded, caplog, switch, bound):
    """The record that is said to have changed last did not, or does not say when."""
    simulator, state = loaded(shop(30), feed="missing", since_sq_bound=bound, **switch)
    for name in ("x", "y"):
        simulator.edit.update("A", 4, {"A": name})
        run = run_tap(simulator, state=state)
        assert (4, name) in [(row["_id"], row["name"]) for row in run.rows(STREAM)]
        assert "the same changes come again with the next run" in caplog.text
        state = run.state


def test_without_a_feed_an_idle_run_costs_one_call_per_table(loaded):
    simulator, state = loaded(shop(30), feed="missing")
    run = run_tap(simulator, state=state)
    assert len(record_pages(simulator)) == 1
    assert run.of_type("RECORD") == []


@pytest.mark.parametrize("beyond", ["normal", "echo", "everything", "error"])
def test_a_database_that_went_back_is_read_whole_with_one_warning_per_table(loaded, caplog, beyond):
    simulator, state = loaded(shop(5), huge_since_sq=beyond)
    backup = simulator.edit.snapshot()
    for number in (1, 2, 3):
        simulator.edit.update("A", number, {"A": "later"})
    later = run_tap(simulator, state=state)
    simulator.edit.restore(backup)
    caplog.clear()
    run = run_tap(simulator, state=later.state)
    assert run.ids(STREAM) == [1, 2, 3, 4, 5]
    assert len([r for r in caplog.records if "was set back" in r.getMessage()]) == 1
    assert run.of_type("ACTIVATE_VERSION", STREAM)[0]["version"] > later.bookmark(STREAM)["table_version"]
    assert run.bookmark(STREAM)["replication_key_value"] == 5


def test_a_table_selected_later_is_read_whole_and_the_others_are_left_alone(loaded):
    tables = {"A": customers(), "B": table("Orders", A=field("string", "No"))}
    simulator, state = loaded(team(database(tables, {"A": customer_records(3), "B": customer_records(4, first=1)})))
    del state["bookmarks"]["shop__orders"]
    run = run_tap(simulator, state=state)
    assert run.rows(STREAM) == []
    assert run.ids("shop__orders") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "value",
    [-1, "2024-01-01T00:00:00Z", True, 1.5, 10**15],
    ids=["negative", "date", "boolean", "fraction", "far future"],
)
def test_an_impossible_bookmark_leads_to_a_whole_reading_with_a_warning(loaded, caplog, value):
    simulator, state = loaded(shop(5))
    state["bookmarks"][STREAM]["replication_key_value"] = value
    caplog.clear()
    run = run_tap(simulator, state=state)
    assert run.ids(STREAM) == [1, 2, 3, 4, 5]
    assert [r for r in caplog.records if r.levelname == "WARNING"]


@pytest.mark.parametrize("listed", ["yes", "no"])
def test_a_record_made_again_is_no_deletion_where_another_table_is_further_behind(loaded, listed):
    """The feed is asked from the lowest bookmark, and its removals carry no sequence."""
    seed = team(
        database({"A": customers(), "B": table("Notes")}, {"A": customer_records(5), "B": [RecordDocument(1, {}, 6)]})
    )
    simulator, state = loaded(seed, recreated_in_removes=listed)
    simulator.edit.delete("A", 4)
    simulator.edit.create("A", {"A": "made again"}, id=4)
    simulator.edit.update("B", 1, {})
    simulator.faults.add("status", status=500, path="tables/B/records", times=None)
    behind = run_tap(simulator, state=state)
    assert behind.ids(STREAM) == [4]
    simulator.faults.clear()
    simulator.edit.update("A", 5, {"A": "changed"})
    run = run_tap(simulator, state=behind.state, deletes="both")
    assert 5 in run.ids(STREAM)
    assert run.tombstones(STREAM) == []


@pytest.mark.parametrize(("table_id", "record_id"), [("C", 14), ("C1", 4)])
@pytest.mark.parametrize("next_rids", ["present", "absent"])
def test_a_deletion_that_fits_two_tables_is_settled_by_a_look_at_each(loaded, table_id, record_id, next_rids):
    """The feed says `"C14"`: record 14 of table C, or record 4 of table C1."""
    tables = {"C": customers(), "C1": {**customers(), "caption": "Contacts"}}
    rows = {"C": customer_records(20), "C1": customer_records(20)}
    simulator, state = loaded(team(database(tables, rows)), next_rids=next_rids)
    simulator.edit.delete(table_id, record_id)
    run = run_tap(simulator, state=state)
    gone = {(m["stream"], m["record"]["_id"]) for m in run.of_type("RECORD") if m["record"].get("_sdc_deleted_at")}
    stream = {"C": STREAM, "C1": "shop__contacts"}[table_id]
    assert gone == {(stream, record_id)}


def test_a_change_that_fits_two_tables_brings_both_rows(loaded):
    tables = {"C": customers(), "C1": {**customers(), "caption": "Contacts"}}
    simulator, state = loaded(
        team(database(tables, {"C": customer_records(20), "C1": customer_records(20)})), feed_updates="bare"
    )
    simulator.edit.update("C", 14, {"A": "changed"})
    run = run_tap(simulator, state=state)
    assert [(row["_id"], row["name"]) for row in run.rows(STREAM)] == [(14, "changed")]
    assert run.ids("shop__contacts") == [4]


def test_changes_of_a_table_that_is_not_known_are_passed_over_and_logged(loaded, caplog):
    tables = {"A": customers(), "QQ": table("Later", A=field("string", "Name"))}
    simulator, state = loaded(team(database(tables, {"A": customer_records(5), "QQ": []})))
    catalog = discover(simulator)
    catalog["streams"] = [entry for entry in catalog["streams"] if entry["tap_stream_id"] == STREAM]
    simulator.switches.update({"schema_access": "forbidden"})
    simulator.edit.create("QQ", {"A": "new"})
    simulator.edit.update("A", 2, {"A": "x"})
    caplog.clear()
    caplog.set_level("INFO")
    run = run_tap(simulator, state=state, catalog=catalog, team=TEAM_ID)
    assert (run.ids(STREAM), run.error) == ([2], None)
    assert "1 change of tables that are not known passed over" in caplog.text
