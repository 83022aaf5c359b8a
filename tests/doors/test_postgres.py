"""The throw-away PostgreSQL: starts, serves, and leaves nothing behind."""

from __future__ import annotations

import tempfile
from pathlib import Path

import psycopg
import pytest

from demo.postgres import PostgresError, running_postgres

pytestmark = pytest.mark.e2e


def leftovers():
    return set(Path(tempfile.gettempdir()).glob("ninox-pg-*"))


def test_two_servers_run_side_by_side_and_leave_no_directory():
    before = leftovers()
    with running_postgres() as one, running_postgres() as two:
        assert one.port != two.port
        for server in (one, two):
            with psycopg.connect(server.dsn) as connection:
                assert connection.execute("SELECT 1 + 1").fetchone() == (2,)
    assert leftovers() == before
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(one.dsn)


def test_binaries_that_do_not_work_are_told_with_the_way_out(tmp_path, monkeypatch):
    before = leftovers()
    (tmp_path / "initdb").write_text("#!/bin/sh\necho broken binary\nexit 3\n", encoding="utf-8")
    (tmp_path / "initdb").chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(PostgresError, match=r"(?s)PostgreSQL did not start: initdb .*failed"), running_postgres():
        pass
    assert leftovers() == before
