"""docs/performance.md: its tables are those of the raw figures, its links lead somewhere; other pages agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.calls import FIGURES
from benchmarks.page import PAGE, tables, written
from ninox_api.page_size import PageSize

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["bars", "sides", "growth", "calls", "month", "waiting", "machine"])
def test_a_table_is_the_one_the_figures_make(name):
    assert written(name) == tables()[name], "run: python -m benchmarks.page"
    assert "|" in written(name)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#\s]+)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (PAGE.parent / link).exists()] == []


def _counted():
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {row["work"]: row for row in figures["calls"]}


def test_tap_and_target_take_no_more_calls_than_their_bounds_and_a_careful_person():
    for row in _counted().values():
        assert row["tap-ninox"] <= row["bound"], row
        assert row["tap-ninox"] <= (row["careful script"] or row["bound"]), row


def test_the_pages_about_budget_and_scaling_say_what_was_counted():
    counted = {name: row["tap-ninox"] for name, row in _counted().items()}
    idle, by_names = counted["idle `meltano run`, ids given"], counted["the same, by names"]
    budget, scaling = (
        (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("how-to/budget.md", "scaling.md")
    )
    assert f"| nothing changed, n databases given by id | {idle} n:" in budget
    assert by_names == idle + 2
    assert "one list of teams and one of databases" in budget
    assert f"A run costs {idle} calls for each database given by id" in scaling
    pages = PageSize("").count_pages(
        10_000
    )  # of a table; there are 20 in a database, read once an hour at half a second
    rows = re.findall(
        r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", scaling, re.MULTILINE
    )
    assert len(rows) == 3
    for row in rows:
        databases, load, hours, calls, seconds, month = (float(cell.replace(",", "")) for cell in row)
        assert load == databases * (idle + 20 * pages)
        assert (hours, calls, seconds) == (round(load / 7200, 1), databases * idle, databases * idle / 2)
        assert month == calls * 24 * 30
