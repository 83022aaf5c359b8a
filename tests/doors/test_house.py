"""What keeps the house in order outside of Python: workflows, forms, hooks, the version, the map for contributors."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import metadata, version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
SCHEMAS = {
    "github-workflows": ".github/workflows/*.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "dependabot": ".github/dependabot.yml",
    "meltano": "meltano.yml",
}
MANUALS = ("CONTRIBUTING.md", "SECURITY.md")


def by_name(path):
    return path.name


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_every_action_is_pinned_by_commit_and_says_its_version(path):
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    outside = [use for use in uses if not use.startswith("./")]
    assert outside
    assert [use for use in outside if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", use)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=by_name)
def test_jobs_get_no_right_that_they_do_not_name_and_end_some_time(path):
    workflow = load(path)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert "timeout-minutes" in job or "uses" in job, name
        assert "write" not in {right for key, right in job["permissions"].items() if key != "id-token"}, name


def test_all_supported_pythons_are_tested_and_one_job_stands_for_all():
    jobs = load(ROOT / ".github" / "workflows" / "check.yml")["jobs"]
    classified = re.findall(r":: (3\.\d+)", " ".join(metadata("singer-ninox").get_all("Classifier")))
    assert jobs["tests"]["strategy"]["matrix"]["python"] == classified
    assert set(jobs["all"]["needs"]) == jobs.keys() - {"all"}


def test_every_week_the_newest_versions_and_the_long_proofs_are_tried():
    weekly = load(ROOT / ".github" / "workflows" / "weekly.yml")
    assert "schedule" in weekly[True]  # YAML reads the key `on` as a boolean
    [job] = weekly["jobs"].values()
    assert set(job["strategy"]["matrix"]["door"]) == {"newest", "lowest", "audit", "prove"}
    assert set(job["strategy"]["matrix"]["door"]) <= set(phony())


def phony():
    return re.search(r"\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8")).group(1).split()


def test_workflows_go_through_the_doors_that_the_makefile_has():
    text = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    targets = set(re.findall(r"run: make (\w+)", text))
    assert targets
    assert targets <= set(phony())


@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_for_others_are_in_the_form_that_they_read(schema):
    """The schemas come with the package that checks: nobody is asked."""
    files = [str(path) for path in sorted(ROOT.glob(SCHEMAS[schema]))]
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", FORMS, ids=by_name)
def test_the_parts_of_an_issue_form_have_names_of_their_own(path):
    ids = [element["id"] for element in load(path)["body"] if element["type"] != "markdown"]
    assert len(ids) == len(set(ids))


def test_the_version_stands_in_one_place():
    stated = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert stated.group(1) == version("singer-ninox")
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    quoted = re.compile(rf"""["']v?{re.escape(stated.group(1))}["']""")
    assert [name for name in listed.split() if quoted.search((ROOT / name).read_text(encoding="utf-8"))] == []


def test_the_licence_is_the_one_that_is_declared():
    assert metadata("singer-ninox")["License-Expression"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")


@pytest.mark.parametrize("name", MANUALS)
def test_every_file_and_folder_that_a_manual_names_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for path in re.findall(r"`([\w/.]+(?:/|\.py|\.md|\.toml))`", text):
        places = [
            ROOT / path,
            *(ROOT / folder / path for folder in re.findall(r"^\| `([\w/-]+/)`", text, re.MULTILINE)),
        ]
        assert any(place.exists() for place in places), path


def test_the_map_for_contributors_shows_every_package():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in text} == set()


def test_hooks_use_the_tools_of_the_environment():
    local = next(repo for repo in load(ROOT / ".pre-commit-config.yaml")["repos"] if repo["repo"] == "local")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for hook in local["hooks"]:
        assert hook["entry"].removeprefix(".venv/bin/") in makefile
