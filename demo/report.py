"""What landed in PostgreSQL, as a table to read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg
from psycopg import sql

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

    name: str
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


def tables_text(counts: Iterable[TableCount]) -> str:
    """Return the tables as text, with a sum."""
    counts = list(counts)
    total = TableCount(
        f"{len(counts)} tables",
        sum(c.rows for c in counts),
        sum(c.changed for c in counts),
        sum(c.deleted for c in counts),
    )
    width = max(len(count.name) for count in [*counts, total])
    lines = [f"  {'table':<{width}} {'rows':>8} {'changed':>8} {'deleted':>8}"]
    lines += [_line(count, width) for count in counts]
    return "\n".join([*lines, f"  {'-' * (width + 27)}", _line(total, width)])


def _line(count: TableCount, width: int) -> str:
    return f"  {count.name:<{width}} {count.rows:>8,} {count.changed or '':>8} {count.deleted or '':>8}"


def costs_text(costs: Iterable[RunCost]) -> str:
    """Return what the runs took as text."""
    return "\n".join(f"  {cost.name:<44} {cost.calls:>4} API calls {cost.seconds:>6.1f} s" for cost in costs)
