"""Running a script over records that are handed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from ninox_simulator.nx import NxError, functions
from ninox_simulator.nx import parser as nx
from ninox_simulator.nx.values import RecordRef, Value, flattened, from_stored, kind, to_stored, truth

MAX_FORMULA_DEPTH = 40
MAX_STEPS = 50_000_000


class Records(Protocol):
    """What scripts are about. Names of tables and fields become ids here; what does not exist is an `NxError`."""

    def table_id(self, name: str) -> str:
        """Return the id of the table with a name or id."""

    def field(self, table_id: str, name: str) -> tuple[str, Mapping[str, Any]]:
        """Return id and raw definition of the field with a caption or id."""

    def records(self, table_id: str, least: float, most: float) -> Iterator[RecordRef]:
        """Yield the records of a table whose numbers are within bounds, ascending."""

    def exists(self, record: RecordRef) -> bool:
        """Tell whether there is such a record."""

    def stored_value(self, record: RecordRef, field_id: str) -> Any:
        """Return a field's value as it is stored; of a record that is gone, nothing."""

    def linked(self, record: RecordRef, field_id: str) -> list[RecordRef]:
        """Return the records on the other side of a back reference."""

    def system_value(self, record: RecordRef, name: str) -> tuple[Value] | None:
        """Return the value of `Id` and its like, alone in a tuple; None for another name."""

    def raw(self, record: RecordRef) -> Value:
        """Return a record in stored form."""

    def create(self, table_id: str) -> RecordRef:
        """Add an empty record."""

    def update(self, record: RecordRef, field_id: str, value: Any) -> None:
        """Set one field, to a value in stored form."""

    def delete(self, record: RecordRef) -> None:
        """Remove a record, if it is still there."""


class Scope(NamedTuple):
    """What names mean: variables, and the fields of the record at hand."""

    this: RecordRef | None
    variables: dict[str, Value]

    def about(self, record: RecordRef) -> Scope:
        """Return the scope inside a condition or a path, where another record is at hand."""
        return Scope(record, self.variables)


class Evaluator:
    """Runs scripts."""

    def __init__(
        self,
        data: Records,
        *,
        may_write: bool = False,
        own_functions: Mapping[str, Callable[..., Value]] | None = None,
        on_error: Callable[[NxError], Value] | None = None,
    ) -> None:
        """Prepare to run scripts.

        Args:
            data: The records.
            may_write: Whether `create`, `delete` and assignments to fields are permitted.
            own_functions: Functions beside those of the language, for instance `users()`.
            on_error: What a formula that fails is worth; by default its error ends the script.
        """
        self._data = data
        self._may_write = may_write
        self._own = own_functions or {}
        self._on_error = on_error
        self._depth = 0
        self._steps = 0
        self._of_names = {"record": self._record, "tableId": self._table_id, "raw": self._raw}
        self._evaluate: dict[type[nx.Node], Callable[[Any, Scope], Value]] = {
            nx.Literal: lambda node, _: node.value,
            nx.This: lambda _, scope: scope.this,
            nx.Name: self._name,
            nx.Call: self._call,
            nx.Member: self._member,
            nx.Filter: self._filter,
            nx.Select: self._select,
            nx.Unary: self._unary,
            nx.Binary: self._binary,
            nx.If: self._if,
            nx.For: self._for,
            nx.Let: self._let,
            nx.Assign: self._assign,
            nx.Create: self._create,
            nx.Delete: self._delete,
            nx.ObjectLiteral: self._object,
            nx.ArrayLiteral: self._array,
            nx.Block: self._block,
        }

    def run(self, script: str, *, this: RecordRef | None = None, variables: Mapping[str, Value] | None = None) -> Value:
        """Return a script's value.

        Raises:
            NxError: The script cannot be run.
        """
        try:
            return self._value(nx.parse(script), Scope(this, dict(variables or {})))
        except RecursionError:
            message = "nested too deeply"
            raise NxError(message) from None

    def _value(self, node: nx.Node, scope: Scope) -> Value:
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = "the script takes too long"
            raise NxError(message)
        return self._evaluate[type(node)](node, scope)

    def _name(self, node: nx.Name, scope: Scope) -> Value:
        if node.name in scope.variables:
            return scope.variables[node.name]
        if scope.this is not None:
            return self._field(scope.this, node.name)
        message = f"the name {node.name!r} is not known here"
        raise NxError(message)

    def _field(self, record: RecordRef, name: str) -> Value:
        system = self._data.system_value(record, name)
        if system is not None:
            return system[0]
        field_id, definition = self._data.field(record.table_id, name)
        base = definition.get("base")
        if base == "fn":
            return self._formula(record, str(definition.get("fn") or ""))
        if base == "rev":
            return self._data.linked(record, field_id)
        return from_stored(definition, self._data.stored_value(record, field_id))

    def _formula(self, record: RecordRef, script: str) -> Value:
        if self._depth >= MAX_FORMULA_DEPTH:
            message = "formulas refer to each other in a circle"
            raise NxError(message)
        self._depth += 1
        try:
            return self._value(nx.parse(script), Scope(record, {}))
        except NxError as error:
            if self._on_error is None or self._depth > 1:
                raise
            return self._on_error(error)
        finally:
            self._depth -= 1

    def _call(self, node: nx.Call, scope: Scope) -> Value:
        own = self._own.get(node.name)
        if own is None and node.name in self._of_names:
            return self._of_names[node.name](node.arguments, scope)
        arguments = [self._value(argument, scope) for argument in node.arguments]
        return own(*arguments) if own else functions.call(node.name, arguments)

    def _member(self, node: nx.Member, scope: Scope) -> Value:
        owner = self._value(node.owner, scope)
        if isinstance(owner, list):
            return flattened(self._part(item, node.part, scope) for item in owner)
        return self._part(owner, node.part, scope)

    def _part(self, owner: Value, part: nx.Name | nx.Call, scope: Scope) -> Value:
        if owner is None:
            return None
        if isinstance(owner, Mapping) and isinstance(part, nx.Name):
            return owner.get(part.name)
        if not isinstance(owner, RecordRef):
            message = f"{kind(owner)} has no {part.name!r}"
            raise NxError(message)
        if isinstance(part, nx.Call):
            return self._value(part, scope.about(owner))
        return self._field(owner, part.name)

    def _filter(self, node: nx.Filter, scope: Scope) -> Value:
        return self._where(functions.items(self._value(node.owner, scope)), node.condition, scope)

    def _select(self, node: nx.Select, scope: Scope) -> Value:
        least, most = _id_bounds(node.condition)
        records = self._data.records(self._data.table_id(node.table), least, most)
        return list(records) if node.condition is None else self._where(records, node.condition, scope)

    def _where(self, records: Iterable[Value], condition: nx.Node, scope: Scope) -> list[Value]:
        return [record for record in records if truth(self._value(condition, scope.about(record)))]

    def _unary(self, node: nx.Unary, scope: Scope) -> Value:
        value = self._value(node.operand, scope)
        return not truth(value) if node.operator == "not" else functions.binary("-", None, value)

    def _binary(self, node: nx.Binary, scope: Scope) -> Value:
        left = self._value(node.left, scope)
        if node.operator in {"and", "or"}:
            return truth(left) if truth(left) is (node.operator == "or") else truth(self._value(node.right, scope))
        return functions.binary(node.operator, left, self._value(node.right, scope))

    def _if(self, node: nx.If, scope: Scope) -> Value:
        return self._value(node.yes if truth(self._value(node.condition, scope)) else node.no, scope)

    def _for(self, node: nx.For, scope: Scope) -> Value:
        items = self._value(node.items, scope)
        values = []
        for item in items if isinstance(items, list) else [] if items is None else [items]:
            scope.variables[node.name] = item
            values.append(self._value(node.body, scope))
        scope.variables.pop(node.name, None)
        return values

    def _let(self, node: nx.Let, scope: Scope) -> Value:
        scope.variables[node.name] = self._value(node.value, scope)
        return scope.variables[node.name]

    def _assign(self, node: nx.Assign, scope: Scope) -> Value:
        value = self._value(node.value, scope)
        target = node.target
        if isinstance(target, nx.Name) and (target.name in scope.variables or scope.this is None):
            if target.name not in scope.variables:
                message = f"the name {target.name!r} is not known here"
                raise NxError(message)
            scope.variables[target.name] = value
            return value
        owner = self._value(target.owner, scope) if isinstance(target, nx.Member) else scope.this
        name = target.part.name if isinstance(target, nx.Member) else target.name
        for record in functions.items(owner):
            self._write(record, name, value)
        return value

    def _write(self, record: Value, name: str, value: Value) -> None:
        self._check_writing()
        if not isinstance(record, RecordRef):
            message = f"{kind(record)} has no field {name!r}"
            raise NxError(message)
        field_id, definition = self._data.field(record.table_id, name)
        if definition.get("base") in {"fn", "rev"}:
            message = f"the field {name!r} cannot be written"
            raise NxError(message)
        self._data.update(record, field_id, to_stored(definition, value))

    def _create(self, node: nx.Create, _: Scope) -> Value:
        self._check_writing()
        return self._data.create(self._data.table_id(node.table))

    def _delete(self, node: nx.Delete, scope: Scope) -> Value:
        self._check_writing()
        for record in functions.items(self._value(node.target, scope)):
            self._data.delete(record)
        return None

    def _check_writing(self) -> None:
        if not self._may_write:
            message = "a query may not write; use exec"
            raise NxError(message)

    def _object(self, node: nx.ObjectLiteral, scope: Scope) -> Value:
        return {name: self._value(value, scope) for name, value in node.members}

    def _array(self, node: nx.ArrayLiteral, scope: Scope) -> Value:
        return [self._value(item, scope) for item in node.items]

    def _block(self, node: nx.Block, scope: Scope) -> Value:
        value: Value = None
        for statement in node.statements:
            value = self._value(statement, scope)
        return value

    def _record(self, arguments: tuple[nx.Node, ...], scope: Scope) -> Value:
        """`record(Table, 4)`: its first argument is a table's name."""
        if len(arguments) != 2 or not isinstance(arguments[0], nx.Name):  # noqa: PLR2004
            message = "record() takes a table and a number"
            raise NxError(message)
        record = RecordRef(self._data.table_id(arguments[0].name), int(self._value(arguments[1], scope) or 0))
        return record if self._data.exists(record) else None

    def _table_id(self, arguments: tuple[nx.Node, ...], scope: Scope) -> Value:
        name = arguments[0] if arguments else None
        written = name.name if isinstance(name, nx.Name) else self._value(name, scope) if name else ""
        return self._data.table_id(str(written))

    def _raw(self, arguments: tuple[nx.Node, ...], scope: Scope) -> Value:
        record = self._value(arguments[0], scope) if arguments else None
        return self._data.raw(record) if isinstance(record, RecordRef) else record


_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


def _id_bounds(condition: nx.Node | None) -> tuple[float, float]:
    """Return the least and the greatest record number that a condition admits.

    It saves looking at a whole table for a slice of it, which is how formulas are read; nothing but speed hangs on it.
    Only comparisons of `number(Id)` with a number, joined by `and`, are understood; anything else admits all.
    """
    if isinstance(condition, nx.Binary):
        if condition.operator == "and":
            (least, most), (other_least, other_most) = _id_bounds(condition.left), _id_bounds(condition.right)
            return max(least, other_least), min(most, other_most)
        for operator, one, other in (
            (condition.operator, condition.left, condition.right),
            (_MIRRORED.get(condition.operator, ""), condition.right, condition.left),
        ):
            if _is_record_number(one) and isinstance(other, nx.Literal) and isinstance(other.value, int | float):
                return _bounds(operator, other.value)
    return -math.inf, math.inf


def _bounds(operator: str, value: float) -> tuple[float, float]:
    return {
        ">": (value + 1 if value == int(value) else value, math.inf),
        ">=": (value, math.inf),
        "<": (-math.inf, value),
        "<=": (-math.inf, value),
        "=": (value, value),
    }.get(operator, (-math.inf, math.inf))


def _is_record_number(node: nx.Node) -> bool:
    return isinstance(node, nx.Call) and node.name == "number" and node.arguments == (nx.Name("Id"),)
