from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from devtools.meltano import REPOSITORY
from ninox_singer.types import TYPES

README = REPOSITORY / "README.md"
GUARANTEES = REPOSITORY / "docs" / "guarantees.md"

TYPES_PAGE = REPOSITORY / "docs" / "reference" / "types.md"


def section(title, path=README):
    text = path.read_text(encoding="utf-8")
    return text[text.index(f"\n## {title}\n") + 1 :].partition("\n## ")[0]


def rows(title, path=GUARANTEES):
    """Return the rows of the tables of a section, as lists of cells."""
    lines = [line.strip("| ") for line in section(title, path).splitlines() if line.startswith("|")]
    return [line.split(" | ") for line in lines if not line.endswith("Tested by") and set(line) - set("|- ")]


def recipes():
    """Return the rows of the first table of the README."""
    lines = [line.strip("| ") for line in README.read_text(encoding="utf-8").splitlines() if "`meltano run " in line]
    return [line.split(" | ") for line in lines if " | " in line]


def test_the_readme_is_read_in_a_few_minutes():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("title", ["From Ninox", "Into Ninox"])
def test_every_field_type_is_in_the_table_of_types(title):
    types = {name for name, known in TYPES.items() if known.write or title == "From Ninox"}
    missing = types - set(re.findall(r"`([a-z]+)`", section(title, TYPES_PAGE)))
    assert missing == set(), f"docs/reference/types.md, {title}"


def test_the_table_of_types_says_what_a_property_holds():
    """Each kind of JSON value of a type's properties is named in its row, and no other."""
    told = {name: row[2] for row in rows("From Ninox", TYPES_PAGE) for name in re.findall(r"`([a-z]+)`", row[0])}
    for name in told.keys() - {"fn", "rev"}:  # read as the setting says, and not at all
        known = TYPES[name]
        schemas = [part.schema for part in known.parts]
        schemas += [part.schema["items"] for part in known.parts if "items" in part.schema]
        kinds = {kind for schema in schemas for kind in schema["type"] if kind != "null"}
        kinds |= {schema["format"] for schema in schemas if "format" in schema}
        words = {word.removesuffix("s") for word in re.findall(r"[a-z-]+", told[name])}
        kinds_told = words & {"string", "number", "integer", "boolean", "array", "date", "time", "date-time"}
        assert kinds_told == kinds, f"docs/reference/types.md, {name}"


@pytest.mark.parametrize(("title", "least"), [("What the tap does", 25), ("What the target does", 20)])
def test_every_feature_names_the_test_that_proves_it(title, least):
    told = rows(title)
    assert len(told) >= least
    for row in told:
        proofs = re.findall(r"\]\(\.\./(tests/[^)]+)\)", row[-1])
        assert proofs, row[0]
        for proof in proofs:
            assert re.fullmatch(r"test_\w+\.py", Path(proof).name), proof
            assert re.search(
                r"^(def|class) [Tt]est|get_\w+_test_class", (REPOSITORY / proof).read_text(), re.MULTILINE
            ), proof


@pytest.mark.parametrize(
    "word",
    [
        *("full refresh", "backfill", "soft delete", "hard delete", "rate limit", "reverse ETL", "CDC", "upsert"),
        *("schema drift", "dead letter queue", "incremental", "tombstone", "troubleshooting", "quota"),
        *("one table only", "leave a field out", "personal data", "GDPR"),
    ],
)
def test_whoever_searches_for_a_word_of_the_field_finds_the_page(word):
    """The map leads to it, and the page of which it says so has the word in a heading, or early in its text."""
    docs = REPOSITORY / "docs"
    lines = [line for line in (docs / "README.md").read_text("utf-8").splitlines() if line.startswith("|")]
    leading = [line for line in lines if word.casefold() in line.casefold()]
    assert leading, word
    pages = [docs / path for path in re.findall(r"\]\(([^)#]+)", leading[0])]
    found = [text for text in (page.read_text("utf-8") for page in pages) if word.casefold() in text.casefold()]
    assert found, (word, leading[0])


def test_the_changelog_is_read_in_two_minutes():
    """What only some have to know stands in docs/changes.md, once."""
    changelog, changes = ((REPOSITORY / page).read_text("utf-8") for page in ("CHANGELOG.md", "docs/changes.md"))
    assert len(changelog.partition("## Unreleased")[2].split()) < 700
    entries = re.split(r"\n(?=- |\n)", changes)
    assert [entry for entry in entries if entry.startswith("- ") and entries.count(entry) > 1] == []


def test_every_recipe_runs_plugins_that_meltano_yml_has():
    project = yaml.safe_load((REPOSITORY / "meltano.yml").read_text(encoding="utf-8"))
    known = {plugin["name"] for kind in project["plugins"].values() for plugin in kind}
    commands = [row[1].strip("`").split() for row in recipes()]
    assert len(commands) >= 6
    assert all(command[:2] == ["meltano", "run"] for command in commands)
    assert {plugin for command in commands for plugin in command[2:]} <= known


def test_the_german_readme_has_the_same_recipes():
    german = (README.parent / "README.de.md").read_text(encoding="utf-8")
    assert [row[1] for row in recipes() if row[1] not in german] == []


def test_the_german_readme_has_the_same_settings():
    """They begin their row, behind the target's name where they are its own."""
    told = [
        re.findall(r"^\| (?:target-ninox: )?`\w+`", section(title, page), re.MULTILINE)
        for title, page in (("Settings", README), ("Die wichtigsten Einstellungen", README.parent / "README.de.md"))
    ]
    assert len(told[0]) == 8
    assert told[0] == told[1]


def test_the_german_readme_says_of_the_target_what_the_guarantees_say():
    german = section("Was das Target kann", README.parent / "README.de.md")
    told = [line for line in german.splitlines() if line.startswith("| bei ")]
    english = [row for row in rows("What the target does") if row[0].startswith("on a")]
    assert len(told) == len(english)
    for row, line in zip(english, told, strict=True):
        assert re.findall(r"`(\w+)`", row[0] + row[1]) == re.findall(r"`(\w+)`", line)


def test_every_path_that_a_contributor_is_sent_to_exists():
    """A folder, a file, or what one is called behind the folder that was named before it."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text += (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = set(
        re.findall(
            r"(?<![\w./*}-])((?:tests|docs|ninox_\w+|tap_ninox|target_ninox|plugins|demo|benchmarks|devtools)/[\w./-]*\w/?)",
            text,
        )
    )
    assert len(paths) > 60
    assert sorted(path for path in paths if not (REPOSITORY / path).exists()) == []


def test_contributors_are_told_no_number_that_the_code_may_change():
    """How many there may be is for the test that says so when it fails; small numbers, and minutes, stay."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL)  # neither code nor where links lead
    words = r"ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty(?:-\w+)?"
    assert re.findall(rf"(?i)\b(?:(?:{words})\b|\d[\d,]+)(?! minutes)(?: \w+)?", prose) == []


def test_every_method_that_the_architecture_names_exists():
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b([A-Z]\w+\.\w+)\b(?!/)", re.sub(r"\b[A-Z]+\.md", "", text)))
    there = {
        f"{kind.name}.{method.name}"
        for package in ("ninox_api", "tap_ninox", "target_ninox")
        for path in (REPOSITORY / package).rglob("*.py")
        for kind in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(kind, ast.ClassDef)
        for method in kind.body
        if isinstance(method, ast.FunctionDef)
    }
    assert len(named) > 10
    assert named - there == set()


@pytest.mark.parametrize("side", ["tap", "target"])
def test_every_noun_is_a_class_of_the_files_beside_it(side):
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, *lines = text.partition(f"| Noun of the {side} |")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 20
    for line in lines:
        *nouns, places = line.strip("| ").split(" | ")
        named = re.findall("`(.+?)`", places)
        paths = (REPOSITORY / (place if "_api/" in place else f"{side}_ninox/{place}") for place in named)
        source = "".join(path.read_text(encoding="utf-8") for path in paths)
        classes = set(re.findall(r"^class (\w+)", source, re.MULTILINE))
        assert set(re.findall(r"`([A-Z]\w+)`", " ".join(nouns))) <= classes, line


def test_every_file_the_readme_links_to_exists():
    text = README.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
