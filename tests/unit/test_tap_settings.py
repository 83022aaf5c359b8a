"""The tap's own settings: what is refused, in which words."""

from __future__ import annotations

import pytest

from ninox_api.errors import NinoxConfigError
from tap_ninox.settings import TapSettings


def test_every_problem_is_told_at_once():
    with pytest.raises(NinoxConfigError) as caught:
        TapSettings.from_settings({"files": {"a": "x", "b": "y"}, "timezone": "x", "stream_name_format": "{x}{y}"})
    assert len(caught.value.errors) == 4


def test_null_settings_take_their_defaults():
    nothing = dict.fromkeys(("databases", "tables", "aliases", "timezone", "deletes"))
    assert TapSettings.from_settings(nothing) == TapSettings.from_settings({})
