from __future__ import annotations

from contextlib import ExitStack

import pytest

from ninox_simulator.server import Simulator
from tests.builders import DATABASE_ID, TEAM_ID


class Stage:
    """A running simulator, with the one database that most tests use at hand."""

    def __init__(self, simulator):
        self._simulator = simulator

    def __getattr__(self, name):
        return getattr(self._simulator, name)

    @property
    def edit(self):
        return self._simulator.store.database(TEAM_ID, DATABASE_ID)

    def between(self, action, *, times=None):
        """Call `action(edit, index, path)` before requests are handled."""
        left = [times]

        def hook(index, _method, path):
            if left[0] is None or left[0] > 0:
                action(self.edit, index, path)
                if left[0] is not None:
                    left[0] -= 1

        self._simulator.on_request.append(hook)


@pytest.fixture
def simulate():
    """Return a function that starts a simulator with a seed and switches."""
    with ExitStack() as stack:

        def start(seed, **switches):
            return Stage(stack.enter_context(Simulator(seed=seed, switches=switches)))

        yield start
