"""Scripts of a table that put other values in place of those that were sent: noticed once, at the first records.

Ninox stores what is sent, runs the table's scripts, and answers with either (observed). A field that a script overrides
differs from the row again in the next run, which writes it and sets off the scripts once more, every time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ninox_singer.wording import counted
from target_ninox.mapping.plan import WritePlan
from target_ninox.matching.known_table import KnownTable
from target_ninox.reporting.report import StreamReport
from target_ninox.write.intents import Outcome

logger = logging.getLogger(__name__)


class Overrides:
    """Looks at the first records that a stream created, and at the first that it changed; one call each."""

    def __init__(self, report: StreamReport) -> None:
        """Start with nothing looked at."""
        self._report = report
        self._looked_at: set[bool] = set()

    def look(self, plan: WritePlan, table: KnownTable, outcomes: Sequence[Outcome]) -> None:
        """Read records that were just written, if the table has scripts, and say which fields hold something else."""
        if not (plan.table.may_have_scripts and plan.needs_key):
            return
        for creates in (True, False):
            sent = {
                outcome.record_id: outcome.intent.write.fields
                for outcome in outcomes
                if outcome.error is None and outcome.is_certain and outcome.intent.creates is creates
            }
            if sent and creates not in self._looked_at:
                self._looked_at.add(creates)
                self._compare(plan, table, sent)

    def _compare(self, plan: WritePlan, table: KnownTable, sent: Mapping[int, Mapping[str, Any]]) -> None:
        records = [record for record in table.page_from(min(sent)) if record.id in sent]
        differing = Counter(
            field_id for record in records for field_id in plan.differing(sent[record.id], record.fields)
        )
        captions = {field.id: field.name for field in plan.table.fields}
        for field_id, count in differing.items():
            caption = captions[field_id]
            self._report.overridden[caption] = self._report.overridden.get(caption, 0) + count
            logger.warning(
                "%s: field %r of table %r holds something else than what was sent in %d of %s just written: a script "
                "of the table may override it. Each run will write these rows again, and set off the scripts again. To "
                "leave the field out: streams.%s.fields: {%s: null}.",
                plan.stream,
                caption,
                plan.table.name,
                count,
                counted(len(records), "record"),
                plan.stream,
                plan.property_of(field_id),
            )
