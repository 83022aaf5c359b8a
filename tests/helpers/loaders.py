"""Two loaders that read what the tap wrote: target-postgres, and target-duckdb, which is of another make."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg.rows import dict_row

from tests.helpers.commands import WAIT_S, become, context
from tests.helpers.warehouse import fresh_database

SCHEMA = "tap_ninox"


def postgres_settings(warehouse, **more):
    return {
        "host": warehouse.host, "port": warehouse.port, "user": warehouse.user, "password": warehouse.password,
        "database": warehouse.database, "default_target_schema": SCHEMA, "load_method": "upsert",
        "validate_records": False, "add_record_metadata": True, "activate_version": True, **more,
    }  # fmt: skip


class PostgresLoader:
    """A new database of the running server."""

    def __init__(self, postgres, tmp_path, **settings):
        self._warehouse = fresh_database(postgres)
        self._settings = postgres_settings(self._warehouse, **settings)
        self._tmp_path = tmp_path

    @property
    def warehouse(self):
        return self._warehouse

    @property
    def dsn(self):
        return self._warehouse.dsn

    def load(self, text):
        settings, messages, states, log = (self._tmp_path / name for name in ("settings", "messages", "states", "log"))
        settings.write_text(json.dumps(self._settings), encoding="utf-8")
        messages.write_text(text, encoding="utf-8")
        arguments = ["--config", str(settings), "--input", str(messages)]
        process = context.Process(target=become, args=("target-postgres", arguments, None, str(states), str(log)))
        process.start()
        process.join(WAIT_S)
        assert process.exitcode == 0, log.read_text(encoding="utf-8")[-4000:]

    def rows(self, table):
        """Return the rows by id, all columns as they are."""
        with psycopg.connect(self._warehouse.dsn, row_factory=dict_row) as connection:
            rows = connection.execute(f'SELECT * FROM "{SCHEMA}"."{table}"')  # noqa: S608 (our own names)
            return {row["_id"]: row for row in rows}

    def query(self, text):
        with psycopg.connect(self._warehouse.dsn) as connection:
            return connection.execute(text).fetchall()


class DuckdbLoader:
    """A new database file."""

    def __init__(self, tmp_path, **settings):
        self._path = str(tmp_path / "warehouse.duckdb")
        self._settings = {"path": self._path, "default_target_schema": SCHEMA, **settings}
        self._tmp_path = tmp_path

    @staticmethod
    def is_installed():
        return importlib.util.find_spec("target_duckdb") is not None

    def load(self, text):
        settings = self._tmp_path / "settings"
        settings.write_text(json.dumps(self._settings), encoding="utf-8")
        command = [Path(sys.executable).with_name("target-duckdb"), "--config", settings]
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=WAIT_S, check=False)
        assert done.returncode == 0, done.stderr[-4000:]

    def rows(self, table):
        """Return the rows by id, all columns as they are."""
        import duckdb  # noqa: PLC0415 (not for every Python)

        with duckdb.connect(self._path, read_only=True) as connection:
            cursor = connection.execute(f'SELECT * FROM "{SCHEMA}"."{table}"')  # noqa: S608 (our own names)
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            return {row["_id"]: row for row in rows}
