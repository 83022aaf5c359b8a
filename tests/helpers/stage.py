"""A running simulator as tests use it."""

from __future__ import annotations

from tests.helpers.seeds import DATABASE_ID, TEAM_ID


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
