from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_pauses(waits):
    """Take no pause in any test of this folder."""
