"""The built wheel in an empty environment: what it holds, and that its commands work."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.doors.try_wheel import try_commands

ROOT = Path(__file__).parents[2]
OURS = ("ninox_api", "ninox_singer", "ninox_simulator", "ninox_tools", "tap_ninox", "target_ninox")

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def commands(wheel, tmp_path_factory):
    """Commands of an environment that holds the wheel, and the dependencies of this one but not its packages."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True)
    packages = next((home / "lib").glob("*/site-packages"))
    # A line of a .pth file is a folder to search; the .pth files in there, and with them the checkout, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python.parent


def test_the_commands_work_without_the_checkout(commands):
    tried = try_commands(commands)
    assert set(tried["versions"]) == {f"v{version('singer-ninox')}"}
    assert tried["streams"] > 20
    ours = ", ".join(f"{name}.__file__" for name in OURS)
    where = subprocess.run(
        [commands / "python", "-c", f"import {', '.join(OURS)}\nprint(*[{ours}], sep='\\n')"],
        cwd=commands, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert [path for path in where if not path.startswith(str(commands.parent))] == []


def test_the_wheel_holds_the_packages_their_data_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == set(OURS)
    committed = subprocess.run(["git", "ls-files", *OURS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(committed.split()) <= set(names)
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_an_sdist_takes_nothing_that_only_lies_in_the_folder(tmp_path):
    committed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    checkout = tmp_path / "checkout"
    for name in [name for name in committed if name.startswith(OURS) or "/" not in name]:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((ROOT / name).read_bytes())
    for name in ("kunden.xlsx", ".env", "output/customers.jsonl", "state.json", "tap_ninox_old/customers.py"):
        (checkout / name).parent.mkdir(exist_ok=True)
        (checkout / name).write_text("Anna Schmidt", encoding="utf-8")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=checkout, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    beside = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "pyproject.toml", ".gitignore"}
    assert held == {name for name in committed if name.partition("/")[0] in OURS} | beside
