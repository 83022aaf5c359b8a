"""Taps that are not ours to change: those of `meltano.yml`, each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml
from filelock import FileLock

from devtools.meltano import REPOSITORY


def install(project, name):
    """Install a tap as Meltano would, but once for all tests, and tell the project where it is."""
    path = project.folder / "meltano.yml"
    definitions = yaml.safe_load(path.read_text(encoding="utf-8"))
    tap = _definition(definitions, name)
    tap["executable"] = executable(name)
    del tap["pip_url"]
    path.write_text(yaml.safe_dump(definitions), encoding="utf-8")


IMPORTED_UNASKED = "setuptools<81"
"""Some packages import its `pkg_resources` without asking for it; later ones have it no more."""


def executable(name):
    """Return the path of a tap's command, installed if it is not yet."""
    package = _definition(yaml.safe_load((REPOSITORY / "meltano.yml").read_text(encoding="utf-8")), name)["pip_url"]
    return str(environment(package) / "bin" / name)


def environment(package, *, python=None):
    """Return the folder of an environment with a package, made if there is none.

    Args:
        package: As an index of packages knows it.
        python: The interpreter; default: this one.
    """
    folder = REPOSITORY / ".meltano" / "test-taps" / package
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with FileLock(f"{folder}.lock"):  # tests of two processes may want the same tap
        if not done.exists():  # the command alone may be there while its dependencies are not
            # As Meltano does, whose dependency it is. pip takes half a minute.
            uv = Path(sys.executable).with_name("uv")
            made = [uv, "venv", "--quiet", "--clear", "--no-python-downloads"]
            subprocess.run([*made, "--python", python or sys.executable, folder], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", folder, package, IMPORTED_UNASKED], check=True)
            done.touch()
    return folder


def _definition(project, name):
    [tap] = [plugin for plugin in project["plugins"]["extractors"] if plugin["name"] == name]
    return tap
