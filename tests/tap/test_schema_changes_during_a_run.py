"""Somebody changes the schema while a table is read: rows arrive, what does not fit is counted, the next run tells."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import customer_records, customers, database, field, team

STREAM, OTHER = "shop__customers", "shop__customers_b"


@pytest.fixture
def changing(simulate):
    """Return a function that runs the tap and changes the database behind the second page of the first table."""

    def run(change, **switches):
        records = {"A": customer_records(40), "B": customer_records(5, first=51)}
        simulator = simulate(team(database({"A": customers(), "B": customers()}, records)), **switches)
        pages = []

        def hook(edit, _index, path):
            if path.endswith("/tables/A/records"):
                pages.append(path)
                if len(pages) == 3:
                    change(edit)

        simulator.between(hook)
        return simulator, run_tap(simulator, page_size=10)

    return run


@pytest.mark.parametrize("feed", ["available", "missing"])
def test_a_table_that_is_deleted_fails_alone(changing, caplog, feed):
    def delete(edit):
        del edit.tables["A"], edit.schema["types"]["A"]

    simulator, run = changing(delete, feed=feed)
    assert run.ids(STREAM) == list(range(1, run.bookmark(STREAM)["snapshot"][0]["last_id"] + 1))
    assert 0 < len(run.ids(STREAM)) < 40
    assert run.ids(OTHER) == [51, 52, 53, 54, 55]
    assert str(run.error).startswith(f"1 of 6 streams could not be read to their end: {STREAM}.")
    assert f"Stream {STREAM} was not read to its end" in caplog.text
    assert "It does not exist (any more)" in caplog.text
    assert run.of_type("ACTIVATE_VERSION", STREAM) == []
    again = run_tap(simulator, state=run.state)
    assert again.error is None
    assert again.drifts() == ["table_removed"]


def test_a_field_that_is_retyped_is_nulled_counted_and_told(changing, caplog):
    def retype(edit):
        edit.retype_field("A", "B", "string")
        for record in edit.records("A"):
            if record.id > 30:
                record.fields["B"] = "much"

    simulator, run = changing(retype)
    assert run.error is None
    assert [row["amount"] for row in run.rows(STREAM)] == [number * 10 for number in range(1, 31)] + [None] * 10
    records = ", ".join(map(str, range(31, 41)))
    assert (
        f"{STREAM}: 10 values of amount did not fit its type and became null: in record {records}." in caplog.messages
    )
    again = run_tap(simulator, state=run.state)
    (drift,) = again.report["drift"]
    assert (drift["kind"], drift["before"], drift["after"]) == ("field_retyped", "number", "string")
    assert f'refresh: ["{STREAM}"]' in drift["message"]
    refreshed = run_tap(simulator, state=again.state, refresh=[STREAM])
    assert [row["amount_string"] for row in refreshed.rows(STREAM)][-1] == "much"


CHANGES = {
    "field renamed": (lambda edit: edit.rename_field("A", "B", "Price"), "field_renamed"),
    "field removed": (lambda edit: edit.remove_field("A", "B"), "field_removed"),
    "field added": (lambda edit: edit.add_field("A", "C", field("string", "Colour")), "field_added"),
    "table renamed": (lambda edit: edit.rename_table("A", "Clients"), "table_renamed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_all_rows_arrive_under_the_names_of_the_beginning_and_the_next_run_tells(changing, change):
    apply, kind = CHANGES[change]
    simulator, run = changing(apply)
    assert run.error is None
    assert run.ids(STREAM) == list(range(1, 41))
    assert {frozenset(row) for row in run.rows(STREAM)} == {frozenset(run.rows(STREAM)[0])}
    assert run.drifts() == []
    again = run_tap(simulator, state=run.state)
    assert again.drifts() == [kind]


def test_a_server_that_answers_captions_after_a_rename_is_refused_rather_than_read_as_empty(changing):
    """Where ids=true is ignored, nothing can be read safely."""
    _, run = changing(lambda _: None, ids_parameter="ignored")
    assert "could not be read to their end" in str(run.error)
    assert run.rows(STREAM) == []
