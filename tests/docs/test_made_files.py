"""Files that are made of the settings' one description are the ones that it makes; how many settings there are."""

from __future__ import annotations

import pytest
from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import EMIT_ACTIVATE_VERSION_CONFIG

from devtools.docs import ROOT, files
from tap_ninox import settings as of_tap
from target_ninox import settings as of_target

MOST = 50


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_the_one_that_the_description_makes(path):
    assert path.read_text(encoding="utf-8") == files()[path], "run: make docs"


def test_there_are_fifty_settings_at_most():
    """Counted as users meet them: of each plug-in, and every key inside an object; not those that every tap has."""
    every_tap_has = set(EMIT_ACTIVATE_VERSION_CONFIG["properties"])
    of_tap_alone = _paths(of_tap.CONNECTION_PROPERTIES, of_tap.TAP_PROPERTIES) - every_tap_has
    of_target_alone = _paths(of_target.CONNECTION_PROPERTIES, of_target.TARGET_PROPERTIES)
    count = len(of_tap_alone) + len(of_target_alone)
    assert count <= MOST, (
        f"{count} settings where {MOST} may be: which of them would nobody miss (docs/adr/0023-fifty-settings.md)?"
    )
    assert of_tap_alone.isdisjoint(of_tap.REMOVED_SETTINGS)
    assert of_target_alone.isdisjoint(of_target.REMOVED_SETTINGS)


def _paths(*properties):
    """Return the path of each setting, `*` for a name of the user's."""
    return {*_below(th.PropertiesList(*(item for items in properties for item in items)).to_dict(), "")}


def _below(schema, path):
    for name, part in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from _below(part, f"{path}{name}.")
    for inner in (schema.get("additionalProperties"), schema.get("items")):
        if isinstance(inner, dict):
            yield from _below(inner, f"{path}*.")
