"""What tap-ninox writes and target-ninox understands, beside what Singer itself says: names, each in one place."""

from __future__ import annotations

from ninox_singer.types.base import INTEGER, MOMENT, STRING, JsonSchema

RECORD_ID = "_id"
SEQUENCE = "_sequence"

SYSTEM_PROPERTIES: dict[str, JsonSchema] = {
    RECORD_ID: {"type": ["integer"]},
    SEQUENCE: INTEGER,
    "_created_at": MOMENT,
    "_created_by": STRING,
    "_modified_at": MOMENT,
    "_modified_by": STRING,
}
"""What every record has, whatever its table; Ninox fills it in. The underscore keeps them apart from all captions."""

DELETED_AT = "_sdc_deleted_at"
"""Property that says since when a row's record is deleted; null for one that is there."""

IDENTITY = "x-ninox"
"""Keyword of a schema that says which table, or which field, is meant, by its ids; every other consumer ignores it."""

ROWS = "rows"
"""Member of a table's `IDENTITY` where rows are no whole records; then it has `FORMULAS_ALONE`."""

FORMULAS_ALONE = "formulas"
