"""`singer-ninox inspect`: an inspection as text, JSON, or a page of its tables and how they refer to each other."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec

from ninox_api.schema import Field
from ninox_singer.logs import escape
from ninox_singer.settings import read_json
from ninox_singer.types import field_type
from ninox_singer.wording import cut, pad, width
from ninox_tools.inspection.cost import CallCost
from ninox_tools.inspection.survey import HIDDEN, InspectedDatabase, InspectedTable, Inspection, inspect
from ninox_tools.pages.layout import Box, lay_out
from ninox_tools.pages.page import render_page
from tap_ninox.discovery.discover import STAMP
from tap_ninox.report import describe_interval
from tap_ninox.tap import TapNinox

_HEADINGS = ("table", "rows", "fields", "formulas", "refers to", "stream")
_NUMBERS = frozenset({1, 2, 3})
_LONGEST = 34
_RIGHTS = (
    "No row was asked for, so tables whose rows this key may not read are listed like the others: `tap-ninox --test "
    "--config=ENV` names them, with the lines that leave them out."
)


def format_text(inspection: Inspection) -> str:
    """Return the inspection as lines to read."""
    tables = inspection.tables
    counts = [
        _counted(len(inspection.databases), "database"),
        _counted(len(tables), "table"),
        _counted(sum(len(table.table.fields) for table in tables), "field"),
    ]
    lines = [f"{inspection.title}: {', '.join(counts)}"]
    for database in inspection.databases:
        lines += ["", f"{database.name.name} ({database.name.id})", "", *_list_tables(database)]
    lines += _describe_hidden(inspection)
    if inspection.skipped:
        names = ", ".join(name.name for name in inspection.skipped)
        lines += ["", f"Not readable with this key: {names}"]
    lines += [
        "",
        _RIGHTS,
        "",
        *_describe_cost(inspection.cost),
        *_describe_ids(inspection),
        "",
        f"This look took {_counted(inspection.calls_used, 'API call')}.",
    ]
    return "\n".join(map(escape, lines)) + "\n"


def _list_tables(database: InspectedDatabase) -> Iterator[str]:
    if not database.tables:
        yield "  no tables"
        return
    names = {table.table.id: table.table.name for table in database.tables}
    yield from _align([_HEADINGS, *(_describe_table(table, names) for table in database.tables)])


def _describe_table(table: InspectedTable, names: dict[str, str]) -> tuple[str, ...]:
    fields = table.table.fields
    targets = {
        names.get(field.target_table_id or "", "?"): None for field in fields if field_type(field.type).is_reference
    }
    return (
        cut(table.table.name, _LONGEST),
        _describe_rows(table),
        str(len(fields) or ""),
        str(sum(field.is_formula for field in fields) or ""),
        cut(", ".join(targets), _LONGEST),
        table.stream if table.stream and table.is_synced else f"({table.left_out})",
    )


def _describe_hidden(inspection: Inspection) -> Iterator[str]:
    """Yield how those who use Meltano, which selects hidden tables unasked, keep them from being read."""
    hidden = [
        f"!{database.name.id}.{table.table.id}"
        for database in inspection.databases
        for table in database.tables
        if table.left_out == HIDDEN
    ]
    if hidden:
        yield ""
        yield (
            "Under Meltano, which selects *.* unless told otherwise, the hidden tables are read, and the calls for "
            "them come on top of those below. This setting leaves them out:"
        )
        yield ""
        yield f"    tables: {json.dumps(hidden)}"


def _describe_rows(table: InspectedTable) -> str:
    if table.rows is None:
        return ""
    return f"{table.rows:,}" if table.is_counted else f"≤ {table.rows:,}"


def _describe_cost(cost: CallCost) -> Iterator[str]:
    calls = cost.as_json()
    at_least = "" if cost.is_complete else " at least"
    schedule = f"{cost.runs_per_day:g} runs a day"
    yield "API calls, estimated"
    yield ""
    yield from _align(
        [
            (f"first load{at_least}", _range(cost.first_load, cost.first_load_at_most)),
            ("a run that finds nothing changed", f"{calls['idle_run']:,}"),
            (f"a month of such, {schedule}", _range(calls["month"], calls["month_at_most"])),
        ]
    )
    yield ""
    if cost.calls_per_month is not None:
        minutes = cost.minutes_between_runs
        every = (
            f"such a run every {describe_interval(minutes)}"
            if minutes
            else "no run: scheduled full refreshes use it up"
        )
        yield f"  calls_per_month ({cost.calls_per_month:,}) permits {every}."
    if cost.refreshes_per_month:
        refreshes = _range(cost.refreshes_per_month, cost.refreshes_per_month_at_most)
        yield f"  Of the month, {refreshes} calls are for scheduled refreshes."
    if cost.first_load_at_most is not None and cost.ends:
        yield "  The higher number counts the calls that confirm where each table ends, as far as they may be needed."
    yield "  Changed rows come on top: a call for each, or for each page of them, whichever is fewer."


def _describe_ids(inspection: Inspection) -> Iterator[str]:
    """Yield the settings by which nothing need be listed, if they spare a call."""
    if settings := inspection.settings_by_id:
        fewer = inspection.cost.discovery - len(inspection.databases)
        yield ""
        yield f"  With ids instead of names, each run takes {_counted(fewer, 'call')} fewer:"
        yield ""
        yield from (f"    {name}: {json.dumps(value)}" for name, value in settings.items())


def _align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    rows = [[escape(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            pad(cell, columns, right=index in _NUMBERS)
            for index, (cell, columns) in enumerate(zip(row, widths, strict=True))
        )
        yield "  " + "  ".join(cells).rstrip()


def _range(least: int, most: int | None) -> str:
    return f"{least:,}" if most in {None, least} else f"{least:,} to {most:,}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


BOX_WIDTH = 216.0
HEAD_HEIGHT = 46.0
NAME_HEIGHT = 20.0
"""Of each line of a table's name; the head has one, and room for the facts below it."""
NAME_CHARACTERS, REFERENCE_CHARACTERS = 20, 25
"""So many of a table's or a field's name fit into a line, in the widest of the fonts that a browser may take."""
MOST_LINES = 4
LINE_HEIGHT = 21.0
FOOT_HEIGHT = 8.0
LEAST_HEIGHT = 68.0
"""Room for a name in two large lines, for when the diagram is seen from afar."""


def format_page(inspection: Inspection) -> str:
    """Return the inspection as one file of HTML."""
    facts = inspection.as_json()
    for database, shown in zip(inspection.databases, facts["databases"], strict=True):
        shown["diagram"] = _draw(database)
    return render_page("schema", title=f"{inspection.title} · Ninox", facts=facts)


def _draw(database: InspectedDatabase) -> dict[str, Any]:
    boxes = {table.table.id: _measure_table(table) for table in database.tables}
    arrows = [
        (table.table.id, field.target_table_id)
        for table in database.tables
        for field in _find_references(table)
        if field.target_table_id
    ]
    diagram = lay_out(boxes, arrows)
    return {
        "width": diagram.width,
        "height": diagram.height,
        "box": {"width": BOX_WIDTH, "line": LINE_HEIGHT},
        "tables": {
            table.table.id: {
                "x": diagram.places[table.table.id][0],
                "y": diagram.places[table.table.id][1],
                "height": boxes[table.table.id].height,
                "head": _measure_head(table),
                "name_lines": _estimate_lines(table.table.name, NAME_CHARACTERS),
                "reference_lines": _measure_references(table),
            }
            for table in database.tables
        },
    }


def _measure_table(table: InspectedTable) -> Box:
    references = sum(_measure_references(table)) * LINE_HEIGHT
    return Box(BOX_WIDTH, max(LEAST_HEIGHT, _measure_head(table) + references + FOOT_HEIGHT))


def _measure_head(table: InspectedTable) -> float:
    return HEAD_HEIGHT + NAME_HEIGHT * (_estimate_lines(table.table.name, NAME_CHARACTERS) - 1)


def _find_references(table: InspectedTable) -> list[Field]:
    return [field for field in table.table.fields if field.target_table_id and field_type(field.type).links]


def _measure_references(table: InspectedTable) -> list[int]:
    return [_estimate_lines(field.name, REFERENCE_CHARACTERS) for field in _find_references(table)]


def _estimate_lines(name: str, characters: int) -> int:
    """Estimate how many lines a name takes, where a line takes so many characters."""
    return min(MOST_LINES, max(1, len(wrap(name, characters)), math.ceil(width(name) / characters)))


def _format_json(inspection: Inspection) -> str:
    return msgspec.json.format(msgspec.json.encode(inspection.as_json()), indent=2).decode() + "\n"


_FORMS: dict[str, Callable[[Inspection], str]] = {"text": format_text, "json": _format_json, "html": format_page}


def print_inspection(form: str, *, config: Path | None, catalog: Path | None, runs_per_day: float) -> None:
    """Look at what a tap's settings lead to, and print it.

    Args:
        form: "text", "json" or "html".
        config: File with the tap's settings; None for the environment.
        catalog: File with a catalog; None for what the tap itself would select.
        runs_per_day: The schedule by which calls are estimated.

    Raises:
        NinoxError: Settings are wrong, or Ninox cannot be read; behind what is shown, if they also name what there is.
    """
    given = None if config is None else read_json(config, option="--config")
    selected = None if catalog is None else read_json(catalog, option="--catalog")
    if isinstance(selected, dict):
        selected.pop(STAMP, None)  # what looking costs is counted here
    tap = TapNinox(config=given, catalog=selected, parse_env_config=config is None, validate_config=True)
    sys.stdout.write(_FORMS[form](inspect(tap, runs_per_day=runs_per_day)))
    tap.refuse_absent()
