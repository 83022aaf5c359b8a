"""docs/simulator.md: the tests that it names exist, its commands work. Its tables are made by `make docs`."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import requests

from devtools.simulator_page import endpoints
from ninox_simulator import feed_api, files_api, records_api, schema_api, scripts_api
from ninox_simulator.routes import ROUTES
from ninox_simulator.server import Simulator
from ninox_simulator.simulation import load_seed

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
TESTS = Path(__file__).parents[1] / "simulator"
VENDORS_LIST = 28


def page():
    return PAGE.read_text(encoding="utf-8")


def code_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", page(), re.DOTALL)


def test_each_endpoint_names_a_test_that_exists():
    for _, _, shown_by in endpoints():
        file, _, test = shown_by.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_all_endpoints_of_the_vendor_s_list_are_served():
    assert len(list(endpoints())) == VENDORS_LIST, "`Known` is for what is in the vendor's list"


def test_every_endpoint_is_routed_and_requested_by_a_test():
    """By the last word of its path: that is what a test of it has to write."""
    requested = "".join(path.read_text(encoding="utf-8") for path in TESTS.glob("*.py"))
    for route in ROUTES:
        words = [word for word in route.path.split("/") if word and "{" not in word]
        assert not words or words[-1] in requested, f"{route.method} {route.path}: a test in tests/simulator"
    answering = {route.answer for route in ROUTES}
    for file in (feed_api, files_api, records_api, schema_api, scripts_api):
        for name, function in inspect.getmembers(file, inspect.isfunction):
            first = [parameter.annotation for parameter in inspect.signature(function).parameters.values()][:2]
            if function.__module__ == file.__name__ and not name.startswith("_") and first == ["Simulation", "Request"]:
                assert function in answering, f"{file.__name__}.{name}: a row of ROUTES in ninox_simulator/routes.py"


def curl_commands(block):
    """Yield the arguments of each curl line, variables filled in."""
    variables = {}
    for line in block.splitlines():
        assignment = re.fullmatch(r'([A-Z]+)="?(.*?)"?', line)
        if assignment:
            variables[assignment[1]] = filled(assignment[2], variables)
        else:
            yield [filled(part, variables) for part in shlex.split(line)[1:]]


def filled(text, variables):
    return re.sub(r"\$([A-Z]+)", lambda match: variables[match[1]], text)


def perform(arguments, folder):
    """Do what curl would do with these arguments; answer what came."""
    options = {"headers": {}, "method": None, "data": None, "files": None}
    address, rest = None, list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "-H":
            name, _, value = rest.pop(0).partition(": ")
            options["headers"][name] = value
        elif argument == "-X":
            options["method"] = rest.pop(0)
        elif argument == "-d":
            options["data"] = rest.pop(0)
        elif argument == "-F":
            name, _, file = rest.pop(0).partition("=@")
            options["files"] = {name: (file, (folder / file).read_bytes())}
        elif argument == "--output":
            rest.pop(0)
        else:
            address = argument
    body = options["data"] is not None or options["files"]
    method = options.pop("method") or ("POST" if body else "GET")
    return requests.request(method, address, timeout=30, **options)


def test_every_curl_line_of_the_endpoints_works(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"a picture")
    (block,) = [block for block in code_blocks("sh") if "TEAM=" in block]
    with Simulator() as simulator:
        commands = list(curl_commands(block.replace("http://127.0.0.1:8900/v1", simulator.url)))
        answers = [perform(command, tmp_path) for command in commands]
        asked = {(entry.method, re.sub(r"\?.*", "", entry.path)) for entry in simulator.log.entries}
    assert len(commands) == VENDORS_LIST
    assert [answer.status_code for answer in answers] == [200] * VENDORS_LIST, [a.text[:80] for a in answers]
    assert len(asked) >= 24
    assert len([answer for answer in answers if answer.content in {b"[]", b"null"}]) <= 1  # only DELETE of many


def test_every_other_curl_line_works(tmp_path):
    blocks = [block for block in code_blocks("sh") if "_simulator" in block]
    with Simulator() as simulator:
        for block in blocks:
            lines = [line for line in block.splitlines() if line.startswith("curl")]
            host = simulator.url.removesuffix("/v1")
            for command in curl_commands("\n".join(lines).replace("http://127.0.0.1:8900", host)):
                assert perform(command, tmp_path).status_code == 200, command


def test_every_command_line_is_understood():
    lines = [line for block in code_blocks("sh") for line in block.splitlines() if line.startswith("ninox-simulator")]
    assert len(lines) >= 4
    from ninox_simulator.__main__ import _parser  # noqa: PLC0415 (what the command itself reads with)

    for line in lines:
        _parser().parse_args(shlex.split(line)[1:])


def test_the_seed_of_the_page_can_be_loaded(tmp_path):
    (seed,) = code_blocks("json")
    (tmp_path / "seed.json").write_text(seed, encoding="utf-8")
    (team,) = load_seed(str(tmp_path / "seed.json"), "s")
    assert team.databases[0].schema["types"]["A"]["caption"] == "Customers"
    assert json.loads(seed)


def test_the_fixture_works_in_a_project_of_its_own(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest, requests\n"
        "def get(s):\n"
        "    headers = {'Authorization': 'Bearer ' + s.token}\n"
        "    return requests.get(s.url + '/teams', headers=headers, timeout=5).status_code\n"
        "def test_default(ninox_simulator):\n"
        "    assert get(ninox_simulator) == 200\n"
        "@pytest.mark.ninox(seed='empty', switches={'teams_endpoint': 'missing'})\n"
        "def test_marked(ninox_simulator):\n"
        "    assert get(ninox_simulator) == 404\n"
        "    assert len(ninox_simulator.log.entries) == 1\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--strict-markers", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert "2 passed" in done.stdout, done.stdout
