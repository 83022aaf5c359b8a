"""Keys of the state and its bookmarks: what reads and writes them, and what brings older ones into form, agree here."""

from __future__ import annotations

from ninox_singer.protocol import SNAPSHOT

BOOKMARKS = "bookmarks"
"""Key of the state."""

TABLE_VERSION = "table_version"
"""The version under which the stream was last sent in full."""

DATABASE_ID = "database_id"
TABLE_ID = "table_id"

# What a table's bookmark keeps of how far it was read: see `sync/state.py`.
REPLICATION_KEY = "replication_key"
REPLICATION_KEY_VALUE = "replication_key_value"
FULL_REFRESH_AT = "full_refresh_at"
FORMULA_REFRESH = "formula_refresh"
FEED_REPEATS = "feed_echoes"  # its name of 0.1, which states have
"""The feed answers any sequence with that sequence, so it must be asked with care."""

IS_EMPTY = "is_empty"
LAST_DELETED = "last_deleted"
DESELECTED = "deselected"
PAGE_CAP = "page_cap"

# What it keeps of the table's schema: see `discovery/known_tables.py`.
TABLE = "table"
PLAIN_NAME = "plain_name"
FIELDS = "fields"
NAMES = "names"
FORMER = "former"
SHAPE = "shape"
IS_GONE = "is_gone"
IS_DESELECTED = "is_deselected"

OF_SCHEMA = (TABLE, PLAIN_NAME, FIELDS, NAMES, FORMER, SHAPE, IS_GONE, IS_DESELECTED)

OF_TABLE = (
    REPLICATION_KEY, REPLICATION_KEY_VALUE, DATABASE_ID, TABLE_ID, TABLE_VERSION, FULL_REFRESH_AT, SNAPSHOT,
    FORMULA_REFRESH, FEED_REPEATS, IS_EMPTY, LAST_DELETED, DESELECTED, PAGE_CAP, *OF_SCHEMA,
)  # fmt: skip
"""All of them, in the order in which states have them."""

# What bookmarks of streams that are no tables keep: lists, as orchestrators merge objects at depth.
TABLES = "tables"
"""How far the files of each table were read: see `sync/file_marks.py`."""

IS_ACTIVATED = "is_activated"
"""Whether files of all tables were listed under the version of now, which was activated."""

SEQUENCES = "sequences"
"""Up to which sequence the deletions of each database were reported."""

READ_IN_FULL = "databases"
"""Databases whose whole schema was listed."""

DIGEST = "digest"
"""Of the rows that were sent last."""

TYPES = "types"
"""Properties of a query, and the types under which they were sent."""
