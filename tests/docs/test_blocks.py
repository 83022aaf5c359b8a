"""Every command, query and setting of the documents works as it stands there."""

from __future__ import annotations

import doctest
import re
import socket
from importlib import import_module

import jsonschema
import psycopg
import pytest
import yaml

from devtools.meltano import MeltanoProject, plugin_settings
from devtools.postgres import running_postgres
from ninox_simulator.remote import running
from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox
from tests.docs.blocks import ROOT, blocks, missing, pages, run_page

PRODUCT = ("ninox_api", "ninox_singer", "tap_ninox", "target_ninox", "ninox_tools", "ninox_simulator")
MARK = re.compile(r"run|shows|sql|settings: (tap|target)-ninox|not run: .+")


def by_name(page):
    return str(page.relative_to(ROOT))


def with_mark(beginning):
    return [page for page in pages() if any(block.mark.startswith(beginning) for block in blocks(page))]


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_block_says_how_it_is_tested(page):
    assert [block.text[:60] for block in blocks(page) if not MARK.fullmatch(block.mark)] == []


def test_examples_in_docstrings_come_out_as_they_stand_there():
    sources = [path for package in PRODUCT for path in (ROOT / package).rglob("*.py")]
    shown = [path for path in sources if ">>> " in path.read_text(encoding="utf-8")]
    modules = [import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in shown]
    assert modules
    assert {module.__name__: doctest.testmod(module).failed for module in modules} == {
        module.__name__: 0 for module in modules
    }


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def anchors(path):
    """Return what GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_link_to_a_heading_leads_to_one(page):
    links = re.findall(r"\]\(([^):\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    found = [(page.parent / path if path else page, anchor) for path, anchor in links]
    assert [(str(path), anchor) for path, anchor in found if anchor not in anchors(path)] == []


def tables(text):
    """Return the tables of a page, each as the number of cells of its rows, as GitHub counts them."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    rows = re.findall(r"(?:^\|.*\n)+", prose, re.MULTILINE)
    return [[len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()] for table in rows]


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]), ids=by_name)
def test_every_row_of_a_table_has_the_cells_of_its_head(page):
    assert [cells for cells in tables(page.read_text(encoding="utf-8")) if len(set(cells)) > 1] == []


def test_the_index_lists_every_page():
    docs = ROOT / "docs"
    listed = {(docs / link).resolve() for link in re.findall(r"\]\(([^)]+)\)", (docs / "README.md").read_text("utf-8"))}
    written = {path for path in docs.rglob("*.md") if "adr" not in path.parts} - {docs / "README.md"}
    assert {by_name(path) for path in written - listed} == set()


@pytest.mark.parametrize("page", with_mark("settings"), ids=by_name)
def test_settings_are_accepted_by_the_command_they_are_for(page):
    for block in blocks(page):
        if block.mark.startswith("settings: "):
            command = {"tap-ninox": TapNinox, "target-ninox": TargetNinox}[block.mark.partition(": ")[2]]
            known = command._get_about_info().settings["properties"]
            for name, value in yaml.safe_load(block.text).items():
                jsonschema.validate(value, known[name])


@pytest.fixture(scope="module")
def company():
    """A simulator and an empty PostgreSQL."""
    with running() as ninox, running_postgres() as postgres:
        yield ninox, postgres


@pytest.mark.e2e
def test_queries_run_on_the_loaded_company(company, tmp_path):
    """Those of all pages: loading it for each would take longer than anything else here."""
    ninox, postgres = company
    MeltanoProject.create(tmp_path, plugin_settings(ninox, postgres)).run("run", "tap-ninox", "target-postgres")
    queries = [(page, block.text) for page in with_mark("sql") for block in blocks(page) if block.mark == "sql"]
    assert len(queries) >= 5
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        for page, text in queries:
            for statement in filter(str.strip, text.split(";\n")):
                try:
                    connection.execute(statement)
                except psycopg.Error as error:
                    pytest.fail(f"{by_name(page)}: {error}\n{statement}")


@pytest.mark.e2e
@pytest.mark.parametrize("page", with_mark("run"), ids=by_name)
def test_commands_run_and_print_what_is_shown(page, company, tmp_path):
    ninox, postgres = company
    ninox.reset()  # what is shown is what the page alone has done
    environment = {
        **plugin_settings(ninox, postgres),
        "TARGET_NINOX_API_URL": ninox.url,
        "TARGET_NINOX_AUTH_TOKEN": ninox.token,
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    printed = iter(run_page(page, tmp_path, port=port, environment=environment))
    output = ""
    for block in blocks(page):
        if block.mark == "run":
            output = next(printed)
        elif block.mark == "shows":
            assert missing(block.text, output) == [], f"what is printed:\n{output}"
