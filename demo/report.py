"""What landed in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

SCHEMA = "tap_ninox"


@dataclass(frozen=True, slots=True)
class TableCount:
    """A table of the warehouse.

    Attributes:
        rows: All rows, deleted ones included.
        changed: Rows that arrived after a moment, deleted ones not included.
        deleted: Rows with `_sdc_deleted_at`.
    """

    name: str
    rows: int
    changed: int
    deleted: int


@dataclass(frozen=True, slots=True)
class RunCost:
    """What a run took."""

    calls: int
    seconds: float


def count_tables(dsn: str, *, since: str) -> list[TableCount]:
    """Count the rows of every loaded table; `since` is a moment of the database's clock."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", [SCHEMA]
        ).fetchall()
        return [_count(connection, name, since) for (name,) in names]


def database_clock(dsn: str) -> str:
    """Return the database's time in UTC."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT (now() AT TIME ZONE 'UTC')::text").fetchone()
        return str(row[0]) if row else ""


def _count(connection: psycopg.Connection, name: str, since: str) -> TableCount:
    query = sql.SQL(
        "SELECT count(*), count(*) FILTER (WHERE _sdc_batched_at >= %s AND _sdc_deleted_at IS NULL), "
        "count(_sdc_deleted_at) FROM {}"
    ).format(sql.Identifier(SCHEMA, name))
    row = connection.execute(query, [since]).fetchone() or (0, 0, 0)
    return TableCount(name, *row)


def deleted_invoice(dsn: str) -> dict[str, object]:
    """Return what the warehouse keeps of an invoice that was deleted."""
    query = sql.SQL(
        "SELECT _id, re_nr, rechnungsdatum::date, status, date_trunc('second', _sdc_deleted_at) AS _sdc_deleted_at "
        "FROM {} WHERE _sdc_deleted_at IS NOT NULL ORDER BY _id LIMIT 1"
    ).format(sql.Identifier(SCHEMA, "buero_baustelle__rechnungen"))
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        return connection.execute(query).fetchone() or {}
