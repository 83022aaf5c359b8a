"""Where the tap goes its own way instead of the SDK's (docs/adr/0006): what each is for."""

from __future__ import annotations

import ast
import inspect
from importlib import import_module
from pathlib import Path

import singer_sdk
from singer_sdk import Stream, Tap

from tests.helpers.run import discover, run_connection_test, run_tap, write_schemas
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, shop, team

ROOT = Path(__file__).parents[2]
STREAM = "shop__customers"


def test_a_schema_alone_is_the_one_of_a_sync(simulate):
    simulator = simulate(shop())
    (alone,) = write_schemas(simulator).of_type("SCHEMA", STREAM)
    (synced,) = run_tap(simulator).of_type("SCHEMA", STREAM)
    assert alone == synced
    assert "_sdc_deleted_at" in alone["schema"]["properties"]


def test_a_test_of_the_connection_leaves_streams_alone_that_are_deselected(simulate):
    tables = {"A": customers(), "B": {**customers(), "caption": "Others"}}
    simulator = simulate(team(database(tables, {"A": customer_records(3), "B": customer_records(3)})))
    catalog = discover(simulator)
    others = next(stream for stream in catalog["streams"] if stream["tap_stream_id"] == "shop__others")
    next(item for item in others["metadata"] if item["breadcrumb"] == [])["metadata"]["selected"] = False
    run = run_connection_test(simulator, catalog=catalog)
    assert (run.error, run.ids(STREAM), run.ids("shop__others")) == (None, [1], [])


def test_a_test_of_the_connection_fails_where_a_stream_does(simulate):
    simulator = simulate(shop())
    simulator.faults.add("status", status=500, path=f"{DATABASE_ID}/tables/A/records$", times=None)
    assert f"could not be read to their end: {STREAM}" in str(run_connection_test(simulator).error)


def test_private_and_final_members_of_the_sdk_are_overridden_and_used_in_one_file():
    """Names of attributes, too: one of the tap's own that is called so would be written over."""
    private, final = members(Stream) | members(Tap), finals(Stream) | finals(Tap)
    files = [ROOT / "tap_ninox" / "tap.py", *(ROOT / "tap_ninox" / "streams").glob("*.py")]
    files += [path for path in (ROOT / "ninox_singer").glob("*.py") if path.name != "sdk_overrides.py"]
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in [getattr(node, "attr", None) or getattr(node, "name", None)]
        if name in private or (name in final and isinstance(node, ast.FunctionDef))
    }
    assert found == set()


def test_private_modules_of_the_sdk_are_imported_in_one_file():
    importing = {
        path.name
        for path in (ROOT / "tap_ninox").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("singer_sdk.") and "._" in node.module
    }
    assert importing == {"sdk_overrides.py"}


def members(kind):
    """Return the names of its members that begin with an underscore, attributes of instances included."""
    names = set()
    for base in kind.__mro__:
        if base.__module__.startswith(singer_sdk.__name__):
            source = Path(import_module(base.__module__).__file__).read_text(encoding="utf-8")
            attributes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute))
            names |= {*vars(base), *(node.attr for node in attributes if ast.unparse(node.value) == "self")}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def finals(kind):
    """Return the names of its members that are not to be overridden."""
    static = {name: inspect.getattr_static(kind, name) for name in dir(kind)}
    return {name for name, member in static.items() if getattr(getattr(member, "fget", member), "__final__", False)}
