"""The file loader of `meltano.yml`: Meltano installs it from its package, no hub is asked."""

from __future__ import annotations

import json

import pytest

from devtools.meltano import MeltanoProject
from ninox_simulator.server import Simulator

pytestmark = pytest.mark.e2e


def test_ninox_to_json_lines(tmp_path):
    with Simulator() as simulator:
        settings = {
            "TAP_NINOX_API_URL": simulator.url,
            "TAP_NINOX_AUTH_TOKEN": simulator.token,
            "TAP_NINOX_TABLES": '["Kategorien", "Products"]',
        }
        project = MeltanoProject.create(tmp_path, settings)
        (tmp_path / "output").mkdir()
        project.run("run", "tap-ninox", "target-jsonl")
        files = {path.stem: path.read_text(encoding="utf-8").splitlines() for path in (tmp_path / "output").iterdir()}
        assert set(files) >= {"buero_baustelle__kategorien", "nursery_webshop__products", "ninox_fields"}
        ids = [json.loads(line)["_id"] for line in files["buero_baustelle__kategorien"]]
        stored = simulator.store.database("bW7gTq2GmbHx9LrK4", "bueroq7k2m4x").tables["I"].records
        assert ids == sorted(stored)
