"""`make demo`, and whether the README shows what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import missing

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.e2e


def test_the_demo_runs_anywhere_and_the_readme_shows_what_it_prints(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for page, first in (("README.md", "A simulated Ninox"), ("README.de.md", "\\$ meltano run")):
        text = (ROOT / page).read_text(encoding="utf-8")
        shown = re.search(rf"```text\n({first}.*?)```", text, re.DOTALL).group(1)
        assert missing(shown, done.stdout) == [], f"put the output of make demo into {page}"
    assert "Blattwerk" in (tmp_path / "output" / "ninox.html").read_text(encoding="utf-8")
