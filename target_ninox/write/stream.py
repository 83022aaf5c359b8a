"""One stream on its way into its table: encode, link, write; and its rows that wait for those of other streams."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from ninox_api.errors import NinoxAPIError, NinoxError, NinoxProtocolError, NinoxTransportError
from ninox_singer.cli import log_defect
from ninox_singer.wording import in_number
from target_ninox.account import StreamAccount
from target_ninox.claimed import ClaimedRecords
from target_ninox.dry_run import Preview
from target_ninox.mapping.encode import WritePlan
from target_ninox.mapping.plan import Planner
from target_ninox.mapping.tables import holds_formulas_alone
from target_ninox.records.destination import Destination
from target_ninox.records.links import Links
from target_ninox.records.waiting import WaitingRows
from target_ninox.report import HAS_FORMULAS_ALONE, MARKED_DELETED
from target_ninox.rows import EncodedRow, Row, RowRejectedError, StreamSchema, merge, superseded
from target_ninox.settings import TargetSettings
from target_ninox.write.delete import StreamDeleter
from target_ninox.write.files import FileLoader, FileSources
from target_ninox.write.notices import Notices
from target_ninox.write.read_back import KeyChangedError
from target_ninox.write.row_writer import RowWriter

logger = logging.getLogger(__name__)

_CUT = (
    "Another row before has a key that differs from this one only in what Ninox does not keep (the time of day of a "
    "date, fractions of seconds, which of two hours in autumn), so that both would be one record. Let a text field be "
    "the key, or match by another one (match_on)."
)

# Not MemoryError or OSError: those are the machine's, and end the run.
_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(slots=True)
class Buffered:
    """What a stream holds that was not loaded yet, or all streams together.

    Attributes:
        size: Bytes of input, and what its values take beside them.
    """

    rows: int = 0
    size: int = 0


class StreamLoader:
    """Loads one stream; it lives as long as the run, also when the stream's schema changes.

    Attributes:
        account: What became of its rows.
        buffered: How many came that were not loaded yet.
        waiting: Rows that wait for a linked record.
        has_failed: Whether an error that nobody foresaw has ended it; its rows are only counted from there on.
        is_finished: Whether all is done that can only be done at the end of the input: a mirror's deletions.
        plan: How its rows are written.
        links: Finds the records that its rows link to.
        deleter: Deletes records of its table.
        writer: Writes its rows.
    """

    def __init__(
        self, account: StreamAccount, settings: TargetSettings, planner: Planner, destination: Destination,
        claimed: ClaimedRecords, sources: FileSources,
    ) -> None:  # fmt: skip
        """Plan the stream.

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        self.account = account
        self.buffered = Buffered()
        self.waiting = WaitingRows(destination.temporary)
        self.is_finished = False
        self.has_failed = False
        self._settings = settings
        self._planner = planner
        self._destination = destination
        self._claimed = claimed
        self._sources = sources
        self._rows: list[Row] = []
        self._uncut: dict[int, int] = {}  # hash of a key → that of what its fields do not keep
        self._failed_from: int | None = None
        self._may_replace_all = True if settings.max_deletes is not None else None  # False: it would, and may not
        self._found_rejected: tuple[int, set[int]] = 0, set()
        self._notices = Notices(account)
        plan = planner.plan(account.described, destination.database)
        self.deleter = StreamDeleter(plan, account, destination, claimed)
        if settings.dry_run:
            account.preview = Preview(plan.table, plan.warnings)
        self._note_schema(plan)
        self._follow(plan)
        claimed.add(plan.stream, plan.table.id, account.seen, self._may_be_rejected)

    def describe(self, described: StreamSchema) -> None:
        """Receive a schema for the rows to come; those before it must be loaded, but for those that wait.

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        self.account.described = described
        with self.working():
            plan = self._planner.plan(described, self._destination.database)
            self._note_schema(plan)
            if not self._leaves_rows_out:  # else the plan stays: rows that wait are to be written as they came
                self._follow(plan.including(self.plan) if self.waiting else plan)

    def _note_schema(self, plan: WritePlan) -> None:
        schema = self.account.described.schema
        self._leaves_rows_out = plan.leaves_rows_out or (bool(self.waiting) and holds_formulas_alone(schema))
        self._notices.note_schema(plan)

    def _follow(self, plan: WritePlan) -> None:
        """Write the rows to come by a plan."""
        self.plan = plan
        self.links = Links(plan, self._destination, self.account)
        plan_anew = partial(self._planner.plan, self.account.described)
        files = FileLoader(plan, self._destination, self._sources)
        self.writer = RowWriter(plan, self.account, self._destination, self.deleter, files, plan_anew=plan_anew)

    def add(self, record: Mapping[str, Any], size: int) -> None:
        """Receive a row that takes so many bytes; nothing is sent yet."""
        self.buffered.rows += 1
        self.buffered.size += size
        if self.has_failed:
            self.account.report.read += 1
            return
        try:
            self._encode(record)
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, other streams have no part in it)
            self.fail(_log_defect(error))

    def _encode(self, record: Mapping[str, Any]) -> None:
        """Let a row wait to be loaded, in Ninox's terms; or reject it."""
        notices = self._notices
        if notices.are_due:
            notices.log_plan(self.plan)
        if not (notices.has_named_undeclared or notices.declared.issuperset(record)):
            notices.log_undeclared(self.plan.stream, record)
        report, limit = self.account.report, self._settings.limit_rows
        if limit is not None and report.read >= limit:
            if not report.left_out:
                rows = in_number(limit, "row")
                logger.info("%s: %s loaded, the rows behind are left out (limit_rows).", self.plan.stream, rows)
            report.left_out += 1
            return
        report.read += 1
        number = report.read
        if self._leaves_rows_out:
            self.account.skip(1, HAS_FORMULAS_ALONE)
            return
        try:
            encoded = self.plan.encode(record, number)
        except RowRejectedError as error:
            self.account.reject_record(number, record, error)
            return
        except _UNFORESEEN as error:  # a value that nobody thought of costs its row, and no other
            reason = (
                f"It could not be read ({type(error).__name__}). This is a defect of target-ninox: please report it."
            )
            self.account.reject_record(number, record, RowRejectedError(code="unforeseen", reason=reason))
            return
        if self.plan.uncut_of_key and not encoded.deleted and not self._is_told_apart(encoded, record):
            clash = RowRejectedError(
                property_name=", ".join(self.plan.match_on), code="key_cut", reason=_CUT, key=encoded.key
            )
            self.account.reject_record(number, record, clash)
            return
        if encoded.deleted and not self._settings.deletes_marked:
            self.account.skip(1, MARKED_DELETED)  # here, or it would take the place of an earlier row about the record
        else:
            self._rows.append(Row(encoded, record, number, self.account.described))

    def _is_told_apart(self, encoded: EncodedRow, record: Mapping[str, Any]) -> bool:
        """Return whether Ninox keeps enough of a row's key to tell it from those of the rows before."""
        if encoded.key is None:
            return True
        uncut = hash(tuple([read(record.get(name)) for name, read in self.plan.uncut_of_key.items()]))
        return self._uncut.setdefault(hash(encoded.key), uncut) == uncut

    def flush(self) -> None:
        """Load the rows received so far; those whose linked records are not there yet wait."""
        self.buffered = Buffered()
        with self.working():
            rows = self._with_earlier(self._rows) if self.waiting else self._rows
            waiting = self.load(rows)
            if self.waiting:  # an earlier row that went along must not be loaded once more, over the later one
                still = {row.identity for row in waiting}
                for identity in {row.identity for row in rows} - still:
                    self.waiting.discard(identity)
            for row in waiting:
                self.waiting.put(row)
            self._rows = []
            self.account.show_progress()

    def _with_earlier(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows, each behind the one about the same record that waits."""
        with_earlier: list[Row] = []
        earlier_ones: dict[Hashable, Row | None] = {}
        for row in rows:
            if row.identity not in earlier_ones:
                earlier = earlier_ones[row.identity] = self.waiting.find(row.identity)
                with_earlier += [earlier] if earlier is not None else []
            with_earlier.append(row)
        return with_earlier

    def load(self, rows: list[Row]) -> Sequence[Row]:
        """Load rows; return those that must wait."""
        if not self.plan.references and not self.replaces_all(rows):
            self.writer.write(rows)
            return ()
        kept = merge(rows) if self.plan.needs_key else rows
        self.account.supersede(superseded(rows, kept))
        while kept:
            ready, kept = self.links.resolve(kept)
            if self.replaces_all(ready):
                return [*ready, *kept]
            if not ready:
                break
            self.writer.write(ready)
        return kept

    @contextmanager
    def working(self) -> Iterator[None]:
        """Measure what is inside. If it ends the run, say in which stream: errors of the API only know a path.

        An error that nobody foresaw ends this stream, and no other; so do keys that no run would find again.
        """
        try:
            with self.account.run_report.measure(self.plan.stream):
                yield
        except (NinoxAPIError, NinoxTransportError, NinoxProtocolError):
            logger.error("%s: stopped while loading table %r.", self.plan.stream, self.plan.table.name)  # noqa: TRY400
            raise
        except KeyChangedError as error:
            self.fail(str(error))
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, other streams have no part in it)
            self.fail(_log_defect(error))

    @property
    def first_unsettled(self) -> int | None:
        """Number of the first row that is neither written nor accounted for."""
        # Of a mirror it is the first of all, until the records that did not come are deleted, or nobody can say which.
        is_open_mirror = self.plan.mode == "mirror" and self.account.report.read > 0 and not self.is_finished
        numbers = (
            *(row.since for row in self._rows[:1]),
            self._failed_from,
            self.waiting.first_since,
            self.deleter.waiting.first_since,
            self.account.blocked_from,
            1 if is_open_mirror else None,
        )
        return min((number for number in numbers if number is not None), default=None)

    def replaces_all(self, rows: Sequence[Row]) -> bool:
        """Return whether rows of a mirror must wait, as its table has records, and no row so far is about any of them.

        The mirror would replace them all, perhaps because keys are spelled in another way there. Once some of its rows
        are written, the next run would find those, and take the others for a few that were deleted.
        """
        if self.plan.mode == "mirror" and rows and not self._may_replace_all:
            self._may_replace_all = self.writer.is_about_any(rows)
            return not self._may_replace_all
        return False

    def refuse_to_replace_all(self) -> None:
        """End a mirror of which no row is about any record of its table; nothing of it was written."""
        if self._may_replace_all is False and not self.has_failed:
            self.fail(
                f"it is a mirror, and none of its rows has the key ({', '.join(self.plan.match_on)}) of any record of "
                f"table {self.plan.table.name!r}, so that it would replace all of them. Nothing was written. If that "
                "is what you want, set max_deletes to their number or delete them in Ninox; else look whether "
                "match_on is right and keys are spelled alike, or use mode upsert"
            )

    def _may_be_rejected(self, record_id: int) -> bool:
        """Return whether a row that was rejected is about a record, or may be; asked when all rows have come."""
        keys = len(self.account.rejected_keys)
        if keys != self._found_rejected[0]:
            self._found_rejected = keys, self.writer.find_rejected()
        return self.account.has_nameless_rejects or record_id in self._found_rejected[1]

    def fail(self, reason: str) -> None:
        """Load no more rows, nor those that wait; what was not loaded is not settled, and comes again."""
        self._failed_from = self.first_unsettled or max(1, self.account.report.read)
        self.has_failed = True
        self._rows = []
        self.waiting.clear()
        self.deleter.waiting.clear()
        self.account.report.error = reason
        self._claimed.note_failed(self.plan.stream, self.plan.table.id)


class LostStream:
    """Stands for a stream that could not even be planned: its rows are counted, and no state passes the first one.

    Attributes:
        account: What became of its rows: nothing.
        buffered: How many came since it was emptied.
    """

    first_unsettled = 1

    def __init__(self, account: StreamAccount, error: Exception) -> None:
        """Log where the error came from."""
        self.account = account
        self.buffered = Buffered()
        account.report.error = _log_defect(error)

    def add(self, _record: Mapping[str, Any], size: int) -> None:
        """Count a row."""
        self.buffered.rows += 1
        self.buffered.size += size
        self.account.report.read += 1

    def flush(self) -> None:
        """Do nothing: no row waits."""
        self.buffered = Buffered()


def _log_defect(error: Exception) -> str:
    """Log where an error that nobody foresaw came from; return in words that it ended a stream."""
    log_defect(error, logging.getLogger("target-ninox"))
    return f"a defect of target-ninox ended it ({type(error).__name__})"
