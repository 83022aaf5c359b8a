"""What taps of other makers really sent, replayed: into mirrors and by key, whole, interrupted and resumed."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from devtools.meltano import REPOSITORY
from tests.helpers.replay import FOLDER, Recording, check

RECORDINGS = sorted((REPOSITORY / FOLDER).glob("*.jsonl"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_rows_and_deletions_arrive_right_behind_a_real_tap(simulate, path):
    @contextmanager
    def simulator_with(seed):
        yield simulate(seed)

    assert check(Recording.load(path), simulator_with) > 0
