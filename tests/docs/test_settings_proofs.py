"""Every setting of both programs has a test that notices it; which one does, `settings_proofs` has tried."""

from __future__ import annotations

import re

import pytest

from tap_ninox.settings_schema import CONNECTION_PROPERTIES, TAP_PROPERTIES
from target_ninox import settings_schema as target
from tests.docs.settings_proofs import REPOSITORY, proofs

SETTINGS = {
    "tap": (*CONNECTION_PROPERTIES, *TAP_PROPERTIES),
    "target": (*target.CONNECTION_PROPERTIES, *target.TARGET_PROPERTIES),
    "stream": target.STREAM_PROPERTIES,
}


def test_every_setting_has_a_test_that_fails_without_it():
    settings = {(side, item.name) for side, items in SETTINGS.items() for item in items}
    assert proofs().keys() == settings, "write a test, and name it in settings_proofs.csv"


@pytest.mark.parametrize("proof", sorted(set(proofs().values())))
def test_the_test_is_there(proof):
    file, _, test = proof.partition("::")
    assert re.search(rf"^def {test}\(", (REPOSITORY / "tests" / file).read_text(encoding="utf-8"), re.MULTILINE)
