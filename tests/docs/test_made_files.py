"""Files that are made of the settings' one description are the ones that it makes; how many settings there are."""

from __future__ import annotations

import pytest
from singer_sdk.helpers.capabilities import EMIT_ACTIVATE_VERSION_CONFIG

from devtools.docs import ROOT, files
from tap_ninox import settings as of_tap
from target_ninox import settings as of_target

MOST = 50


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_the_one_that_the_description_makes(path):
    assert path.read_text(encoding="utf-8") == files()[path], "run: make docs"


def test_a_new_setting_takes_the_place_of_another():
    """Counted as users meet them: of each plug-in, and of each stream of the target; not those that every tap has."""
    of_streams = {f"streams.*.{item.name}" for item in of_target.STREAM_PROPERTIES}
    count = sum(
        len(properties)
        for properties in (
            of_tap.CONNECTION_PROPERTIES, of_tap.TAP_PROPERTIES, of_target.CONNECTION_PROPERTIES,
            of_target.TARGET_PROPERTIES, of_streams,
        )
    )  # fmt: skip
    of_the_sdk = EMIT_ACTIVATE_VERSION_CONFIG["properties"].keys() & {item.name for item in of_tap.TAP_PROPERTIES}
    assert count - len(of_the_sdk) <= MOST
    names = {item.name for item in (*of_tap.CONNECTION_PROPERTIES, *of_tap.TAP_PROPERTIES)}
    assert names.isdisjoint(of_tap.REMOVED_SETTINGS)
    assert of_streams.isdisjoint(of_target.REMOVED_SETTINGS)
