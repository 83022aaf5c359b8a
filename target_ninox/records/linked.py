"""To which records rows of this input link: a mirror deletes none of those, `hard_delete` what its rows say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ninox_api.schema import Table
from ninox_singer.types import field_type
from ninox_singer.types.reference import find_record_id
from target_ninox.records.index import TemporaryDatabase


class LinkedRecords:
    """Where the links of written rows point, the last one of each record and field; in the temporary database."""

    def __init__(self, database: TemporaryDatabase) -> None:
        self._database = database
        columns = "table_id TEXT, field_id TEXT, id INTEGER, target_table_id TEXT, target_id INTEGER"
        table = database.make_table(f"{columns}, PRIMARY KEY (id, table_id, field_id)", "target_id")
        self._replace = f"REPLACE INTO {table} VALUES (?, ?, ?, ?, ?)"  # noqa: S608 (the name is ours, here and below)
        self._find = f"SELECT table_id, id FROM {table} WHERE target_id = ? AND target_table_id = ?"  # noqa: S608

    def note(self, table: Table, written: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Note where records link to.

        Args:
            table: Theirs.
            written: Id and fields of each; fields that are absent point where they did.
        """
        links = {field.id: field.target_table_id for field in table.fields if field_type(field.type).is_reference}
        self._database.run_for_each(
            self._replace,
            [
                (table.id, field_id, record_id, target, find_record_id(fields[field_id], target) or 0)
                for record_id, fields in written
                for field_id, target in links.items()
                if target is not None and field_id in fields
            ],
        )

    def linking(self, table_id: str, record_id: int) -> list[tuple[str, int]]:
        """Return table id and id of the written records that link to a record."""
        return self._database.run(self._find, record_id, table_id)
