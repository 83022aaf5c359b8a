"""What Ninox deletes along: counted before the first deletion, by table, within `max_deletes`, or not deleted."""

from __future__ import annotations

import json
import re

import pytest

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, database, field, table, team

INVOICES = schema("invoices", key=["No"], No="string")
POSITIONS = schema("positions", key=["No"], No="string")
TOMBSTONES = schema("invoices", key=["No"], No="string", _sdc_deleted_at="string")
END = state({"bookmarks": {"invoices": {}, "positions": {}}})
MIRROR = {"streams": {"invoices": {"mode": "mirror"}, "positions": {"mode": "upsert"}}}


def shop(invoices=8, each=4, *, link=None, **more):
    """Invoices with positions, and notes to positions; all below an invoice goes with it."""
    link = {"refTypeId": "A", "refFieldId": "C", "cascade": True} if link is None else link
    tables = {
        "A": table("Invoices", A=field("string", "No"), B=field("ref", "Storno", refTypeId="A"),
                   C=field("rev", "Positions", refTypeId="B", refFieldId="B")),
        "B": table("Positions", A=field("string", "No"), B=field("ref", "Invoice", **link), C=field("number", "Price")),
        "C": {**table("Notes", A=field("string", "Text"), B=field("ref", "Position", refTypeId="B")), "masterRef": "B"},
        "D": table("Payments", A=field("string", "No"), B=field("ref", "Invoice", refTypeId="A")),
    }  # fmt: skip
    positions = [(invoice, n) for invoice in range(1, invoices + 1) for n in range(each)]
    documents = {
        "A": [RecordDocument(n, {"A": f"i{n}"}, n) for n in range(1, invoices + 1)],
        "B": [RecordDocument(n, {"A": f"p{n}", "B": invoice}, n) for n, (invoice, _) in enumerate(positions, 1)],
        "C": [RecordDocument(n, {"A": "x", "B": n * 4}, n) for n in range(1, len(positions) // 4 + 1)],
        "D": [RecordDocument(n, {"A": f"y{n}", "B": n}, n) for n in range(1, invoices + 1)],
    }  # fmt: skip
    return team(database(tables, documents, **more))


def invoices(*numbers):
    return [INVOICES, *records("invoices", [{"No": f"i{n}"} for n in numbers])]


def tombstones(*numbers):
    gone = [{"No": f"i{n}", "_sdc_deleted_at": "2026-01-01T00:00:00Z"} for n in numbers]
    return [TOMBSTONES, *records("invoices", gone)]


def sizes(simulator):
    return {table_id: len(stored(simulator, table_id)) for table_id in "ABCD"}


def announced(run):
    """All records that the report says are gone."""
    report = run.report["total"]
    return report["deleted"] + report["removed"] + sum(report["deleted_along"].values())


def is_untouched(simulator):
    return not [call for call in simulator.log.entries if call.method == "DELETE"]


WAYS = {
    "mirror": (lambda *numbers: [*invoices(*(n for n in range(1, 9) if n not in numbers)), END], MIRROR),
    "hard_delete": (lambda *numbers: [*tombstones(*numbers), END], {"hard_delete": True}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("delete_many", ["available", "missing", "bodyless"])
def test_records_gone_from_all_tables_are_the_records_announced(simulate, way, delete_many, caplog):
    caplog.set_level("INFO")
    simulator = simulate(shop(), delete_many=delete_many)
    before = sizes(simulator)
    messages, settings = WAYS[way]
    run = run_target(simulator, messages(2, 5), max_deletes=100, **settings)
    assert run.error is None
    after = sizes(simulator)
    assert {name: before[name] - after[name] for name in before} == {"A": 2, "B": 8, "C": 2, "D": 0}
    assert run.report["streams"]["invoices"]["deleted_along"] == {"Positions": 8, "Notes": 2}
    assert announced(run) == 12
    said = "2 records of table 'Invoices' (ids 2, 5) and 8 of 'Positions', 2 of 'Notes' that Ninox deletes along"
    assert said in caplog.text


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("most", "is_enough"), [(2, False), (11, False), (12, True)])
def test_what_goes_along_is_part_of_max_deletes(simulate, way, most, is_enough):
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    run = run_target(simulator, messages(2, 5), max_deletes=most, **settings)
    assert (run.error is None) is is_enough
    if not is_enough:
        assert "at least 12 records" in str(run.error)
        assert "8 of 'Positions', 2 of 'Notes'" in str(run.error)
        assert is_untouched(simulator)
        assert sizes(simulator) == {"A": 8, "B": 32, "C": 8, "D": 8}


@pytest.mark.parametrize("way", WAYS)
def test_a_dry_run_announces_what_goes_along(simulate, capsys, way):
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    dry = run_target(simulator, messages(2, 5), dry_run=True, max_deletes=100, **settings)
    assert dry.error is None
    assert is_untouched(simulator)
    assert dry.report["total"]["deleted_along"] == {"Positions": 8, "Notes": 2}
    assert "Ninox deletes along: 8 of Positions, 2 of Notes" in capsys.readouterr().err


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("switches", [{"schema_access": "tables_only"}, {}], ids=["no schema", "no table"])
def test_what_cannot_be_counted_is_not_deleted(simulate, way, switches):
    seed = shop(unreadable_tables=() if switches else ("B",))
    simulator = simulate(seed, **switches)
    messages, settings = WAYS[way]
    run = run_target(simulator, [*messages(2, 5), END], **settings)
    assert "Nothing of table 'Invoices' was deleted" in str(run.error)
    assert is_untouched(simulator)
    assert run.states == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("link", "along", "switches"), [
    ({"refTypeId": "A"}, {}, {}),
    ({"refTypeId": "A", "cascade": False}, {}, {}),
    ({"refTypeId": "A", "composition": True}, {"Positions": 8, "Notes": 2}, {}),
    ({"refTypeId": "A", "cascade": True, "dbId": "another"}, {}, {}),
    ({"refTypeId": "A", "cascade": True}, {}, {"cascade": "ignored"}),
])  # fmt: skip
def test_only_a_reference_that_cascades_takes_along(simulate, caplog, way, link, along, switches):
    caplog.set_level("INFO")
    simulator = simulate(shop(link=link), **switches)
    messages, settings = WAYS[way]
    before = sizes(simulator)
    run = run_target(simulator, messages(2, 5), max_deletes=100, **settings)
    assert run.error is None
    assert run.report["total"]["deleted_along"] == along
    assert announced(run) == sum(before.values()) - sum(sizes(simulator).values())
    left = "8 records of table 'Positions' did not go along with what was deleted of 'Invoices'"
    assert (left in caplog.text) is ("They are not counted as deleted, and refer to a record" in caplog.text)
    assert (left in caplog.text) is bool(switches)
    said = [f"{count} of {name!r} deleted along" for name, count in along.items()]
    assert re.findall(r"\d+ of '\w+' deleted along", caplog.text) == said * 2  # of the stream, and of all together


@pytest.mark.parametrize("filters", ["honoured", "names", "ignored"])
@pytest.mark.parametrize("ref", ["scalar", "array"])
@pytest.mark.parametrize("cap", ["none", "100"])
def test_children_are_counted_whole_whatever_the_server_is_like(simulate, filters, ref, cap):
    """A table so large that looking children up is cheaper, and more children than a page may have."""
    simulator = simulate(shop(invoices=40, each=130), filters=filters, ref=ref, per_page_cap=cap)
    run = run_target(simulator, [*tombstones(3), END], hard_delete=True)
    assert run.report["total"]["deleted_along"]["Positions"] == 130
    assert len(stored(simulator, "B")) == 39 * 130
    assert len([call for call in simulator.log.entries if call.path.endswith("/B/records")]) <= 60


def test_a_record_that_cannot_be_deleted_keeps_its_children_and_they_are_not_counted(simulate):
    simulator = simulate(shop())
    for path in ("/A/records$", "/A/records/2$"):
        simulator.faults.add(kind="status", status=423, method="DELETE", path=path, times=None)
    run = run_target(simulator, [*tombstones(2, 5), END], hard_delete=True, on_reject="continue")
    assert run.report["total"]["deleted_along"] == {"Positions": 4, "Notes": 1}
    assert sizes(simulator) == {"A": 7, "B": 28, "C": 7, "D": 8}


def test_a_child_that_a_mirror_of_its_own_deletes_is_counted_once(simulate):
    """Both tables are mirrored, and the children's stream came first, so the parents are deleted first."""
    simulator = simulate(shop())
    kept = [n for n in range(1, 33) if n not in range(5, 9)]
    positions = [POSITIONS, *records("positions", [{"No": f"p{n}"} for n in kept])]
    given = [*positions, *invoices(1, 3, 4, 5, 6, 7, 8), END]
    run = run_target(simulator, given, streams={"*": {"mode": "mirror"}}, max_deletes=100)
    assert run.error is None
    assert sizes(simulator) == {"A": 7, "B": 28, "C": 7, "D": 8}
    assert run.counts("invoices")["removed"] == 1
    assert run.counts("positions")["removed"] == 4
    assert announced(run) == 6


def test_a_mirror_does_not_take_records_along_for_which_rows_came(simulate):
    simulator = simulate(shop())
    positions = [POSITIONS, *records("positions", [{"No": "p5"}])]
    run = run_target(simulator, [*positions, *invoices(1, 3, 4, 5, 6, 7, 8), END], max_deletes=100, **MIRROR)
    assert "whose rows came, or may have (stream 'positions')" in str(run.error)
    assert is_untouched(simulator)


def test_hard_delete_does_not_take_records_along_for_which_rows_came(simulate):
    """A source that marks an invoice and keeps its positions: those of other invoices go with theirs."""
    simulator = simulate(shop())
    positions = [POSITIONS, *records("positions", [{"No": "p5"}])]
    run = run_target(simulator, [*positions, *tombstones(2, 5), END], hard_delete=True)
    assert run.counts("invoices") == {"read": 2, "deleted": 1, "rejected": 1}
    assert "1 row could not be written" in str(run.error)
    assert sizes(simulator) == {"A": 7, "B": 28, "C": 7, "D": 8}
    assert announced(run) == 6


@pytest.mark.parametrize("in_files", [False, True], ids=["records", "files"])
@pytest.mark.parametrize("rule", [{"__filter__": "No != 'p1'"}, {"__filter__": "No != 'none'"}], ids=["some", "none"])
@pytest.mark.parametrize("way", WAYS)
def test_records_whose_rows_a_stream_map_left_out_do_not_go_along(simulate, tmp_path, way, rule, in_files):
    """Which ones those are, nobody can say: with a row left out, none of their table goes along."""
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    positions = records("positions", [{"No": "p1"}])
    if in_files:
        file = tmp_path / "rows.jsonl"
        file.write_text("".join(json.dumps(message["record"]) + "\n" for message in positions))
        positions = [{"type": "BATCH", "stream": "positions", "encoding": {"format": "jsonl"},
                      "manifest": [file.as_uri()]}]  # fmt: skip
    given = [POSITIONS, *positions, *messages(2)]
    run = run_target(simulator, given, max_deletes=100, stream_maps={"positions": rule}, **settings)
    leaves_out = rule["__filter__"] == "No != 'p1'"
    assert (run.error is not None) is leaves_out
    assert is_untouched(simulator) is leaves_out
    assert announced(run) == (0 if leaves_out else 6)


def of(stream, *numbers, **values):
    """Rows of a stream, each with a state behind it."""
    letter, what = stream[0], "gone" if "_sdc_deleted_at" in values else "row"
    return [
        message
        for n in numbers
        for message in (*records(stream, [{"No": f"{letter}{n}", **values}]), state({what: f"{letter}{n}"}))
    ]


def gone(*numbers):
    return of("invoices", *numbers, _sdc_deleted_at="2026-01-01T00:00:00Z")


def load_in_small_batches(simulator, messages, **settings):
    """Load rows one by one; return the run, and the states that went out with what was deleted until then."""
    seen = []

    def note(value):
        seen.append((value, not is_untouched(simulator)))

    with limits.small_batches(1), limits.watched_states(note):
        return run_target(simulator, messages, **{"hard_delete": True, "max_deletes": 100, **settings}), seen


def test_a_deletion_waits_for_rows_of_what_would_go_along(simulate):
    """A row that comes in a later batch stands for a child: it must not go, and be made again with what the row has."""
    simulator = simulate(shop())
    before = stored(simulator, "B")[5]
    messages = [POSITIONS, TOMBSTONES, *gone(2, 5), *of("positions", 5), END]
    run, seen = load_in_small_batches(simulator, messages)
    assert stored(simulator, "B")[5] == before
    assert run.counts("invoices") == {"read": 2, "deleted": 1, "rejected": 1}
    assert sizes(simulator) == {"A": 7, "B": 28, "C": 7, "D": 8}
    assert announced(run) == 6
    assert seen == []


def test_no_state_passes_a_deletion_that_waits(simulate):
    simulator = simulate(shop())
    messages = [POSITIONS, TOMBSTONES, *of("positions", 13), *gone(2), *of("positions", 14), *gone(5), END]
    run, seen = load_in_small_batches(simulator, messages)
    assert run.error is None
    assert seen == [({"row": "p13"}, False), (END["value"], True)]
    assert announced(run) == 12


BAD = {
    "a value": {"No": "p5", "Price": "many"},
    "no parent": {"No": "p5", "Invoice": "none such"},
    "a mark": {"No": "p5", "_sdc_deleted_at": "perhaps"},
    "no key": {"No": None, "Invoice": "i2"},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", BAD)
def test_what_a_rejected_row_is_about_does_not_go_along(simulate, way, bad):
    """Its source has it still: it could not be made again with all that it has."""
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    described = schema("positions", key=["No"], No="string", Invoice="string", _sdc_deleted_at="string", Price="number")
    streams = {**settings.get("streams", {}), "positions": {"references": {"Invoice": "No"}}}
    given = [described, *records("positions", [BAD[bad]]), *messages(2), END]
    run = run_target(simulator, given, **{**settings, "streams": streams}, max_deletes=100)
    assert run.error is not None
    assert is_untouched(simulator)
    assert run.counts("positions")["rejected"] == 1
    assert run.states == []


@pytest.mark.parametrize("row", [{"No": "new", "Invoice": 2}, {"No": "p1", "Invoice": 2}, {"No": "p5", "Invoice": 1}])
@pytest.mark.parametrize("way", WAYS)
def test_a_dry_run_knows_what_its_own_rows_would_have_linked(simulate, way, row):
    """They take a child to the record that is to be deleted, or away from it."""
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    settings = {**settings, "streams": {**settings.get("streams", {}), "positions": {"references": {"Invoice": "_id"}}}}
    described = schema("positions", key=["No"], No="string", Invoice="integer")
    given = [described, *records("positions", [row]), *messages(2)]
    dry = run_target(simulator, given, dry_run=True, max_deletes=100, **settings)
    run = run_target(simulator, given, max_deletes=100, **settings)
    if way == "mirror" and row["No"] != "p5":
        assert "whose rows came, or may have (stream 'positions')" in str(dry.error)
        assert str(dry.error) == str(run.error)
        return
    assert dry.counts("invoices") == run.counts("invoices")
    assert dry.report["total"]["deleted_along"] == run.report["total"]["deleted_along"]
    assert announced(run) == (5 if row["No"] == "p5" else 0)


def payments(**links):
    described = schema("payments", key=["No"], No="string", Invoice="string")
    return [described, *records("payments", [{"No": no, "Invoice": invoice} for no, invoice in links.items()])]


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_record_that_a_row_links_to_stays(simulate, caplog, is_dry):
    """Invoice 2 is linked to by a new payment, 3 by one that has the link already, 4 only by one that lost it."""
    simulator = simulate(shop())
    messages, settings = WAYS["mirror"]
    streams = {**settings["streams"], "payments": {"references": {"Invoice": "No"}}}
    given = [*payments(new="i2", y3="i3", y4="i4", y5="i5"), *payments(y4="i1")[1:], *messages(2, 3, 4)]
    settings = {**settings, "streams": streams, "dry_run": is_dry, "max_deletes": 100}
    with limits.small_batches(1):
        run = run_target(simulator, given, **settings)
    assert announced(run) == 6
    assert stored(simulator, "A").keys() == ({*range(1, 9)} if is_dry else {1, 2, 3, 5, 6, 7, 8})
    assert run.error is None
    assert "2 records of table 'Invoices' did not come and stays" in caplog.text
    assert "ids 2, 3." in caplog.text


def test_a_record_that_a_row_of_its_own_stream_links_to_stays(simulate):
    simulator = simulate(shop(link={"refTypeId": "A"}))
    described = schema("invoices", key=["No"], No="string", Storno="string")
    rows = [{"No": "i1", "Storno": "i2"}, *({"No": f"i{n}"} for n in range(4, 9))]
    streams = {"invoices": {"mode": "mirror", "references": {"Storno": "No"}}}
    run_target(simulator, [described, *records("invoices", rows), END], streams=streams)
    assert stored(simulator, "A").keys() == {1, 2, 4, 5, 6, 7, 8}


def test_a_record_that_somebody_renumbers_while_its_deletion_waits_stays(simulate):
    simulator = simulate(shop())
    table = simulator.store.teams[TEAM_ID].databases[DATABASE_ID]

    def renumber_once(_, method, __):
        if method == "POST":
            table.update("A", 2, {"A": "i2-new"})

    simulator.on_request.append(renumber_once)
    messages = [POSITIONS, TOMBSTONES, *gone(2, 3), *of("positions", 99), END]
    run, _ = load_in_small_batches(simulator, messages)
    assert run.counts("invoices") == {"read": 2, "deleted": 1, "rejected": 1}
    assert sizes(simulator) == {"A": 7, "B": 29, "C": 7, "D": 8}
    assert 2 in stored(simulator, "A")


BREAKS = {
    "a bad line": ["RECORD"],
    "a stream that goes nowhere": [schema("nowhere", key=["a"], a="string")],
    "a row": of("positions", 13)[:1],
    "nothing": [],
    "a stream under way": [state({"currently_syncing": "positions"})],
    "a state that says nothing": [state({})],
}


@pytest.mark.parametrize("breaks", BREAKS)
@pytest.mark.parametrize("on_reject", ["fail", "continue"])
def test_what_waits_to_be_deleted_is_not_where_the_input_breaks_off(simulate, breaks, on_reject):
    """The tap may have broken off before the rows of what would go along."""
    simulator = simulate(shop())
    messages = [POSITIONS, TOMBSTONES, *gone(2)]
    given = [*messages[:-1], *BREAKS[breaks]] if breaks == "nothing" else [*messages, *BREAKS[breaks]]
    run, seen = load_in_small_batches(simulator, given, on_reject=on_reject)
    assert run.error is not None
    assert is_untouched(simulator)
    assert seen == []
    again, _ = load_in_small_batches(simulator, [*messages, END])
    assert again.error is None
    assert announced(again) == 6


def test_a_record_that_comes_back_behind_its_deletion_stays_with_all_that_it_has(simulate):
    simulator = simulate(shop())
    before = sizes(simulator)
    run, _ = load_in_small_batches(simulator, [TOMBSTONES, *gone(2, 5), *of("invoices", 2), *gone(5), END])
    assert run.error is None
    assert run.counts("invoices") == {"read": 4, "unchanged": 1, "deleted": 1, "skipped": 2}
    assert {name: before[name] - size for name, size in sizes(simulator).items()} == {"A": 1, "B": 4, "C": 1, "D": 0}
    assert stored(simulator, "A").keys() == {1, 2, 3, 4, 6, 7, 8}


def test_the_last_row_about_a_record_decides_across_batches(simulate):
    simulator = simulate(shop())
    messages = [TOMBSTONES, *of("invoices", 2), *gone(2), *of("invoices", 2), *gone(2), END]
    run, _ = load_in_small_batches(simulator, messages)
    assert run.counts("invoices") == {"read": 4, "unchanged": 2, "deleted": 1, "skipped": 1}
    assert announced(run) == 6


def test_a_row_that_is_rejected_keeps_its_record_from_an_earlier_deletion(simulate):
    """Deleted and loaded later, the record would have nothing but what that row says."""
    simulator = simulate(shop())
    described = schema("invoices", key=["No"], No="string", Storno="integer", _sdc_deleted_at="string")
    bad = of("invoices", 2, Storno="none such")
    streams = {"invoices": {"references": {"Storno": "_id"}}}
    run, seen = load_in_small_batches(simulator, [described, *gone(2), *bad, END], streams=streams)
    assert run.counts("invoices") == {"read": 2, "rejected": 1, "skipped": 1}
    assert is_untouched(simulator)
    assert seen == [({"gone": "i2"}, False)]


def test_a_record_that_another_stream_loads_is_not_deleted(simulate):
    """Of two streams into one table nobody knows which row is the later one."""
    simulator = simulate(shop())
    streams = {"streams": {"invoices": {"table": "Invoices"}, "inbox": {"table": "Invoices"}}}
    inbox = schema("inbox", key=["No"], No="string")
    messages = [TOMBSTONES, inbox, *gone(2, 5), *records("inbox", [{"No": "i2"}]), END]
    run, _ = load_in_small_batches(simulator, messages, **streams)
    assert run.error is None
    assert run.counts("invoices") == {"read": 2, "deleted": 1, "skipped": 1}
    assert 2 in stored(simulator, "A")


@pytest.mark.parametrize("order", ["deleted first", "deleted last"])
def test_a_record_of_which_another_stream_has_a_rejected_row_is_not_deleted(simulate, order):
    simulator = simulate(shop())
    described = schema("more", key=["No"], No="string", Price="number", Storno="string")
    bad = [described, *records("more", [{"No": "i2", "Storno": "none such"}])]
    messages = [*tombstones(2, 3), *bad] if order == "deleted first" else [*bad, *tombstones(2, 3)]
    streams = {
        "invoices": {"table": "Invoices"},
        "more": {"table": "Invoices", "references": {"Storno": "No"}, "fields": {"Price": None}},
    }
    run = run_target(simulator, [*messages, END], hard_delete=True, streams=streams)
    assert "1 row could not be written" in str(run.error)
    assert run.report["streams"]["invoices"]["skipped_because"] == {"superseded": 1}
    assert sizes(simulator) == {"A": 7, "B": 28, "C": 7, "D": 8}
    assert 2 in stored(simulator, "A")


@pytest.mark.parametrize("cascade", ["heeded", "ignored"])
@pytest.mark.parametrize("order", ["parents first", "children first"])
def test_a_child_that_says_itself_that_it_is_deleted_is_counted_once(simulate, order, cascade):
    simulator = simulate(shop(), cascade=cascade)
    before = sizes(simulator)
    described = schema("positions", key=["No"], No="string", _sdc_deleted_at="string")
    children = of("positions", 5, 9, _sdc_deleted_at="2026-01-01T00:00:00Z")
    rows = [*gone(2), *children] if order == "parents first" else [*children, *gone(2)]
    described = [TOMBSTONES, described] if order == "parents first" else [described, TOMBSTONES]
    run, _ = load_in_small_batches(simulator, [*described, *rows, END])
    assert run.error is None
    is_heeded = cascade == "heeded"
    assert announced(run) == sum(before.values()) - sum(sizes(simulator).values()) == (7 if is_heeded else 3)
    assert sizes(simulator) == {"A": 7, "B": 27 if is_heeded else 30, "C": 7 if is_heeded else 8, "D": 8}


def test_a_look_for_what_went_along_costs_some_calls_where_lists_are_in_another_order(simulate):
    simulator = simulate(shop(2, 300), default_order="shuffled")
    run = run_target(simulator, [*tombstones(1), END], hard_delete=True, max_deletes=1000)
    assert run.report["total"]["deleted_along"] == {"Positions": 300, "Notes": 75}
    last = max(at for at, entry in enumerate(simulator.log.entries) if entry.method == "DELETE")
    assert len(simulator.log.entries[last + 1 :]) < 50


def test_a_look_that_fails_takes_back_no_deletion(simulate, caplog):
    simulator = simulate(shop())
    messages = [*tombstones(2), END]
    run_target(simulator, messages, hard_delete=True, max_deletes=100)
    calls = [(entry.method, entry.path) for entry in simulator.log.entries]
    last = max(at for at, (method, _) in enumerate(calls) if method == "DELETE")
    before = sum("tables/B/records" in path for _, path in calls[:last])
    assert any("tables/B/records" in path for _, path in calls[last:])
    simulator = simulate(shop())
    simulator.faults.add("status", status=500, path="tables/B/records", after=before, times=None)
    run = run_target(simulator, messages, hard_delete=True, max_deletes=100)
    assert run.error is None
    assert run.states
    assert run.report["total"]["deleted_along"] == {"Positions": 4, "Notes": 1}
    assert "nobody could look" in caplog.text


def test_rows_of_a_tree_go_with_their_root(simulate):
    """A reference of a table to itself, three levels deep, and one leaf that goes by itself."""
    tables = {"A": table("Tree", A=field("string", "No"), B=field("ref", "Parent", refTypeId="A", cascade=True))}
    rows = [RecordDocument(n, {"A": f"i{n}"} | ({"B": n // 2} if n > 1 else {}), n) for n in range(1, 16)]
    simulator = simulate(team(database(tables, {"A": rows})))
    tree = {"streams": {"invoices": {"table": "Tree"}}, "hard_delete": True}
    run = run_target(simulator, [*tombstones(3, 12, 8), END], **tree)
    assert run.error is None
    assert sorted(stored(simulator)) == [1, 2, 4, 5, 9, 10, 11]
    assert run.counts("invoices")["deleted"] == 3
    assert run.report["total"]["deleted_along"] == {"Tree": 5}


def test_a_table_to_which_nothing_cascades_costs_no_call(simulate):
    simulator = simulate(shop(link={"refTypeId": "A"}))
    run_target(simulator, [*tombstones(2), END], hard_delete=True)
    assert not [call for call in simulator.log.entries if "/tables/B" in call.path or "/tables/D" in call.path]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_deleted_with_which_records_of_a_failed_stream_would_go(simulate, way):
    """Of a stream that ended in the middle nobody knows for which records a row would have come."""
    simulator = simulate(shop())
    messages, settings = WAYS[way]
    crashing = [POSITIONS, *records("positions", [{"No": "p1", "Invoice": 1}])]
    with limits.stream_crashes("positions", "matching", KeyError("p1")):
        run = run_target(simulator, [*crashing, *messages(2, 5)], max_deletes=100, **settings)
    assert run.error is not None
    assert is_untouched(simulator)
    assert sizes(simulator) == {"A": 8, "B": 32, "C": 8, "D": 8}


@pytest.mark.parametrize("at", range(2, 8))
def test_what_goes_along_is_counted_though_a_look_up_is_answered_with_nothing_by_mistake(simulate, at):
    simulator = simulate(shop(200))
    simulator.faults.add("empty_page", method="GET", path="/B/records$", after=at)
    before = sizes(simulator)
    run = run_target(simulator, [*tombstones(150, 190), END], hard_delete=True, page_size_of_target=50)
    assert run.error is None
    assert announced(run) == sum(before.values()) - sum(sizes(simulator).values()) == 12
