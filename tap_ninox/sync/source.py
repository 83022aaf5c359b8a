"""Where the records and changes of a database's tables come from."""

from __future__ import annotations

from dataclasses import dataclass

from ninox_api.client import DatabaseClient
from ninox_api.schema import DatabaseSchema
from tap_ninox.sync.feed import ChangeLog


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """Where a table's records and changes come from; streams of one database share its change log.

    Attributes:
        schema: The database as it is now; None if the key may not see it.
    """

    client: DatabaseClient
    change_log: ChangeLog
    schema: DatabaseSchema | None = None
