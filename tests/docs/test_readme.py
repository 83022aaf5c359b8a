from __future__ import annotations

import re

import pytest
import yaml
from jsonschema import Draft202012Validator

from tap_ninox.columns import PARTS
from target_ninox.encoding.types import TYPES
from target_ninox.settings_schema import CONFIG_JSONSCHEMA
from tests.docs.settings_table import README, TABLES, table, written


@pytest.mark.parametrize("name", TABLES)
def test_the_settings_table_is_the_one_the_code_makes(name):
    assert written(name) == table(name), "run: python -m tests.docs.settings_table"


def section(title):
    text = README.read_text(encoding="utf-8")
    return text[text.index(f"\n## {title}\n") + 1 :].partition("\n## ")[0]


@pytest.mark.parametrize(("title", "types"), [("What becomes of your fields", PARTS), ("Into Ninox", TYPES)])
def test_every_field_type_is_in_the_table_of_types(title, types):
    assert set(types) <= set(re.findall(r"`([a-z]+)`", section(title)))


def test_the_settings_of_the_example_are_settings_of_the_target():
    [example] = re.findall(r"```yaml\n(.*?)```", section("Into Ninox"), re.DOTALL)
    settings = {"auth_token": "x", "database": "Shop", **yaml.safe_load(example)}
    Draft202012Validator(CONFIG_JSONSCHEMA).validate(settings)


def test_every_file_the_readme_links_to_exists():
    text = README.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
