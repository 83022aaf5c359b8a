"""The benchmarks themselves: they measure what they say, and see a side that did not deliver."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks import reading, report
from benchmarks.__main__ import WORKS, measure
from benchmarks.process import Cost, SideFailedError
from benchmarks.work import Bar

pytestmark = pytest.mark.e2e

TINY = replace(
    reading.READ,
    tables=2,
    rows=1_100,
    sides=(reading.TAP, reading.BARE_MSGSPEC),
    bars=(Bar(side=reading.TAP.name, than=reading.BARE_MSGSPEC.name, at_most=1.6),),
)


def test_every_side_is_measured_and_its_calls_are_counted(tmp_path, monkeypatch):
    costs = measure(TINY, rounds=1)
    assert costs.keys() == {"tap-ninox", "bare loop, msgspec"}
    bare = costs["bare loop, msgspec"][0]
    assert bare.calls == {"GET": 2 * 3}
    assert costs["tap-ninox"][0].calls["GET"] > bare.calls["GET"]
    assert all(run.wall_s > 0 and run.cpu_s > 0 and run.peak_mb > 1 for runs in costs.values() for run in runs)
    assert "x bare loop, msgspec" in report.text(TINY, costs)
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    results = report.Results()
    results.add("read", costs)
    report.Results().add("write", {})
    (path,) = tmp_path.iterdir()
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["works"].keys() == {"read", "write"}
    assert saved["works"]["read"]["sides"]["bare loop, msgspec"][0]["calls"] == {"GET": 6}
    assert saved["machine"]["processors"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda lines: lines[:-1], id="a row is missing"),
        pytest.param(lambda lines: [*lines, lines[0]], id="a row came twice"),
        pytest.param(lambda lines: [lines[0].replace(b"1.32", b"1.33"), *lines[1:]], id="a value is another"),
    ],
)
def test_a_side_that_does_not_deliver_is_refused(change):
    def spoil(stage):
        lines = stage.output.read_bytes().splitlines(keepends=True)
        stage.output.write_bytes(b"".join(change(lines)))

    side = replace(
        reading.BARE_MSGSPEC,
        check=lambda name, stage: (spoil(stage), reading.BARE_MSGSPEC.check(name, stage)),
    )
    with pytest.raises(SideFailedError, match="bare loop, msgspec"):
        measure(replace(TINY, rows=5, sides=(side,)), rounds=0)


def test_a_side_that_fails_is_named_with_the_end_of_its_log():
    broken = replace(reading.TAP, command=lambda _: ["sh", "-c", "echo no luck >&2; exit 3"])
    with pytest.raises(SideFailedError, match="exit code 3:\nno luck"):
        measure(replace(TINY, rows=5, sides=(broken,)), rounds=0)


def test_ratios_are_of_runs_made_in_turn():
    costs = {
        "a": [Cost(wall_s=second, cpu_s=1, peak_mb=1) for second in (1, 4, 9)],
        "b": [Cost(wall_s=second, cpu_s=1, peak_mb=1) for second in (1, 2, 3)],
    }
    bar = Bar(side="a", than="b", at_most=1.9)
    assert report.bar_value(bar, costs) == 2
    assert report.bar_text(bar, costs).startswith("NOT MET")


def test_every_bar_names_sides_of_its_work():
    for work in WORKS.values():
        names = {side.name for side in work.sides}
        assert {bar.side for bar in work.bars} | {bar.than for bar in work.bars if bar.than} <= names
