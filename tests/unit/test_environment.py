"""Settings from the environment: every kind is read, and nothing that was meant is left out in silence."""

from __future__ import annotations

import pytest

from ninox_api.environment import read_environment
from ninox_api.errors import NinoxConfigError
from tap_ninox.settings_schema import CONFIG_JSONSCHEMA as TAP
from target_ninox.settings_schema import CONFIG_JSONSCHEMA as TARGET


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(monkeypatch, schema=TAP, prefix="TAP_NINOX_", **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"{prefix}{name}", value)
    return read_environment(schema["properties"], prefix=prefix)


def problems(monkeypatch, **variables):
    with pytest.raises(NinoxConfigError) as caught:
        read(monkeypatch, **variables)
    return caught.value.errors


READ = {
    "text": ("TEAM", "Müller & Söhne", "Müller & Söhne"),
    "text that looks like a number": ("TEAM", "1", "1"),
    "whole number": ("PAGE_SIZE", " 500 ", 500),
    "decimal": ("REQUEST_TIMEOUT", "2.5", 2.5),
    "decimal without a fraction": ("FULL_REFRESH_INTERVAL_HOURS", "24", 24),
    "yes": ("FOLLOW_NAMES", "True", True),
    "no": ("EMIT_ACTIVATE_VERSION_MESSAGES", "no", False),
    "list": ("DATABASES", '["Büro*", "Shop"]', ["Büro*", "Shop"]),
    "names with commas between": ("DATABASES", "Shop,Archiv", ["Shop", "Archiv"]),
    "object": ("FORMULAS", '{"*.total": "number"}', {"*.total": "number"}),
}


@pytest.mark.parametrize("case", READ)
def test_every_kind_of_setting_can_come_from_the_environment(monkeypatch, case):
    variable, text, value = READ[case]
    assert read(monkeypatch, **{variable: text}) == {variable.lower(): value}


@pytest.mark.parametrize("variable", ["PAGE_SIZE", "REQUEST_TIMEOUT", "FOLLOW_NAMES", "DATABASES", "FORMULAS"])
def test_an_empty_variable_is_a_setting_that_is_not_given(monkeypatch, variable):
    assert read(monkeypatch, **{variable: ""}) == {}


WRONG = {
    "PAGE_SIZE": "give a whole number",
    "REQUEST_TIMEOUT": "give a number",
    "FOLLOW_NAMES": "give true or false",
    "DATABASES": "give a list as JSON",
    "FORMULAS": "give an object as JSON",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_value_that_cannot_be_read_is_one_problem_that_does_not_quote_it(monkeypatch, variable):
    (problem,) = problems(monkeypatch, **{variable: '["canary-7f3a'})
    assert problem.startswith(f"TAP_NINOX_{variable}: {WRONG[variable]}")
    assert "canary" not in problem


def test_a_dry_run_that_is_misspelt_does_not_become_a_real_one(monkeypatch):
    with pytest.raises(NinoxConfigError, match=r"^TARGET_NINOX_DRYRUN: .* Did you mean TARGET_NINOX_DRY_RUN\?"):
        read(monkeypatch, TARGET, "TARGET_NINOX_", DRYRUN="true")


@pytest.mark.parametrize("variable", ["BUERO_DATABASES", "_LOAD_SCHEMA", "_SELECT", "LOGLEVEL", "X"])
def test_variables_of_meltano_and_of_plugins_that_inherit_are_nobodys_mistake(monkeypatch, variable):
    assert read(monkeypatch, **{variable: "x"}) == {}


@pytest.mark.parametrize("below", [".", "sub"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_env_file_of_the_folder_is_read_wherever_the_command_is_installed(monkeypatch, folder, below, mark):
    (folder / ".env").write_text(f'{mark}TAP_NINOX_TEAM="Büro"\r\nTAP_NINOX_PAGE_SIZE=\r\n', encoding="utf-8")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / below)
    monkeypatch.setattr("os.environ", {})
    assert read(monkeypatch) == {"team": "Büro"}


def test_a_variable_counts_more_than_the_env_file(monkeypatch, folder):
    (folder / ".env").write_text("TAP_NINOX_TEAM=file\n", encoding="utf-8")
    assert read(monkeypatch, TEAM="shell") == {"team": "shell"}
