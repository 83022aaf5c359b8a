"""What is in PostgreSQL, and whether it equals the simulator's store."""

from __future__ import annotations

import dataclasses
import itertools
from contextlib import closing
from decimal import Decimal

import msgspec
import psycopg
from psycopg import sql

from demo.report import SCHEMA
from tests.helpers.oracle import expected_rows

_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
_numbers = itertools.count(1)


def fresh_database(postgres):
    """Return the server with a new, empty database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return dataclasses.replace(postgres, database=name)


def rows_of(postgres, table, *, where="TRUE"):
    """Yield a table's rows as JSON objects, without the loader's own columns, by id."""
    query = sql.SQL("SELECT to_jsonb(t)::text FROM {} t WHERE {} ORDER BY _id").format(
        sql.Identifier(SCHEMA, table), sql.SQL(where)
    )
    with psycopg.connect(postgres.dsn) as connection, connection.cursor("rows") as cursor:
        cursor.execute(query)
        for (text,) in cursor:
            row = _DECODE(text)
            yield {key: value for key, value in row.items() if not key.startswith("_sdc_")}


def ids_of(postgres, table, *, where):
    query = sql.SQL("SELECT _id FROM {} t WHERE {}").format(sql.Identifier(SCHEMA, table), sql.SQL(where))
    with psycopg.connect(postgres.dsn) as connection:
        return {row[0] for row in connection.execute(query)}


def assert_equal_to_store(postgres, store, catalog, *, streams=None):
    """Compare every column of every row that is not deleted; return the number of rows."""
    count = 0
    for stream in catalog["streams"]:
        table = next(item["metadata"].get("ninox") for item in stream["metadata"] if not item["breadcrumb"])
        if not table or (streams is not None and stream["tap_stream_id"] not in streams):
            continue
        database = store.database(table["team_id"], table["database_id"])
        if table["table_id"] in database.unreadable_tables:
            continue
        hidden = database.unreadable_fields.get(table["table_id"], set())
        expected = expected_rows(database.records(table["table_id"]), stream, hidden=hidden)
        loaded = rows_of(postgres, stream["tap_stream_id"], where="_sdc_deleted_at IS NULL")
        with closing(loaded):
            for want, have in itertools.zip_longest(expected, loaded, fillvalue={}):
                different = _different(want, have)
                assert not different, f"{stream['tap_stream_id']}: {different}"
                count += 1
    return count


def _different(want, have):
    keys = ["_id", *(key for key in want.keys() | have.keys() if want.get(key) != have.get(key))]
    return {key: (want.get(key), have.get(key)) for key in keys} if len(keys) > 1 else {}
