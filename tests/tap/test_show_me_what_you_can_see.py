"""A1: a new user has a key and the team's name, and looks what there is. No record is read for that."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers.run import discover

TAP = str(Path(sys.executable).with_name("tap-ninox"))


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def shown(simulator, tmp_path_factory):
    """What the command prints, and what it says."""
    path = tmp_path_factory.mktemp("a01") / "config.json"
    config = {"api_url": simulator.url, "auth_token": simulator.token, "team": "blattwerk gmbh"}
    path.write_text(json.dumps(config), encoding="utf-8")
    simulator.log.clear()
    done = subprocess.run([TAP, "--config", path, "--discover"], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout), done.stderr, list(simulator.log.entries)


def described(stream):
    return {tuple(item["breadcrumb"]): item["metadata"] for item in stream["metadata"]}


def tables(catalog):
    for stream in catalog["streams"]:
        metadata = described(stream)
        if "ninox" in metadata[()]:
            yield stream, metadata


def test_every_table_of_both_databases_is_there_by_its_caption(simulator, shown):
    catalog, _, _ = shown
    listed = {(metadata[()]["ninox"]["database"], stream["schema"]["title"]) for stream, metadata in tables(catalog)}
    databases = [database for database in simulator.store.databases() if database.name != "Archiv 2019 🔒"]
    expected = {
        (database.name, table["caption"])
        for database in databases
        for table in database.schema["types"].values()
        if table.get("kind") != "page"
    }
    assert listed == expected
    assert {"Büro & Baustelle", "Nursery & Webshop"} <= {database for database, _ in listed}


def test_hidden_tables_are_not_selected_and_pages_not_listed(shown):
    catalog, _, _ = shown
    unselected = {stream["schema"]["title"] for stream, m in tables(catalog) if m[()]["selected-by-default"] is False}
    assert unselected == {"zz_Import (alt)"}
    assert not {"Home", "🗂️ Dashboard"} & {stream["schema"]["title"] for stream, _ in tables(catalog)}


def test_formulas_are_marked_and_not_selected(simulator, shown):
    catalog, _, _ = shown
    formulas = {
        (metadata[()]["ninox"]["table"], entry["ninox"]["field"]): entry
        for _, metadata in tables(catalog)
        for entry in metadata.values()
        if entry.get("ninox", {}).get("computed")
    }
    in_schema = [
        field
        for database in simulator.store.databases()
        for table in database.schema["types"].values()
        for field in table["fields"].values()
        if field["base"] == "fn" and database.name != "Archiv 2019 🔒"
    ]
    assert len(in_schema) > 80
    assert len(formulas) == len({*formulas}) == len(in_schema)
    assert ("Kunden", "Umsatz gesamt") in formulas
    assert all(entry["selected-by-default"] is False for entry in formulas.values())


@pytest.mark.parametrize("skipped", ["Archiv 2019 🔒", "🗂️ Dashboard", "Home", "zz_Import (alt)"])
def test_what_is_left_out_is_one_line_with_the_reason(shown, skipped):
    _, log, _ = shown
    (line,) = [line for line in log.splitlines() if repr(skipped) in line]
    assert any(reason in line for reason in ("cannot be read", "has no records", "hidden in Ninox is read only if"))


def test_no_record_is_asked_for(shown):
    _, _, calls = shown
    assert not any("/records" in call.path or "query" in call.path for call in calls)
    assert len(calls) <= 7


@pytest.mark.parametrize("schema_access", ["tables_only", "forbidden"])
def test_with_a_key_that_sees_less_it_says_so(simulator, caplog, schema_access):
    simulator.switches.update({"schema_access": schema_access})
    try:
        with caplog.at_level(logging.INFO):
            if schema_access == "forbidden":
                with pytest.raises(Exception, match="Of 4 databases of team 'Blattwerk GmbH', none can be read"):
                    discover(simulator)
            else:
                assert "buero_baustelle__kunden" in {s["tap_stream_id"] for s in discover(simulator)["streams"]}
                assert "its formulas are not listed, and its hidden tables are listed like others" in caplog.text
    finally:
        simulator.switches.update({"schema_access": "allowed"})
