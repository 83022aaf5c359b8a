"""Settings from the environment: every kind is read, and nothing that was meant is left out in silence."""

from __future__ import annotations

import logging

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox

KEYS = {"TAP_NINOX_AUTH_TOKEN": "key", "TARGET_NINOX_AUTH_TOKEN": "key", "TARGET_NINOX_DATABASE": "Shop"}


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def read(monkeypatch, program=TapNinox, **variables):
    """Return the settings that are not defaults."""
    given = {f"{program._env_var_prefix}{name}": value for name, value in variables.items()}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    # Not begun: a tap that has its settings would ask the server for its streams.
    plugin = program.__new__(program)
    plugin._config = plugin._env_var_config
    plugin._validate_config()
    defaults = {name: part.get("default") for name, part in plugin.config_jsonschema["properties"].items()}
    return {
        name: value
        for name, value in plugin._config.items()
        if name not in {"auth_token", "database"} and value not in (None, defaults[name])
    }


def problems(monkeypatch, *arguments, **variables):
    with pytest.raises(NinoxConfigError) as caught:
        read(monkeypatch, *arguments, **variables)
    return caught.value.errors


READ = {
    "text": ("TEAM", "Müller & Söhne", "Müller & Söhne"),
    "text that looks like a number": ("TEAM", "1", "1"),
    "whole number": ("MAX_API_CALLS", " 500 ", 500),
    "decimal": ("FULL_REFRESH_INTERVAL_HOURS", "2.5", 2.5),
    "decimal without a fraction": ("FULL_REFRESH_INTERVAL_HOURS", "24", 24),
    "no": ("EMIT_ACTIVATE_VERSION_MESSAGES", "no", False),
    "list": ("DATABASES", '["Büro*", "Shop"]', ["Büro*", "Shop"]),
    "names with commas between": ("DATABASES", "Shop, Archiv", ["Shop", "Archiv"]),
    "object": ("FORMULAS", '{"*.total": "number"}', {"*.total": "number"}),
}


@pytest.mark.parametrize("case", READ)
def test_every_kind_of_setting_can_come_from_the_environment(monkeypatch, case):
    variable, text, value = READ[case]
    assert read(monkeypatch, **{variable: text}) == {variable.lower(): value}


@pytest.mark.parametrize("spelling", ["true", "TRUE", "yes", "on", "1", "Y"])
def test_every_spelling_of_yes_is_one(monkeypatch, spelling):
    assert read(monkeypatch, TargetNinox, HARD_DELETE=spelling) == {"hard_delete": True}


KINDS = ["MAX_API_CALLS", "FULL_REFRESH_INTERVAL_HOURS", "EMIT_ACTIVATE_VERSION_MESSAGES", "REFRESH", "FORMULAS"]


@pytest.mark.parametrize("variable", KINDS)
def test_an_empty_variable_is_a_setting_that_is_not_given(monkeypatch, variable):
    assert read(monkeypatch, **{variable: ""}) == {}


@pytest.mark.parametrize(
    ("plugin", "variable"),
    [(TapNinox, "DATABASES"), (TapNinox, "TABLES"), (TapNinox, "API_URL"), (TargetNinox, "DRY_RUN")],
)
def test_an_empty_variable_is_an_error_where_more_would_be_done_than_was_asked_for(monkeypatch, plugin, variable):
    (problem,) = problems(monkeypatch, plugin, **{variable: ""})
    assert problem.startswith(f"{variable.lower()}: empty")


WRONG = {
    "MAX_API_CALLS": "give a whole number",
    "FULL_REFRESH_INTERVAL_HOURS": "give a number",
    "EMIT_ACTIVATE_VERSION_MESSAGES": "give true or false",
    "DATABASES": "give a list, as JSON",
    "FORMULAS": "give an object, as JSON",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_value_that_cannot_be_read_is_one_problem_that_does_not_quote_it(monkeypatch, variable):
    (problem,) = problems(monkeypatch, **{variable: '["canary-7f3a'})
    assert problem.startswith(f"{variable.lower()}: {WRONG[variable]}")
    assert "canary" not in problem


def test_a_dry_run_that_is_misspelt_does_not_become_a_real_one(monkeypatch):
    (problem,) = problems(monkeypatch, TargetNinox, DRYRUN="true")
    assert problem == "TARGET_NINOX_DRYRUN is set, but there is no such setting. Did you mean TARGET_NINOX_DRY_RUN?"


@pytest.mark.parametrize("variable", ["DRYRUN", "LIMIT_ROW", "MAX_UPDATE", "MAXDELETES"])
@pytest.mark.parametrize("loader", ["target-ninox", None])
def test_what_keeps_rows_from_being_written_may_not_be_misspelt(monkeypatch, variable, loader):
    """Whoever passes the other settings in a file: Meltano, or the user."""
    if loader:
        monkeypatch.setenv("MELTANO_LOADER_NAME", loader)
    monkeypatch.setenv(f"TARGET_NINOX_{variable}", "true")
    plugin = TargetNinox.__new__(TargetNinox)
    plugin._config = {"auth_token": "key", "database": "Shop", "api_url": "https://api.ninox.com/v1", "dry_run": False}
    with pytest.raises(NinoxConfigError, match=f"^TARGET_NINOX_{variable} is set, but there is no such setting. Did"):
        plugin._validate_config()


MISSPELT = ["TEM", "DATABSES", "TABLE", "MAX_API_CALS", "DELETE", "API_ULR"]


@pytest.mark.parametrize("variable", MISSPELT)
def test_what_narrows_a_run_may_not_be_misspelt_under_meltano(monkeypatch, variable):
    with pytest.raises(NinoxConfigError, match=f"^TAP_NINOX_{variable} is set, but there is no such setting. Did you"):
        under_meltano(monkeypatch, {"api_url": "https://api.ninox.com/v1"}, **{variable: "x"})


def test_another_variable_that_is_misspelt_only_warns_under_meltano(monkeypatch, caplog):
    under_meltano(monkeypatch, {"api_url": "https://api.ninox.com/v1"}, REPORTPATH="x", BUERO_TEAMS="y")
    assert [record.getMessage().partition(" is set")[0] for record in caplog.records] == [
        "TAP_NINOX_BUERO_TEAMS",
        "TAP_NINOX_REPORTPATH",
    ]


@pytest.mark.parametrize(("variable", "value"), [("DRY_RUN", "true"), ("LIMIT_ROWS", "5"), ("MAX_DELETES", "0")])
def test_what_keeps_rows_from_being_written_may_not_stand_where_nobody_reads_it(monkeypatch, variable, value):
    """Settings in a file: variables count with `--config=ENV` alone."""
    monkeypatch.setenv(f"TARGET_NINOX_{variable}", value)
    monkeypatch.setenv("TARGET_NINOX_TEAM", "of no consequence")
    plugin = TargetNinox.__new__(TargetNinox)
    plugin._config = {"auth_token": "key", "database": "Shop"}
    with pytest.raises(
        NinoxConfigError, match=f"^TARGET_NINOX_{variable} is set, but variables are only read with --c"
    ):
        plugin._validate_config()
    assert read(monkeypatch, TargetNinox).keys() == {variable.lower(), "team"}
    plugin._config = {"auth_token": "key", "database": "Shop", variable.lower(): False if variable == "DRY_RUN" else 7}
    plugin._validate_config()


MADE_BY_MELTANO = ["BUERO_DATABASES", "_LOAD_SCHEMA", "_SELECT", "LOGLEVEL", "ALIASES_DB_A", "FORMULAS___TOTAL"]


@pytest.mark.parametrize("variable", MADE_BY_MELTANO)
def test_variables_of_meltano_and_of_plugins_that_inherit_are_nobodys_mistake(monkeypatch, caplog, variable):
    if variable.startswith("BUERO"):
        monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox--buero")
        monkeypatch.setenv("TAP_NINOX_API_URL", "https://ninox.example.com/v1")
    assert read(monkeypatch, **{variable: "x"}).keys() <= {"api_url"}
    assert caplog.records == []


@pytest.mark.parametrize("variable", ["DATABASES_", "DATABASES_ONLY", "MY_DATABASES"])
def test_what_only_looks_like_a_setting_is_told(monkeypatch, caplog, variable):
    (warning,) = warnings_for(monkeypatch, caplog, variable)
    assert warning.startswith(f"TAP_NINOX_{variable} is set, but there is no such setting.")


def warnings_for(monkeypatch, caplog, variable):
    """Return what a tap with its settings in a file says about a variable."""
    monkeypatch.setenv(f"TAP_NINOX_{variable}", "canary-7f3a")
    plugin = TapNinox.__new__(TapNinox)
    plugin._config = {"auth_token": "key"}
    plugin._validate_config()
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_a_variable_that_is_no_setting_is_a_warning_that_names_the_nearest(monkeypatch, caplog):
    (warning,) = warnings_for(monkeypatch, caplog, "DATABSES")
    assert warning == ("TAP_NINOX_DATABSES is set, but there is no such setting. Did you mean TAP_NINOX_DATABASES?")


def test_one_that_is_near_to_none_is_a_warning_too(monkeypatch, caplog):
    (warning,) = warnings_for(monkeypatch, caplog, "START_DATE")
    assert warning == "TAP_NINOX_START_DATE is set, but there is no such setting. See the settings in --about."


def test_a_setting_that_is_gone_is_one_line_with_what_to_do(monkeypatch, caplog):
    (warning,) = warnings_for(monkeypatch, caplog, "PAGE_SIZE")
    assert warning.startswith("TAP_NINOX_PAGE_SIZE: this setting is gone. Pages become smaller by themselves")
    caplog.clear()
    (problem,) = problems(monkeypatch, PAGE_SIZE="100")
    assert problem.startswith("page_size: this setting is gone. Pages become smaller by themselves")
    assert caplog.records == []


@pytest.mark.parametrize(("variable", "is_of_tap"), [("TEAMS", True), ("MAX_API_CALLS", False), ("MAX_CREATES", False)])
def test_a_setting_that_is_gone_and_would_have_kept_a_run_small_is_an_error_under_meltano(
    monkeypatch, variable, is_of_tap
):
    """Meltano passes on what its definition knows: only the variable itself tells that somebody meant it."""
    plugin_class, prefix = (TapNinox, "TAP") if is_of_tap else (TargetNinox, "TARGET")
    monkeypatch.setenv(f"MELTANO_{'EXTRACTOR' if is_of_tap else 'LOADER'}_NAME", f"{prefix.lower()}-ninox")
    monkeypatch.setenv(f"{prefix}_NINOX_{variable}", "5")
    plugin = plugin_class.__new__(plugin_class)
    plugin._config = {"auth_token": "key", "api_url": "https://api.ninox.com/v1", "database": "Shop"}
    with pytest.raises(
        NinoxConfigError, match=rf"^{prefix}_NINOX_{variable}: this setting is gone\. .*take this variable"
    ):
        plugin._validate_config()


@pytest.mark.parametrize("below", [".", "sub"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_env_file_of_the_folder_is_read_wherever_the_command_is_installed(monkeypatch, folder, below, mark):
    lines = f'{mark}TAP_NINOX_TEAM="Büro"\r\nTAP_NINOX_MAX_API_CALLS=\r\nTAP_NINOX_AUTH_TOKEN=key\r\n'
    (folder / ".env").write_text(lines, encoding="utf-8")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / below)
    monkeypatch.setattr("os.environ", {})
    assert read(monkeypatch) == {"team": "Büro"}


def test_a_variable_counts_more_than_the_env_file(monkeypatch, folder):
    (folder / ".env").write_text("TAP_NINOX_TEAM=file\n", encoding="utf-8")
    assert read(monkeypatch, TEAM="shell") == {"team": "shell"}


def under_meltano(monkeypatch, config, **variables):
    """Return the settings of a tap that Meltano runs."""
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-ninox")
    for name, value in variables.items():
        monkeypatch.setenv(f"TAP_NINOX_{name}", value)
    plugin = TapNinox.__new__(TapNinox)
    plugin._config = {"auth_token": "key", **config}
    plugin._validate_config()
    return plugin._config


def test_an_address_that_meltano_lost_is_an_error(monkeypatch):
    with pytest.raises(NinoxConfigError, match=r"^api_url: Meltano passes none"):
        under_meltano(monkeypatch, {})


def test_a_dry_run_that_meltano_lost_is_an_error(monkeypatch):
    monkeypatch.setenv("MELTANO_LOADER_NAME", "target-ninox")
    plugin = TargetNinox.__new__(TargetNinox)
    plugin._config = {"auth_token": "key", "database": "Shop", "api_url": "https://api.ninox.com/v1"}
    with pytest.raises(NinoxConfigError, match=r"^dry_run: Meltano passes none"):
        plugin._validate_config()


def test_what_meltano_took_apart_or_lost_is_whole_again(monkeypatch):
    nested = {"api_url": "https://api.ninox.com/v1", "aliases": {"db": {"A": "x"}}, "formulas": {}}
    settings = under_meltano(monkeypatch, nested, FORMULAS='{"*.total": "number"}')
    assert settings["aliases"] == {"db.A": "x"}
    assert settings["formulas"] == {"*.total": "number"}


def test_a_misspelt_setting_of_meltanos_file_is_told_by_the_name_that_it_has_there(monkeypatch, folder):
    """Meltano makes a variable of it, which nobody has written."""
    project = "plugins: {extractors: [{name: tap-ninox, config: {databses: [Shop], team: x}}]}"
    (folder / "meltano.yml").write_text(project, encoding="utf-8")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(folder))
    told = r"^TAP_NINOX_DATABSES is set, but .* Did you mean TAP_NINOX_DATABASES\? It is databses in meltano\.yml\.$"
    with pytest.raises(NinoxConfigError, match=told):
        under_meltano(monkeypatch, {"api_url": "https://api.ninox.com/v1"}, DATABSES='["Shop"]')


PROJECTS = {
    "null": "plugins: {extractors: [{name: tap-ninox, config: {databases: null}}]}",
    "a variable": "plugins: {extractors: [{name: tap-ninox, config: {databases: $NOT_DEFINED}}]}",
    "an address that is null": "plugins: {extractors: [{name: tap-ninox, config: {api_url: null}}]}",
    "an environment": "environments: [{name: prod, config: {plugins: {extractors: [{name: tap-ninox, config: "
    "{databases: null}}]}}}]",
    "a parent": "plugins: {extractors: [{name: base, config: {databases: null}}, "
    "{name: tap-ninox, inherit_from: base}]}",
    "a file that is included": "include_paths: [more.yml]",
}


@pytest.mark.parametrize("case", PROJECTS)
def test_what_stands_in_meltanos_file_without_a_value_is_an_error_that_names_it(monkeypatch, folder, case):
    """The definition's default, or nothing, would come in its place: the public address, all databases."""
    (folder / "meltano.yml").write_text(PROJECTS[case], encoding="utf-8")
    (folder / "more.yml").write_text(PROJECTS["null"], encoding="utf-8")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(folder))
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "prod")
    name = "api_url" if "address" in case else "databases"
    with pytest.raises(NinoxConfigError, match=f"^{name}: it stands in meltano.yml without a value"):
        under_meltano(monkeypatch, {"api_url": "https://api.ninox.com/v1"})


NO_LOSS = {
    "values that arrive": "plugins: {extractors: [{name: tap-ninox, config: {databases: [Shop], api_url: null}}]}",
    "another environment": "environments: [{name: dev, config: {plugins: {extractors: [{name: tap-ninox, config: "
    "{databases: null}}]}}}]",
    "another plugin": "plugins: {extractors: [{name: tap-ninox--b, inherit_from: tap-ninox, config: {team: null}}]}",
    "what may be null": "plugins: {extractors: [{name: tap-ninox, config: {timezone: null}}]}",
    "no plugins": "plugins: null",
    "no YAML": "{",
}


@pytest.mark.parametrize("case", NO_LOSS)
def test_what_arrives_or_nobody_gave_is_fine(monkeypatch, folder, case):
    (folder / "meltano.yml").write_text(NO_LOSS[case], encoding="utf-8")
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", str(folder))
    monkeypatch.setenv("MELTANO_ENVIRONMENT", "prod")
    given = {"api_url": "https://ninox.example.com/v1", "databases": ["Shop"]}
    assert under_meltano(monkeypatch, given)["databases"] == ["Shop"]
