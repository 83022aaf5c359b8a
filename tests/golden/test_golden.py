"""What the commands write, and what they ask of Ninox, is what was recorded: a change of either is looked at.

The files lie in `tests/golden/runs`, one for each standard run.
"""

from __future__ import annotations

import difflib

import pytest

from tests.golden.recording import FOLDER, record
from tests.golden.standard_runs import RUNS

MOST_LINES = 20
MOST_CHARACTERS = 300
"""Of a line that differs: from a little before the place where it does."""


@pytest.mark.parametrize("name", RUNS)
def test_a_standard_run_is_as_it_was_recorded(name, tmp_path):
    recorded = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    now = record(name, RUNS[name], tmp_path)
    if now != recorded:
        pytest.fail(_told(name, recorded, now), pytrace=False)


def test_every_recording_is_of_a_standard_run():
    recorded = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.txt")}
    assert recorded == set(RUNS), "record anew: python -m tests.golden"


@pytest.mark.parametrize("name", ["tap/changes", "target/upserts"])
def test_a_difference_is_shown_where_it_is(name):
    recorded = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    told = _told(name, recorded, recorded.replace("/tables/A/records", "/tables/A/recordz", 1))
    assert "-GET " in told
    assert "+GET " in told
    assert "recordz" in told
    assert f"python -m tests.golden {name}" in told
    assert len(told.splitlines()) < MOST_LINES


def _told(name, recorded, now):
    before, after = recorded.splitlines(), now.splitlines()
    differing = [
        line for line in difflib.unified_diff(before, after, lineterm="", n=0) if line[:3] not in {"---", "+++"}
    ]
    shown = [_around_the_difference(line, differing) for line in differing[:MOST_LINES]]
    more = f"  … and {len(differing) - MOST_LINES} more lines\n" if len(differing) > MOST_LINES else ""
    return (
        f"{name}: what it writes or asks of Ninox is not what was recorded.\n"
        + "".join(f"  {line}\n" for line in shown)
        + more
        + f"If that is wanted, record it anew: python -m tests.golden {name}\n"
        "and look at what changed: git diff --word-diff-regex='[^,]+' tests/golden"
    )


def _around_the_difference(line, differing):
    """Shorten a long line to what is next to the first character that differs from the line it is most like."""
    if len(line) <= MOST_CHARACTERS or line[0] not in "+-":
        return line[:MOST_CHARACTERS]
    others = [other for other in differing if other[0] in "+-" and other[0] != line[0]]
    same = max((_length_in_common(line, other) for other in others), default=0)
    begin = max(1, same - MOST_CHARACTERS // 3)
    return f"{line[0]}{'…' if begin > 1 else ''}{line[begin : begin + MOST_CHARACTERS]}…"


def _length_in_common(line, other):
    return next((n for n, (a, b) in enumerate(zip(line[1:], other[1:], strict=False), 1) if a != b), 0)
