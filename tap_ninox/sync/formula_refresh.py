"""Formulas alone, of all records of a table: a call for as many ids as a page would have records.

No sequence shows that a formula's value has moved, so those of all records are asked for from time to time. Which
records there are need not be known for that: a range of ids is asked for, and the answer names those that there are.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from ninox_api.changes import TableChanges
from ninox_api.client import NinoxRecord
from ninox_api.errors import (
    NinoxError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxScriptError,
    NinoxServerError,
    asked_too_much,
    is_busy,
)
from ninox_api.page_size import DEFAULT_PAGE_SIZE, USUAL_CAPS
from tap_ninox.sync.formulas import FormulaQueries
from tap_ninox.sync.pages import ReadPage, TablePages

_MOST_STRETCH = 8
"""So many times as long as the last one a range becomes at most where records were few: behind it they may be many."""

_LONG_GAP = 8
"""So many times as long as the distance of records that came, an empty rest of a range is no matter of chance."""

logger = logging.getLogger(__name__)


def refresh_formulas(
    pages: TablePages, formulas: FormulaQueries, *, after_id: int, last_id: int, but: TableChanges
) -> Iterator[ReadPage]:
    """Yield the values of the formulas of a table's records, as records that have nothing else.

    A page without records comes first, before anything is asked for. Where Ninox answers not even the first range, that
    is said, and the rows are left as they are; the last page has come to `last_id` only where all ranges came.

    Args:
        pages: Of the table.
        formulas: What to ask for.
        after_id: Beyond which record.
        last_id: Up to which. Who is created meanwhile is beyond it, and comes as a whole row with the next run.
        but: Names the records that are left out: they were sent as a whole, or as deleted.

    Raises:
        NinoxError: A later range cannot be read; another run goes on there.
    """
    if after_id < last_id:
        yield ReadPage([], last_id=after_id, is_of_formulas=True)
    end, stretch = after_id, 1.0

    def read(*, per_page: int, divisible: bool, **details: Any) -> list[NinoxRecord]:
        nonlocal end, stretch
        end = min(last_id, after_id + max(1, round(per_page * stretch)))
        try:
            values = formulas.read_range(after_id, end, divisible=divisible or stretch > 1, **details)
        except NinoxError as error:
            if not asked_too_much(error) or stretch == 1:
                raise
            stretch = 1.0  # of so many ids, more had a record than before: that says nothing of the size of a page
            return read(per_page=per_page, divisible=divisible, **details)
        return [NinoxRecord(id=record_id, fields=values[record_id]) for record_id in sorted(values)]

    while after_id < last_id:
        try:
            answer = pages.range_size.ask(read, is_full=True)
        except (NinoxServerError, NinoxRequestError, NinoxScriptError, NinoxProtocolError) as error:
            if after_id > 0 or asked_too_much(error) or is_busy(error):
                raise
            logger.warning(
                "Table %s: Ninox runs no script that reads the formulas of a range of records, so rows that have not "
                "changed keep those they have; the next run asks again. (%s)",
                pages.table_id,
                error,
            )
            return
        records = answer.records
        if _may_be_cut(records, after_id=after_id, end=end):
            end = records[-1].id
        # Where records were deleted, ranges become longer: a page's worth of records lies further apart.
        stretch = max(1.0, min((end - after_id) / max(1, len(records)), stretch * _MOST_STRETCH))
        after_id = end
        left = [record for record in records if record.id not in but.updated and record.id not in but.removed]
        yield ReadPage(left, last_id=end, weight=answer.weight, is_of_formulas=True)


def _may_be_cut(records: Sequence[NinoxRecord], *, after_id: int, end: int) -> bool:
    """Return whether a server's own bound may have left out the last records of a range.

    Either there are as many as a bound usually is, or the rest of the range is empty, much longer than the distance of
    those that came; by chance, that costs a call in some thousand.
    """
    if len(records) < DEFAULT_PAGE_SIZE:  # no smaller bound is known
        return False
    last_id = records[-1].id
    distance = (last_id - after_id) / len(records)
    return len(records) in USUAL_CAPS or end - last_id > _LONG_GAP * distance
