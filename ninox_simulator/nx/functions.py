"""The operators and functions of the language that need nothing but their operands and arguments.

How Ninox treats empty operands is not on public record; here an empty value is nothing to add, makes a product empty,
and is neither less nor greater than anything.
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from ninox_simulator.nx import NxError
from ninox_simulator.nx.values import (
    JsonForm,
    Option,
    RecordRef,
    Value,
    as_json,
    flattened,
    interval,
    is_empty,
    kind,
    moment,
    number,
    text,
)

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


def _plus(left: Value, right: Value) -> Value:
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


def _sort_key(value: Value) -> Any:
    """Return something to order values of one kind by."""
    if isinstance(value, Option):
        return number(value) or 0
    if isinstance(value, RecordRef):
        return value.record_id
    if isinstance(value, datetime):
        return value
    return datetime.combine(value, _MIDNIGHT) if isinstance(value, date) else value


def _equal(left: Value, right: Value) -> bool:
    """Compare; empty values are equal, an option equals its id and its caption, a record its number and its id."""
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Option) and not isinstance(other, Option):
            return bool(number(one) == other or other in {one.caption, one.id})
        if isinstance(one, RecordRef) and not isinstance(other, RecordRef):
            return bool(other in {one.record_id, one.nid})
    if isinstance(left, date) and isinstance(right, date):
        return bool(_sort_key(left) == _sort_key(right))
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
    return datetime.combine(date.min, value) if isinstance(value, time) else _sort_key(value)


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
        return not is_empty(left) and not is_empty(right) and compare(_sort_key(left), _sort_key(right))

    return ordered


_OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
    "%": lambda left, right: _arithmetic(left, right, lambda a, b: math.fmod(a, b) if b else math.nan),
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda a, b: a < b),
    "<=": _ordered(lambda a, b: a <= b),
    ">": _ordered(lambda a, b: a > b),
    ">=": _ordered(lambda a, b: a >= b),
}


# ------------------------------------------------------------------------------------------------------------ functions

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def call(name: str, arguments: list[Value]) -> Value:
    """Return a function's value.

    Raises:
        NxError: There is no such function, or it does not take such arguments.
    """
    function = _FUNCTIONS.get(name)
    if function is None:
        message = f"the function {name}() is not known to the simulator"
        raise NxError(message)
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        message = f"{name}() does not take {len(arguments)} arguments"
        raise NxError(message) from None
    try:
        return function(*arguments)
    except (ValueError, TypeError, OverflowError, AttributeError):
        message = f"{name}() of {', '.join(map(kind, arguments)) or 'nothing'}"
        raise NxError(message) from None


def items(value: Value) -> list[Value]:
    """Return a value as a list without empty ones."""
    return flattened(value if isinstance(value, list) else [value])


def day(value: Value) -> date | None:
    """Return the day of a date or date-time."""
    if isinstance(value, str):
        value = moment(value)
    return value.date() if isinstance(value, datetime) else value


def _sum(values: Value) -> Value:
    total: Value = 0
    for value in items(values):
        total = _plus(total, value) if isinstance(value, timedelta) and total != 0 else _added(total, value)
    return total


def _added(total: Value, value: Value) -> Value:
    if isinstance(value, timedelta):
        return value
    return total + (number(value) or 0)


def _round(value: Value, digits: int = 0) -> Value:
    plain = number(value)
    if plain is None or not math.isfinite(plain):
        return plain
    factor = 10**digits
    rounded = math.floor(abs(plain) * factor + 0.5 + 1e-9) / factor  # half away from zero, as people expect of money
    return math.copysign(rounded, plain)


def _part(attribute: Callable[[date], int]) -> Callable[[Value], int | None]:
    def part(value: Value) -> int | None:
        found = day(value)
        return None if found is None else attribute(found)

    return part


def _age(born: Value) -> int | None:
    birthday = day(born)
    if birthday is None:
        return None
    now = _today()
    return now.year - birthday.year - ((now.month, now.day) < (birthday.month, birthday.day))


def _days(start: Value, end: Value) -> int | None:
    first, last = day(start), day(end)
    return None if first is None or last is None else (last - first).days


def _interval(value: Value) -> timedelta | None:
    if isinstance(value, str):
        return interval(value)
    return timedelta(milliseconds=value) if isinstance(value, int | float) else value


def _datetime(value: Value) -> datetime | None:
    if isinstance(value, str):
        return moment(value)
    if isinstance(value, datetime) or value is None:
        return value
    return datetime.combine(value, time())


def _date(value: Value, month: int | None = None, of_month: int | None = None) -> date | None:
    return date(value, month, of_month) if month is not None and of_month is not None else day(value)


def _format(value: Value, pattern: str) -> str:
    if isinstance(value, date):
        return value.strftime(_strftime(pattern))
    return _zero_padded(number(value) or 0, pattern)


def _strftime(pattern: str) -> str:
    for ours, theirs in (("YYYY", "%Y"), ("MM", "%m"), ("DD", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")):
        pattern = pattern.replace(ours, theirs)
    return pattern


def _zero_padded(value: float, pattern: str) -> str:
    if set(pattern) - set("0.,#"):
        message = f"format() does not know the pattern {pattern!r}"
        raise NxError(message)
    whole, _, fraction = pattern.replace("#", "").replace(",", "").partition(".")
    width = len(whole) + (len(fraction) + 1 if fraction else 0)
    return f"{value:0{width}.{len(fraction)}f}"


def _substr(value: Value, start: int, end: int | None = None) -> str:
    return text(value)[start:end]


def _concat(values: Value, separator: str = ", ") -> str:
    return separator.join(text(value) for value in items(values))


def _format_json(value: Value) -> str:
    return json.dumps(as_json(value, JsonForm()), ensure_ascii=False, separators=(",", ":"))


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def _today() -> date:
    return _now().date()


def _record_number_or_number(value: Value) -> Value:
    return [number(item) for item in value] if isinstance(value, list) else number(value)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "age": _age,
    "cnt": lambda values: len(items(values)),
    "concat": _concat,
    "date": _date,
    "datetime": _datetime,
    "days": _days,
    "endof": lambda value: None if value is None else value.end,
    "first": lambda values: next(iter(items(values)), None),
    "format": _format,
    "formatJSON": _format_json,
    "lower": lambda value: text(value).lower(),
    "max": lambda values: max(items(values), key=_sort_key, default=None),
    "min": lambda values: min(items(values), key=_sort_key, default=None),
    "month": _part(lambda found: found.month),
    "now": _now,
    "number": _record_number_or_number,
    "quarter": _part(lambda found: (found.month + 2) // 3),
    "replace": lambda value, old, new: text(value).replace(text(old), text(new)),
    "round": _round,
    "start": lambda value: None if value is None else value.start,
    "styled": lambda value, *_: value,
    "substr": _substr,
    "sum": _sum,
    "text": lambda value: [text(item) for item in value] if isinstance(value, list) else text(value),
    "timeinterval": _interval,
    "today": _today,
    "trim": lambda value: text(value).strip(),
    "upper": lambda value: text(value).upper(),
    "week": _part(lambda found: found.isocalendar().week),
    "weekdayName": lambda value: None if value is None else _WEEKDAYS[value.weekday()],
    "year": _part(lambda found: found.year),
}
