"""Taps of other makers as they are in the package registry: run, interrupted and resumed, into mirrors and by key.

Each is installed into an environment of its own and reads a PostgreSQL, files, or an API of this module. States come
every two or ten rows, not every thousand or ten thousand: that period is all that is changed of a tap. What a run sent
is kept in `tests/cases/taps` (`--record`), where a test replays it without any tap.

pipelinewise's tap-postgres needs Python 3.9 or older. Log-based runs of both need the plug-in wal2json in PostgreSQL,
which the wheel's server does not have: set `PG_BIN` to a server that has it (Debian: postgresql-15-wal2json).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import simplejson

from devtools.meltano import REPOSITORY
from devtools.postgres import running_postgres
from ninox_simulator.server import Simulator
from tests.helpers.foreign_taps import environment
from tests.helpers.replay import FOLDER, Recording, Run, check
from tests.helpers.warehouse import fresh_database

ROWS_A_PAGE = 2
_LAUNCH = """
import importlib, sys
from importlib.metadata import entry_points
for place in {periods!r}:
    module, _, name = place.partition(":")
    owner = importlib.import_module(module)
    *path, name = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, name, {every})
scripts = entry_points()
scripts = scripts.select(group="console_scripts") if hasattr(scripts, "select") else scripts["console_scripts"]
sys.argv[0] = {command!r}
next(script for script in scripts if script.name == {command!r}).load()()
"""
_OF_THE_SDK = ("singer_sdk.streams.core:Stream.STATE_MSG_FREQUENCY",)
_OF_PIPELINEWISE = (
    "tap_postgres.sync_strategies.full_table:UPDATE_BOOKMARK_PERIOD",
    "tap_postgres.sync_strategies.incremental:UPDATE_BOOKMARK_PERIOD",
    "tap_postgres.sync_strategies.logical_replication:UPDATE_BOOKMARK_PERIOD",
)


@dataclass(frozen=True, kw_only=True)
class RealTap:
    """A tap and how its stream `customers` is to be read.

    Attributes:
        command: Its console script.
        package: As pip knows it.
        python: The newest version of Python that it can be installed with; None for any.
        periods: Where it says after how many rows a state is sent.
        every: So many rows are between two of them.
        method: How it reads: `FULL_TABLE`, `INCREMENTAL` or `LOG_BASED`; None for as it is.
        deletes: Whether a mirror behind it may delete: it reads all there is, and shows that it did.
        source: What it reads: `postgres`, `files` or `api`.
    """

    name: str
    command: str
    package: str
    periods: tuple[str, ...]
    source: str
    every: int = 2
    method: str | None = None
    deletes: bool = False
    python: str | None = None


_PIPELINEWISE = {
    "command": "tap-postgres", "package": "pipelinewise-tap-postgres==2.1.0", "python": "3.9",
    "periods": _OF_PIPELINEWISE, "source": "postgres",
}  # fmt: skip
_MELTANOLABS = {
    "command": "tap-postgres", "package": "meltanolabs-tap-postgres==0.10.0",
    "periods": _OF_THE_SDK, "source": "postgres",
}  # fmt: skip
_REST = {
    "command": "tap-rest-api-msdk", "package": "tap-rest-api-msdk==1.4.2", "periods": _OF_THE_SDK, "source": "api",
}  # fmt: skip
TAPS = (
    RealTap(name="pipelinewise_postgres_full", method="FULL_TABLE", deletes=True, **_PIPELINEWISE),
    RealTap(name="pipelinewise_postgres_incremental", method="INCREMENTAL", **_PIPELINEWISE),
    RealTap(name="meltanolabs_postgres_full", method="FULL_TABLE", every=10, deletes=True, **_MELTANOLABS),
    RealTap(name="meltanolabs_postgres_full_long", method="FULL_TABLE", **_MELTANOLABS),  # no STATE at its end
    RealTap(name="meltanolabs_postgres_incremental", method="INCREMENTAL", **_MELTANOLABS),
    RealTap(name="pipelinewise_postgres_log_based", method="LOG_BASED", **_PIPELINEWISE),
    RealTap(name="meltanolabs_postgres_log_based", method="LOG_BASED", **_MELTANOLABS),
    RealTap(
        name="spreadsheets", command="tap-spreadsheets", package="tap-spreadsheets==1.1.2", periods=_OF_THE_SDK,
        source="files",
    ),
    RealTap(name="rest_api_full", every=10, deletes=True, **_REST),
    RealTap(name="rest_api_full_long", deletes=True, **_REST),
    RealTap(name="rest_api_incremental", method="INCREMENTAL", **_REST),
)  # fmt: skip


class Source:
    """What a tap reads."""

    def begin(self, tap):
        """Get ready for a tap."""

    def before_run(self, tap):
        """Get ready for a run of it."""


class NoPluginError(RuntimeError):
    """PostgreSQL has no wal2json."""


class PostgresSource(Source):
    """The table `public.customers`; every row is a transaction of its own, so that each has its own `xmin`.

    A log is read from its beginning or from where a state says, as if no run had been before: each run gets a copy of a
    replication slot that nobody has read from.
    """

    ORIGIN = "origin"

    def __init__(self, database):
        self.database = database

    def _connect(self):
        return psycopg.connect(self.database.dsn, autocommit=True)

    def begin(self, tap):
        if tap.method == "LOG_BASED":
            with self._connect() as connection:
                connection.execute("DROP TABLE IF EXISTS customers")
                self._drop_slot(connection, self.ORIGIN)
                self._permit_plugin(connection)
                try:
                    connection.execute("SELECT pg_create_logical_replication_slot(%s, 'wal2json')", [self.ORIGIN])
                except psycopg.Error as error:
                    raise NoPluginError(str(error)) from error

    def before_run(self, tap):
        if tap.method == "LOG_BASED":
            with self._connect() as connection:
                self._drop_slot(connection, self._slot(tap))
                connection.execute("SELECT pg_copy_logical_replication_slot(%s, %s)", [self.ORIGIN, self._slot(tap)])

    def _slot(self, tap):
        return re.sub("[^a-z0-9_]", "_", f"pipelinewise_{self.database.database}") if tap.python else "meltanolabs"

    @staticmethod
    def _permit_plugin(connection):
        """Permit wal2json where a server has a list of what may be used (Debian 15.20 has)."""
        if connection.execute("SELECT 1 FROM pg_settings WHERE name = 'output_plugin_libraries'").fetchone():
            connection.execute("ALTER SYSTEM SET output_plugin_libraries = 'wal2json'")
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)  # a session sees it with its next command, once the server has told it

    @staticmethod
    def _drop_slot(connection, name):
        connection.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [name]
        )

    def set(self, rows):
        with self._connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS customers (name text PRIMARY KEY, amount integer NOT NULL)")
            connection.execute("DELETE FROM customers WHERE NOT name = ANY(%s)", [[row["Name"] for row in rows]])
            for row in rows:
                connection.execute(
                    "INSERT INTO customers VALUES (%(Name)s, %(Amount)s)"
                    " ON CONFLICT (name) DO UPDATE SET amount = excluded.amount"
                    " WHERE customers.amount <> excluded.amount",
                    row,
                )

    def config(self, tap):
        server = self.database
        names = ("user", "password", "host", "port")
        return {
            **{name: getattr(server, name) for name in names},
            **({"dbname": server.database} if tap.python else {"database": server.database}),
            **({"logical_poll_total_seconds": "1"} if tap.python else {"replication_slot_name": self._slot(tap)}),
            **({} if tap.python else {"replication_idle_exit_seconds": 1, "replication_max_run_seconds": 5}),
        }


class FilesSource(Source):
    """One CSV file per two rows; all that have changed are newer than the others."""

    def __init__(self, folder):
        self.folder, self.clock = folder, 1_790_000_000
        self.known = {}

    def set(self, rows):
        wanted = {f"{n // ROWS_A_PAGE}.csv": rows[n : n + ROWS_A_PAGE] for n in range(0, len(rows), ROWS_A_PAGE)}
        for name in self.known.keys() - wanted.keys():
            (self.folder / name).unlink()
        for name, content in wanted.items():
            if self.known.get(name) != content:
                self.clock += 60
                lines = ["Name;Amount", *(f"{row['Name']};{row['Amount']}" for row in content)]
                (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
                os.utime(self.folder / name, (self.clock, self.clock))
        self.known = wanted

    def config(self, _tap):
        file = {"path": str(self.folder / "*.csv"), "format": "csv", "delimiter": ";", "table_name": "customers"}
        return {"files": [{**file, "primary_keys": ["Name"]}]}


class ApiSource(Source):
    """Two rows a page; behind `fails_behind` pages it answers 500."""

    def __init__(self):
        self.rows, self.fails_behind = [], None
        source = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                start = int(parse_qs(urlsplit(self.path).query).get("page", ["0"])[0])
                end = start + ROWS_A_PAGE
                if source.fails_behind is not None and start // ROWS_A_PAGE >= source.fails_behind:
                    self.send_error(400)
                    return
                more = end if end < len(source.rows) else None
                body = json.dumps({"rows": source.rows[start:end], "next": more}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def set(self, rows):
        self.rows = rows

    def config(self, tap):
        stream = {"name": "customers", "path": "/customers", "primary_keys": ["Name"], "records_path": "$.rows[*]"}
        if tap.method == "INCREMENTAL":
            stream["replication_key"] = "Amount"
        return {
            "api_url": f"http://127.0.0.1:{self.server.server_port}",
            "next_page_token_path": "$.next",
            "streams": [stream],
        }


@contextmanager
def sources():
    """Yield kind → what the taps read."""
    with running_postgres(is_logged=True) as postgres, tempfile.TemporaryDirectory(prefix="ninox-taps-") as folder:
        api = ApiSource()
        threading.Thread(target=api.server.serve_forever, daemon=True).start()
        try:
            yield {
                "postgres": PostgresSource(fresh_database(postgres)),
                "files": FilesSource(Path(folder)),
                "api": api,
            }
        finally:
            api.server.shutdown()
            api.server.server_close()


def interpreter(version):
    """Return a Python of a version or an older one that is still supported by a tap, None if there is none."""
    if version is None:
        return None
    installed = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python"))
    return str(installed[-1]) if installed else shutil.which(f"python{version}")  # pyenv's own name may lead nowhere


class Launcher:
    """Runs one tap in its environment."""

    def __init__(self, tap, source, folder):
        self.tap, self.source, self.folder = tap, source, folder
        self.python = environment(tap.package, python=interpreter(tap.python)) / "bin" / "python"
        self.catalog = None

    def run(self, given):
        """Return the messages of a run, and whether it came to its end."""
        self.source.before_run(self.tap)
        arguments = ["--config", self._file("config", self.source.config(self.tap))]
        if self.tap.method is not None:
            arguments += ["--catalog", self._file("catalog", self._catalog(arguments))]
        if given is not None:
            arguments += ["--state", self._file("state", given)]
        ended = self._start(arguments)
        messages = [simplejson.loads(line, use_decimal=True) for line in ended.stdout.splitlines()]
        for message in messages:
            message.pop("time_extracted", None)
        return messages, ended.returncode == 0, ended.stderr

    def _catalog(self, arguments):
        if self.catalog is None:
            ended = self._start([*arguments, "--discover"])
            self.catalog = json.loads(ended.stdout)
            for stream in self.catalog["streams"]:
                is_wanted = stream.get("table_name", stream["stream"]).endswith("customers")
                key = next((name for name in ("amount", "Amount") if name in stream["schema"]["properties"]), None)
                method = {"replication-method": self.tap.method}
                if self.tap.method == "INCREMENTAL":
                    method["replication-key"] = key
                root = next(item for item in stream["metadata"] if not item["breadcrumb"])
                root["metadata"].update({"selected": is_wanted, **method})
                stream.update({"replication_method": self.tap.method, "selected": is_wanted})
                if self.tap.method == "INCREMENTAL":
                    stream["replication_key"] = key
        return self.catalog

    def _start(self, arguments):
        code = _LAUNCH.format(periods=self.tap.periods, every=self.tap.every, command=self.tap.command)
        return subprocess.run(
            [self.python, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=120,
            cwd=self.folder,
        )  # fmt: skip

    def _file(self, name, content):
        path = Path(self.folder) / f"{name}.json"
        path.write_text(simplejson.dumps(content, use_decimal=True), encoding="utf-8")
        return str(path)


def record(tap, source, folder):
    """Return what a tap sends: from its beginning, from each of its states, of a changed source, and failing."""
    recording = Recording(tap.name, every=tap.every, deletes=tap.deletes)
    source.begin(tap)
    source.set(recording.SOURCE)
    launcher = Launcher(tap, source, folder)
    first = _run(launcher, recording, None, "first")
    for given in recording.states_of(first):
        _run(launcher, recording, given, "first")
    if tap.source == "api":
        for pages in (1, 2, 3):
            source.fails_behind = pages
            _run(launcher, recording, None, "broken", is_whole=False)
        source.fails_behind = None
    source.set(recording.LATER)
    for given in recording.states_of(first)[-1:]:
        _run(launcher, recording, given, "later")
    return recording


def _run(launcher, recording, given, source, *, is_whole=True):
    messages, has_ended, errors = launcher.run(given)
    if has_ended is not is_whole:
        message = f"{recording.name}: the tap ended otherwise than expected: {errors[-2000:]}"
        raise RuntimeError(message)
    run = Run(given, source, messages)
    recording.runs.append(run)
    return run


def run_taps(options):
    """Run every tap that can be installed here; print how its streams were loaded."""
    from tests.reliability.__main__ import say  # noqa: PLC0415 (it imports this)

    say("| tap | runs | loads, interrupted and resumed | held |\n|---|--:|--:|---|")
    failed = 0
    with sources() as known, tempfile.TemporaryDirectory(prefix="ninox-tap-") as folder:
        for tap in TAPS:
            if tap.python is not None and interpreter(tap.python) is None:
                say(f"| {tap.name} | – | – | **not tried**: {tap.package} needs Python {tap.python} or older |")
                continue
            recording, held = None, "yes"
            try:
                recording = record(tap, known[tap.source], folder)
                loads = check(recording, _loading)
            except NoPluginError:
                say(f"| {tap.name} | – | – | **not tried**: PostgreSQL has no wal2json; see PG_BIN |")
                continue
            except (AssertionError, RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed, held, loads = failed + 1, f"no: {error}", "–"
            say(f"| {tap.name} | {len(recording.runs) if recording else '–'} | {loads} | {held} |")
            if recording is not None and options.record:
                recording.save(REPOSITORY / FOLDER)
    return failed


@contextmanager
def _loading(seed):
    with Simulator(seed=seed) as simulator:
        yield simulator
