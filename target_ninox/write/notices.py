"""What a person is to know of how a stream is written: said once, and when a row comes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from target_ninox.account import StreamAccount
from target_ninox.mapping.encode import WritePlan
from target_ninox.rows import is_system

logger = logging.getLogger(__name__)


class Notices:
    """Says where a stream goes and what of it is not loaded; a stream without rows is no event, and says nothing.

    Attributes:
        are_due: Whether something is to be said before the next row.
        declared: The properties that the schema names.
        has_named_undeclared: Whether others were named that rows have; that is done for the first such row.
    """

    def __init__(self, account: StreamAccount) -> None:
        self._account = account
        self.are_due = True
        self.declared: frozenset[str] = frozenset()
        self.has_named_undeclared = False
        self._has_named_place = False
        self._warnings: list[str] = []
        self._logged: set[str] = set()

    def note_schema(self, plan: WritePlan) -> None:
        """Know what is to be said of the rows to come."""
        self.declared = frozenset(self._account.described.schema.get("properties") or {})
        self._warnings = [warning for warning in plan.warnings if warning not in self._logged]
        self.are_due = bool(self._warnings) or not self._has_named_place

    def log_plan(self, plan: WritePlan) -> None:
        """Log where the stream goes and what is left out."""
        if not self._has_named_place:
            self._has_named_place = True
            message = "%s: goes to table %r (%s), since %s."
            logger.info(message, plan.stream, plan.table.name, plan.table.id, plan.place_reason)
        for warning in self._warnings:
            logger.warning(warning)
        named = self._account.report.not_loaded
        named += [name for name in plan.not_loaded if name not in named]
        self._logged.update(self._warnings)
        self._warnings = []
        self.are_due = False

    def log_undeclared(self, stream: str, record: Mapping[str, Any]) -> None:
        """Log which properties of a row the schema does not name, but for those of the Singer SDK."""
        undeclared = [repr(name) for name in record if name not in self.declared and not is_system(name)]
        if undeclared:
            names = ", ".join(undeclared)
            logger.warning("%s: not loaded, the stream's schema does not name them: %s.", stream, names)
            self.has_named_undeclared = True
