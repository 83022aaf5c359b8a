"""Fixtures for all tests: nothing leaves this machine."""

from __future__ import annotations

import gc
import ipaddress
import multiprocessing.util
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings
from singer_sdk.plugin_base import PluginBase

from devtools.lifetime import tied_folder
from devtools.postgres import running_postgres
from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.seeds import shop
from tests.helpers.stage import Stage

# A slow machine is no defect. On CI (hypothesis sees the variable CI) the examples are the same in every run.
settings.register_profile("any machine", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

LONGEST_FIRST = (
    "world",
    "e2e",
    "reliability",
    "docs",
    "doors",
    "settings",
    "benchmarks",
    "pages",
    "upgrade",
    "tools",
    "tap",
)
"""Folders under tests/ whose tests take seconds: begun early, so that no worker ends long after the others."""

gc.disable()  # while tests are collected, which makes much and lets go of nothing

_until_the_end = ExitStack()
_take_signals = PluginBase._setup_signal_handlers
_real_connect = socket.socket.connect


def _connect_to_loopback_only(self, address):
    if self.family in {socket.AF_INET, socket.AF_INET6} and not ipaddress.ip_address(address[0]).is_loopback:
        self.close()
        message = f"A test tried to connect to {address[0]}."
        raise AssertionError(message)
    return _real_connect(self, address)


@pytest.fixture(scope="session", autouse=True)
def _temporary_folders_go_with_the_tests(tmp_path_factory):
    """Let tests that are killed leave no folders but those of `tmp_path`, of which pytest keeps the last few."""
    tmp_path_factory.getbasetemp()
    # A short name, since those of sockets are limited; it goes with this process, when multiprocessing is done with it.
    folder = _until_the_end.enter_context(tied_folder("nt-"))
    with pytest.MonkeyPatch.context() as patch:
        folder.chmod(0o755)  # where root runs the tests, PostgreSQL is another user's
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("TMPDIR", str(folder))
        yield
        multiprocessing.util._run_finalizers()  # it keeps a folder of its own in this one, and would miss it later


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _connect_to_loopback_only)


@pytest.fixture(autouse=True)
def _unraisable_errors_are_seen(monkeypatch):
    """Undo, after each test, that a program which ends on a signal keeps quiet about half objects."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)


def pytest_collection_modifyitems(items):
    """Put long tests first; within a folder the order stays as it was shuffled."""
    places = {folder: place for place, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Let the garbage collector look at what tests make, not at all tests over and over: a seventh of their CPU."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(autouse=True)
def _signals_are_for_pytest(monkeypatch):
    """Let Ctrl-C stop the tests: a tap or target in this process would take it, and keep it after its end."""
    monkeypatch.setattr(PluginBase, "_setup_signal_handlers", lambda _: None)


@pytest.fixture
def signals_reach_the_run(_signals_are_for_pytest, monkeypatch):
    """Let a tap or target in this process take SIGINT and SIGTERM, for one test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr(PluginBase, "_setup_signal_handlers", _take_signals)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def simulate():
    """Return a function that starts a simulator with a seed and switches."""
    with ExitStack() as stack:

        def start(seed, **switches):
            return Stage(stack.enter_context(Simulator(seed=seed, switches=switches)))

        yield start


@pytest.fixture
def simulator(request):
    """A shop of three customers; the marker `ninox` has other arguments of `Simulator`, a seed as a function, too."""
    marker = request.node.get_closest_marker("ninox")
    wanted = {"seed": lambda: shop(3), **(marker.kwargs if marker else {})}
    seed = wanted.pop("seed")
    with Simulator(seed() if callable(seed) else seed, **wanted) as running:
        yield Stage(running)


@pytest.fixture
def waits():
    """Collect the pauses instead of taking them."""
    with limits.no_pauses() as taken:
        yield taken


@pytest.fixture(scope="session")
def postgres():
    """One server for all tests; each test loads into a database of its own."""
    with running_postgres() as server:
        yield server
