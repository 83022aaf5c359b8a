"""docs/performance.md: its tables are those of the raw figures, its links lead somewhere."""

from __future__ import annotations

import re

import pytest

from benchmarks.page import PAGE, tables, written


@pytest.mark.parametrize("name", ["bars", "sides", "growth", "machine"])
def test_a_table_is_the_one_the_figures_make(name):
    assert written(name) == tables()[name], "run: python -m benchmarks.page"
    assert "|" in written(name)


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#\s]+)", PAGE.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if "://" not in link and not (PAGE.parent / link).exists()] == []
