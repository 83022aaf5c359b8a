"""`make audit` says what it knows, and never that all is well when nobody could be asked."""

from __future__ import annotations

import json

import pytest

from tests.doors.audit import audit

PINS = "one==1.0 ; python_full_version < '3.11'\none==1.1 ; python_full_version >= '3.11'\ntwo==2.0\n"


@pytest.fixture
def ask(tmp_path, capfd):
    """Return a function that audits with programs that answer as told, and returns code and words."""

    def program(name, script):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def run(services, index="true"):
        cases = "\n".join(f'*"-s {name} "*) {script} ;;' for name, script in services.items())
        (tmp_path / "pins.txt").write_text(PINS, encoding="utf-8")
        pip_audit = program(
            "pip-audit", f'for file; do :; done; cat "$file" >> {tmp_path}/asked\ncase "$*" in\n{cases}\nesac'
        )
        code = audit(pip_audit, program("uv", index), tmp_path / "pins.txt")
        return code, capfd.readouterr().out

    return run


def answer(*vulnerabilities):
    known = [{"id": name, "fix_versions": ["9"]} for name in vulnerabilities]
    return f"echo '{json.dumps({'dependencies': [{'name': 'two', 'version': '2.0', 'vulns': known}]})}'"


SILENT = "echo the name is not known >&2; exit 1"


def test_every_pin_is_asked_about_whatever_python_it_is_for(ask, tmp_path):
    code, words = ask({"osv": answer()})
    assert (code, words) == (0, "osv: answered for every pin of pins.txt; 0 vulnerabilities.\n")
    assert sorted((tmp_path / "asked").read_text(encoding="utf-8").split()) == ["one==1.0", "one==1.1", "two==2.0"]


def test_another_service_is_asked_if_one_is_silent_and_what_it_knows_fails(ask):
    code, words = ask({"osv": SILENT, "pypi": answer("CVE-1")})
    assert code == 1
    assert "osv: could not be asked: the name is not known\n" in words
    assert "pypi: two 2.0: CVE-1, mended in ['9']\n" in words


def test_if_nobody_answers_that_is_said_with_what_to_do(ask):
    code, words = ask({"osv": SILENT, "pypi": SILENT})
    assert code == 2
    assert words.splitlines()[-1].startswith(
        "Nobody could be asked for vulnerabilities (osv, pypi), so nothing is known"
    )


@pytest.mark.parametrize(
    "index", ["echo 'warning: `two==2.0` is yanked' >&2", "echo 'no version of two==2.0' >&2; exit 1"]
)
def test_a_pin_that_the_index_has_taken_back_fails(ask, index):
    code, words = ask({"osv": answer()}, index)
    assert code == 1
    assert "two==2.0" in words.splitlines()[0]
