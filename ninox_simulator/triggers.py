"""Defaults and triggers: what Ninox does on its own when a record is written through the API (observed).

A default fills a field that a create did not send. Then the table's `afterCreate` or `afterUpdate` script runs, and the
`afterUpdate` script of each field that was written; all of them may override what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ninox_simulator.database import Database
from ninox_simulator.log import RequestLog, TriggerEntry
from ninox_simulator.nx import stored
from ninox_simulator.nx.data import Data
from ninox_simulator.nx.errors import NxError
from ninox_simulator.nx.evaluator import Evaluator
from ninox_simulator.nx.values import RecordRef
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table

Json = dict[str, Any]


class TriggeredWrites:
    """Writes to a database, with the defaults and triggers of its schema. Triggers set off no triggers (assumed)."""

    def __init__(self, database: Database, switches: Switches, log: RequestLog) -> None:
        """Remember where to write, and where to note which triggers ran."""
        self._database = database
        self._switches = switches
        self._log = log

    def create(self, table_id: str, fields: Mapping[str, Any], id: int | None = None) -> Record:  # noqa: A002
        """Add a record; return it as it was answered, which need not be its final state (observed)."""
        table = self._database.tables[table_id]
        record = self._database.create(table_id, {**self._defaults(table), **fields}, id)
        return self._after(table, record, "afterCreate", ())

    def update(self, table_id: str, rid: int, fields: Mapping[str, Any]) -> Record:
        """Merge fields into a record; return it as it was answered."""
        table = self._database.tables[table_id]
        record = self._database.update(table_id, rid, fields)
        return self._after(table, record, "afterUpdate", fields)

    def delete(self, table_id: str, rid: int) -> None:
        """Remove a record and its dependants."""
        self._database.delete(table_id, rid)

    def _defaults(self, table: Table) -> Json:
        """Return the values of `numberDefault`, `dateDefault` and their like: scripts (their form is assumed)."""
        defaults: Json = {}
        for field_id, definition in table.fields.items():
            script = definition.get(f"{definition.get('base')}Default")
            if script:
                defaults[field_id] = stored.write(definition, Evaluator(Data(self._database)).run(str(script)))
        return defaults

    def _after(self, table: Table, record: Record, event: str, written: Iterable[str]) -> Record:
        scripts = {event: table.definition.get(event)}
        scripts |= {f"afterUpdate of {table.fields[key].get('caption')}": _script(table, key) for key in written}
        running = {name: str(script) for name, script in scripts.items() if script}
        answered = record.copy() if running and self._switches["trigger_answer"] == "submitted" else record
        for name, script in running.items():
            self._run(table, record, name, script)
        return answered

    def _run(self, table: Table, record: Record, event: str, script: str) -> None:
        entry = TriggerEntry(self._database.id, table.id, record.id, event)
        self._log.triggers.append(entry)
        evaluator = Evaluator(Data(self._database), may_write=True)
        try:
            evaluator.run(script, this=RecordRef(table.id, record.id))
        except NxError as error:
            entry.error = str(error)


def _script(table: Table, field_id: str) -> Any:
    return table.fields[field_id].get("afterUpdate")
