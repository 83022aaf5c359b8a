"""docs/scaling.md: its project runs, two shards side by side with one place for all states."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import yaml

from devtools.meltano import MeltanoProject, plugin_settings
from ninox_simulator.server import Simulator
from tests.helpers.warehouse import fresh_database
from tests.helpers.wire import calls

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"
SHARDS = ("tap-ninox--buero", "tap-ninox--nursery")


def block(name):
    """Return the YAML block that begins with a comment of its file's name."""
    (text,) = re.findall(rf"```yaml\n(# {re.escape(name)}\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return text


def project_of_its_own(folder, states, environment):
    """Return what one job would have on its machine."""
    folder.mkdir()
    project = MeltanoProject.create(folder, environment)
    (folder / "shards.meltano.yml").write_text(block("shards.meltano.yml"), encoding="utf-8")
    additions = block("meltano.yml").replace("s3://my-bucket/ninox-state", states.as_uri())
    with (folder / "meltano.yml").open("a", encoding="utf-8") as file:
        file.write(additions)
    return project


def tables_of(warehouse, schema):
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    with psycopg.connect(warehouse.dsn) as connection:
        return {name for (name,) in connection.execute(query, [schema])}


@pytest.mark.e2e
@pytest.mark.prove
def test_two_shards_run_side_by_side_and_each_continues_from_its_own_state(postgres, tmp_path):
    warehouse, states = fresh_database(postgres), tmp_path / "states"
    states.mkdir()
    with Simulator() as simulator:
        environment = plugin_settings(simulator, warehouse)
        projects = [project_of_its_own(tmp_path / shard, states, environment) for shard in SHARDS]
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda project, shard: project.run("run", shard, "target-postgres"), projects, SHARDS))

        assert {path.name for path in states.iterdir()} == {f"dev:{shard}-to-target-postgres" for shard in SHARDS}
        assert "buero_baustelle__kunden" in tables_of(warehouse, "ninox_buero")
        nursery = tables_of(warehouse, "ninox_nursery")
        assert {"ninox_tables", "nursery_webshop__products"} <= nursery
        assert "nursery_webshop__orders" not in nursery

        simulator.log.clear()
        elsewhere = project_of_its_own(tmp_path / "elsewhere", states, environment)
        elsewhere.run("run", SHARDS[1], "target-postgres")
        asked = [call.path for call in calls(simulator)]
        assert [path for path in asked if path.endswith("/records")] == []
        assert len([path for path in asked if path.endswith("/changes")]) == 1


def test_shards_are_settings_of_the_tap_and_no_two_read_the_same():
    shards = yaml.safe_load(block("shards.meltano.yml"))["plugins"]["extractors"]
    assert {shard["inherit_from"] for shard in shards} == {"tap-ninox"}
    assert len({shard["name"] for shard in shards}) == len(shards)
    job = yaml.safe_load(block("job.yml"))["spec"]
    assert job["completions"] == len(shards)
    (command,) = job["template"]["spec"]["containers"][0]["args"]
    assert set(re.findall(r"tap-ninox--[\w-]+", command)) == {shard["name"] for shard in shards}


def test_the_arithmetic_adds_up():
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\|" + r" ([\d.,]+) \|" * 6 + "$", page, re.MULTILINE)
    numbers = [[float(cell.replace(",", "")) for cell in row] for row in rows]
    assert [row[0] for row in numbers] == [10, 100, 1000]
    for databases, first, hours, idle, seconds, month in numbers:
        assert idle == 2 * databases
        assert first == idle + databases * 20 * 4
        assert hours == round(first * 0.5 / 3600, 1)
        assert seconds == idle * 0.5
        assert month == idle * 24 * 30


def test_the_page_links_to_files_that_exist():
    links = re.findall(r"\]\(([^)#\s]+)", PAGE.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (PAGE.parent / link).exists()] == []
