"""An inspection as text for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ninox_singer.escape import escape
from ninox_singer.terminal import cut, pad, width
from ninox_tools.inspection.call_cost import CallCost
from ninox_tools.inspection.survey import InspectedDatabase, InspectedTable, Inspection
from tap_ninox.report import interval

_HEADINGS = ("table", "rows", "fields", "formulas", "refers to", "stream")
_NUMBERS = frozenset({1, 2, 3})
_LONGEST = 34
_RIGHTS = (
    "No row was asked for, so tables whose rows this key may not read are listed like the others: --test names them, "
    "with the lines that leave them out."
)


def inspection_text(inspection: Inspection) -> str:
    """Return the inspection as lines to read."""
    tables = inspection.tables
    counts = [
        _counted(len(inspection.databases), "database"),
        _counted(len(tables), "table"),
        _counted(sum(len(table.table.fields) for table in tables), "field"),
    ]
    lines = [f"{inspection.title}: {', '.join(counts)}"]
    for database in inspection.databases:
        lines += ["", f"{database.name.name} ({database.name.id})", "", *_tables(database)]
    if inspection.skipped:
        names = ", ".join(name.name for name in inspection.skipped)
        lines += ["", f"Not readable with this key: {names}"]
    lines += [
        "",
        _RIGHTS,
        "",
        *_cost(inspection.cost),
        *_ids(inspection),
        "",
        f"This look took {_counted(inspection.calls_used, 'API call')}.",
    ]
    return "\n".join(map(escape, lines)) + "\n"


def _tables(database: InspectedDatabase) -> Iterator[str]:
    if not database.tables:
        yield "  no tables"
        return
    names = {table.table.id: table.table.name for table in database.tables}
    yield from _aligned([_HEADINGS, *(_row(table, names) for table in database.tables)])


def _row(table: InspectedTable, names: dict[str, str]) -> tuple[str, ...]:
    fields = table.table.fields
    targets = {names.get(field.target_table_id or "", "?"): None for field in fields if field.type == "ref"}
    return (
        cut(table.table.name, _LONGEST),
        _rows(table),
        str(len(fields) or ""),
        str(sum(field.is_formula for field in fields) or ""),
        cut(", ".join(targets), _LONGEST),
        table.stream if table.stream and table.is_synced else f"({table.left_out})",
    )


def _rows(table: InspectedTable) -> str:
    if table.rows is None:
        return ""
    return f"{table.rows:,}" if table.is_counted else f"≤ {table.rows:,}"


def _cost(cost: CallCost) -> Iterator[str]:
    calls = cost.as_json()
    at_least = "" if cost.is_complete else " at least"
    schedule = f"{cost.runs_per_day:g} runs a day"
    yield "API calls, estimated"
    yield ""
    yield from _aligned(
        [
            (f"first load{at_least}", f"{calls['first_load']:,}"),
            ("a run that finds nothing changed", f"{calls['idle_run']:,}"),
            (f"a month of such, {schedule}", f"{calls['month']:,}"),
        ]
    )
    yield ""
    if cost.calls_per_month is not None:
        minutes = cost.minutes_between_runs
        every = f"such a run every {interval(minutes)}" if minutes else "no run: scheduled full refreshes use it up"
        yield f"  calls_per_month ({cost.calls_per_month:,}) permits {every}."
    if cost.refreshes_per_month:
        yield f"  Of the month, {cost.refreshes_per_month:,} calls are for scheduled full refreshes."
    yield "  Changed rows come on top: a call for each, or for each page of them, whichever is fewer."


def _ids(inspection: Inspection) -> Iterator[str]:
    """Yield the settings by which nothing need be listed, if they spare a call."""
    if settings := inspection.settings_by_id:
        fewer = inspection.cost.discovery - len(inspection.databases)
        yield ""
        yield f"  With ids instead of names, each run takes {_counted(fewer, 'call')} fewer:"
        yield ""
        yield from (f"    {name}: {json.dumps(value)}" for name, value in settings.items())


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    rows = [[escape(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            pad(cell, columns, right=index in _NUMBERS)
            for index, (cell, columns) in enumerate(zip(row, widths, strict=True))
        )
        yield "  " + "  ".join(cells).rstrip()


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
