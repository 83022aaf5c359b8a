"""The SDK's own suite for targets, and the case that it keeps disabled.

The suite builds the target while pytest collects, before any fixture exists, so the simulator starts with the module.
"""

from __future__ import annotations

import atexit
import io
import json
from importlib.resources import files

import pytest
from singer_sdk.testing import get_target_test_class, suites
from singer_sdk.testing import target_test_streams as inputs
from singer_sdk.testing.runners import TargetTestRunner
from singer_sdk.testing.target_tests import TargetMultipleStateMessages

from ninox_simulator.server import Simulator
from target_ninox.target import TargetNinox
from tests.helpers import limits
from tests.helpers.run import stored, target_settings
from tests.helpers.seeds import database, field, table, team

BASES = {"integer": "number", "number": "number", "boolean": "boolean"}
KEYLESS = {"mode": "insert"}
STREAMS = {
    "test_no_pk": KEYLESS,
    "test_record_missing_required_property": KEYLESS,
    "test_record_missing_key_property": {},  # else it is taken for the one above, mistyped
    "test_object_schema_with_properties": KEYLESS,
    "test_object_schema_no_properties": KEYLESS,
    "example_stream": KEYLESS,
    "test:SpecialChars!in?attributes": {"match_on": ["d"]},
}


def tables():
    """A table for each stream of the suite, named alike, with a field for each property that any schema of it has."""
    properties = {}
    for path in files(inputs).iterdir():
        if path.name.endswith(".singer"):
            for message in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
                if message["type"] == "SCHEMA":
                    properties.setdefault(message["stream"], {}).update(message["schema"].get("properties", {}))
    return {
        f"T{number}": table(
            stream,
            **{
                f"F{place}": field(BASES.get(str(described.get("type")), "string"), name)
                for place, (name, described) in enumerate(columns.items())
            },
        )
        for number, (stream, columns) in enumerate(properties.items())
    }


_simulator = Simulator(seed=team(database(tables())))
_simulator.__enter__()
atexit.register(_simulator.__exit__, None, None, None)

CONFIG = target_settings(_simulator, streams=STREAMS)

TestTargetNinox = get_target_test_class(TargetNinox, config=CONFIG)


def test_the_suite_has_its_sixteen_cases():
    assert len(suites.target_tests.tests) == 16


def test_what_the_suite_sent_is_in_ninox():
    """The suite only sees that nothing is raised."""
    runner("duplicate_records").sync_all()
    table_id = next(key for key, raw in tables().items() if raw["caption"] == "test_duplicate_records")
    assert [tuple(row.values()) for row in stored(_simulator, table_id).values()] == [(1, 100), (2, 20)]


def test_multiple_state_messages():
    """Disabled in the SDK, where only the last state goes out; its states are those of sinks of three rows.

    Only its states are taken over: the case compares them as text, with a list that holds them as objects.
    """
    running = runner(TargetMultipleStateMessages.name)
    with limits.small_batches(3):
        running.sync_all()
    names = ("test_multiple_state_messages_a", "test_multiple_state_messages_b")
    assert running.state_messages == [dict(zip(names, rows, strict=True)) for rows in [(1, 0), (3, 2), (5, 6)]]


@pytest.mark.parametrize("rows_at_once", [1, 2, 4])
def test_no_state_overtakes_the_rows_before_it(rows_at_once):
    seen = []
    with Simulator(seed=team(database(tables()))) as simulator:
        see = limits.at_each_state(lambda state: seen.append((state, amounts(simulator))))
        with see, limits.small_batches(rows_at_once):
            runner("multiple_state_messages", simulator).sync_all()
    assert len(seen) > 1
    for state, rows in seen:
        assert all(rows[stream] >= position for stream, position in state.items())


def runner(name, simulator=_simulator, **settings):
    """A runner of the SDK for one of its input files, read whole: the SDK does not close it."""
    text = (files(inputs) / f"{name}.singer").read_text(encoding="utf-8")
    config = target_settings(simulator, streams=STREAMS, **settings)
    return TargetTestRunner(TargetNinox, config=config, input_io=io.StringIO(text))


def amounts(simulator):
    """Stream → rows that its table holds."""
    return {raw["caption"]: len(stored(simulator, key)) for key, raw in tables().items()}
