"""Deleting: rows that say so, and mirrors; never on a guess, never more than permitted."""

from __future__ import annotations

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import activate_version, of_tap, records, run_target, schema, state, stored, writes
from tests.helpers.run import customer_rows as rows
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, shop, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
TOMBSTONES = schema("customers", key=["Name"], Name="string", _sdc_deleted_at="string")
DELETED_AT = "2026-11-01T00:00:00Z"
MIRROR = {"streams": {"*": {"mode": "mirror"}}}
AT_THE_END = {"bookmarks": {"customers": {}}}
"""The state of a tap that reads whole tables."""


def tombstones(*numbers):
    return records("customers", [{"Name": f"name {n}", "_sdc_deleted_at": DELETED_AT} for n in numbers])


@pytest.mark.parametrize("delete_many", ["available", "missing", "bodyless"])
def test_rows_that_say_so_are_deleted_and_one_that_is_gone_needs_nothing(simulate, delete_many):
    simulator = simulate(shop(8), delete_many=delete_many)
    messages = [TOMBSTONES, *tombstones(2, 3, 4, 99), state({"a": 1})]
    run = run_target(simulator, messages, hard_delete=True)
    assert run.error is None
    assert list(stored(simulator)) == [1, 5, 6, 7, 8]
    assert run.counts("customers") == {"read": 4, "deleted": 3, "unchanged": 1}
    simulator.log.clear()
    again = run_target(simulator, messages, hard_delete=True)
    assert again.counts("customers") == {"read": 4, "unchanged": 4}
    assert writes(simulator) == []


@pytest.mark.parametrize("numbers", [(2,), (2, 3, 4)], ids=["one by one", "at once"])
@limits.no_pauses()
def test_a_page_in_place_of_the_answer_to_a_deletion_is_no_success(simulate, numbers):
    simulator = simulate(shop(4))
    simulator.faults.add("login_page", method="DELETE", times=2)
    run = run_target(simulator, [TOMBSTONES, *tombstones(*numbers)], hard_delete=True, max_retries=2)
    assert run.error is None
    assert stored(simulator).keys() == {1, 2, 3, 4} - {*numbers}
    simulator.faults.add("login_page", method="DELETE", times=None)
    run = run_target(simulator, [TOMBSTONES, *tombstones(1)], hard_delete=True, max_retries=2)
    assert "an HTML page" in str(run.error)


@pytest.mark.parametrize("nothing", ["", " ", None, False])
def test_a_mark_that_is_empty_deletes_nothing(simulate, nothing):
    """A column of a file is `""` where nothing is said."""
    simulator = simulate(shop(3))
    marked = records("customers", [{"Name": f"name {n}", "_sdc_deleted_at": nothing} for n in (1, 2, 3)])
    run = run_target(simulator, [TOMBSTONES, *marked], hard_delete=True)
    assert len(stored(simulator)) == 3
    assert run.counts("customers") == {"read": 3, "unchanged": 3}


def test_without_hard_delete_they_are_only_counted(simulate):
    simulator = simulate(shop(3))
    run = run_target(simulator, [TOMBSTONES, *tombstones(2)])
    assert run.counts("customers") == {"read": 1, "skipped": 1}
    assert writes(simulator) == []


def test_a_deletion_that_is_only_counted_does_not_hide_the_row_before_it(simulate):
    simulator = simulate(shop(0))
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    run = run_target(simulator, [described, *rows(1), *tombstones(1)])
    assert stored(simulator) == {1: {"A": "name 1", "B": 10}}
    assert run.counts("customers") == {"read": 2, "created": 1, "skipped": 1}


def test_the_last_row_about_a_record_decides(simulate):
    simulator = simulate(shop(3))
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    given = [*tombstones(1), *rows(1), *rows(2), *tombstones(2)]
    run = run_target(simulator, [described, *given], hard_delete=True)
    assert list(stored(simulator)) == [1, 3]
    assert run.counts("customers") == {"read": 4, "unchanged": 1, "deleted": 1, "skipped": 2}


def test_a_row_that_is_rejected_keeps_its_record_from_the_deletion_before_it(simulate):
    simulator = simulate(shop(3))
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    bad = records("customers", [{"Name": "name 1", "Amount": "many"}])
    run = run_target(simulator, [described, *tombstones(1), *bad, *tombstones(2)], hard_delete=True)
    assert list(stored(simulator)) == [1, 3]
    assert run.counts("customers") == {"read": 3, "deleted": 1, "skipped": 1, "rejected": 1}


def test_tombstones_of_the_tap_under_their_own_narrow_schema(simulate):
    """As tap-ninox sends them: by record id, after the rows, with no other property."""
    simulator = simulate(shop(4))
    whole = of_tap(schema("customers", key=["_id"], _id="integer", Name="string", _sequence="integer"))
    narrow = of_tap(schema("customers", key=["_id"], _id="integer", _sequence="integer", _sdc_deleted_at="string"))
    messages = [
        whole, *records("customers", [{"_id": 1, "Name": "new"}]),
        narrow, *records("customers", [{"_id": 3, "_sdc_deleted_at": DELETED_AT}]),
    ]  # fmt: skip
    run = run_target(simulator, messages, hard_delete=True)
    assert run.error is None
    assert list(stored(simulator)) == [1, 2, 4]
    assert stored(simulator)[1]["A"] == "new"


def test_a_mirror_deletes_what_did_not_come(simulate, caplog):
    caplog.set_level("INFO")
    simulator = simulate(shop(6))
    given = [CUSTOMERS, *rows(1, 2, 9, version=1), activate_version("customers"), state({"a": 1})]
    run = run_target(simulator, given, **MIRROR)
    assert run.error is None
    assert [row["A"] for row in stored(simulator).values()] == ["name 1", "name 2", "name 9"]
    assert run.counts("customers") == {"read": 3, "created": 1, "unchanged": 2, "removed": 4}
    assert run.states == [{"a": 1}]
    assert "customers: no row came, so removed: 4 records of table 'Customers' (ids 3, 4, 5, 6)." in caplog.messages
    run_target(simulator, [CUSTOMERS, *rows(1, 2, version=2), activate_version("customers", 2), state({})], **MIRROR)
    assert "customers: no row came, so removed: 1 record of table 'Customers' (id 7)." in caplog.messages


@pytest.mark.parametrize("change", [{"A": "name 9"}, {"B": 1}, {"C": "of no property"}], ids=str)
def test_a_record_that_somebody_changes_while_a_mirror_runs_stays(simulate, caplog, change):
    simulator = simulate(shop(6))
    table = simulator.store.teams[TEAM_ID].databases[DATABASE_ID]

    def change_once(_, method, __):
        if method == "POST":
            table.update("A", 5, change)

    simulator.on_request.append(change_once)
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2, 3, 4, 9), END], **MIRROR)
    assert run.error is None
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 7]
    assert run.counts("customers") == {"read": 5, "created": 1, "unchanged": 4, "removed": 1}
    assert "1 record of table 'Customers' did not come and stays until the next run" in caplog.text


def test_the_end_of_an_input_that_ends_well_is_the_end_of_its_streams(simulate):
    simulator = simulate(shop(6))
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2), state(AT_THE_END)], **MIRROR)
    assert list(stored(simulator)) == [1, 2]
    assert run.states == [AT_THE_END]


ACTIVATED = activate_version("customers")
FOLLOWING = {**CUSTOMERS, "bookmark_properties": ["Amount"]}
END = state(AT_THE_END)
BROKEN = {
    "cut off": lambda: [CUSTOMERS, *rows(1, 2)],
    "cut off between two states": lambda: [CUSTOMERS, *rows(1), END, *rows(2)],
    "cut off at the next stream": lambda: [CUSTOMERS, *rows(1), END, CUSTOMERS],
    "only what changed": lambda: [FOLLOWING, *rows(1), END],
    "empty": lambda: [CUSTOMERS, ACTIVATED, END],
    "a bad row": lambda: [CUSTOMERS, *rows(1), *records("customers", [{"Name": "x", "Amount": "many"}]), END],
    "a line that is no message": lambda: [CUSTOMERS, *rows(1, version=1), ACTIVATED, "RECORD"],
    "an unknown stream": lambda: [CUSTOMERS, *rows(1, version=1), ACTIVATED, *records("none", [{"a": 1}])],
    "cut off behind a version that was activated first": lambda: [CUSTOMERS, ACTIVATED, *rows(1, version=1)],
    "cut off behind a row behind a version": lambda: [CUSTOMERS, *rows(1, version=1), ACTIVATED, *rows(2, version=1)],
    "only what changed behind an old version": lambda: [FOLLOWING, ACTIVATED, *rows(1, version=1), END],
    "cut off behind a state of a stream under way": lambda: [CUSTOMERS, *rows(1),
                                                             state({**AT_THE_END, "currently_syncing": "customers"})],
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_mirror_deletes_nothing_after_an_input_that_is(simulate, caplog, name):
    caplog.set_level("INFO")
    simulator = simulate(shop(6))
    run_target(simulator, BROKEN[name](), **MIRROR)
    is_an_error = name in {"a line that is no message", "an unknown stream"}
    assert ("nothing is deleted, because" in caplog.text) != is_an_error
    assert len(stored(simulator)) == 6
    assert not [call for call in simulator.log.entries if call.method == "DELETE"]


def test_a_mirror_deletes_nothing_after_only_what_changed_under_another_name(simulate):
    simulator = simulate(shop(6))
    described = {**schema("raw", key=["Name"], Name="string"), "bookmark_properties": ["Name"]}
    messages = [described, *records("raw", [{"Name": "name 1"}]), state({"a": 1})]
    run_target(simulator, messages, stream_maps={"raw": {"__alias__": "customers"}}, **MIRROR)
    assert len(stored(simulator)) == 6


def test_a_version_that_is_activated_first_and_last_is_complete(simulate):
    """As pipelinewise's taps send them in a first run."""
    simulator = simulate(shop(6))
    given = [CUSTOMERS, activate_version("customers"), *rows(1, version=1), activate_version("customers")]
    run_target(simulator, given, **MIRROR)
    assert list(stored(simulator)) == [1]


def test_a_whole_reading_that_is_cut_off_begins_again_for_a_mirror(simulate):
    """Going on in the middle, tap-ninox sends the rest and activates the version: a mirror would keep only that."""
    simulator = simulate(shop(0))
    described = {**CUSTOMERS, "bookmark_properties": ["_sequence"]}
    inside = {"bookmarks": {"customers": {"snapshot": {"head": 9, "last_id": 2, "table_version": 1}}}}
    finished = {"bookmarks": {"customers": {"replication_key_value": 9}}}
    cut_off = run_target(simulator, [described, *rows(1, 2), state(inside), *rows(3)], **MIRROR)
    assert cut_off.states == []
    stopped = run_target(simulator, [described, *rows(1, 2), state(inside)], **MIRROR)
    assert stopped.states == []
    whole = [described, *rows(1, 2), state(inside), *rows(3), activate_version("customers"), state(finished)]
    assert run_target(simulator, whole, **MIRROR).states == [finished]
    assert run_target(simulator, [described, *rows(1, 2), state(inside)]).states == [inside]


def test_a_mirror_that_would_delete_too_much_deletes_nothing(simulate):
    simulator = simulate(shop(6))
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2), state(AT_THE_END)], max_deletes=3, **MIRROR)
    assert "max_deletes" in str(run.error)
    assert "4 records" in str(run.error)
    assert len(stored(simulator)) == 6
    assert run.states == []


def test_a_mirror_with_a_failing_later_stream_deletes_nothing_and_its_state_is_held(simulate):
    simulator = simulate(shop(6))
    other = schema("nowhere", key=["a"], a="string")
    messages = [CUSTOMERS, *rows(1), activate_version("customers"), state({"a": 1}), other, state({"a": 2})]
    run = run_target(simulator, messages, **MIRROR)
    assert run.error is not None
    assert run.states == []
    assert len(stored(simulator)) == 6


def test_two_streams_cannot_mirror_one_table(simulate):
    simulator = simulate(shop(3))
    settings = {"streams": {"more": {"table": "Customers"}, **MIRROR["streams"]}}
    run = run_target(simulator, [CUSTOMERS, schema("more", key=["Name"], Name="string"), *rows(1)], **settings)
    assert "goes to table 'Customers', too" in str(run.error)
    assert len(stored(simulator)) == 3


def undeletable(simulator, *record_ids, status=423):
    """Refuse to delete some records, and everything at once."""
    for path in ("/A/records$", *(f"/A/records/{record_id}$" for record_id in record_ids)):
        simulator.faults.add(kind="status", status=status, method="DELETE", path=path, times=None)


@pytest.mark.parametrize("status", [423, 500])
def test_a_record_that_cannot_be_deleted_costs_no_other(simulate, status, caplog):
    simulator = simulate(shop(6))
    undeletable(simulator, 3, status=status)
    run = run_target(simulator, [TOMBSTONES, *tombstones(2, 3, 4), state({"a": 1})], hard_delete=True)
    assert list(stored(simulator)) == [1, 3, 5, 6]
    assert run.counts("customers") == {"read": 3, "deleted": 2, "rejected": 1}
    assert f"row 2 is rejected: Ninox refused to delete the record with HTTP {status}." in caplog.text
    assert run.states == []
    goes_on = run_target(simulator, [TOMBSTONES, *tombstones(3), state(2)], hard_delete=True, on_reject="continue")
    assert goes_on.states == [2]


def test_a_mirror_names_what_it_could_not_delete_and_holds_its_state(simulate):
    simulator = simulate(shop(6))
    undeletable(simulator, 3, 5)
    run = run_target(simulator, [CUSTOMERS, *rows(1), state(AT_THE_END)], **MIRROR)
    assert "customers: 2 records of table 'Customers'" in str(run.error)
    assert "HTTP 423: ids 3, 5." in str(run.error)
    assert list(stored(simulator)) == [1, 3, 5]
    assert run.states == []


def test_a_server_that_deletes_nothing_is_not_asked_for_every_record(simulate):
    simulator = simulate(shop(300))
    simulator.faults.add(kind="status", status=500, method="DELETE", path=".*", times=None)
    run = run_target(simulator, [CUSTOMERS, *rows(1), state(AT_THE_END)], max_deletes=300, **MIRROR)
    assert "HTTP 500" in str(run.error)
    assert len([call for call in simulator.log.entries if call.method == "DELETE"]) <= 110


@pytest.mark.parametrize(("before", "most"), [(20, 10), (99, 10), (110, 11), (250, 25)])
def test_a_mirror_has_a_limit_of_its_own(simulate, before, most):
    """Ten, or a tenth of the table's records before the run."""
    for gone in (most + 1, most):
        simulator = simulate(shop(before))
        given = [CUSTOMERS, *rows(*range(1, before - gone + 1), *range(before + 1, before + 40)), END]
        run = run_target(simulator, given, **MIRROR)
        left = [number for number in stored(simulator) if before - gone < number <= before]
        assert len(left) == (gone if gone > most else 0)
        assert (run.error is None) is (gone == most)
        if run.error:
            first = ", ".join(str(n) for n in range(before - gone + 1, before - gone + 11))
            assert f"would delete {gone} records, more than the {most} permitted by default" in str(run.error)
            assert f"(ids {first}, …)" in str(run.error)
            assert f"set max_deletes to {gone} or more" in str(run.error)
            assert run.states == []


def test_a_limit_that_is_given_takes_the_place_of_the_mirrors_own(simulate):
    simulator = simulate(shop(30))
    run = run_target(simulator, [CUSTOMERS, *rows(1), END], max_deletes=29, **MIRROR)
    assert run.error is None
    assert list(stored(simulator)) == [1]


@pytest.mark.parametrize("at_once", [5000, 1])
@pytest.mark.parametrize("held", [1, 8, 30])
@pytest.mark.parametrize("shows_keys", [True, False])
def test_a_mirror_that_matches_nothing_would_replace_its_table_and_writes_nothing(simulate, held, at_once, shows_keys):
    """Else the next run would find what this one created, and take the others for a few that are gone."""
    simulator = simulate(shop(held, **({} if shows_keys else {"unreadable_fields": {"A": ["A"]}})))
    given = [CUSTOMERS, *rows(101, 102, 101), END]
    for _ in range(2):
        for is_dry in (True, False):
            with limits.small_batches(at_once):
                run = run_target(simulator, given, dry_run=is_dry, **MIRROR)
            assert "customers: it is a mirror, and none of its rows has the key (Name) of any record" in str(run.error)
            assert run.states == []
            assert len(stored(simulator)) == held
            assert run.counts("customers").keys() <= {"read", "skipped"}
    assert writes(simulator) == []
    if shows_keys:
        assert run_target(simulator, given, max_deletes=held, **MIRROR).error is None
        assert [fields["A"] for fields in stored(simulator).values()] == ["name 101", "name 102"]


@pytest.mark.parametrize("at_once", [5000, 1])
def test_a_mirror_writes_all_rows_once_one_of_them_is_about_a_record_that_is_there(simulate, at_once):
    simulator = simulate(shop(3))
    with limits.small_batches(at_once):
        run = run_target(simulator, [CUSTOMERS, *rows(101, 102, 2, 103, 101), END], **MIRROR)
    assert run.error is None
    assert run.counts("customers") == {"read": 5, "created": 3, "unchanged": 1, "skipped": 1, "removed": 2}
    assert sorted(fields["A"] for fields in stored(simulator).values()) == [
        "name 101",
        "name 102",
        "name 103",
        "name 2",
    ]
    assert len(run.states) == 1


def test_a_dry_run_shows_a_mirror_beyond_its_limit(simulate, caplog):
    simulator = simulate(shop(30))
    run = run_target(simulator, [CUSTOMERS, *rows(1, 99), END], dry_run=True, **MIRROR)
    assert run.error is None
    assert run.counts("customers") == {"read": 2, "created": 1, "unchanged": 1, "removed": 29}
    assert "In earnest it would stop here: max_deletes" in caplog.text


def test_nothing_is_deleted_before_all_mirrors_are_within_their_limits(simulate, caplog):
    caplog.set_level("INFO")
    tables = {"A": customers(), "B": {**customers(), "caption": "Others"}}
    simulator = simulate(team(database(tables, {"A": customer_records(20), "B": customer_records(20)})))
    others = [{**message, "stream": "others"} for message in [CUSTOMERS, *rows(*range(1, 15))]]
    run = run_target(simulator, [CUSTOMERS, *rows(1), *others, END], **MIRROR)
    assert "max_deletes" in str(run.error)
    assert "so it is deleted" not in caplog.text
    assert len(stored(simulator, "A")) == len(stored(simulator, "B")) == 20


def test_a_mirror_deletes_nothing_if_its_table_was_not_read_to_its_end(simulate, caplog):
    """What was read may not be all there is: here, somebody makes a record meanwhile."""
    simulator = simulate(shop(40))
    simulator.on_request.append(_Between(simulator))
    run = run_target(simulator, [CUSTOMERS, *rows(*range(1, 36)), END], **MIRROR)
    assert run.error is None
    assert len(stored(simulator)) == 41
    assert "nothing is deleted, because table 'Customers' holds records beyond those that could be read" in caplog.text


class _Between:
    """Somebody who makes a record when the table was read and nothing was deleted yet."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.is_done = False

    def __call__(self, _number, _method, path):
        reads = [call for call in self.simulator.log.entries if call.path.endswith("/A/records")]
        if not self.is_done and reads and reads[-1].query.get("new") == "true":
            self.is_done = True
        elif self.is_done and path.endswith("/A/records") and len(stored(self.simulator)) == 40:
            self.simulator.store.database(TEAM_ID, DATABASE_ID).create("A", {"A": "somebody's"})


@pytest.mark.parametrize("kind", ["keep_one", "keep_all"])
@pytest.mark.parametrize("way", ["mirror", "hard_delete"])
def test_a_deletion_that_was_not_done_whole_is_looked_at_and_done_again(simulate, kind, way):
    simulator = simulate(shop(12))
    simulator.faults.add(kind, method="DELETE", path="/A/records$", times=2)
    if way == "mirror":
        run = run_target(simulator, [CUSTOMERS, *rows(*range(1, 8)), END], **MIRROR)
        assert run.counts("customers")["removed"] == 5
    else:
        run = run_target(simulator, [TOMBSTONES, *tombstones(*range(8, 13))], hard_delete=True)
        assert run.counts("customers")["deleted"] == 5
    assert run.error is None
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("numbers", [(3,), (3, 5, 7)])
def test_a_deletion_that_is_answered_and_never_done_does_not_count(simulate, caplog, numbers):
    simulator = simulate(shop(8))
    simulator.faults.add("keep_all", method="DELETE", times=None)
    run = run_target(simulator, [TOMBSTONES, *tombstones(*numbers), state({"a": 1})], hard_delete=True)
    assert run.counts("customers") == {"read": len(numbers), "rejected": len(numbers)}
    assert "Ninox refused to delete the record with HTTP 200, but the record is still there." in caplog.text
    assert run.states == []
    mirror = run_target(simulator, [CUSTOMERS, *rows(1, 2, 3, 4, 5, 6), END], **MIRROR)
    assert "HTTP 200, but the record is still there: ids 7, 8." in str(mirror.error)
    assert len(stored(simulator)) == 8


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "cut", "malformed", "html", "login_page"])
@limits.no_pauses()
def test_a_lost_answer_to_a_deletion_is_looked_at(simulate, kind):
    simulator = simulate(shop(8))
    simulator.faults.add(kind, method="DELETE", times=2)
    run = run_target(simulator, [TOMBSTONES, *tombstones(2, 3, 4)], hard_delete=True, max_retries=1)
    assert run.error is None
    assert run.counts("customers") == {"read": 3, "deleted": 3}
    assert list(stored(simulator)) == [1, 5, 6, 7, 8]


@pytest.mark.parametrize("switches", [{}, {"records_since_id": "ignored"}, {"per_page_cap": "100"}], ids=str)
def test_many_deletions_are_looked_at_in_few_calls(simulate, switches):
    """A look at a hundred records is a page or two, wherever they are, as long as that is fewer than one each."""
    simulator = simulate(shop(1200), **switches)
    gone = range(7, 1200, 12)
    run = run_target(simulator, [TOMBSTONES, *tombstones(*gone)], hard_delete=True)
    assert run.counts("customers") == {"read": 100, "deleted": 100}
    deleted_at = next(n for n, call in enumerate(simulator.log.entries) if call.method == "DELETE")
    if not switches:
        assert len(simulator.log.entries) - deleted_at <= 4
    else:
        assert len(simulator.log.entries) - deleted_at <= 105


@pytest.mark.parametrize("numbers", [(7,), (40,), (2, 39), (3, 4, 40)], ids=str)
@pytest.mark.parametrize("switches", [{}, {"default_order": "shuffled"}, {"records_since_id": "ignored"}], ids=str)
def test_a_record_that_is_answered_with_404_and_listed_does_not_count_as_deleted(simulate, caplog, numbers, switches):
    """Its own address may be served to nobody; where lists cannot be cut by id either, all of them are read."""
    simulator = simulate(shop(40), **switches)
    simulator.faults.add(kind="status", status=404, path=r"/A/records/\d+$", times=None)
    simulator.faults.add(kind="keep_all", method="DELETE", path="/A/records$", times=None)
    run = run_target(simulator, [TOMBSTONES, *tombstones(*numbers)], hard_delete=True)
    assert len(stored(simulator)) == 40
    assert run.counts("customers") == {"read": len(numbers), "rejected": len(numbers)}
    assert "Ninox refused to delete the record with HTTP 404, but the record is still there." in caplog.text


def test_an_empty_page_by_mistake_does_not_make_records_deleted(simulate):
    simulator = simulate(shop(8))
    simulator.faults.add("keep_one", method="DELETE", path="/A/records$")
    hide_next = {"kind": "empty_page", "method": "GET", "path": "/A/records$"}
    simulator.on_request.append(lambda _, method, __: method == "DELETE" and simulator.faults.add(**hide_next))
    run = run_target(simulator, [TOMBSTONES, *tombstones(4, 6, 8)], hard_delete=True)
    assert run.counts("customers") == {"read": 3, "deleted": 3}
    assert list(stored(simulator)) == [1, 2, 3, 5, 7]


UNCLEAR_MARKS = (
    *("0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31", "2999-01-01T00:00:00Z"),
    0,
    1,
    "0",
    "false",
    "False",
    "None",
    "null",
    "NULL",
    "NaT",
    "nan",
    "-",
    "no",
    "2026",
    {},
    {"a": 1},
    ["x"],
)


@pytest.mark.parametrize("mark", UNCLEAR_MARKS, ids=repr)
@pytest.mark.parametrize("hard_delete", [True, False])
def test_a_mark_that_is_no_time_deletes_nothing_and_its_row_is_rejected(simulate, mark, hard_delete):
    """Files and taps write what is no deletion in many ways."""
    simulator = simulate(shop(2))
    given = records(
        "customers", [{"Name": "name 1", "_sdc_deleted_at": mark}, {"Name": "new", "_sdc_deleted_at": None}]
    )
    run = run_target(simulator, [TOMBSTONES, *given, state({"a": 1})], hard_delete=hard_delete)
    assert run.counts("customers") == {"read": 2, "created": 1, "rejected": 1}
    assert len(stored(simulator)) == 3
    assert run.states == []


@pytest.mark.parametrize(
    "mark", [DELETED_AT, "2026-11-01", "2026-11-01 10:00:00", " 2026-11-01T10:00:00.123456+02:00", True]
)
def test_a_mark_that_says_since_when_deletes(simulate, mark):
    simulator = simulate(shop(2))
    given = records("customers", [{"Name": "name 1", "_sdc_deleted_at": mark}])
    run = run_target(simulator, [TOMBSTONES, *given], hard_delete=True)
    assert run.error is None
    assert list(stored(simulator)) == [2]


def unreadable(count):
    return shop(count, unreadable_fields={"A": ["A"]})


def test_where_no_record_shows_a_key_one_is_made_and_looked_at_before_any_other(simulate):
    """The role of the key may write the field and not read it: each run would make all records again."""
    simulator = simulate(unreadable(3))
    messages = [CUSTOMERS, *rows(1, 2, 3), state(AT_THE_END)]
    for settings in ({}, {**MIRROR, "max_deletes": 3}):
        simulator.log.clear()
        run = run_target(simulator, messages, **settings)
        assert "was created and shows no 'Name'" in str(run.error)
        assert [call.method for call in writes(simulator)] == ["POST"]
        assert run.states == []
    assert sorted(fields["A"] for fields in stored(simulator).values()) == ["name 1"] * 3 + ["name 2", "name 3"]


def test_a_key_that_is_kept_in_another_form_ends_its_stream_with_the_record_that_is_tried(simulate):
    """Where no record shows a key, no script is known, and saves are answered with ids alone."""
    without = [RecordDocument(1, {"B": 1}, 1)]
    simulator = simulate(team(database({"A": customers()}, {"A": without})), save_answer="ids")
    kept = simulator.store.database(TEAM_ID, DATABASE_ID)

    def shorten(_index, method, _path):
        for record_id, fields in stored(simulator).items() if method == "GET" else ():
            if fields.get("A", "").startswith("name"):
                kept.update("A", record_id, {"A": fields["A"][-1]})

    simulator.on_request.append(shorten)
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2, 3), state(AT_THE_END)])
    assert "does not hold in 'Name' the key that was sent" in str(run.error)
    assert ([call.method for call in writes(simulator)], run.states) == (["POST"], [])
    assert stored(simulator) == {1: {"B": 1}, 2: {"A": "1", "B": 10}}


def test_a_mirror_does_not_delete_records_of_which_none_shows_a_key(simulate, caplog):
    """They were typed by hand, or a new field is the key: not one of them can be told from the others."""
    without = [RecordDocument(n, {"B": n}, n) for n in range(1, 6)]
    simulator = simulate(team(database({"A": customers()}, {"A": without})))
    run = run_target(simulator, [CUSTOMERS, *rows(1, 2), state(AT_THE_END)], max_deletes=5, **MIRROR)
    assert run.error is None
    assert len(stored(simulator)) == 7
    assert "none of the 5 records of table 'Customers' shows a value to match by (Name)" in caplog.text


@pytest.mark.parametrize("keeps_digits", [True, False])
def test_a_number_with_more_digits_than_ninox_keeps_is_tried_as_a_key_with_one_record(simulate, keeps_digits):
    """Rounded, it is not found again: each run would make all records once more."""
    script = {} if keeps_digits else {"afterCreate": "Amount := 9007199254740992"}
    simulator = simulate(team(database({"A": {**customers(), **script}})))
    described = schema("customers", key=["Amount"], Amount="number", Name="string")
    given = records("customers", [{"Amount": 2**53 + n, "Name": "x"} for n in range(5)])
    run = run_target(simulator, [described, *given])
    assert (run.error is None) is keeps_digits
    assert len(stored(simulator)) == (5 if keeps_digits else 1)
    assert keeps_digits or "more digits than Ninox keeps" in str(run.error)


@pytest.mark.parametrize("order", ["deleted first", "deleted last"])
def test_a_record_of_which_another_stream_has_a_row_stays_in_a_table_that_nothing_goes_along_with(simulate, order):
    """Streams are written in an order of their own: the row may be written before the deletion that it follows."""
    simulator = simulate(shop(3))
    gone = [{**message, "stream": "gone"} for message in [TOMBSTONES, *tombstones(1, 2)]]
    parts = [gone[:1], [CUSTOMERS], *([gone[1:], rows(1)] if order == "deleted first" else [rows(1), gone[1:]])]
    streams = {"gone": {"table": "Customers"}, "customers": {"table": "Customers"}}
    messages = [message for part in parts for message in part]
    run = run_target(simulator, [*messages, END], hard_delete=True, streams=streams)
    assert run.error is None
    assert list(stored(simulator)) == [1, 3]
    assert run.counts("gone") == {"read": 2, "deleted": 1, "skipped": 1}
