"""Loaders of kinds that no package stands for here: what they make of schemas and versions, and what comes of it."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_tap
from tests.helpers.seeds import shop

STREAM = "shop__customers"
DELETED_AT = "_sdc_deleted_at"


SETTINGS = [{}, {"deletes": "full"}, {"emit_activate_version_messages": False}]


class ReferenceLoader:
    """Holds all rows of a run back until a STATE; then writes them under one schema.

    Args:
        schema: Which schema of the stream counts for the rows in hand: the "first" ever, or the "last".
        takes_versions: Whether ACTIVATE_VERSION takes away what has an older version.
    """

    def __init__(self, *, schema, takes_versions):
        self.rows = {}
        self._keeps_first, self._takes_versions = schema == "first", takes_versions
        self._properties, self._waiting, self._versions = None, [], {}

    def load(self, messages):
        for message in messages:
            if message["type"] == "STATE":
                self._flush()
            elif message["stream"] != STREAM:
                continue
            elif message["type"] == "SCHEMA":
                if self._properties is None or not self._keeps_first:
                    self._properties = list(message["schema"]["properties"])
            elif message["type"] == "RECORD":
                self._waiting.append(message)
            elif self._takes_versions:
                self._flush()
                self.rows = {key: row for key, row in self.rows.items() if self._versions[key] == message["version"]}

    def _flush(self):
        for message in self._waiting:
            record = message["record"]
            self.rows[record["_id"]] = {name: record.get(name) for name in self._properties}
            self._versions[record["_id"]] = message.get("version")
        self._waiting.clear()


@pytest.fixture(params=["first", "last"])
def of_schema(request):
    return request.param


@pytest.mark.parametrize("takes_versions", [True, False])
@pytest.mark.parametrize("settings", [{}, {"deletes": "full"}, {"emit_activate_version_messages": False}], ids=str)
def test_live_rows_are_complete_and_deleted_ones_marked_or_gone(simulate, of_schema, takes_versions, settings):
    simulator = simulate(shop(6))
    loader = ReferenceLoader(schema=of_schema, takes_versions=takes_versions)

    def run(state, **more):
        done = run_tap(simulator, state=state, **settings, **more)
        assert done.error is None
        loader.load(done.messages)
        return done.state

    def live():
        return {key: row["name"] for key, row in loader.rows.items() if not row[DELETED_AT]}

    state = run(None)
    simulator.edit.update("A", 1, {"A": "changed"})
    simulator.edit.delete("A", 2)
    state = run(state)
    assert live() == {1: "changed", **{n: f"name {n}" for n in (3, 4, 5, 6)}}
    simulator.edit.update("A", 3, {"A": "changed, too"})
    simulator.edit.delete("A", 4)
    state = run(state, refresh=[STREAM])
    expected = {1: "changed", 3: "changed, too", 5: "name 5", 6: "name 6"}
    assert live() == expected
    simulator.edit.create("A", {"A": "back"}, id=2)
    run(state)
    assert live() == {**expected, 2: "back"}


def test_a_loader_that_begins_a_file_with_each_schema_gets_no_row_that_its_header_does_not_fit(simulate):
    simulator = simulate(shop(4))
    first = run_tap(simulator, deletes="full")
    simulator.edit.update("A", 1, {"A": "changed"})
    simulator.edit.delete("A", 2)
    later = run_tap(simulator, deletes="full", state=first.state)
    headers = [
        list(message["schema"]["properties"]) for run in (first, later) for message in run.of_type("SCHEMA", STREAM)
    ]
    assert headers == [headers[0]] * 2
    for run in (first, later):
        assert all(set(message["record"]) == set(headers[0]) for message in run.of_type("RECORD", STREAM))
