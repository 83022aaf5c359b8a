"""What is installed: all of it pinned, asked for with a reason, used, and free to use.

`constraints.txt` has no hashes: pip takes them for every package or for none, and a checkout can have none. What a
version is, the index vouches for; `make audit` asks whether it still does.
"""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distribution, distributions, metadata, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
OURS = "singer-ninox"
FOLDERS = {
    "ninox_api": [""],
    "ninox_singer": [""],
    "tap_ninox": [""],
    "target_ninox": [""],
    "ninox_tools": [""],
    "ninox_simulator": ["", "simulator"],
}
"""Package → the extras that it may import from; the empty one is what everybody gets."""

LATER = {
    "file_store.py": {"fsspec"},
    "output_files.py": {"fsspec"},
    "writer.py": {"fsspec"},
    "pytest_plugin.py": {"pytest"},
}
"""Imported where they are needed: a message names the extra (tests/tap/test_files.py); pytest loads its plugin.

The SDK brings fsspec for BATCH files; the extra `files` says that downloads need it, too.
"""

ASKED_FOR_BY_OTHERS = {"click", "httptools", "python-multipart"}
"""The SDK, uvicorn and starlette look for them."""

PERMISSIVE = re.compile(
    r"\b(MIT|MIT-0|MIT-CMU|BSD|Apache|PSF|Python Software Foundation|MPL-2\.0)\b"  # MPL: certifi, unchanged
)


def group(name):
    """Return what a dependency group asks for, with the groups that it includes."""
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    for entry in asked[name]:
        if isinstance(entry, dict):
            yield from group(entry["include-group"])
        else:
            yield Requirement(entry)


def requirements():
    """Return all that is asked for: by the product, by its extras, and by developers."""
    return [*map(Requirement, requires(OURS)), *group("dev")]


def is_for_here(wanted, *extras):
    return not wanted.marker or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def asked_by(extra):
    """Return the names that an extra asks for everywhere, under any Python."""
    marker = f'extra == "{extra}"' if extra else "None"
    return {canonical(wanted.name) for wanted in map(Requirement, requires(OURS)) if str(wanted.marker) == marker}


def needed(*extras, beside=()):
    """Return all packages that the product with some extras, and what is asked for beside it, stand on here."""
    found, asked = set(), [(OURS, extra) for extra in ("", *extras)]
    asked += [(canonical(one.name), more) for one in beside if is_for_here(one) for more in ("", *one.extras)]
    while asked:
        name, extra = asked.pop()
        if (name, extra) not in found:
            found.add((name, extra))
            for wanted in map(Requirement, distribution(name).requires or ()):
                if is_for_here(wanted, extra):
                    asked += [(canonical(wanted.name), more) for more in ("", *wanted.extras)]
    return {name for name, _ in found} - {OURS}


def test_what_is_installed_is_what_is_pinned_and_nothing_else_is():
    pins = [Requirement(line) for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()]
    here = [(canonical(pin.name), str(pin.specifier)) for pin in pins if not pin.marker or pin.marker.evaluate()]
    installed = {canonical(one.name): one.version for one in distributions()}
    everything = needed("files", "simulator", beside=group("dev"))
    assert sorted(here) == sorted((name, f"=={installed[name]}") for name in everything), "run: make pins"


def test_every_dependency_has_a_lowest_version_and_a_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.")[0]
    lines = re.findall(r'^(?:    |files = \[)("[\w\[\],-]+[<>=~].*)', text, re.MULTILINE)
    named = {canonical(re.match(r'"([\w-]+)', line).group(1)) for line in lines}
    assert named == {canonical(wanted.name) for wanted in requirements()}
    assert [line for line in lines if not re.match(r'"[^"]*(>=|~=|==)\d[^"]*"[],]* +# \S', line)] == []


def test_every_lowest_version_is_met_beside_the_others():
    installed = {canonical(one.name): one.version for one in distributions()}
    for wanted in requirements():
        if is_for_here(wanted, "files", "simulator"):
            assert wanted.specifier.contains(installed[canonical(wanted.name)], prereleases=True), str(wanted)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_import_is_of_a_dependency_that_every_python_gets(folder):
    declared = {name for extra in FOLDERS[folder] for name in asked_by(extra)}
    owners = packages_distributions()
    for path in (ROOT / folder).rglob("*.py"):
        for module in imports(path) - set(sys.stdlib_module_names) - set(FOLDERS) - LATER.get(path.name, set()):
            names = {canonical(owner) for owner in owners.get(module, [module])}
            assert names & declared, f"{path.relative_to(ROOT)} imports {module}, which is no dependency"


def test_every_dependency_is_imported():
    modules = {module for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") for module in imports(path)}
    owners = packages_distributions()
    used = {canonical(owner) for module in modules for owner in owners.get(module, ())}
    assert {name for extra in ("", "files", "simulator") for name in asked_by(extra)} - used == ASKED_FOR_BY_OTHERS


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("name", sorted(needed("files", "simulator")))
def test_everything_that_comes_along_may_be_used_freely(name):
    told = metadata(name)
    licences = told.get_all("License-Expression") or [
        *(line for line in told.get_all("Classifier", []) if line.startswith("License ::")),
        *(text.splitlines()[0] for text in told.get_all("License", [])),
    ]
    assert PERMISSIVE.search(" ".join(licences)), licences
    assert not re.search(r"GPL|General Public", " ".join(licences)), licences
