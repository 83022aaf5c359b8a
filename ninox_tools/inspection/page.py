"""An inspection as a page: the tables of each database and how they refer to each other."""

from __future__ import annotations

from typing import Any

from ninox_singer.types import field_type
from ninox_tools.inspection.survey import InspectedDatabase, InspectedTable, Inspection
from ninox_tools.pages.layout import Box, lay_out
from ninox_tools.pages.page import render_page

BOX_WIDTH = 216.0
HEAD_HEIGHT = 46.0
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
        for field in table.table.fields
        if field.target_table_id and field_type(field.type).links
    ]
    diagram = lay_out(boxes, arrows)
    return {
        "width": diagram.width,
        "height": diagram.height,
        "box": {"width": BOX_WIDTH, "head": HEAD_HEIGHT, "line": LINE_HEIGHT},
        "tables": {
            table_id: {"x": x, "y": y, "height": boxes[table_id].height} for table_id, (x, y) in diagram.places.items()
        },
    }


def _box(table: InspectedTable) -> Box:
    lines = sum(bool(field.target_table_id) and field_type(field.type).links for field in table.table.fields)
    return Box(BOX_WIDTH, max(LEAST_HEIGHT, HEAD_HEIGHT + lines * LINE_HEIGHT + FOOT_HEIGHT))
