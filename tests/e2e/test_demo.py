"""`make demo`, and whether the README shows what it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.docs.blocks import missing

ROOT = Path(__file__).parents[2]

PROXY = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "example.org"}
"""As in a company's network: nothing on this machine may be asked for through it."""

pytestmark = pytest.mark.e2e


@pytest.fixture
def used_clone(tmp_path):
    """A clone in which somebody has selected a table, named a database and filled in .env, for their own Ninox."""
    for package in ("demo", "devtools"):
        shutil.copytree(ROOT / package, tmp_path / package)
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    plugins = {plugin["name"]: plugin for kind in project["plugins"].values() for plugin in kind}
    plugins["tap-ninox"] |= {"select": ["shop__customers.*"], "config": {"databases": ["Shop"]}}
    plugins["target-postgres"]["config"] |= {"default_target_schema": "raw", "hard_delete": True}
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    names = ("TAP_NINOX_TEAM", "TAP_NINOX_AUTH_TOKEN", "TARGET_POSTGRES_HOST")
    (tmp_path / ".env").write_text("".join(f"{name}=mine\n" for name in names), encoding="utf-8")
    return tmp_path


def test_the_demo_runs_in_a_used_clone_and_the_readme_shows_what_it_prints(used_clone):
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=used_clone,
        env={**os.environ, **PROXY, "PYTHONPATH": str(used_clone), "TAP_NINOX_DATABASES": '["Shop"]'},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for page, first in (("README.md", "A simulated Ninox"), ("README.de.md", "\\$ meltano run")):
        text = (ROOT / page).read_text(encoding="utf-8")
        shown = re.search(rf"```text\n({first}.*?)```", text, re.DOTALL).group(1)
        assert missing(shown, done.stdout) == [], f"put the output of make demo into {page}"
    assert "Blattwerk" in (used_clone / "output" / "ninox.html").read_text(encoding="utf-8")
