"""Which package may import which: a shared misunderstanding must not hide in client and simulator."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from ninox_singer.types import ALIASES, TYPES

ROOT = Path(__file__).parents[1]
OURS = {"ninox_api", "ninox_singer", "tap_ninox", "target_ninox", "ninox_simulator", "ninox_tools"}
FORBIDDEN = {
    "ninox_api": {
        "singer_sdk",
        "ninox_singer",
        "tap_ninox",
        "target_ninox",
        "ninox_simulator",
        "demo",
        "tests",
    },
    "ninox_singer": {"requests", "tap_ninox", "target_ninox", "ninox_simulator", "demo", "tests"},
    "tap_ninox": {"target_ninox", "ninox_simulator", "requests", "demo", "tests"},
    "target_ninox": {"tap_ninox", "ninox_simulator", "requests", "demo", "tests"},
    "ninox_simulator": {
        "ninox_api",
        "ninox_singer",
        "tap_ninox",
        "target_ninox",
        "singer_sdk",
        "requests",
        "demo",
        "tests",
    },
}


NOBODY_IMPORTS = "ninox_tools"
for forbidden in FORBIDDEN.values():
    forbidden.add(NOBODY_IMPORTS)
FORBIDDEN[NOBODY_IMPORTS] = {"ninox_simulator", "requests", "demo", "tests"}


def imported(source):
    """Return the top-level packages that a source imports, wherever in it."""
    yield from (module.partition(".")[0] for module in imported_modules(source))


def imported_modules(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("package", sorted(OURS))
def test_no_import_points_the_wrong_way(package):
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in imported(path.read_text(encoding="utf-8"))
        if name in FORBIDDEN[package]
    }
    assert wrong == set()


REACHES_NOTHING = {"requests.exceptions", "urllib3.exceptions", "urllib3.filepost", "urllib3.response"}
"""Names of what can fail or arrive; nothing in there opens a connection."""


def test_two_modules_of_the_client_reach_the_network():
    """One reaches Ninox, with the key; the other, without it, hosts that files come from (docs/adr).

    What both send goes through `session.py`, which bounds it.
    """
    reaching = {
        path.name
        for path in (ROOT / "ninox_api").glob("*.py")
        for module in imported_modules(path.read_text(encoding="utf-8"))
        if module not in REACHES_NOTHING and module.partition(".")[0] in {"requests", "urllib3", "socket", "http"}
    }
    assert reaching == {"transport.py", "fetching.py", "session.py"}


def test_the_table_covers_every_package_and_sees_a_wrong_arrow():
    assert FORBIDDEN.keys() == OURS
    assert set(imported("import ninox_api.client\nfrom singer_sdk import Tap\n")) == {"ninox_api", "singer_sdk"}


def test_there_is_one_loop_that_repeats_requests_and_no_other_pause():
    """One file of the product sleeps."""
    product = [path for package in sorted(OURS - {"ninox_simulator"}) for path in (ROOT / package).rglob("*.py")]
    sleeping = {path.relative_to(ROOT).as_posix() for path in product if "sleep(" in path.read_text(encoding="utf-8")}
    assert sleeping == {"ninox_api/retry.py"}


def tables_of_types(source):
    """Yield the line of each literal that names several types of Ninox fields."""
    for node in ast.walk(ast.parse(source)):
        items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        named = {item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)}
        if len(named & {*TYPES, *ALIASES}) > 1:
            yield node.lineno


def test_the_types_of_fields_have_one_place():
    """`ninox_singer/types`: who adds a type there need look nowhere else."""
    tables = {
        f"{path.relative_to(ROOT)}:{line}"
        for package in ("tap_ninox", "target_ninox")
        for path in (ROOT / package).rglob("*.py")
        for line in tables_of_types(path.read_text(encoding="utf-8"))
    }
    assert tables == set()
    assert list(tables_of_types('A = 1\nREADERS = {"date": read_day, "choice": read_option}')) == [2]


def imports_of_files(packages):
    """Return file → files that it imports, what is imported for types alone included."""
    paths = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path
        for package in packages
        for path in (ROOT / package).rglob("*.py")
    }
    found = {}
    for name, path in paths.items():
        named = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named |= {(alias.name, alias.name) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                named |= {(node.module, f"{node.module}.{alias.name}") for alias in node.names}
        found[name] = {inner if inner in paths else module for module, inner in named} & paths.keys() - {name}
    return found


def test_no_files_import_each_other_not_even_through_others():
    arrows = imports_of_files(OURS)
    try:
        list(TopologicalSorter(arrows).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_circle_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.py").write_text("if TYPE_CHECKING:\n    from shop.b import B\n", encoding="utf-8")
    (tmp_path / "shop" / "b.py").write_text("from shop import a\n", encoding="utf-8")
    (tmp_path / "shop" / "c.py").write_text("import shop.b\n", encoding="utf-8")
    assert imports_of_files(["shop"]) == {"shop.a": {"shop.b"}, "shop.b": {"shop.a"}, "shop.c": {"shop.b"}}


LAYERS = {
    "tap_ninox": (
        {"__main__"},
        {"tap"},
        {"streams"},
        {"report", "writer"},
        {"sync"},
        {"discovery"},
        {"bookmark_keys", "settings"},
        {"rows", "sdk_overrides"},
    ),
    "target_ninox": (
        {"__main__"},
        {"target"},
        {"write"},
        {"records"},
        {"mapping"},
        {"account"},
        {"rejects", "report", "dry_run", "safety", "claimed", "defects"},
        {"messages", "settings", "completeness", "state", "stream_maps", "rows"},
        {"sdk_overrides"},
    ),
    "ninox_simulator": (
        {"__main__", "pytest_plugin"},
        {"remote"},
        {"server"},
        {"app"},
        {"routes"},
        {"schema_api", "records_api", "feed_api", "files_api", "scripts_api"},
        {"simulation"},
        {"faults", "samples"},
        {"store"},
        {"files"},
        {"messages", "seeds", "switches", "nx"},
    ),
}
"""Folders and files of a package, from above to below: each may import its like and what is below it."""


@pytest.mark.parametrize("package", ["tap_ninox", "target_ninox"])
def test_the_architecture_page_shows_the_layers(package):
    page = " ".join((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    assert f"{package} {' → '.join(', '.join(sorted(names)) for names in LAYERS[package][1:])} " in page


@pytest.mark.parametrize("package", sorted(LAYERS))
def test_layers_point_one_way(package):
    depth = {name: number for number, names in enumerate(LAYERS[package]) for name in names}

    def layer(module):
        return depth[module.split(".")[1]]

    arrows = imports_of_files({package})
    del arrows[package]
    upwards = {
        f"{importing} imports {name}"
        for importing, names in arrows.items()
        for name in names
        if layer(name) < layer(importing)
    }
    assert upwards == set()


TYPES_BY_NAME = {
    "timestamp",
    "timeinterval",
    "appointment",
    "choice",
    "multi",
    "dchoice",
    "dmulti",
    "ref",
    "signature",
    "phone",
}


def test_only_the_modules_of_field_types_know_them_by_name():
    """So a new type is an entry there and nothing else; its words may stand in sentences.

    The probe asks Ninox how values of some types read: those are its questions, and a new type is none of them.
    """
    knowing = {
        path.relative_to(ROOT).parts[:2]
        for package in OURS - {"ninox_simulator"}
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in TYPES_BY_NAME
    }
    assert knowing == {("ninox_singer", "types"), ("ninox_tools", "probe")}
