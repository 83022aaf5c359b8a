from __future__ import annotations

import re

from tap_ninox.columns import PARTS
from tests.docs.settings_table import README, table, written


def test_the_settings_table_is_the_one_the_code_makes():
    assert written() == table(), "run: python -m tests.docs.settings_table"


def test_every_field_type_is_in_the_table_of_types():
    text = README.read_text(encoding="utf-8")
    section = text[text.index("## What becomes of your fields") :]
    named = set(re.findall(r"`([a-z]+)`", section[: section.index("\n## ")]))
    assert set(PARTS) <= named


def test_every_file_the_readme_links_to_exists():
    text = README.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
