"""Tests look at the product from outside: one file starts it, one file reaches into it, so that both can be rebuilt."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
OURS = {"ninox_api", "ninox_singer", "tap_ninox", "target_ninox", "ninox_simulator"}
ENTRIES = {"tap_ninox.tap", "target_ninox.target"}

STARTERS = {
    "helpers/run.py": "the door itself",
    "conformance/test_standard_tap_suite.py": "the SDK's suite takes the class and starts it itself",
    "conformance/test_standard_target_suite.py": "likewise",
    "e2e/test_every_door.py": "looks at the settings that come through a door, starts nothing",
    "docs/test_blocks.py": "runs the command of a document as it stands there",
    "doors/test_project_files.py": "compares what the classes say about themselves, starts nothing",
    "planted/settings.py": "looks at the schema of the settings, starts nothing",
    "reliability/test_hostile_input.py": "gives settings of any type, of which a door could not make any others",
    "target/test_sdk_overrides.py": "looks at the class, starts nothing",
    "unit/test_environment.py": "looks at the settings that are read from the environment, starts nothing",
    "upgrade/test_upgrade.py": "validates settings of earlier versions, starts nothing",
}
"""Who may import the entry classes, and why."""

REACHES_IN = {"helpers/limits.py": "the place for it", "planted/": "a defect is put in the place of a function"}
"""Who may patch the product, and why."""


def files():
    return {
        path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("*.py"))
    }


@lru_cache(maxsize=1)  # parsed once for all that is asked of one source
def nodes(source):
    return list(ast.walk(ast.parse(source)))


def imported(source):
    """Yield each module and each `module.name` that a source imports, with the name it has there."""
    for node in nodes(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, alias.asname or alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, None
            for alias in node.names:
                yield f"{node.module}.{alias.name}", alias.asname or alias.name


def starts(source):
    return any(module in ENTRIES for module, _ in imported(source))


def patches(source):
    """Return the lines that put something in the place of a name of the product, or could without showing it."""
    ours = {name for module, name in imported(source) if name and module.partition(".")[0] in OURS}
    lines = {node.lineno for node in nodes(source) if _replaces(node, ours)}
    return sorted(lines)


def _replaces(node, ours):
    match node:
        case ast.ImportFrom(module="unittest.mock") | ast.Import(names=[ast.alias(name="unittest.mock")]):
            return True
        case ast.ImportFrom(module="unittest", names=[ast.alias(name="mock")]):
            return True
        case ast.Call(func=ast.Name(id="setattr") | ast.Attribute(attr="setattr"), args=[target, *_]):
            return _is_ours(target, ours)
        case ast.Assign(targets=targets):
            return any(isinstance(part, ast.Attribute) and _is_ours(part, ours) for part in _parts(targets))
        case ast.AugAssign(target=ast.Attribute() as target):
            return _is_ours(target, ours)
    return False


def _parts(targets):
    for target in targets:
        yield from target.elts if isinstance(target, ast.Tuple) else [target]


def _is_ours(target, ours):
    """Tell whether a target is a name of the product: its path as text, or what was imported from it."""
    if isinstance(target, ast.Constant):
        return str(target.value).partition(".")[0] in OURS
    while isinstance(target, ast.Attribute):
        target = target.value
    return isinstance(target, ast.Name) and target.id in ours


def test_one_file_starts_the_programs():
    assert {name for name, source in files().items() if starts(source)} - STARTERS.keys() == set()


def test_one_file_reaches_into_the_product():
    assert {
        name: lines
        for name, source in files().items()
        if not name.startswith(tuple(REACHES_IN)) and (lines := patches(source))
    } == {}


@pytest.mark.parametrize(
    "source",
    [
        "def test(monkeypatch):\n    monkeypatch.setattr('tap_ninox.a.B', 1)",
        "from target_ninox import sink\nsink.ROWS_AT_ONCE = 1",
        "from target_ninox import sink\nfrom a import b\nb.c, sink.ROWS_AT_ONCE = 1, 2",
        "import ninox_api.limits\nsetattr(ninox_api.limits, 'time', None)",
        "from tap_ninox.tables.stream import TableStream as Table\nm.setattr(Table, 'x', 1)",
        "from unittest import mock",
        "from unittest.mock import patch",
    ],
)
def test_a_patch_is_seen_in_any_form(source):
    assert patches(source)


def test_what_is_no_patch_is_not_taken_for_one():
    source = "import re\nfrom tap_ninox.tap import TapNinox as Tap\nm.setattr(re, 'a', 1)\ntap = Tap()\ntap.a = 1"
    assert patches(source) == []
    assert starts(source)
