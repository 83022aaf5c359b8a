from __future__ import annotations

from contextlib import ExitStack

import pytest

from ninox_simulator.server import Simulator


@pytest.fixture
def simulate():
    """Return a function that starts a simulator with a seed and switches."""
    with ExitStack() as stack:

        def start(seed, **switches):
            return stack.enter_context(Simulator(seed=seed, switches=switches))

        yield start


@pytest.fixture(autouse=True)
def _no_pauses(waits):
    """Take no pause in any test of this folder."""
