"""The small sample company, generated once, with its records consumed."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import build


@pytest.fixture(scope="session")
def small():
    return [_consumed(database) for database in build("s")[0].databases]


@pytest.fixture(scope="session")
def buero(small):
    return small[0]


@pytest.fixture(scope="session")
def nursery(small):
    return small[1]


@pytest.fixture(scope="session")
def values():
    """Returns the values of a field by caption, None where a record has none."""

    def read(database, table_id, caption):
        definitions = database.schema["types"][table_id]["fields"]
        field_id = next(key for key, definition in definitions.items() if definition["caption"] == caption)
        return [record.fields.get(field_id) for record in database.records[table_id]]

    return read


def _consumed(database):
    database.records = {table: list(rows) for table, rows in database.records.items()}
    return database
