"""Aliases that name nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from tap_ninox.schema.discovery import DiscoveredDatabase

logger = logging.getLogger(__name__)


def warn_of_idle_aliases(aliases: Iterable[str], databases: Iterable[DiscoveredDatabase]) -> None:
    """Warn of each alias for a table or field that is not in its database; other databases are not judged."""
    known: dict[str, set[str]] = {}
    for database in databases:
        keys = known.setdefault(database.name.id, set())
        for table in database.schema.tables:
            keys.add(table.id)
            keys.update(f"{table.id}.{field.id}" for field in table.fields)
    for alias in aliases:
        database_id, _, key = alias.partition(".")
        if database_id in known and key not in known[database_id]:
            logger.warning("aliases: %r names no table or field that this key can see.", alias)
