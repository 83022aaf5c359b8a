"""Values of the selected formulas of a table: computed by Ninox, asked for by scripts, joined to a page of records."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import Any, TypeVar

from ninox_api.client import DatabaseClient
from ninox_api.errors import (
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxScriptError,
    NinoxServerError,
    NinoxSizeError,
    NinoxTimeoutError,
    asked_too_much,
    is_busy,
)
from ninox_api.paging import Page
from ninox_api.schema import Table
from ninox_api.scripts import OWN_ID, quote_name
from ninox_api.transport import Delivery
from ninox_singer.types import COMPUTED
from tap_ninox.discovery.catalog import TableEntry
from tap_ninox.rows.columns import Column
from tap_ninox.sync.feed import Feed

logger = logging.getLogger(__name__)


MAX_FAILURES = 32
"""Failed queries after which a formula is not asked for any more in this run."""

MAX_REPEATS = 100
"""Queries in a run for records that an answer left out, though they were read just before."""

_MOST_DIGITS_OF_AN_ID = 15
MAX_SPREAD = 4
"""Records are asked for by a range of ids if that has at most so many times their number."""


Values = dict[int, dict[str, Any]]
Item = TypeVar("Item")


class FormulasUnreadableError(NinoxError):
    """The key may not run queries, so no formula can be read."""

    def __init__(self, error: NinoxError) -> None:
        """Say what to do about it."""
        super().__init__(
            f"Its formulas cannot be read, since this key may not run queries: {error} Nothing was sent rather than "
            "rows without them; use a key with that right, or take the formulas out of the selection."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula to read.

    Attributes:
        name: Its property.
        reference: Its name in scripts, in quotes.
        type: A key of `COMPUTED`.
    """

    name: str
    field_id: str
    reference: str
    type: str

    @property
    def expression(self) -> str:
        """What asks for its value in record `r`."""
        return COMPUTED[self.type].expression.format(f"r.{self.reference}")


class FormulaQueries:
    """Adds formula values to the records of one table.

    Attributes:
        lost: Property → values that Ninox could not compute or did not answer; they become null.
    """

    def __init__(
        self, client: DatabaseClient, *, table: str, formulas: Sequence[Formula], has_own_id: bool = False
    ) -> None:
        """Remember what to ask; nothing is sent yet.

        Args:
            client: Reads the database.
            table: The table's name in scripts, in quotes.
            formulas: What to read.
            has_own_id: Whether a field of the table is called `Id`, which would make a condition on it ambiguous.
        """
        self._client = client
        self._table = table
        self._formulas = list(formulas)
        self._has_own_id = has_own_id
        self._failures: Counter[str] = Counter()
        self._repeats = 0
        self._most = sys.maxsize
        self._lock = Lock()  # pages may be read in parallel
        self.lost: Counter[str] = Counter()

    def join(self, page: Page) -> Page:
        """Return the same page, the formulas' values added to its records' fields under their ids.

        One call if nothing is wrong. A formula that Ninox cannot compute is found by halving, and its value is left
        out where it fails; the records are never lost.

        Raises:
            FormulasUnreadableError: Queries are not permitted.
        """
        values = self._read([record.id for record in page])
        for record in page:
            record.fields.update(values.get(record.id, {}))
        return page

    @property
    def can_read_ranges(self) -> bool:
        """Whether a script can ask for all records between two ids, without knowing which there are."""
        return not self._has_own_id

    def read_range(
        self, after_id: int, last_id: int, *, divisible: bool, max_bytes: int, measure: Callable[[Delivery], None]
    ) -> Values:
        """Return the values of all records beyond an id, up to another; one call if nothing is wrong.

        Args:
            after_id: Beyond which.
            last_id: Up to which.
            divisible: The caller asks for a smaller range if the server runs out of time, or the answer is large.
            max_bytes: A larger answer is cut off.
            measure: Receives what the answer took.

        Raises:
            FormulasUnreadableError: Queries are not permitted.
            NinoxProtocolError: The answer is of an unknown form.
            NinoxError: The range is too large, the server is busy, or it runs no script that asks for a range.
        """
        source = f"select {self._table} where number(Id) >= {after_id + 1} and number(Id) <= {last_id}"
        found = range(after_id + 1, last_id + 1)

        def query(formulas: list[Formula]) -> Values:
            return self._query(
                formulas, source, found, strict=True, divisible=divisible, max_bytes=max_bytes, measure=measure
            )

        computable = self._computable()
        try:
            values = query(computable)
        except (NinoxPermissionError, NinoxNotFoundError) as error:
            raise FormulasUnreadableError(error) from error
        except (NinoxServerError, NinoxRequestError, NinoxScriptError) as error:
            if asked_too_much(error) or is_busy(error):
                raise
            values = query([])  # a formula fails for some record: which records there are is known then
            return _merge(values, self._read(list(values)))
        return _merge(values, self._read_failing(list(values), but=computable))

    def _computable(self) -> list[Formula]:
        return [formula for formula in self._formulas if not self._failures[formula.name]]

    def _read(self, ids: list[int]) -> Values:
        values: Values = {}
        while ids:
            asked, ids = ids[: self._most], ids[self._most :]  # asking may lower the bound, for those behind
            computable = self._computable()
            _merge(values, self._ask(computable, asked))
            _merge(values, self._read_failing(asked, but=computable))
        return values

    def _read_failing(self, ids: list[int], *, but: Container[Formula]) -> Values:
        """Read the formulas that have failed before, each by itself: it would spoil the others' query again."""
        values: Values = {}
        for formula in self._formulas:
            if formula in but:
                continue
            if self._failures[formula.name] < MAX_FAILURES:
                _merge(values, self._ask([formula], ids))
            else:
                self._lose([formula], len(ids))
        return values

    def _ask(self, formulas: list[Formula], ids: list[int]) -> Values:
        """Return the formulas' values of some records, dividing the question as often as it fails."""
        if not formulas or not ids:
            return {}
        try:
            # A script that takes too long does so again: dividing it helps.
            values = self._query(formulas, self._source_of(ids), frozenset(ids), divisible=len(ids) > 1)
        except (NinoxPermissionError, NinoxNotFoundError) as error:
            raise FormulasUnreadableError(error) from error
        except (NinoxServerError, NinoxRequestError, NinoxScriptError, NinoxTimeoutError, NinoxSizeError) as error:
            return self._ask_divided(formulas, ids, error)
        missing = [record_id for record_id in ids if record_id not in values]
        return _merge(values, self._ask_again(formulas, missing, of=len(ids))) if missing else values

    def _ask_again(self, formulas: list[Formula], missing: list[int], *, of: int) -> Values:
        """Ask for records that an answer left out, down to single ones; who is left out then was deleted meanwhile."""
        if of == 1 or self._repeats >= MAX_REPEATS:
            self._lose(formulas, len(missing))
            return {}
        values: Values = {}
        for some in _halves(missing) if len(missing) == of else [missing]:
            self._repeats += 1
            _merge(values, self._ask(formulas, some))
        return values

    def _ask_divided(self, formulas: list[Formula], ids: list[int], error: NinoxError) -> Values:
        if asked_too_much(error):
            return self._ask_for_fewer(formulas, ids, error)
        if is_busy(error):
            raise error
        if len(formulas) > 1:
            one, other = _halves(formulas)
            return _merge(self._ask(one, ids), self._ask(other, ids))
        if self._count_failure(formulas[0]) < MAX_FAILURES and len(ids) > 1:
            one_half, other_half = _halves(ids)
            return _merge(self._ask(formulas, one_half), self._ask(formulas, other_half))
        # Or else it is the server that fails, whatever it is asked: a null would stay for a day. That is raised.
        self._query([], self._source_of(ids), frozenset(ids))
        self._lose(formulas, len(ids))
        return {}

    def _ask_for_fewer(self, formulas: list[Formula], ids: list[int], error: NinoxError) -> Values:
        """Ask for half of the records at a time, from now on: Ninox cannot compute so many in one answer."""
        if len(ids) == 1:
            raise error
        self._most = max(1, len(ids) // 2)
        logger.warning(
            "Formulas of %d records at once are too much; from now on %d are asked for.", len(ids), self._most
        )
        one, other = _halves(ids)
        return _merge(self._ask(formulas, one), self._ask(formulas, other))

    def _count_failure(self, formula: Formula) -> int:
        """Count a failure of one formula, and return how many there were so far."""
        with self._lock:
            self._failures[formula.name] += 1
            failures = self._failures[formula.name]
        if failures == 1:
            logger.warning(
                "Ninox cannot compute the formula of property %s for every record; where it fails, null is sent.",
                formula.name,
            )
        if failures == MAX_FAILURES:
            logger.warning("The formula of property %s failed too often; the rest of it is null.", formula.name)
        return failures

    def _lose(self, formulas: Iterable[Formula], count: int) -> None:
        with self._lock:
            for formula in formulas:
                self.lost[formula.name] += count

    def _query(
        self, formulas: Sequence[Formula], source: str, wanted: Container[int], *, strict: bool = False, **details: Any
    ) -> Values:
        """Return the formulas' values of wanted records.

        Args:
            formulas: Which.
            source: A script's expression for the records.
            wanted: Ids; others are left out.
            strict: Whether nothing but records may be in the answer; else one record is enough to know it by.
            details: Further arguments of `DatabaseClient.query`.

        Raises:
            NinoxProtocolError: The answer is of another form. It must not pass for one without records, which would
                become null, or keep old values.
        """
        answer = self._client.query(_script(source, formulas), tries_of_500=1, **details)  # what fails does so again
        is_known = not strict and any("i" in item for item in _objects(answer))
        if not (is_known or _has_nothing_but_records(answer)):
            message = (
                f"A script that asks for formulas of table {self._table} was answered in an unknown form. "
                "Try later, or take the formulas out of the selection."
            )
            raise NinoxProtocolError(message)
        keys = {f"f{number}": formula.field_id for number, formula in enumerate(formulas)}
        return {
            record_id: {field_id: item.get(key) for key, field_id in keys.items()}
            for item in _objects(answer)
            if (record_id := _whole(item.get("i"))) is not None and record_id in wanted
        }

    def _source_of(self, ids: Sequence[int]) -> str:
        least, most = min(ids), max(ids)
        if self._has_own_id or most - least >= MAX_SPREAD * len(ids):
            return "[" + ", ".join(f"record({self._table}, {record_id})" for record_id in ids) + "]"
        return f"select {self._table} where number(Id) >= {least} and number(Id) <= {most}"


@dataclass(frozen=True, slots=True)
class _Named:
    """What a saved catalog knows of a table or field."""

    id: str
    name: str


def prepare_formulas(entry: TableEntry, columns: Sequence[Column], feed: Feed) -> FormulaQueries | None:
    """Return what reads formulas of a table, None if no script can name them.

    Scripts know fields by their caption of today: the schema's where it can be read, else the catalog's.

    Args:
        entry: The table.
        columns: Those of its formulas that are selected.
        feed: Of its database.
    """
    schema, by_caption = feed.schema, _Named(entry.table_id, entry.table_name)
    table = schema.by_id.get(entry.table_id, by_caption) if schema else by_caption
    in_script = feed.names_in_scripts.get(entry.table_id) if schema else quote_name(table, [table])
    if in_script is None:
        logger.warning("%s: the formulas are null: no script can name the table for certain.", entry.stream)
        return None
    fields = _fields(entry, table if schema and schema.lists_formulas else None)
    named = [(column, next((field for field in fields if field.id == column.field_id), None)) for column in columns]
    formulas = [formula for column, field in named if (formula := _formula(column, field, fields))]
    if not formulas:
        return None
    has_own_id = any(field.name == OWN_ID for field in fields)
    return FormulaQueries(feed.client, table=in_script, formulas=formulas, has_own_id=has_own_id)


def _fields(entry: TableEntry, table: Table | _Named | None) -> list[_Named]:
    if isinstance(table, Table):
        return [_Named(field.id, field.name) for field in table.fields]
    names = {column.field_id: column.title for column in entry.columns}
    return [_Named(field_id, title) for field_id, title in names.items()]


def _formula(column: Column, field: _Named | None, fields: Iterable[_Named]) -> Formula | None:
    reference = quote_name(field, fields) if field else None
    if reference is None:
        logger.warning(
            "The formula of property %s is null: %s.",
            column.name,
            "no script can name it for certain; rename it in Ninox" if field else "it is not in Ninox any more",
        )
        return None
    return Formula(name=column.name, field_id=column.field_id, reference=reference, type=column.computed_as)


def _script(source: str, formulas: Sequence[Formula]) -> str:
    members = "".join(f", f{number}: {formula.expression}" for number, formula in enumerate(formulas))
    return f"for r in {source} do {{i: number(r){members}}} end"


def _objects(answer: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of an answer: one, a list, or a list in a list (observed of records)."""
    for item in answer if isinstance(answer, list) else [answer]:
        if isinstance(item, list):
            yield from _objects(item)
        elif isinstance(item, Mapping):
            yield item


def _has_nothing_but_records(answer: Any) -> bool:
    if isinstance(answer, list):
        return all(map(_has_nothing_but_records, answer))
    if isinstance(answer, Mapping):
        return not answer or _whole(answer.get("i")) is not None
    return answer is None or answer == ""


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS_OF_AN_ID:
        return int(value)
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS_OF_AN_ID and value == int(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _halves(items: list[Item]) -> tuple[list[Item], list[Item]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def _merge(values: Values, more: Values) -> Values:
    for record_id, fields in more.items():
        values.setdefault(record_id, {}).update(fields)
    return values
