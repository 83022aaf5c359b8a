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

TEAM_ID, DATABASE_ID, TABLE_ID, STREAM = "team", "database", "table", "stream"
"""Members of a table's `IDENTITY`; the last is what tap-ninox calls its stream."""

FIELD_ID, PART = "field", "part"
"""Members of a field's `IDENTITY`; the second says which of its properties this is, where it has several."""

ROWS = "rows"
"""Member of a table's `IDENTITY` where rows are no whole records; then it has `FORMULAS_ALONE`."""

FORMULAS_ALONE = "formulas"

SNAPSHOT = "snapshot"
"""What tap-ninox keeps in the bookmark of a stream while it reads the table in full, to go on in the middle."""

NINOX_DATABASES = "ninox_databases"
NINOX_TABLES = "ninox_tables"
NINOX_FIELDS = "ninox_fields"
NINOX_CHOICES = "ninox_choices"
NINOX_FILES = "ninox_files"
NINOX_DELETED_RECORDS = "ninox_deleted_records"

STREAMS_OF_NO_TABLE = frozenset(
    {NINOX_DATABASES, NINOX_TABLES, NINOX_FIELDS, NINOX_CHOICES, NINOX_FILES, NINOX_DELETED_RECORDS}
)
"""Streams of tap-ninox that describe a database; there is no table to load them into."""
