"""Scripts: those that `query` and `exec` send, and those that run on their own when a record is written.

The latter are defaults and triggers (observed). A default fills a field that a create did not send. Then the table's
`afterCreate` or `afterUpdate` script runs, and the `afterUpdate` script of each field that was written; all of them may
override what was sent. `query` and `exec` take a script and answer bare JSON (Ninox docs: Public Cloud APIs).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ninox_simulator.messages import ApiError, Request, TriggerEntry
from ninox_simulator.nx import NxError
from ninox_simulator.nx.evaluator import Evaluator
from ninox_simulator.nx.values import JsonForm, RecordRef, Value, as_json, moment, to_stored
from ninox_simulator.seeds import DEFAULT_USER
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import Database, Record, Table

Json = dict[str, Any]


def query(ninox: Simulation, request: Request, database: Database) -> Any:
    """Run a script that may only read."""
    script = request.query.get("query") if request.method == "GET" else _sent(request)
    return _run(ninox, request, database, script)


def execute(ninox: Simulation, request: Request, database: Database) -> Any:
    """Run a script that may write."""
    return _run(ninox, request, database, _sent(request), TriggeredWrites(ninox, database))


def _sent(request: Request) -> Any:
    body = request.json()
    return body.get("query") if isinstance(body, dict) else None


def _run(
    ninox: Simulation, request: Request, database: Database, script: Any, writes: TriggeredWrites | None = None
) -> Any:
    """Return a script's value as JSON; without `writes`, it may not write."""
    if not isinstance(script, str):
        raise ApiError(400, "query is missing")
    switches = ninox.switches
    own_functions: dict[str, Callable[..., Value]] = {
        "databaseId": lambda: database.id,
        "teamId": lambda: request.segments[2],
        "userId": lambda: DEFAULT_USER,
        "users": lambda: [{"id": DEFAULT_USER, "userName": "Simulator"}],
        "files": lambda record: database.files.listed(record.table_id, record.record_id),
    }
    on_error = _ON_FORMULA_ERROR[switches["formula_errors"]]
    data = Data(database, writes)
    evaluator = Evaluator(data, may_write=writes is not None, own_functions=own_functions, on_error=on_error)
    try:
        value = evaluator.run(script)
    except NxError as error:  # status and body are unknown
        if switches["script_errors"] == "200":
            return {"_err": str(error)}
        raise ApiError(int(switches["script_errors"]), str(error)) from None
    form = JsonForm(
        choices=switches["query_choices"], dates=switches["query_dates"], not_a_number=switches["query_not_a_number"]
    )
    answer = as_json(value, form)
    is_records = isinstance(value, list) and bool(value) and all(isinstance(item, RecordRef) for item in value)
    return [answer] if is_records and switches["query_nesting"] == "nested" else answer


_ON_FORMULA_ERROR: Mapping[str, Callable[[NxError], Value] | None] = {
    "fail": None,  # the error is the script's
    "null": lambda _: None,
    "text": lambda _: "#Error",
}


class TriggeredWrites:
    """Writes to a database, with the defaults and triggers of its schema. Triggers set off no triggers (assumed)."""

    def __init__(self, ninox: Simulation, database: Database) -> None:
        """Remember where to write, and where to note which triggers ran."""
        self._database = database
        self._switches = ninox.switches
        self._log = ninox.log

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
        self._database.delete(table_id, rid, cascades=self._switches["cascade"] == "heeded")

    def _defaults(self, table: Table) -> Json:
        """Return the values of `numberDefault`, `dateDefault` and their like: scripts (their form is assumed)."""
        defaults: Json = {}
        for field_id, definition in table.fields.items():
            script = definition.get(f"{definition.get('base')}Default")
            if script:
                defaults[field_id] = to_stored(definition, Evaluator(Data(self._database)).run(str(script)))
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


class Data:
    """One database for one script: `Records` of the evaluator."""

    def __init__(self, database: Database, writes: TriggeredWrites | None = None) -> None:
        """Remember what to read, and how to write."""
        self._database = database
        self._writes = writes or database

    def table_id(self, name: str) -> str:
        """Return the id of the table with a name or id."""
        table = self._database.find_table(name)
        if table is None:
            message = f"there is no table {name!r}"
            raise NxError(message)
        return table.id

    def field(self, table_id: str, name: str) -> tuple[str, Mapping[str, Any]]:
        """Return id and raw definition of the field with a caption or id."""
        table = self._table(table_id)
        field_id = table.field_id(name)
        if field_id is None:
            message = f"table {table.caption!r} has no field {name!r}"
            raise NxError(message)
        return field_id, table.fields[field_id]

    def records(self, table_id: str, least: float, most: float) -> Iterator[RecordRef]:
        """Yield the records of a table whose numbers are within bounds, ascending."""
        for number in self._table(table_id).between(least, most):
            yield RecordRef(table_id, number)

    def exists(self, record: RecordRef) -> bool:
        """Tell whether there is such a record."""
        return record.record_id in self._table(record.table_id).records

    def stored_value(self, record: RecordRef, field_id: str) -> Any:
        """Return a field's value as it is stored; of a record that is gone, nothing."""
        found = self._record(record)
        return None if found is None else found.fields.get(field_id)

    def linked(self, record: RecordRef, field_id: str) -> list[RecordRef]:
        """Return the records on the other side of a back reference."""
        definition = self._table(record.table_id).fields[field_id]
        other, other_field = str(definition.get("refTypeId")), str(definition.get("refFieldId"))
        if other not in self._database.tables:
            return []
        ids = self._database.links(other, other_field).get(record.record_id, ())
        return [RecordRef(other, number) for number in ids]

    def system_value(self, record: RecordRef, name: str) -> tuple[Value] | None:
        """Return the value of `Id` and its like, alone in a tuple; None for another name."""
        if name == "Id":
            return (record,)
        found = self._record(record)
        if found is None or name not in _SYSTEM or self._table(record.table_id).field_id(name) is not None:
            return None
        value = getattr(found, _SYSTEM[name])
        return (moment(value) if name.endswith("At") and value else value,)

    def raw(self, record: RecordRef) -> Value:
        """Return a record in stored form."""
        found = self._record(record)
        return None if found is None else found.stored_form()

    def create(self, table_id: str) -> RecordRef:
        """Add an empty record."""
        return RecordRef(table_id, self._writes.create(table_id, {}).id)

    def update(self, record: RecordRef, field_id: str, value: Any) -> None:
        """Set one field."""
        if not self.exists(record):
            message = "the record is gone"
            raise NxError(message)
        self._writes.update(record.table_id, record.record_id, {field_id: value})

    def delete(self, record: RecordRef) -> None:
        """Remove a record, if it is still there."""
        if self.exists(record):
            self._writes.delete(record.table_id, record.record_id)

    def _table(self, table_id: str) -> Table:
        table = self._database.tables.get(table_id)
        if table is None:
            message = f"there is no table {table_id!r}"
            raise NxError(message)
        return table

    def _record(self, record: RecordRef) -> Record | None:
        return self._table(record.table_id).records.get(record.record_id)


_SYSTEM = {
    "createdAt": "created_at",
    "createdBy": "created_by",
    "modifiedAt": "modified_at",
    "modifiedBy": "modified_by",
    "Created on": "created_at",
    "Created by": "created_by",
    "Modified on": "modified_at",
    "Modified by": "modified_by",
}
