"""Which private members of the Meltano SDK the target overrides or uses, and that no others come unseen."""

from __future__ import annotations

import ast
import inspect
import os
import signal
from pathlib import Path

import pytest
from singer_sdk import Target
from singer_sdk.singerlib.encoding.base import GenericSingerReader

import target_ninox
from target_ninox.messages import MessageReader
from target_ninox.sdk_overrides import SdkTarget
from target_ninox.target import TargetNinox
from tests.helpers.run import records, run_target, schema, writes
from tests.helpers.seeds import shop

PRODUCT = Path(target_ninox.__file__).parent
OURS = {MessageReader: GenericSingerReader, TargetNinox: Target}
"""Classes of the target → the SDK's, whose members they inherit."""


def private_members(kind):
    """Return what a class of the SDK calls by a private name: methods, and attributes of its objects."""
    classes = [base for base in kind.__mro__ if base.__module__.startswith("singer_sdk")]
    attributes = {name for base in classes for name in attributes_of_self(base)}
    of_python = {"_abc_impl"}
    return {
        name for name in {*attributes, *dir(kind)} - of_python if name.startswith("_") and not name.startswith("__")
    }


def attributes_of_self(kind):
    tree = ast.parse(inspect.getsource(kind))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


@pytest.mark.parametrize("kind", OURS)
def test_no_private_or_final_member_of_the_sdk_is_touched_elsewhere(kind):
    touched = {*vars(kind), *attributes_of_self(kind)}
    assert touched & private_members(OURS[kind]) == set()
    assert {name for name in vars(kind) if getattr(getattr(OURS[kind], name, None), "__final__", False)} == set()


def test_one_is_overridden_where_it_is_explained():
    assert vars(SdkTarget).keys() & private_members(Target) == {"_handle_termination"}


def test_private_modules_of_the_sdk_are_imported_in_one_file():
    importing = {
        path.name
        for path in PRODUCT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("singer_sdk")
        and any(part.startswith("_") for part in (*node.module.split("."), *(alias.name for alias in node.names)))
    }
    assert importing == {"sdk_overrides.py"}


@pytest.mark.usefixtures("signals_reach_the_run")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_with_the_exit_code_of_shells(simulate, number):
    simulator, sent = simulate(shop(0)), []

    def stop_at_the_first_page(_index, _method, path):
        if path.endswith("/records") and not sent:
            sent.append(number)
            os.kill(os.getpid(), number)

    simulator.on_request.append(stop_at_the_first_page)
    rows = records("customers", [{"Name": "a"}, {"Name": "b"}])
    run = run_target(simulator, [schema("customers", key=["Name"], Name="string"), *rows])
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 128 + number


@pytest.mark.usefixtures("signals_reach_the_run")
@pytest.mark.parametrize("status", [429, 503])
def test_a_signal_during_a_write_that_is_refused_lets_no_other_try_follow(simulate, status):
    simulator, sent = simulate(shop(0)), []
    simulator.faults.add("status", status=status, method="POST", path="/records$", times=1, retry_after="30")

    def stop_at_the_first_write(_index, method, path):
        if method == "POST" and path.endswith("/records") and not sent:
            sent.append(path)
            os.kill(os.getpid(), signal.SIGTERM)

    simulator.on_request.append(stop_at_the_first_write)
    rows = records("customers", [{"Name": "a"}, {"Name": "b"}])
    described = schema("customers", key=["Name"], Name="string")
    run = run_target(simulator, [described, *rows], max_retries=7)
    assert isinstance(run.error, SystemExit)
    assert run.error.code == 128 + signal.SIGTERM
    assert len(writes(simulator)) == 1
