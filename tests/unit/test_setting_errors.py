from __future__ import annotations

import pytest
from jsonschema import Draft7Validator
from singer_sdk.plugin_base import _format_validation_error

from ninox_api.setting_errors import explained
from tap_ninox.settings_schema import CONFIG_JSONSCHEMA as TAP
from target_ninox.settings_schema import CONFIG_JSONSCHEMA as TARGET

KEY = {"auth_token": "canary-7f3a"}
CASES = {
    "key missing": (TAP, {}, ["auth_token: missing. The API key, made in Ninox under Settings > Integrations."]),
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
    "secret of a wrong kind": (
        TAP,
        {**KEY, "database_passwords": "canary-7f3a"},
        ["database_passwords: the value is not of the right type."],
    ),
    "wrong kind": (TAP, {**KEY, "page_size": "x"}, ["'x' is not of type 'integer', 'null' in config['page_size']"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_problem_of_the_settings_is_told_by_name_with_what_was_meant(case):
    schema, config, told = CASES[case]
    closed = {"additionalProperties": False, **schema}  # as the SDK does
    messages = [_format_validation_error(error) for error in Draft7Validator(closed).iter_errors(config)]
    assert [line for message in messages for line in explained(message, closed)] == told
