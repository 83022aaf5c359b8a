from __future__ import annotations

from contextlib import ExitStack

import pytest

from ninox_simulator.server import Simulator
from tests.helpers import limits


@pytest.fixture
def simulate():
    """Return a function that starts a simulator with a seed and switches."""
    with ExitStack() as stack:

        def start(seed, **switches):
            return stack.enter_context(Simulator(seed=seed, switches=switches))

        yield start


@pytest.fixture(autouse=True)
def waits():
    """Collect the pauses instead of taking them."""
    with limits.no_pauses() as taken:
        yield taken
