from __future__ import annotations

import re
from importlib.resources import files

import pytest

from ninox_tools.pages.page import render_page
from tests.helpers.accounting import FIELDS, FORMULAS, TABLES, accounting

PAGES = {"schema": {"databases": []}, "runs": {"runs": [], "rejects": {}}}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_one_file_that_asks_the_network_for_nothing(name):
    page = render_page(name, title="Title", facts=PAGES[name])
    assert "default-src 'none'" in page
    assert re.findall(r"""(?:src|href)=["']|@import|url\(|fetch\(|https?://(?!www\.w3\.org/2000/svg)""", page) == []


def test_what_users_typed_cannot_become_part_of_the_page():
    page = render_page("schema", title="<b>&", facts={"name": "</script><script>alert(1)</script>"})
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<title>&lt;b&gt;&amp;</title>" in page


def test_scripts_never_make_html_of_text():
    scripts = [
        path.read_text("utf-8") for path in (files("ninox_tools.pages") / "assets").iterdir() if path.name[-2:] == "js"
    ]
    assert scripts
    assert [word for script in scripts for word in ("innerHTML", "outerHTML", "document.write") if word in script] == []


def test_the_schema_that_pages_are_tried_with_is_as_large_as_a_real_one():
    fields = [definition for table in accounting().values() for definition in table["fields"].values()]
    assert (len(accounting()), len(fields)) == (TABLES, FIELDS)
    assert sum(definition["base"] == "fn" for definition in fields) == FORMULAS
