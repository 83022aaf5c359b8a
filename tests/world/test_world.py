"""The random world, always the same part of it: `python -m tests.world --examples 5000` plays others."""

from __future__ import annotations

import pytest

from tests.world.__main__ import MACHINES, play

EXAMPLES = {"tap": 20, "target": 55}


@pytest.mark.parametrize("name", EXAMPLES)
def test_whatever_happens_the_promises_hold(name):
    play(MACHINES[name], EXAMPLES[name], seed=0)
