"""`singer-ninox inspect`: what it tells is what discovery and the next run do, and it reads no record."""

from __future__ import annotations

import json
import sys

import pytest
import yaml

from ninox_api.errors import NinoxConfigError
from ninox_simulator.samples.blattwerk import TEAM_ID as TEAM
from ninox_simulator.server import Simulator
from ninox_simulator.switches import SWITCHES
from ninox_tools.__main__ import main
from ninox_tools.inspection.forms import format_page, format_text, print_inspection
from ninox_tools.inspection.survey import inspect
from tests.helpers import commands, limits
from tests.helpers.run import discover, new_tap, run_tap, scripts, tap_settings
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, shop, table, team
from tests.helpers.wire import calls


def look(stage, *, catalog=None, runs_per_day=24, **settings):
    return inspect(new_tap(stage, **settings, catalog=catalog), runs_per_day=runs_per_day)


def command(stage, tmp_path, *arguments, **settings):
    config = tmp_path / "config.json"
    config.write_text(json.dumps(tap_settings(stage, **settings)), encoding="utf-8")
    return commands.run(["singer-ninox", "inspect", "--config", config, *arguments])


def test_a_table_of_nothing_ends_it_in_an_error_behind_what_is_shown(simulate, tmp_path, capsys, caplog):
    """As it ends a run; whoever wrote the database's name before the table's is told the id."""
    config = tmp_path / "config.json"
    settings = tap_settings(simulate(shop_of_everything()), tables=["Customers", "Shop.Orders"])
    config.write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(NinoxConfigError, match=r"^Settings name what is not there \(tables\): see the warnings above"):
        print_inspection("text", config=config, catalog=None, runs_per_day=24)
    assert "Customers" in capsys.readouterr().out
    assert f" A table of one database is written <database id>.<table id>, here {DATABASE_ID}.B." in caplog.text


def shop_of_everything():
    tables = {
        "A": customers(
            C=field("choice", "Kind", values={"1": {"caption": "Private"}}), D=field("fn", "Total", fn="1+1")
        ),
        "B": table("Orders", A=field("ref", "Customer", refTypeId="A", required=True)),
        "C": {**table("Old import", A=field("string", "F1")), "hidden": True},
        "P": table("Dashboard", kind="page"),
    }
    return team(database(tables, {"A": customer_records(5)}, next_rids={"B": 2501}))


def test_it_tells_tables_fields_relations_and_what_becomes_of_them(simulate):
    (shown,) = look(simulate(shop_of_everything())).as_json()["databases"]
    by_name = {one["name"]: one for one in shown["tables"]}
    assert {name: (one["is_synced"], one["left_out"]) for name, one in by_name.items()} == {
        "Customers": (True, ""),
        "Orders": (True, ""),
        "Old import": (False, "hidden in Ninox: read only if selected, as Meltano's *.* does"),
        "Dashboard": (False, "a page, without records"),
    }
    assert by_name["Customers"]["stream"] == "shop__customers"
    assert {name: (one["rows"], one["is_counted"]) for name, one in by_name.items()} == {
        "Customers": (5, True),
        "Orders": (0, True),
        "Old import": (0, True),
        "Dashboard": (None, True),
    }
    kind, total = by_name["Customers"]["fields"][2:]
    assert (kind["choices"], kind["properties"]) == (["Private"], ["kind", "kind_id"])
    assert (total["formula"], total["properties"]) == ("1+1", [])
    (reference,) = by_name["Orders"]["fields"]
    assert (reference["target_table"], reference["required"]) == ("A", True)


def test_it_reads_no_record_and_asks_each_database_once_more_than_discovery(simulate):
    stage = simulate(shop_of_everything())
    new_tap(stage).streams  # noqa: B018 (discovers)
    discovery = len(calls(stage))
    inspection = look(stage)
    asked = calls(stage)[discovery:]
    assert len(asked) == inspection.calls_used == discovery + 1
    assert [call.path for call in asked if "/records" in call.path] == []


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25])
def test_the_foretold_calls_are_those_that_the_runs_make(simulate, count):
    stage = simulate(shop(count))
    told = look(stage, page_size=10).as_json()["api_calls"]
    before = len(calls(stage))
    first = run_tap(stage, page_size=10)
    after = len(calls(stage))
    run_tap(stage, page_size=10, state=first.state)
    assert (after - before, len(calls(stage)) - after) == (told["first_load"], told["idle_run"])


@pytest.mark.parametrize("count", [0, 1, 10, 11, 25, 100])
def test_the_calls_that_confirm_an_end_are_the_higher_number(simulate, count):
    """The newest record was deleted, so nothing but a further call shows where the table ends."""
    page_size = 1000 if count == 100 else 10
    stage = simulate(team(database({"A": customers()}, {"A": customer_records(count)}, next_rids={"A": 2501})))
    told = look(stage, page_size=page_size, full_refresh_interval_hours=24).as_json()["api_calls"]
    before = len(calls(stage))
    first = run_tap(stage, page_size=page_size)
    after = len(calls(stage))
    assert after - before == told["first_load_at_most"] > told["first_load"]
    first.bookmark("shop__customers")["full_refresh_at"] = "2020-01-01T00:00:00Z"
    run_tap(stage, page_size=page_size, full_refresh_interval_hours=24, state=first.state)
    refresh = len(calls(stage)) - after - told["idle_run"]
    assert told["refreshes_per_month_at_most"] == 30 * refresh
    assert told["month_at_most"] == 720 * told["idle_run"] + 30 * refresh


def test_the_first_load_of_the_sample_is_in_the_range_that_is_told():
    with Simulator() as simulator:
        told = look(simulator, team=TEAM).as_json()["api_calls"]
        simulator.log.clear()
        run_tap(simulator, team=TEAM)
        assert told["first_load"] < len(calls(simulator)) <= told["first_load_at_most"]


@pytest.mark.parametrize("count", [0, 10, 25])
def test_formulas_and_queries_are_reckoned_with(simulate, count):
    tables = {"A": customers(D=field("fn", "Total", fn="Amount * 2"))}
    stage = simulate(team(database(tables, {"A": customer_records(count)})))
    query = {"name": "sum", "database": "Shop", "query": "[1]", "schema": {"value": "number"}}
    settings = {"page_size": 10, "formulas": {"*.total": "number"}, "queries": scripts(query)}
    told = look(stage, runs_per_day=24, **settings).as_json()["api_calls"]
    before = len(calls(stage))
    first = run_tap(stage, **settings)
    after = len(calls(stage))
    run_tap(stage, state=first.state, **settings)
    assert (after - before, len(calls(stage)) - after) == (told["first_load"], told["idle_run"])
    before = len(calls(stage))
    first.bookmark("shop__customers")["full_refresh_at"] = "2020-01-01T00:00:00Z"  # formulas grow stale: once a day
    run_tap(stage, state=first.state, **settings)
    refresh = len(calls(stage)) - before - told["idle_run"]
    assert told["refreshes_per_month"] == 30 * refresh
    assert told["month"] == 720 * told["idle_run"] + 30 * refresh


@pytest.mark.parametrize("count", [0, 11])
def test_listing_files_is_reckoned_with(simulate, count):
    stage = simulate(shop(count))
    settings = {"page_size": 10, "files": {"*": "metadata"}}
    told = look(stage, **settings).as_json()["api_calls"]
    before = len(calls(stage))
    first = run_tap(stage, **settings)
    after = len(calls(stage))
    run_tap(stage, state=first.state, **settings)
    assert (after - before, len(calls(stage)) - after) == (told["first_load"], told["idle_run"])


def test_downloads_cannot_be_told_beforehand(simulate, tmp_path):
    stage = simulate(shop(2))
    assert look(stage).cost.is_complete
    assert not look(stage, files={"*": str(tmp_path)}).cost.is_complete


def test_a_refresh_is_reckoned_with_no_more_often_than_there_are_runs(simulate):
    told = look(simulate(shop(3)), runs_per_day=1, full_refresh_interval_hours=6).as_json()["api_calls"]
    assert told["refreshes_per_month"] == 30


def test_the_terminal_tells_what_refreshes_cost(simulate, tmp_path):
    shown = command(simulate(shop(3)), tmp_path, full_refresh_interval_hours=24).stdout
    assert "Of the month, 30 to 60 calls are for scheduled refreshes" in shown


def test_a_hidden_table_comes_with_the_setting_that_leaves_it_out_under_meltano(simulate, tmp_path):
    stage = simulate(shop_of_everything())
    told = command(stage, tmp_path).stdout
    (line,) = (line for line in told.splitlines() if line.startswith("    tables: "))
    assert "Under Meltano, which selects *.* unless told otherwise, the hidden tables are read" in told
    settings = yaml.safe_load(line)
    assert settings == {"tables": [f"!{DATABASE_ID}.C"]}
    streams = {stream["tap_stream_id"] for stream in discover(stage, **settings)["streams"]}
    assert "shop__orders" in streams
    assert "shop__old_import" not in streams
    assert "Under Meltano" not in command(stage, tmp_path, **settings).stdout


def test_a_month_is_thirty_days_of_idle_runs(simulate):
    told = look(simulate(shop(3)), runs_per_day=0.5).as_json()["api_calls"]
    assert (told["first_load"], told["idle_run"], told["month"]) == (5, 4, 60)


def test_the_settings_that_spare_the_lists_are_there_to_paste(simulate, tmp_path):
    stage = simulate(shop(3))
    settings = look(stage).as_json()["settings_by_id"]
    assert settings == {"team": TEAM_ID, "databases": [DATABASE_ID]}
    by_id = look(stage, **settings).as_json()
    assert (by_id["api_calls"]["idle_run"], by_id["settings_by_id"]) == (2, {})
    shown = command(stage, tmp_path).stdout
    assert f'each run takes 2 calls fewer:\n\n    team: "{TEAM_ID}"\n    databases: ["{DATABASE_ID}"]\n' in shown


def test_what_the_catalog_deselects_costs_nothing(simulate):
    stage = simulate(shop_of_everything())
    catalog = discover(stage)
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = stream["tap_stream_id"] == "shop__customers"
    inspection = look(stage, catalog=catalog)
    assert {one.table.name: one.left_out for one in inspection.tables if one.left_out} == {
        "Orders": "not selected",
        "Old import": "hidden in Ninox: read only if selected, as Meltano's *.* does",
        "Dashboard": "a page, without records",
    }  # fmt: skip
    assert inspection.cost.pages == 1


def test_what_the_setting_tables_leaves_out_is_told(simulate):
    inspection = look(simulate(shop_of_everything()), tables=["Cust*"])
    assert {one.table.name for one in inspection.tables if one.left_out == "not named by the setting tables"} == {
        "Orders", "Old import",
    }  # fmt: skip


@pytest.mark.parametrize("script_errors", SWITCHES["script_errors"].values)
@limits.names_in_counting_scripts("'No such table'")
def test_where_no_script_may_run_the_feed_tells_an_upper_bound(simulate, script_errors, tmp_path):
    stage = simulate(shop_of_everything(), script_errors=script_errors)
    tables = look(stage).as_json()["databases"][0]["tables"]
    assert [(one["rows"], one["is_counted"]) for one in tables[:2]] == [(5, False), (2500, False)]
    assert "≤ 2,500" in format_text(look(stage))


@limits.names_in_counting_scripts("'No such table'")
def test_a_script_that_fails_is_not_sent_again(simulate):
    stage = simulate(shop(1), script_errors="500")
    look(stage, max_retries=3)
    assert len([call for call in calls(stage) if call.path.endswith("/query")]) == 1


@pytest.mark.parametrize(("status", "advice"), [(401, "auth_token"), (429, "try later")])
def test_a_key_that_is_refused_while_counting_is_told(simulate, status, advice, caplog):
    stage = simulate(shop(3))
    stage.faults.add("status", status=status, path="/query$", times=None)
    (only,) = look(stage, max_retries=0).as_json()["databases"][0]["tables"]
    assert (only["rows"], only["is_counted"]) == (3, False)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert any("cannot be counted" in warning and advice in warning for warning in warnings)


@pytest.mark.parametrize("feed", ["missing", "forbidden"])
@limits.names_in_counting_scripts(None)
def test_without_scripts_and_feed_the_records_are_not_known_and_the_cost_is_a_lower_bound(simulate, feed, tmp_path):
    stage = simulate(shop(3), feed=feed)
    told = look(stage).as_json()
    assert told["databases"][0]["tables"][0]["rows"] is None
    assert told["api_calls"]["is_complete"] is False
    assert "first load at least" in format_text(look(stage))


def test_the_terminal_shows_a_line_for_each_table(simulate, tmp_path):
    shown = command(simulate(shop_of_everything()), tmp_path, "--runs-per-day", "48").stdout
    lines = {line.split("  ")[1]: line.split() for line in shown.splitlines() if line.startswith("  ")}
    assert lines["Customers"] == ["Customers", "5", "4", "1", "shop__customers"]
    assert lines["Orders"] == ["Orders", "0", "1", "Customers", "shop__orders"]
    assert lines["Dashboard"][:2] == ["Dashboard", "(a"]
    assert "a month of such, 48 runs a day" in shown


@pytest.mark.parametrize("given", ["abc", "0", "inf", "nan"])
def test_a_schedule_that_is_none_is_refused_in_words(monkeypatch, capsys, given):
    monkeypatch.setattr(sys, "argv", ["singer-ninox", "inspect", "--runs-per-day", given])
    with pytest.raises(SystemExit):
        main()
    assert f"argument --runs-per-day: {given!r} is no number above zero" in capsys.readouterr().err


def test_json_is_what_programs_get(simulate, tmp_path):
    stage = simulate(shop(3))
    shown = json.loads(command(stage, tmp_path, "--as=json").stdout)
    assert shown["teams"] == [{"id": TEAM_ID, "name": "Team"}]
    assert shown["databases"][0]["tables"][0]["stream"] == "shop__customers"
    assert stage.token not in json.dumps(shown)


def test_a_form_that_does_not_exist_is_refused(simulate, tmp_path):
    result = command(simulate(shop(1)), tmp_path, "--as=pdf")
    assert result.returncode == 2
    assert "'pdf'" in result.stderr
    assert "html" in result.stderr


def test_the_page_holds_the_same_facts(simulate):
    page = format_page(look(simulate(shop_of_everything())))
    facts = json.loads(page.partition('id="facts">')[2].partition("</script>")[0])
    assert facts["databases"][0]["diagram"]["tables"].keys() == {"A", "B", "C", "P"}
