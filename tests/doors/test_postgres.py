"""The throw-away PostgreSQL: starts, serves, and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from devtools.postgres import PostgresError, running_postgres

pytestmark = pytest.mark.e2e


@pytest.fixture
def leftovers(monkeypatch):
    """Return a function that lists what is left behind, in a place that no other run on this machine uses."""
    with tempfile.TemporaryDirectory() as place:  # tmp_path is too long for a socket
        Path(place).chmod(0o755)  # where root runs the tests, the server is another user's
        monkeypatch.setattr(tempfile, "tempdir", place)
        yield lambda: list(Path(place).iterdir())


def test_two_servers_run_side_by_side_and_leave_no_directory(leftovers):
    with running_postgres() as one, running_postgres() as two:
        assert one.port != two.port
        assert leftovers()
        for server in (one, two):
            with psycopg.connect(server.dsn) as connection:
                assert connection.execute("SELECT 1 + 1").fetchone() == (2,)
    assert leftovers() == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one.dsn)


def test_binaries_that_do_not_work_are_told_with_the_way_out(tmp_path, monkeypatch, leftovers):
    binaries = tmp_path / "package" / "install" / "bin"  # all of the package is copied for a user who cannot enter
    binaries.mkdir(parents=True)
    (binaries / "initdb").write_text("#!/bin/sh\necho broken binary\nexit 3\n", encoding="utf-8")
    (binaries / "initdb").chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(binaries))
    with pytest.raises(PostgresError, match=r"(?s)PostgreSQL did not start: initdb .*failed"), running_postgres():
        pass
    assert leftovers() == []
