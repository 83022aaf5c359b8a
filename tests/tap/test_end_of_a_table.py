"""The end of a full reading is confirmed before a row that did not come is taken for deleted; each row comes once."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop
from tests.helpers.wire import record_pages

STREAM = "shop__customers"


def newest_calls(simulator):
    return [page for page in record_pages(simulator) if page.get("new") == "true"]


def is_activated(run):
    return bool(run.of_type("ACTIVATE_VERSION", STREAM))


def test_the_feeds_next_record_id_confirms_the_end_without_a_call(simulate):
    simulator = simulate(shop(25))
    run = run_tap(simulator, page_size=10)
    assert (run.ids(STREAM), is_activated(run)) == (list(range(1, 26)), True)
    assert newest_calls(simulator) == []


def test_where_the_last_rows_were_deleted_one_call_for_the_newest_record_confirms_it(simulate):
    simulator = simulate(shop(25))
    simulator.edit.delete("A", 25)
    run = run_tap(simulator, page_size=10)
    assert (run.ids(STREAM), is_activated(run)) == (list(range(1, 25)), True)
    assert [(page["new"], page["perPage"]) for page in newest_calls(simulator)] == [("true", "1")]


@pytest.mark.parametrize("switches", [{"next_rids": "absent"}, {"feed": "missing"}, {"huge_since_sq": "echo"}], ids=str)
def test_where_the_feed_does_not_say_the_next_record_id_one_call_confirms_it(simulate, switches):
    simulator = simulate(shop(25), **switches)
    run = run_tap(simulator, page_size=10)
    assert (run.error, run.ids(STREAM), is_activated(run)) == (None, list(range(1, 26)), True)
    assert len(newest_calls(simulator)) == 1


def test_a_server_that_ignores_new_confirms_nothing_rows_and_bookmark_stand(simulate, caplog):
    simulator = simulate(shop(25), next_rids="absent", updated_order="ignored")
    run = run_tap(simulator, page_size=10)
    assert (run.error, run.ids(STREAM), is_activated(run)) == (None, list(range(1, 26)), False)
    assert run.bookmark(STREAM)["replication_key_value"] == 25
    assert len([r for r in caplog.records if "whether there are more it does not say" in r.getMessage()]) == 1
    simulator.edit.update("A", 3, {"A": "x"})
    assert run_tap(simulator, state=run.state).ids(STREAM) == [3]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_server_that_refuses_to_say_the_newest_record_confirms_nothing(simulate, status):
    simulator = simulate(shop(5), next_rids="absent")
    for after in (1, 3):  # in place of the empty page, and after it
        simulator.faults.add("status", status=status, path="/records$", after=after)
    run = run_tap(simulator)
    assert (run.error, run.ids(STREAM), is_activated(run)) == (None, [1, 2, 3, 4, 5], False)


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("after", range(5))
@pytest.mark.parametrize("switches", [{}, {"next_rids": "absent"}], ids=str)
def test_an_empty_page_anywhere_loses_no_row(simulate, switches, after, parallel):
    simulator = simulate(shop(47), **switches)
    simulator.faults.add("empty_page", path="/records$", after=after)
    run = run_tap(simulator, page_size=10, max_parallel_requests=parallel)
    assert run.error is None
    assert sorted(run.ids(STREAM)) == list(range(1, 48))
    assert is_activated(run)


def test_an_end_that_the_newest_record_contradicts_fails_and_the_next_run_goes_on(simulate):
    simulator = simulate(shop(25))
    for after in (1, 3):  # the second page, and that page asked for again after the newest record was
        simulator.faults.add("empty_page", path="/records$", after=after)
    run = run_tap(simulator, page_size=10)
    assert "nothing comes after record 10, though the newest record is a later one" in run.stream_error(STREAM)
    assert (run.ids(STREAM), is_activated(run)) == (list(range(1, 11)), False)
    rest = run_tap(simulator, page_size=10, state=run.state)
    assert (rest.error, rest.ids(STREAM), is_activated(rest)) == (None, list(range(11, 26)), True)


@pytest.mark.parametrize("switches", [{}, {"next_rids": "absent"}, {"feed": "missing"}], ids=str)
def test_a_role_that_sees_no_rows_any_more_empties_nothing(simulate, caplog, switches):
    simulator = simulate(shop(25), **switches)
    first = run_tap(simulator)
    simulator.faults.add("empty_page", path="/records$", times=None)
    run = run_tap(simulator, state=first.state, refresh=[STREAM])
    assert (run.error, run.of_type("RECORD", STREAM), is_activated(run)) == (None, [], False)
    assert "If the key's role may not see all rows" in caplog.text


def test_a_table_whose_rows_were_all_deleted_is_emptied_and_stays_known_as_empty(simulate, caplog):
    simulator = simulate(shop(5))
    first = run_tap(simulator)
    for number in range(1, 6):
        simulator.edit.delete("A", number)
    run = run_tap(simulator, state=first.state, refresh=[STREAM])
    assert (run.error, is_activated(run)) == (None, True)
    assert [row["_id"] for row in run.tombstones(STREAM)] == [1, 2, 3, 4, 5]
    again = run_tap(simulator, state=run.state, refresh=[STREAM])
    assert (again.error, is_activated(again)) == (None, True)
    assert "whether there are more it does not say" not in caplog.text


def test_a_table_that_has_rows_again_is_not_known_as_empty_any_more(simulate):
    simulator = simulate(shop(0))
    state = run_tap(simulator).state
    for name in ("one", "two"):
        simulator.edit.create("A", {"A": name})
    state = run_tap(simulator, state=state).state
    simulator.faults.add("empty_page", path="/records$", times=None)
    assert not is_activated(run_tap(simulator, state=state, refresh=[STREAM]))


STRANGE_PAGES = [
    {"records_since_id": "ignored"},
    {"records_since_id": "ignored", "next_rids": "absent"},
    {"records_since_id": "ignored", "repeat_last_page": "yes"},
    {"default_order": "shuffled"},
    {"repeat_last_page": "yes"},
    {"records_page": "ignored"},
    {"per_page": "ignored"},
    {"per_page_cap": "100"},
    {"since_id_bound": "inclusive"},
    {"records_since_id": "ignored", "per_page": "ignored"},
]


@pytest.mark.parametrize("switches", STRANGE_PAGES, ids=lambda s: ",".join(f"{k}={v}" for k, v in s.items()))
@pytest.mark.parametrize("parallel", [1, 3])
def test_each_row_comes_once_whatever_the_server_makes_of_pages(simulate, switches, parallel):
    run = run_tap(simulate(shop(230), **switches), page_size=40, max_parallel_requests=parallel)
    assert run.error is None
    assert sorted(run.ids(STREAM)) == list(range(1, 231))


def test_a_server_that_pages_in_no_way_is_an_error_and_activates_nothing(simulate):
    run = run_tap(simulate(shop(230), records_since_id="ignored", records_page="ignored"), page_size=40)
    assert "answers each page with the first one" in run.stream_error(STREAM)
    assert not is_activated(run)
    assert run.bookmark(STREAM)["replication_key_value"] is None


def test_a_page_that_is_repeated_once_is_asked_for_again(simulate, caplog):
    simulator = simulate(shop(47))
    simulator.faults.add("repeat_page", path="/records$", after=2)
    run = run_tap(simulator, page_size=10)
    assert (run.error, run.ids(STREAM)) == (None, list(range(1, 48)))
    assert "repeated passes" not in caplog.text


def test_without_a_feed_an_empty_page_does_not_hide_changed_rows(simulate):
    simulator = simulate(shop(60), feed="missing")
    state = run_tap(simulator).state
    for number in range(1, 50):
        simulator.edit.update("A", number, {"B": -number})
    simulator.faults.add("empty_page", path="/records$", after=3)  # a look, the last change, a page, the next page
    run = run_tap(simulator, state=state, page_size=10)
    if run.error is None:
        assert run.ids(STREAM) == list(range(1, 50))
    else:
        assert run.bookmark(STREAM)["replication_key_value"] == state["bookmarks"][STREAM]["replication_key_value"]


def test_an_empty_table_alarms_nobody_at_its_first_load_and_warns_where_it_was_read_before(simulate, caplog):
    caplog.set_level("INFO")
    simulator = simulate(shop(3))
    for number in (1, 2, 3):
        simulator.edit.delete("A", number)
    first = run_tap(simulator)
    [told] = [r for r in caplog.records if "shows no rows" in r.getMessage()]
    assert (told.levelname, "If this is its first load, all is well" in told.getMessage()) == ("INFO", True)
    assert (first.error, is_activated(first)) == (None, False), "the state may have been lost, and rows are there"
    caplog.clear()
    run_tap(simulator, state=first.state, refresh=[STREAM])
    assert [r.levelname for r in caplog.records if "shows no rows, though it may have had some" in r.getMessage()] == [
        "WARNING"
    ]
