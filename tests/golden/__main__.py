"""Record every standard run anew: `python -m tests.golden`, or only some: `python -m tests.golden tap/changes`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.golden.recording import FOLDER, record
from tests.golden.standard_runs import RUNS


def main(names):
    for name, run in RUNS.items():
        if names and name not in names:
            continue
        path = FOLDER / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="ninox-golden-") as folder:
            text = record(name, run, Path(folder))
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(text, encoding="utf-8", newline="\n")
        if text != before:
            print(f"{path.relative_to(FOLDER)}: {'changed' if before else 'new'}")  # noqa: T201 (it is a command)
    for path in set(FOLDER.rglob("*.txt")) - {FOLDER / f"{name}.txt" for name in RUNS}:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
