"""How many records tables have, counted by one call where the key may run scripts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ninox_api.client import BEYOND_ANY_SEQUENCE, DatabaseClient
from ninox_api.errors import (
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxScriptError,
)
from ninox_api.schema import Table
from ninox_api.scripts import quote_names

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Records of the tables of a database.

    Attributes:
        by_table: Table id → records; tables of which nothing is known are absent.
        are_exact: Whether they were counted; otherwise the numbers are upper bounds.
    """

    by_table: Mapping[str, int] = field(default_factory=dict)
    are_exact: bool = False


def count_rows(client: DatabaseClient, tables: Iterable[Table]) -> RowCounts:
    """Return the records of each table: counted by a script that reads, else as far as record ids have come.

    Whether a key may run scripts depends on its role; the feed reports the next record id of each table, and ids count
    up from 1 and are not used again (assumed).
    """
    tables = [table for table in tables if not table.is_page]
    try:
        return _count_by_script(client, tables)
    except (NinoxAPIError, NinoxProtocolError, NinoxScriptError) as error:
        # A role without scripts is usual; a key that is refused, or a quota that is used up, should be known.
        level = logging.WARNING if isinstance(error, NinoxAuthenticationError | NinoxRateLimitError) else logging.DEBUG
        logger.log(level, "The records of database %r cannot be counted: %s", client.database.name, error)
    try:
        changes = client.get_changes(BEYOND_ANY_SEQUENCE, table_ids=[table.id for table in tables])
    except (NinoxAPIError, NinoxProtocolError) as error:
        logger.debug("Database %r reports no record ids: %s", client.database.name, error)
        return RowCounts()
    return RowCounts({table_id: next_id - 1 for table_id, next_id in changes.next_record_ids.items()})


def _count_by_script(client: DatabaseClient, tables: list[Table]) -> RowCounts:
    """Count by one script for all tables.

    Raises:
        NinoxError: The script was refused, or did not return a number for each table.
    """
    if not tables:
        return RowCounts(are_exact=True)
    names = quote_names(tables)
    if None in names:
        message = "a table has no name that a script could use."
        raise NinoxProtocolError(message)
    counts = client.query(f"[{', '.join(f'cnt(select {name})' for name in names)}]", tries_of_500=1)
    if not isinstance(counts, list) or len(counts) != len(tables) or not all(type(count) is int for count in counts):
        message = "the script's answer is not a number for each table."
        raise NinoxProtocolError(message)
    return RowCounts({table.id: count for table, count in zip(tables, counts, strict=True)}, are_exact=True)
