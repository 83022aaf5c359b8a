"""Every promise stands where it is quoted; its test passes, and fails with each of its defects."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

from tap_ninox.settings import CONNECTION_PROPERTIES, TAP_PROPERTIES
from target_ninox import settings as of_target
from tests.planted import api, calls, lines, names, probe, sdk, settings, tabular, tap, target, trial, upgrade

AREAS = {
    "api": api,
    "tap": tap,
    "target": target,
    "upgrade": upgrade,
    "tabular": tabular,
    "calls": calls,
    "names": names,
    "lines": lines,
    "probe": probe,
    "sdk": sdk,
}
PROMISES = [
    pytest.param(promise, id=f"{name}-{number}")
    for name, area in AREAS.items()
    for number, promise in enumerate(area.PROMISES)
]
DEFECTS = [
    pytest.param(
        defect,
        f"{promise.test}[{defect.case}]" if defect.case else promise.test,
        id=f"{name}-{number}-{defect.function.partition(':')[2]}-{which}",
    )
    for name, area in AREAS.items()
    for number, promise in enumerate(area.PROMISES)
    for which, defect in enumerate(promise.defects)
]
DEFECTS += [pytest.param(defect, test, id=str(defect)) for defect, test in settings.PROOFS.items()]
SETTINGS = {
    "tap": (*CONNECTION_PROPERTIES, *TAP_PROPERTIES),
    "target": (*of_target.CONNECTION_PROPERTIES, *of_target.TARGET_PROPERTIES),
    "stream": of_target.STREAM_PROPERTIES,
}
TESTS = {name: {promise.test for promise in area.PROMISES} for name, area in AREAS.items()}
TESTS["settings"] = set(settings.PROOFS.values())


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_stands_in_its_page_and_has_a_defect(promise):
    assert len(promise.paragraphs()) == 1, f"{promise.page} does not say it, or more than once"
    assert promise.defects, "a promise without a defect is not finished"


@pytest.mark.parametrize("promise", PROMISES)
def test_a_row_that_names_tests_names_the_one_that_holds_it(promise):
    named = re.findall(r"\]\((?:\.\./)?tests/([^)]+)\)", promise.paragraphs()[0])
    assert not named or promise.test.partition("::")[0] in named


def test_every_promise_is_in_an_area():
    names = [module.name for module in pkgutil.walk_packages([str(Path(__file__).parent)], "tests.planted.")]
    modules = [import_module(name) for name in names if ".test_" not in name]
    written = [promise for module in modules for promise in getattr(module, "PROMISES", ())]
    assert {id(promise) for promise in written} == {id(promise.values[0]) for promise in PROMISES}


@pytest.mark.parametrize("area", TESTS)
def test_tests_that_fit_are_there(area):
    for test in TESTS[area]:
        file, _, name = test.partition("[")[0].partition("::")
        text = (trial.REPOSITORY / "tests" / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), test


@pytest.mark.parametrize("promise", PROMISES)
def test_its_defects_fit_the_product_as_it_is(promise):
    for defect in promise.defects:
        defect.prepare()


def test_every_setting_has_a_test():
    known = {(of, item.name) for of, items in SETTINGS.items() for item in items}
    assert {(defect.of, defect.setting) for defect in settings.PROOFS} == known, "add it to tests/planted/settings.py"


@pytest.mark.parametrize(("defect", "test"), DEFECTS)
def test_a_defect_is_caught(defect, test, tmp_path, trials):
    ended = trials.run([test], tmp_path, defect=defect)
    assert ended.caught, f"{test} passes with it: {defect}"


@pytest.mark.prove  # `make test` runs them all without a defect, by themselves
@pytest.mark.parametrize("tests", TESTS.values(), ids=TESTS)
def test_without_a_defect_their_tests_pass(tests, tmp_path, trials):
    ended = trials.run(sorted(tests), tmp_path, first_case_only=True, longest_s=5 * trial.LONGEST_S)
    assert not ended.caught, ended.output
    assert ended.passed == len(tests)
