"""A mirror deletes only what is certainly gone: other makers' taps, whole, interrupted, resumed, and by themselves."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.helpers import limits
from tests.helpers.other_taps import FULL, PARTIAL
from tests.helpers.run import activate_version, records, run_target, schema, state, stored
from tests.helpers.run import customer_rows as rows
from tests.helpers.seeds import customer_records, customers, database, shop, team

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
MIRROR = {"streams": {"*": {"mode": "mirror"}}}
END = state({"bookmarks": {"customers": {}}})
SOURCE = [{"Name": f"name {n}", "Amount": n * 10} for n in range(1, 8)]
"""What the source has; of the table's nine records, 8 and 9 are not in it."""


def named(tap):
    return tap.__name__


def deletions(simulator):
    return [call for call in simulator.log.entries if call.method == "DELETE"]


@pytest.mark.parametrize("tap", FULL, ids=named)
def test_a_full_table_deletes_what_is_gone_from_the_source_in_the_first_run_and_in_later_ones(simulate, tap):
    simulator = simulate(shop(9))
    first = run_target(simulator, tap(SOURCE), **MIRROR)
    assert first.error is None
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]
    run_target(simulator, tap(SOURCE[1:], first.state), **MIRROR)
    assert list(stored(simulator)) == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("tap", [*FULL, *PARTIAL], ids=named)
def test_a_tap_that_is_interrupted_anywhere_and_resumed_costs_no_record(simulate, tap):
    """Whatever state the target let out of the interrupted run is where the tap goes on."""
    simulator = simulate(shop(9))
    simulator.backup()
    kinds = [message["type"] for message in tap(SOURCE)]
    behind_the_first_row = kinds.index("RECORD") + 1
    for cut in (n for n, kind in enumerate(kinds[:-1], 1) if kind != "RECORD" or n == behind_the_first_row):
        simulator.restore()
        interrupted = run_target(simulator, islice(tap(SOURCE), cut), **MIRROR)
        assert stored(simulator).keys() >= {1, 2, 3, 4, 5, 6, 7}, cut
        resumed = run_target(simulator, tap(SOURCE, interrupted.state), **MIRROR)
        assert resumed.error is None
        assert stored(simulator).keys() >= {1, 2, 3, 4, 5, 6, 7}, cut
    if tap in FULL:
        run_target(simulator, tap(SOURCE, resumed.state), **MIRROR)
        assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("tap", FULL, ids=named)
def test_a_tap_that_goes_on_from_any_state_of_its_own_costs_no_record(simulate, tap):
    """The state was kept by another target, or by hand."""
    simulator = simulate(shop(9))
    simulator.backup()
    for given in [message["value"] for message in tap(SOURCE) if message["type"] == "STATE"]:
        simulator.restore()
        run_target(simulator, tap(SOURCE, given), **MIRROR)
        assert stored(simulator).keys() >= {1, 2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("tap", PARTIAL, ids=named)
def test_a_tap_that_sends_only_what_is_new_costs_no_record(simulate, caplog, tap):
    simulator = simulate(shop(9))
    given = None
    for last in (5, 6, 7, 7):
        run = run_target(simulator, tap(SOURCE[:last], given), **MIRROR)
        assert run.error is None
        assert run.state is not None, "its bookmark must move on"
        given = run.state
        assert "nothing is deleted, because" in caplog.text or not run.report["total"]["read"]
        caplog.clear()
    assert len(stored(simulator)) == 9
    assert deletions(simulator) == []


@pytest.mark.parametrize("tap", [*FULL, *PARTIAL], ids=named)
def test_no_state_goes_out_between_the_first_row_of_a_mirrored_stream_and_its_end(simulate, tap):
    messages = list(tap(SOURCE))
    kinds = [message["type"] for message in messages]
    first, last = kinds.index("RECORD"), len(kinds) - 1 - kinds[::-1].index("RECORD")
    before = [message["value"] for message in messages[:first] if message["type"] == "STATE"]
    simulator = simulate(shop(9))
    for cut in range(first + 1, last + 1):
        if kinds[cut - 1] == "RECORD" or messages[cut - 1]["value"].get("currently_syncing"):
            run = run_target(simulator, messages[:cut], **MIRROR)
            assert all(given in before for given in run.states)


BOOKMARKS = {
    "by the name of the stream": {"bookmarks": {"customers": {"modified_since": "2026-01-01"}}},
    "by a name of the tap's own": {"bookmarks": {"shop-public-customers": {"xmin": 4711}}},
    "by a name before a mapper": {"bookmarks": {"kunden": {"replication_key_value": 4}}},
    "nested": {"bookmarks": {"customers": {"partitions": [{"context": {"shop": 1}}]}}},
    "a list": {"bookmarks": {"customers": [7]}},
    "bare": {"bookmarks": {"customers": "2026-01-01"}},
    "bookmarks that are a list": {"bookmarks": [{"customers": 7}]},
    "at the top, by stream": {"customers": "2026-01-01"},
    "at the top, for all": {"start_date": "2026-01-01"},
    "no object": "2026-01-01",
    "zero": {"bookmarks": {"customers": {"offset": 0}}},
    "false": {"bookmarks": {"customers": {"done": False}}},
}
NO_VALUES = {
    "none under way": {"currently_syncing": None},
    "an empty one": {"bookmarks": {"customers": {}}},
    "nothing in it": {"bookmarks": {"customers": {"replication_key_value": None, "partitions": [{"a": None}]}}},
    "of another stream": {"bookmarks": {"orders": {"xmin": 3}, "customers": {}}, "currently_syncing": None},
}
SAYS_NOTHING = {
    "empty": {},
    "no bookmark": {"bookmarks": {}},
    "null": None,
    "an entry of another stream": {"bookmarks": {"orders": {}}},
}
ORDERS = [schema("orders", key=["Name"], Name="string"), *records("orders", [{"Name": "x"}])]


@pytest.mark.parametrize("name", BOOKMARKS)
@pytest.mark.parametrize("where", ["before", "between", "behind"])
def test_without_versions_a_value_in_any_state_is_doubt(simulate, caplog, name, where):
    simulator = simulate(shop(9))
    place = {"before": 0, "between": 3, "behind": 7}[where]
    given = rows(*range(1, 8))
    given.insert(place, state(BOOKMARKS[name]))
    run = run_target(simulator, [CUSTOMERS, *given, END], **MIRROR)
    assert run.error is None
    assert len(stored(simulator)) == 9
    assert "customers: nothing is deleted, because a STATE " in caplog.text
    assert "2026-01-01" not in caplog.text, "a bookmark may hold a customer's value"


@pytest.mark.parametrize("name", NO_VALUES)
def test_without_versions_a_state_that_holds_nothing_of_the_stream_ends_it(simulate, name):
    simulator = simulate(shop(9))
    messages = [*ORDERS, CUSTOMERS, *rows(*range(1, 8)), state(NO_VALUES[name])]
    run_target(simulator, messages, streams={"customers": {"mode": "mirror"}}, stream_maps={"orders": None})
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("name", SAYS_NOTHING)
def test_a_last_state_without_an_entry_for_the_stream_is_no_end(simulate, caplog, name):
    """As the Meltano SDK's taps (0.54) write it if a signal stops them in the middle of the stream."""
    simulator = simulate(shop(9))
    messages = [*ORDERS, CUSTOMERS, *rows(*range(1, 8)), state(SAYS_NOTHING[name])]
    run_target(simulator, messages, streams={"customers": {"mode": "mirror"}}, stream_maps={"orders": None})
    assert len(stored(simulator)) == 9
    assert "customers: nothing is deleted, because the" in caplog.text


@pytest.mark.parametrize("name", [name for name in BOOKMARKS if name != "bookmarks that are a list"])
def test_with_versions_only_a_value_before_the_first_row_is_doubt(simulate, caplog, name):
    simulator = simulate(shop(9))
    held = state(BOOKMARKS[name])
    given = rows(*range(1, 8), version=5)
    run_target(simulator, [CUSTOMERS, held, *given, activate_version("customers", 5), END], **MIRROR)
    assert len(stored(simulator)) == 9
    assert "a STATE before its first row holds " in caplog.text
    run_target(simulator, [CUSTOMERS, *given[:3], held, *given[3:], activate_version("customers", 5), held], **MIRROR)
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]


def whole(count):
    return records("customers", [{"Name": f"name {n}", "Amount": n} for n in range(1, count + 1)])


@pytest.mark.parametrize(("count", "is_end"), [(999, True), (1000, False), (1001, True), (2000, False)])
def test_a_state_behind_a_round_number_of_rows_is_no_end(simulate, caplog, count, is_end):
    """A tap of the Meltano SDK whose next page fails behind 10,000 rows ends like one that has read all."""
    simulator = simulate(shop(2005))
    run_target(simulator, [CUSTOMERS, *whole(count), END], max_deletes=2000, **MIRROR)
    assert (len(stored(simulator)) == count) is is_end
    assert is_end or f"the last STATE stands behind {count} rows" in caplog.text


@pytest.mark.parametrize("parts", [(3, 6), (3, 5), (1, 4), (3, 6, 8)])
@limits.round_numbers(100)
def test_behind_a_tap_that_writes_states_between_rows_the_last_one_is_no_end(simulate, caplog, parts):
    """Pages may be of any length, and the next one may have failed."""
    simulator, messages = simulate(shop(10)), [CUSTOMERS]
    for first, last in zip((0, *parts), parts, strict=False):
        messages += [*rows(*range(first + 1, last + 1)), END]
    run_target(simulator, messages, **MIRROR)
    assert len(stored(simulator)) == 10
    assert "customers: nothing is deleted, because a STATE stands between its rows" in caplog.text


@limits.round_numbers(4)
def test_states_behind_round_numbers_of_rows_are_no_doubt(simulate):
    simulator, end = simulate(shop(10)), state({"bookmarks": {"customers": {}}})
    run_target(simulator, [CUSTOMERS, *rows(1, 2, 3, 4), end, *rows(5, 6, 7, 8), end, *rows(9), end], **MIRROR)
    assert len(stored(simulator)) == 9


GROUPS = schema("groups", key=["Name"], Name="string")


def children_of(*groups, schemas):
    """What a tap sends that reads the customers of one group after the other, with a state behind each."""
    end = state({"bookmarks": {"groups": {}, "customers": {}}})
    for group in groups:
        own = rows(*range(3 * group - 2, 3 * group + 1 - group % 2))
        described = [] if schemas == "one" and group > 1 else [CUSTOMERS]
        described += [end] if schemas == "with states" else []
        yield from [*records("groups", [{"Name": f"name {group}"}]), *described, *own, end]


@pytest.mark.parametrize("schemas", ["one", "one each", "with states"])
def test_a_tap_that_fails_between_two_groups_of_children_costs_neither_children_nor_groups(simulate, schemas):
    simulator = simulate(with_another_table("Groups", 9))
    run_target(simulator, [GROUPS, *children_of(1, 2, 3, schemas=schemas)], **MIRROR)
    assert (len(stored(simulator, "A")), len(stored(simulator, "B"))) == (9, 9)


def test_a_state_behind_a_file_of_rows_is_no_end(simulate, caplog, tmp_path):
    """Taps of the Meltano SDK write one behind each file, and may fail before the next."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"Name": "name 1", "Amount": 10}\n')
    file = {"type": "BATCH", "stream": "customers", "encoding": {"format": "jsonl"}, "manifest": [path.as_uri()]}
    simulator = simulate(shop(9))
    run_target(simulator, [CUSTOMERS, file, END], **MIRROR)
    assert len(stored(simulator)) == 9
    assert "the last STATE stands behind a file of rows" in caplog.text
    run_target(simulator, [CUSTOMERS, file, activate_version("customers", 5), END], **MIRROR)
    assert len(stored(simulator)) == 1


VERSIONS = {
    "another version": [*rows(1, 2, version=5), activate_version("customers", 6)],
    "an older version": [*rows(1, 2, version=5), activate_version("customers", 4)],
    "rows of two versions": [*rows(1, version=4), *rows(2, version=5), activate_version("customers", 5)],
    "rows without a version": [*rows(1, 2), activate_version("customers", 5)],
    "a row without a version": [*rows(1, version=5), *rows(2), activate_version("customers", 5)],
    "none": rows(1, 2, version=5),
    "before its rows": [activate_version("customers", 5), *rows(1, 2, version=5)],
    "between its rows": [*rows(1, version=5), activate_version("customers", 5), *rows(2, version=5)],
    "before rows without a version": [activate_version("customers", 5), *rows(1, 2)],
    "another stream's": [*rows(1, 2, version=5), activate_version("orders", 5)],
}


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("ending", [END["value"], "cut off"])
def test_a_version_must_be_that_of_all_rows_and_come_behind_them(simulate, name, ending):
    simulator = simulate(shop(9))
    end = [] if ending == "cut off" else [state(ending)]
    run_target(simulator, [CUSTOMERS, *VERSIONS[name], *end], **MIRROR)
    assert len(stored(simulator)) == 9


def test_an_activation_that_is_not_to_be_processed_ends_nothing(simulate):
    simulator, messages = simulate(shop(9)), [*rows(1, version=5), activate_version("customers", 5), END]
    run_target(simulator, [CUSTOMERS, *messages], process_activate_version_messages=False, **MIRROR)
    assert len(stored(simulator)) == 9


def test_a_row_behind_the_activation_takes_it_back(simulate):
    simulator = simulate(shop(9))
    cut_off = [CUSTOMERS, *rows(1, version=5), activate_version("customers", 5), *rows(2, version=5)]
    run_target(simulator, cut_off, **MIRROR)
    assert len(stored(simulator)) == 9


@pytest.mark.parametrize("cut", range(3, 10))
def test_a_version_that_is_activated_anew_before_more_rows_ends_nothing(simulate, cut):
    """As the Meltano SDK's taps send it for every parent of a child stream; none comes behind the last row."""
    part = [CUSTOMERS, activate_version("customers", 5)]
    messages = [*part, *rows(1, 2, version=5), *part, *rows(3, version=5), *part, *rows(4, version=5)]
    simulator = simulate(shop(9))
    run_target(simulator, messages[:cut], **MIRROR)
    assert len(stored(simulator)) == 9
    run_target(simulator, [*messages, END], **MIRROR)
    assert len(stored(simulator)) == 9


def test_a_deletion_behind_the_activation_takes_nothing_back(simulate):
    """Some taps send what they know to be deleted behind the version that they activate."""
    simulator = simulate(shop(9))
    described = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")
    gone = records("customers", [{"Name": "name 9", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}], version=5)
    messages = [described, *rows(*range(1, 8), version=5), activate_version("customers", 5), *gone, state({"a": 1})]
    run = run_target(simulator, messages, **MIRROR)
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]
    assert run.counts("customers") == {"read": 8, "unchanged": 7, "skipped": 1, "removed": 2}


def test_rows_that_are_all_deletions_are_no_stream(simulate, caplog):
    simulator = simulate(shop(9))
    described = schema("customers", key=["Name"], Name="string", _sdc_deleted_at="string")
    gone = records("customers", [{"Name": "name 9", "_sdc_deleted_at": "2026-01-01T00:00:00Z"}])
    run_target(simulator, [described, *gone, activate_version("customers"), END], **MIRROR)
    assert len(stored(simulator)) == 9
    assert "not a single row came" in caplog.text


def test_files_without_a_row_are_no_stream(simulate, caplog, tmp_path):
    (tmp_path / "a.jsonl").touch()
    simulator = simulate(shop(9))
    for files in ([], [(tmp_path / "a.jsonl").as_uri()]):
        batch = {"type": "BATCH", "stream": "customers", "encoding": {"format": "jsonl"}, "manifest": files}
        run_target(simulator, [CUSTOMERS, batch, activate_version("customers", 5), END], max_deletes=9, **MIRROR)
        assert len(stored(simulator)) == 9
        assert "customers: nothing is deleted, because no row came that stands for a record." in caplog.text
        caplog.clear()


def test_rows_of_which_a_stream_map_makes_deletions_are_no_stream(simulate, caplog):
    simulator, stream_maps = simulate(shop(9)), {"customers": {"_sdc_deleted_at": "'2026-01-01T00:00:00Z'"}}
    run_target(simulator, [CUSTOMERS, *rows(1, 2), END], stream_maps=stream_maps, max_deletes=9, **MIRROR)
    assert len(stored(simulator)) == 9
    assert "no row came that stands for a record" in caplog.text


def with_another_table(caption, count=0):
    tables = {"A": customers(), "B": {**customers(), "caption": caption}}
    return team(database(tables, {"A": customer_records(9), "B": customer_records(count)}))


FILTERS = {
    "its own": ({"customers": {"__filter__": "Amount > 0"}}, "customers"),
    "by a pattern": ({"cust*": {"__filter__": "Amount > 0"}}, "customers"),
    "renamed": ({"raw": {"__alias__": "customers", "__filter__": "Amount > 0"}}, "raw"),
    "from a source": ({"customers": {"__source__": "raw", "__filter__": "Amount > 0"}}, "raw"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_stream_map_of_the_targets_own_that_filters_is_doubt(simulate, caplog, name):
    simulator = simulate(with_another_table("Raw"))
    stream_maps, stream = FILTERS[name]
    messages = [{**message, "stream": stream} for message in [CUSTOMERS, *rows(1, 2)]]
    run_target(simulator, [*messages, END], stream_maps=stream_maps, **MIRROR)
    assert len(stored(simulator)) == 9
    assert "__filter__ may leave out rows" in caplog.text


def test_stream_maps_that_do_not_filter_are_no_doubt(simulate):
    stream_maps = {"raw": {"__alias__": "customers"}, "vips": {"__source__": "raw", "__filter__": "Amount > 40"}}
    messages = [{**message, "stream": "raw"} for message in [CUSTOMERS, *rows(*range(1, 8))]]
    settings = {"streams": {"customers": {"mode": "mirror"}, "vips": {"table": "Others"}}}
    simulator = simulate(with_another_table("Others"))
    run_target(simulator, [*messages, END], stream_maps=stream_maps, **settings)
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6, 7]
    assert len(stored(simulator, "B")) == 3


def test_a_stream_of_two_of_the_tap_is_whole_only_if_both_are(simulate):
    stream_maps = {"north": {"__alias__": "customers"}, "south": {"__alias__": "customers"}}
    north, south = ([{**m, "stream": name} for m in [CUSTOMERS, *rows(*n)]]
                    for name, n in (("north", (1, 2)), ("south", (3, 4))))  # fmt: skip
    simulator = simulate(shop(6))
    south[0] = {**south[0], "bookmark_properties": ["Amount"]}
    run_target(simulator, [*north, *south, END], stream_maps=stream_maps, **MIRROR)
    assert len(stored(simulator)) == 6
    del south[0]["bookmark_properties"]
    run_target(simulator, [*north, *south, END], stream_maps=stream_maps, **MIRROR)
    assert list(stored(simulator)) == [1, 2, 3, 4]


@pytest.mark.parametrize("stream_maps", [
    {"north": {"__alias__": "customers"}, "south": {"__alias__": "customers"}},
    {"nor*": {"__alias__": "customers"}},
])  # fmt: skip
def test_a_stream_that_is_to_be_made_of_one_that_did_not_come_is_not_whole(simulate, caplog, stream_maps):
    north = [{**message, "stream": "north"} for message in [CUSTOMERS, *rows(1, 2)]]
    simulator = simulate(shop(6))
    run_target(simulator, [*north, END], stream_maps=stream_maps, **MIRROR)
    assert len(stored(simulator)) == 6
    assert "may not all have come, into the same stream" in caplog.text


def test_states_behind_an_activated_stream_go_out_though_the_input_is_cut_off(simulate):
    simulator = simulate(shop(6))
    whole = [CUSTOMERS, *rows(1, 2, version=5), state({"a": 1}), activate_version("customers", 5), state({"a": 2})]
    streams = {"customers": {"mode": "mirror"}}
    run = run_target(simulator, [*whole, *ORDERS], streams=streams, stream_maps={"orders": None})
    assert run.states == [{"a": 2}]
    assert list(stored(simulator)) == [1, 2]


@pytest.mark.parametrize("has_parents", [True, False])
def test_a_schema_that_comes_again_begins_to_count_anew(simulate, has_parents):
    """Taps of the Meltano SDK (0.54) send it for each parent, and a state behind the first one and at the end."""
    messages = [GROUPS] if has_parents else []
    for number in (1, 2, 3):
        messages += [CUSTOMERS, *rows(2 * number - 1, 2 * number)]
        messages += [END] if number == 1 else []
        messages += records("groups", [{"Name": f"name {number}"}]) if has_parents else []
    simulator = simulate(with_another_table("Groups", 4))
    run = run_target(simulator, [*messages, state({"bookmarks": {"customers": {}, "groups": {}}})], **MIRROR)
    assert run.error is None
    assert list(stored(simulator)) == [1, 2, 3, 4, 5, 6]
    assert list(stored(simulator, "B")) == ([1, 2, 3] if has_parents else [1, 2, 3, 4])
