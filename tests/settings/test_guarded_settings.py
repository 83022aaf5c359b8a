"""Each setting was judged: would more be done, or elsewhere, than was asked for if it got lost on its way?"""

from __future__ import annotations

import pytest

from ninox_singer.environment import GUARDS, NEVER_NULL
from tap_ninox import settings as tap
from target_ninox import settings as target

HARMLESS = {
    "tap": {
        "aliases",
        "auth_token",
        "auth_token_file",
        "calls_per_month",
        "database_passwords",
        "emit_activate_version_messages",
        "files",
        "formulas",
        "full_refresh_interval_hours",
        "max_parallel_requests",
        "queries",
        "refresh",
        "report_path",
        "stream_name_format",
        "timezone",
    },
    "target": {
        "auth_token",
        "auth_token_file",
        "database_passwords",
        "file_sources",
        "hard_delete",
        "on_reject",
        "rejects_path",
        "report_path",
        "streams",
    },
}
"""Without them, a run reads and writes no more than was asked for, fails, or only names things otherwise."""

OWN = {
    "tap": {each.name for each in (*tap.CONNECTION_PROPERTIES, *tap.TAP_PROPERTIES)},
    "target": {each.name for each in (*target.CONNECTION_PROPERTIES, *target.TARGET_PROPERTIES)},
}

HOW = (
    "would more be read, written or sent elsewhere without it? It is one of GUARDS in ninox_singer/environment.py, "
    "if not, one of HARMLESS in tests/settings/test_guarded_settings.py"
)


@pytest.mark.parametrize("side", OWN)
def test_each_setting_is_guarded_or_needs_no_guard(side):
    assert OWN[side] - GUARDS.keys() == HARMLESS[side], HOW


def test_what_is_guarded_is_a_setting_or_was_one():
    assert GUARDS.keys() <= {*OWN["tap"], *OWN["target"], *tap.REMOVED_SETTINGS, *target.REMOVED_SETTINGS}


@pytest.mark.parametrize(("side", "settings"), [("tap", tap), ("target", target)])
def test_where_null_would_do_more_it_is_refused(side, settings):
    properties = settings.CONFIG_JSONSCHEMA["properties"]
    refused = {name for name in OWN[side] if "null" not in properties[name]["type"]}
    assert refused == OWN[side] & NEVER_NULL, "GUARDS in ninox_singer/environment.py says `never_null`"
