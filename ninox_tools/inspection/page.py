"""An inspection as a page: the tables of each database and how they refer to each other."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import Any

from ninox_api.schema import Field
from ninox_singer.terminal import width
from ninox_singer.types import field_type
from ninox_tools.inspection.survey import InspectedDatabase, InspectedTable, Inspection
from ninox_tools.pages.layout import Box, lay_out
from ninox_tools.pages.page import render_page

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


def inspection_page(inspection: Inspection) -> str:
    """Return the inspection as one file of HTML."""
    facts = inspection.as_json()
    for database, shown in zip(inspection.databases, facts["databases"], strict=True):
        shown["diagram"] = _diagram(database)
    return render_page("schema", title=f"{inspection.title} · Ninox", facts=facts)


def _diagram(database: InspectedDatabase) -> dict[str, Any]:
    boxes = {table.table.id: _box(table) for table in database.tables}
    arrows = [
        (table.table.id, field.target_table_id)
        for table in database.tables
        for field in _references(table)
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
                "head": _head_height(table),
                "name_lines": _lines(table.table.name, NAME_CHARACTERS),
                "reference_lines": _reference_lines(table),
            }
            for table in database.tables
        },
    }


def _box(table: InspectedTable) -> Box:
    references = sum(_reference_lines(table)) * LINE_HEIGHT
    return Box(BOX_WIDTH, max(LEAST_HEIGHT, _head_height(table) + references + FOOT_HEIGHT))


def _head_height(table: InspectedTable) -> float:
    return HEAD_HEIGHT + NAME_HEIGHT * (_lines(table.table.name, NAME_CHARACTERS) - 1)


def _references(table: InspectedTable) -> list[Field]:
    return [field for field in table.table.fields if field.target_table_id and field_type(field.type).links]


def _reference_lines(table: InspectedTable) -> list[int]:
    return [_lines(field.name, REFERENCE_CHARACTERS) for field in _references(table)]


def _lines(name: str, characters: int) -> int:
    """Estimate how many lines a name takes, where a line takes so many characters."""
    return min(MOST_LINES, max(1, len(wrap(name, characters)), math.ceil(width(name) / characters)))
