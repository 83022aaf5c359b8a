"""What a script of the user's own answers: its rows, and the types of their members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.body import repair_text
from ninox_api.client import DatabaseClient
from ninox_api.errors import NinoxAPIError, NinoxBudgetError, NinoxError
from ninox_singer.types import COMPUTED
from ninox_singer.types.base import BadValueError, Read
from tap_ninox.settings import QuerySettings

VALUE = "value"
"""Property of values that have no name."""

Row = dict[str, Any]

_REFUSALS = frozenset({400, 422, 500})
"""How Ninox may answer a script that it cannot run (unknown; of fields that it does not know it says 500)."""


class QueryFailedError(NinoxError):
    """A script of the `queries` setting brought no rows that can be used."""

    def __init__(self, name: str, problem: object) -> None:
        """Name the query; neither its script nor what it answered is shown."""
        super().__init__(f"Query {name!r}: {problem}")


def ask(query: QuerySettings, client: DatabaseClient) -> list[Row]:
    """Return the rows that a script answers.

    Raises:
        QueryFailedError: Ninox could not run it.
        NinoxBudgetError: It was not asked.
    """
    try:
        return list(rows_of(client.query(query.script)))
    except NinoxBudgetError:
        raise
    except NinoxError as error:
        is_refused = isinstance(error, NinoxAPIError) and error.status in _REFUSALS
        problem = f"{error} Most often the script is wrong: try it in Ninox' own console." if is_refused else error
        raise QueryFailedError(query.name, problem) from error


def rows_of(answer: Any) -> Iterator[Row]:
    """Yield the rows of an answer.

    Objects are rows. A value by itself is a row of one property, `value`; a list among others is a row of `value_1`,
    `value_2`, …. A list that holds nothing but one list is that list (records were seen to come so). `null`, `""`, `[]`
    and `{}` all stand for nothing.
    """
    items = answer if isinstance(answer, list) else [answer]
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    for item in items:
        if isinstance(item, Mapping):
            if item:
                yield {repair_text(name): value for name, value in item.items()}
        elif isinstance(item, list):
            yield {f"{VALUE}_{number}": value for number, value in enumerate(item, start=1)}
        elif isinstance(answer, list) or (item is not None and item != ""):
            yield {VALUE: item}


def types_of(rows: Iterable[Row]) -> dict[str, str]:
    """Return property → type as the rows show it: `number` or `boolean` if all values are, else `string`."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            seen.setdefault(name, set()).update(_kind(value))
    return {name: next(iter(kinds)) if len(kinds) == 1 else "string" for name, kinds in seen.items()}


def _kind(value: Any) -> Sequence[str]:
    if value is None or value == "":
        return ()
    if isinstance(value, bool):
        return ("boolean",)
    return ("number",) if isinstance(value, int | Decimal) else ("string",)


_NO_INTEGER = 2**63
"""No database takes integers of more than 64 bits."""


def reader_of(word: str, zone: ZoneInfo | None) -> Read:
    """Return the function that turns a member of a row into a property of a type."""
    if word != "integer":
        return COMPUTED[word].reader(zone)
    read_number = COMPUTED["number"].reader(zone)

    def read(value: Any) -> int:
        number = read_number(value)
        if number != int(number) or abs(number) >= _NO_INTEGER:
            raise BadValueError
        return int(number)

    return read
