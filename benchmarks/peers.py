"""The peers' environments: one each, below the checkout, made once."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(__file__).resolve().parents[1] / ".bench"

PEERS: dict[str, tuple[str, ...]] = {
    "dlt": ("dlt==1.31.0", "requests"),
    "airbyte": ("airbyte-cdk==7.39.1",),
    "msdk": ("tap-rest-api-msdk==1.4.2", "setuptools<81"),  # it imports pkg_resources without declaring it
    "tap-spreadsheets": ("tap-spreadsheets==1.1.2",),
    "tap-csv-folder": ("tap-csv-folder==0.0.1a1",),
}
"""Peer → what is installed for it."""

OUR_BIN = Path(sys.executable).parent


def peer_bin(peer: str) -> Path:
    """Return the folder of a peer's commands, installing it first where that was not done."""
    folder = CACHE / peer
    stamp = folder / ".installed"
    wanted = "\n".join(PEERS[peer])
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"Installing {', '.join(PEERS[peer])} (once) ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *PEERS[peer]], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"
