"""What the probe has in its memory: a database, its tables, some of their records. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ninox_api.schema import Field, Table
from ninox_tools.probe.reply import EMPTY, Record
from ninox_tools.probe.report import Report
from ninox_tools.probe.wire import Reader

SAMPLE = 100
"""Records that are read of a table to look at their values: one page as servers send it by default."""

FEW = 3
"""Records that a table needs for its order or its pages to show anything."""


class Sight:
    """What the questions share.

    Attributes:
        ask: The way to Ninox.
        report: The way into the report; `say` and `answer` are its own.
        tables: What the schema shows; empty if the key may not read it.
        schema: The same as it arrived: table id → what stands there; empty if only the list of tables is known.
        wanted_table: Id or name of the table to read, if the user gave one.
        scratch_name: Id or name of the table to write into, likewise.
        samples: Table id → its first page of records.
        next_ids: Table id → id of its next new record, as far as the feed says it.
        head: The database's sequence, once it is known.
        last_changed: The record of the main table that changed last, as far as that is known.
        removals: What the feeds have shown as removed, each with the table whose feed it was; None for the database's.
        files: What the feeds have shown as changed files.
    """

    def __init__(self, ask: Reader, report: Report) -> None:
        """Start with nothing in sight."""
        self.ask = ask
        self.report = report
        self.say = report.say
        self.answer = report.answer
        self.tables: Sequence[Table] = ()
        self.schema: dict[str, Any] = {}
        self.wanted_table: str | None = None
        self.scratch_name: str | None = None
        self.samples: dict[str, list[Record]] = {}
        self.next_ids: dict[str, int] = {}
        self.head: int | None = None
        self.last_changed: Record | None = None
        self.removals: list[tuple[str | None, Any]] = []
        self.files: list[Any] = []

    @property
    def main(self) -> str | None:
        """Id of the table that has the longest sample; the wanted one if there is one."""
        if self.wanted_table is not None and self.wanted_table in self.samples:
            return self.wanted_table
        return max(self.samples, key=lambda key: len(self.samples[key]), default=None)

    @property
    def long(self) -> str | None:
        """Id of the main table, if it has enough records to show how they are listed."""
        return self.main if self.main is not None and len(self.samples[self.main]) >= FEW else None

    @property
    def short(self) -> str | None:
        """Id of a table that certainly has few records, but one at least."""
        few = {key: page for key, page in self.samples.items() if 0 < len(page) < SAMPLE}
        return min(few, key=lambda key: len(few[key]), default=None)

    def table(self, table_id: str | None) -> Table | None:
        """Return what the schema says about a table."""
        return next((table for table in self.tables if table.id == table_id), None)

    def fields_of(self, table_id: str, record: Record) -> dict[str, Any]:
        """Return field id → value, also where the server keyed the fields by captions."""
        table, fields = self.table(table_id), record.get("fields")
        if table is None or not isinstance(fields, dict):
            return {}
        by_caption = {field.name: field.id for field in table.fields}
        ids = {field.id for field in table.fields}
        return {key if key in ids else by_caption.get(key, str(key)): value for key, value in fields.items()}

    def stored(self, table_id: str, record: Record) -> dict[str, Any]:
        """Return field id → stored value, of none that is empty, a reverse reference, a formula, or 0 for no choice."""
        table = self.table(table_id)
        kinds = {field.id: field.type for field in table.fields} if table else {}
        return {
            key: value
            for key, value in self.fields_of(table_id, record).items()
            if value not in EMPTY and kinds.get(key) not in {"rev", "fn", None}
            and not (kinds[key] == "dchoice" and value == 0)
        }  # fmt: skip

    def values(self, *types: str) -> Iterator[tuple[str, Field, Record, Any]]:
        """Yield table id, field, record and value of all values of some types in the samples; None for absent ones."""
        for table_id, page in self.samples.items():
            table = self.table(table_id)
            fields = [field for field in table.fields if field.type in types] if table else []
            for record in page if fields else ():
                values = self.fields_of(table_id, record)
                for field in fields:
                    yield table_id, field, record, values.get(field.id)
