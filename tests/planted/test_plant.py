"""A defect is planted for everyone who uses the function, or not at all: never does it quietly do nothing."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from importlib import import_module

import pytest

from tests.planted import trial
from tests.planted.plant import Defect, NotPlantedError

HERE = __name__


def add(one, other):
    total = one + other
    return total  # noqa: RET504 (a second line, to be replaced)


def twice(one):
    return [one, one]


class Base:
    def name(self):
        return "base"


class Thing(Base):
    def name(self):
        return super().name() + " thing"

    @property
    def size(self):
        return 3

    @classmethod
    def made(cls):
        return cls().size + 4

    @functools.cached_property
    def kept(self):
        return 5


@contextmanager
def opened():
    yield "open"


@pytest.fixture
def plant():
    """Return what plants a defect in this module; the functions have their own code again afterwards."""
    planted = {}

    def planting(function, old, new):
        defect = Defect(f"{HERE}:{function}", old, new)
        found, _ = defect.prepare()
        planted.setdefault(found, found.__code__)
        defect.plant()

    yield planting
    for function, code in planted.items():
        function.__code__ = code


def test_whoever_has_the_function_has_the_defect(plant):
    taken_before = add
    plant("add", "one + other", "one - other")
    assert taken_before(5, 3) == add(5, 3) == 2


def test_a_formatter_may_break_lines(plant):
    plant("add", "one + other return total", "one * other\n    return total")
    assert add(5, 3) == 15


def test_methods_keep_what_they_close_over_and_decorated_functions_their_decorators(plant):
    plant("Thing.name", '" thing"', '" defect"')
    plant("Thing.size", "return 3", "return 30")
    plant("Thing.made", "+ 4", "+ 40")
    plant("Thing.kept", "return 5", "return 50")
    plant("opened", '"open"', '"shut"')
    assert Thing().name() == "base defect"
    assert (Thing().size, Thing.made(), Thing().kept) == (30, 70, 50)
    with opened() as what:
        assert what == "shut"


@pytest.mark.parametrize(
    ("function", "old", "new", "problem"),
    [
        ("gone", "x", "y", "is 0 functions"),
        ("Thing.gone", "x", "y", "is 0 functions"),
        ("HERE", "x", "y", "is 0 functions"),
        ("functools", "x", "y", "is 0 functions"),
        ("contextmanager", "x", "y", "is 0 functions"),  # of another module
        ("twice", "two", "three", "has 0 times what should be replaced"),
        ("twice", "one", "two", "has 3 times"),
        ("add", "return total", "return (", "would be no Python"),
        ("add", "return total", "return  total", "would do the same as before"),
        ("add", "return total", "return totl", "would not know totl"),
        ("Thing.name", "super().name()", "str()", "would not be the same function"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(plant, function, old, new, problem):
    with pytest.raises(NotPlantedError, match=problem):
        plant(function, old, new)
    assert (add(1, 2), twice(1), Thing().name()) == (3, [1, 1], "base thing")


def test_a_name_that_two_modules_have_needs_more_of_its_package(tmp_path, monkeypatch):
    (tmp_path / "twins").mkdir()
    for name in ("__init__", "one", "two"):
        text = "def same():\n    return 1\n" if name != "__init__" else "from twins.one import same\n"
        (tmp_path / "twins" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NotPlantedError, match="is 2 functions"):
        Defect("twins:same", "return 1", "return 2").plant()
    Defect("twins.two:same", "return 1", "return 2").plant()
    assert [import_module(f"twins.{name}").same() for name in ("one", "two")] == [1, 2]


class Broken:
    """Plants what is no defect."""

    def __init__(self, effect):
        self.effect = effect

    def plant(self):
        Defect("tests.helpers.wire:calls", "return", f"{self.effect}; return").plant()


ASKING = "tap/test_changes.py::test_an_idle_run_makes_one_feed_call_besides_discovery_and_sends_only_its_state"


@pytest.mark.parametrize("test", [ASKING])
def test_a_test_that_only_stumbles_catches_nothing(test, tmp_path, trials):
    with pytest.raises(trial.TrialError, match="NameError"):
        trials.run([test], tmp_path, defect=Broken("raise NameError"))


@pytest.mark.parametrize("test", [ASKING])
def test_a_test_that_hangs_catches_nothing(test, tmp_path, trials):
    with pytest.raises(trial.TrialError, match="ended with -9"):
        trials.run([test], tmp_path, defect=Broken("import time; time.sleep(60)"), longest_s=3)


@pytest.mark.parametrize("test", ["tap/test_changes.py::test_gone", "tap/test_gone.py"])
def test_a_test_that_is_not_there_is_an_error(test, tmp_path, trials):
    with pytest.raises(trial.TrialError, match="is not there"):
        trials.run([test], tmp_path)
