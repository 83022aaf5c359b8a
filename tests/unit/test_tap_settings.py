"""The tap's own settings: what is refused, in which words."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox.settings import TapSettings


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"stream_name_format": "{tabel}"}, "stream_name_format: {tabel} is unknown; use {database}, {database_id}, "),
        ({"stream_name_format": "{table"}, "stream_name_format: a brace is not closed."),
        ({"timezone": "Berlin"}, "timezone: 'Berlin' is not a zone of the IANA list"),
        ({"timezone": "../etc/passwd"}, "timezone: '../etc/passwd' is not a zone"),
        ({"page_size": 0}, "page_size: 0 is too small"),
    ],
)
def test_what_cannot_work_is_refused_by_name(settings, problem):
    with pytest.raises(NinoxConfigError) as caught:
        TapSettings.from_settings(settings)
    assert caught.value.errors[0].startswith(problem)


def test_every_problem_is_told_at_once():
    with pytest.raises(NinoxConfigError) as caught:
        TapSettings.from_settings({"page_size": 0, "timezone": "x", "stream_name_format": "{x}{y}"})
    assert len(caught.value.errors) == 4


def test_null_settings_take_their_defaults():
    nothing = dict.fromkeys(("databases", "tables", "aliases", "timezone", "deletes", "page_size", "field_name_style"))
    assert TapSettings.from_settings(nothing) == TapSettings.from_settings({})
