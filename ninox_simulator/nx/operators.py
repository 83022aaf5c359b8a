"""Arithmetic and comparison.

How Ninox treats empty operands is not on public record; here an empty value is nothing to add, makes a product empty,
and is neither less nor greater than anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from ninox_simulator.nx import NxError
from ninox_simulator.nx.values import Option, RecordRef, Value, is_empty, kind, number, text

_MIDNIGHT = time()


def binary(operator: str, left: Value, right: Value) -> Value:
    """Return `left operator right`.

    Raises:
        NxError: The operands do not go together.
    """
    try:
        return _OPERATORS[operator](left, right)
    except (TypeError, OverflowError):
        message = f"{kind(left)} {operator} {kind(right)}"
        raise NxError(message) from None


def plus(left: Value, right: Value) -> Value:
    """Add numbers, days to dates, lengths to moments; join texts."""
    if isinstance(left, str) or isinstance(right, str):
        return text(left) + text(right)
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, datetime) or isinstance(right, datetime | timedelta):
        return _length(right, left) if isinstance(left, datetime | timedelta | time) else left + right
    if isinstance(left, date):
        return left + timedelta(days=number(right) or 0)
    return _arithmetic(left, right, lambda a, b: a + b)


def sort_key(value: Value) -> Any:
    """Return something to order values of one kind by."""
    if isinstance(value, Option):
        return number(value) or 0
    if isinstance(value, RecordRef):
        return value.record_id
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, _MIDNIGHT) if isinstance(value, date) else value


def equal(left: Value, right: Value) -> bool:
    """Compare; empty values are equal, an option equals its id and its caption, a record its number and its id."""
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Option) and not isinstance(other, Option):
            return bool(number(one) == other or other in {one.caption, one.id})
        if isinstance(one, RecordRef) and not isinstance(other, RecordRef):
            return bool(other in {one.record_id, one.nid})
    if isinstance(left, date) and isinstance(right, date):
        return bool(sort_key(left) == sort_key(right))
    return bool(left == right)


def _length(right: Value, left: Value) -> Value:
    length = right if isinstance(right, timedelta) else timedelta(milliseconds=number(right) or 0)
    return _after(left, length) if isinstance(left, time) else left + length


def _after(clock: time, length: timedelta) -> time:
    return (datetime.combine(date(2000, 1, 1), clock) + length).time()


def _minus(left: Value, right: Value) -> Value:
    if right is None:
        return left
    if isinstance(left, date | time) and isinstance(right, date | time):
        return _moment(left) - _moment(right)
    if isinstance(left, datetime | timedelta) or isinstance(right, timedelta):
        length = right if isinstance(right, timedelta) else timedelta(milliseconds=number(right) or 0)
        return _length(-length, left or timedelta())
    if isinstance(left, date):
        return left - timedelta(days=number(right) or 0)
    return _arithmetic(left or 0, right, lambda a, b: a - b)


def _moment(value: Value) -> datetime:
    return datetime.combine(date.min, value) if isinstance(value, time) else sort_key(value)


def _times(left: Value, right: Value) -> Value:
    if isinstance(left, timedelta) or isinstance(right, timedelta):
        return left * right
    return _arithmetic(left, right, lambda a, b: a * b)


def _over(left: Value, right: Value) -> Value:
    if isinstance(left, timedelta) and isinstance(right, int | float) and right:
        return left / right
    return _arithmetic(left, right, _quotient)


def _quotient(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 else math.copysign(math.inf, a)
    return a / b


def _arithmetic(left: Value, right: Value, operation: Callable[[Any, Any], Any]) -> Value:
    if isinstance(left, str | date | list | dict) or isinstance(right, str | date | list | dict):
        raise TypeError
    a, b = number(left), number(right)
    return None if a is None or b is None else operation(a, b)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    def ordered(left: Value, right: Value) -> bool:
        return not is_empty(left) and not is_empty(right) and compare(sort_key(left), sort_key(right))

    return ordered


_OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": plus,
    "-": _minus,
    "*": _times,
    "/": _over,
    "%": lambda left, right: _arithmetic(left, right, lambda a, b: math.fmod(a, b) if b else math.nan),
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}
