"""What is wrong with settings is said by name, with what was meant, and without a value that may be a secret."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_api.errors import NinoxConfigError
from ninox_singer.settings import read_settings
from tap_ninox.settings import CONFIG_JSONSCHEMA as TAP
from tap_ninox.settings import REMOVED_SETTINGS as OF_TAP
from target_ninox.settings import CONFIG_JSONSCHEMA as TARGET
from target_ninox.settings import REMOVED_SETTINGS as OF_TARGET

KEY = {"auth_token": "canary-7f3a"}
CASES = {
    "database missing": (TARGET, KEY, ["database: missing. Database to load into, by id or name."]),
    "misspelt": (
        TAP,
        {**KEY, "databses": [], "zzz": 1},
        [
            "databses: there is no such setting. Did you mean 'databases'?",
            "zzz: there is no such setting. See the settings in --about.",
        ],
    ),
    "misspelt in a stream": (
        TARGET,
        {**KEY, "database": "x", "streams": {"kunden": {"match-on": ["nr"]}}},
        ["streams.kunden.match-on: there is no such setting. Did you mean 'match_on'?"],
    ),
    "misspelt in a name with quotes": (
        TARGET,
        {**KEY, "database": "x", "streams": {"it's ['a']": {"tabel": "A"}}},
        ["streams.it's ['a'].tabel: there is no such setting. Did you mean 'table'?"],
    ),
    "secret of a wrong kind": (
        TAP,
        {**KEY, "database_passwords": "canary-7f3a"},
        ['database_passwords: give an object, as JSON such as {"Archiv 2019": "the-password"}.'],
    ),
    "secret that looks like a number": (
        TAP,
        {**KEY, "database_passwords": {"Archiv": 4711}},
        ["database_passwords.Archiv: give a text (in YAML between quotes if it looks like a number)."],
    ),
    "wrong kind": (TAP, {**KEY, "max_api_calls": "x"}, ["max_api_calls: give a whole number, such as 100."]),
    "unknown value": (
        TARGET,
        {**KEY, "database": "x", "on_reject": "ignore"},
        ['on_reject: "ignore" is unknown; give "fail" or "continue".'],
    ),
    "stream that is none": (
        TARGET,
        {**KEY, "database": "x", "streams": {"kunden": "Kunden"}},
        ['streams.kunden: give an object, as JSON such as {"a": "b"}.'],
    ),
    "reference without its field": (
        TARGET,
        {**KEY, "database": "x", "streams": {"a": {"references": {"kunde": {}}}}},
        ["streams.a.references.kunde: give a text (in YAML between quotes if it looks like a number)."],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_problem_of_the_settings_is_told_by_name_with_what_was_meant(case):
    schema, config, told = CASES[case]
    with pytest.raises(NinoxConfigError) as caught:
        read_settings(config, schema)
    assert caught.value.errors == told


GONE = [(TAP, OF_TAP, name) for name in OF_TAP] + [(TARGET, OF_TARGET, name) for name in OF_TARGET]


@pytest.mark.parametrize(("schema", "removed", "name"), GONE, ids=[f"{name}-{len(gone)}" for _, gone, name in GONE])
def test_a_setting_that_is_gone_is_refused_with_what_to_do(schema, removed, name):
    given = "x"
    for part in reversed(name.replace("*", "kunden").split(".")):
        given = {part: given}
    with pytest.raises(NinoxConfigError) as caught:
        read_settings({**KEY, **({"database": "x"} if schema is TARGET else {}), **given}, schema, removed=removed)
    assert caught.value.errors == [f"{name.replace('*', 'kunden')}: this setting is gone. {removed[name]}"]


def test_a_fraction_of_a_file_is_a_number_that_can_be_reckoned_with():
    hours = read_settings({**KEY, "full_refresh_interval_hours": Decimal("2.5")}, TAP)["full_refresh_interval_hours"]
    assert (hours, type(hours)) == (2.5, float)


@pytest.mark.parametrize("number", ["nan", "inf", "-Infinity", float("nan"), float("inf")], ids=repr)
def test_what_is_no_number_is_none(number):
    with pytest.raises(NinoxConfigError) as caught:
        read_settings({**KEY, "full_refresh_interval_hours": number}, TAP)
    assert caught.value.errors == ["full_refresh_interval_hours: give a number, such as 2.5."]
