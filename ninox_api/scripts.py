"""Scripts in Ninox's own language: names in them, safely, and how many records tables have, counted by one call."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ninox_api.client import BEYOND_ANY_SEQUENCE, DatabaseClient
from ninox_api.errors import (
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxScriptError,
)
from ninox_api.schema import Named, Table

OWN_ID = "Id"
"""What a script calls the id of the record at hand (documented); a field may be called so, too."""


def quote_name(item: Named, siblings: Iterable[Named]) -> str | None:
    """Return how a script names a table or field, in quotes.

    It is the caption (documented), unless that holds an apostrophe or a backslash, for which no way of quoting is
    known, belongs to several, is the id of another one, or means the record itself; then it is the id (assumed), unless
    something else is called so. Nothing but an apostrophe ends the quotes, so no caption can become more than a name.

    Args:
        item: What is meant.
        siblings: All tables of its database or fields of its table, itself included.

    Returns:
        None if no name is certain to mean it.
    """
    return _quote(item, _count_meanings(siblings))


def quote_names(items: Sequence[Named]) -> list[str | None]:
    """Do for all tables of a database, or all fields of a table, what `quote_name` does for one."""
    meanings = _count_meanings(items)
    return [_quote(item, meanings) for item in items]


def _count_meanings(items: Iterable[Named]) -> Counter[str]:
    """Return how many things each text may mean, by its id or its caption."""
    return Counter(text for item in items for text in {item.id, item.name})


def _quote(item: Named, meanings: Counter[str]) -> str | None:
    if item.name != OWN_ID and _is_quotable(item.name) and meanings[item.name] == 1:
        return f"'{item.name}'"
    return f"'{item.id}'" if _is_quotable(item.id) and meanings[item.id] == 1 else None


def _is_quotable(text: str) -> bool:
    return not {"'", "\\"} & set(text)


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
