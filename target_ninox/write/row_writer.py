"""Rows whose references are resolved → records: match, compare, write, delete."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from ninox_api.client import RecordWrite
from ninox_singer.protocol import RECORD_ID
from ninox_singer.types import field_type
from ninox_singer.wording import list_ids
from target_ninox.account import StreamAccount
from target_ninox.mapping.encode import WritePlan
from target_ninox.mapping.tables import Database
from target_ninox.records.destination import Destination
from target_ninox.records.index import ExistingRecord
from target_ninox.report import NO_KEY, RowOutcome
from target_ninox.rows import Row, RowRejectedError, merge, superseded
from target_ninox.write.answers import Intent, Outcome
from target_ninox.write.batches import BatchWriter
from target_ninox.write.cascade import read_cascading_links
from target_ninox.write.delete import StreamDeleter
from target_ninox.write.files import FileLoader
from target_ninox.write.read_back import ReadBack

logger = logging.getLogger(__name__)

_MOST_NAMED = 20
"""Fields of a row that is refused."""

_PROGRESS_EVERY = 100
"""Rows."""

Fields = Mapping[str, Any]
Matches = Mapping[Hashable, Sequence[ExistingRecord]]


class Unseen(NamedTuple):
    """The records of a mirrored table for which no row came.

    Attributes:
        record_ids: Ascending.
        records_before: How many the table had before the run.
        keys_are_shown: Whether any of those that were read has a key.
    """

    record_ids: list[int]
    records_before: int
    keys_are_shown: bool


class RowWriter:
    """Writes the rows of one stream, as long as its schema is the same."""

    def __init__(
        self, plan: WritePlan, account: StreamAccount, destination: Destination, deleter: StreamDeleter,
        files: FileLoader, *, plan_anew: Callable[[Database], WritePlan],
    ) -> None:  # fmt: skip
        """Prepare; `plan_anew` plans for a schema that was read again, where fields turn out to be deleted."""
        self.plan = plan
        self._account = account
        self._destination = destination
        self._deleter = deleter
        self._files = files
        self._plan_anew = plan_anew
        self._preview = account.preview
        self._table = destination.table(plan.table.id)
        if plan.needs_key:
            destination.matcher_of(plan)  # before that of a reference to the same key, which would keep fewer fields
        self._batches = BatchWriter(plan, destination, find_deleted_fields=self._find_deleted_fields)
        self._read_back = ReadBack(plan, account, destination)
        self._has_read_links = False
        self._shown_files: dict[Hashable, Fields] = {}
        self._written: list[tuple[int, Fields]] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows; of several about one record, the last one wins."""
        if self._preview and self._account.may_delete and not self._has_read_links:
            self._has_read_links = True
            read_cascading_links(self._destination, self.plan.table)
        kept = merge(rows) if self.plan.needs_key else list(rows)
        self._account.supersede(superseded(rows, kept))
        matches = self._match(kept)
        to_delete: list[tuple[Row, ExistingRecord | None]] = []
        intents: list[Intent] = []
        for row in kept:
            try:
                record = self._find_record(row, matches)
            except RowRejectedError as error:
                self._account.reject(row, error)
                continue
            if row.encoded.deleted:
                to_delete.append((row, record))
                continue
            intent = self._plan_write(row, record)
            if intent is not None:
                intents.append(intent)
        self._save(intents)
        self._note_links()
        if to_delete:
            self._delete(to_delete)

    def _match(self, rows: Iterable[Row]) -> Matches:
        if not self.plan.needs_key:
            return {}
        wanted = {row.encoded.key: row.encoded.fields for row in rows if row.encoded.key is not None}
        return self._destination.matcher_of(self.plan).find_all(wanted)

    def _find_record(self, row: Row, matches: Matches) -> ExistingRecord | None:
        """Return the record that a row is about.

        Raises:
            RowRejectedError: There are several, or this run has created it under an id that Ninox gave it.
        """
        records = matches.get(row.encoded.key, ())
        if self._account.may_delete:
            self._account.seen.update(record.id for record in records)
        if len(records) > 1:
            raise RowRejectedError(
                property_name=", ".join(self.plan.match_on),
                code="duplicate_match",
                reason=f"{len(records):,} records have this key: {list_ids([record.id for record in records])}.",
            )
        if records and self.plan.matches_record_id and records[0].id in self._table.handed_out:
            reason = (
                "Ninox has just given this id to a record that another row of this run created: the row means another "
                "one, which was not there. Load the streams in two runs, those with _id first."
            )
            raise RowRejectedError(property_name=RECORD_ID, code="id_taken", reason=reason)
        return records[0] if records else None

    def _plan_write(self, row: Row, record: ExistingRecord | None) -> Intent | None:
        """Return what is to be done for a row; None if that is nothing, and the row was counted."""
        if record is None:
            if not self.plan.creates_records:
                self._account.count(row, "skipped")
                return None
            if self._preview:
                self._preview.create(row.encoded)
            record_id = row.encoded.record_id if self.plan.needs_key else None
            write = RecordWrite(fields=row.encoded.fields, id=record_id, upsert=record_id is not None)
            return Intent(row, write, creates=True)
        changes = self.plan.changes(row.encoded, record.fields)
        if not changes:
            self._count(row, "unchanged", record.id, shown=record.fields)
            return None
        if row.encoded.files:
            self._shown_files[row.identity] = record.fields
        if self._preview:
            self._preview.update(
                row.encoded,
                record.id,
                changes,
                record.fields,
                unshown=lambda: self._destination.matcher_of(self.plan).unshown,
            )
        return Intent(row, RecordWrite(fields=changes, id=record.id), creates=False)

    def _save(self, intents: Sequence[Intent]) -> None:
        creates = sum(intent.creates for intent in intents)
        self._destination.limits.reserve("update", len(intents) - creates)
        if creates and not self.plan.needs_key:
            self._table.look_for_highest_id()
        first = self._read_back.find_doubtful_key(intents) if creates else None
        if first is not None:
            made = self._save_and_count([first])
            self._read_back.check_key(made, first.row.encoded.key)
            intents = [intent for intent in intents if intent is not first]
        self._save_and_count(intents)

    def _save_and_count(self, intents: Sequence[Intent]) -> list[int]:
        """Save, and return the ids of the records that were made."""
        made: list[int] = []
        try:
            for outcomes in self._batches.save(intents, ids_matter=self._account.remembered is not None):
                for number, outcome in enumerate(outcomes, 1):
                    self._receive(outcome)
                    if not number % _PROGRESS_EVERY:
                        self._account.show_progress()
                made += [outcome.record_id for outcome in outcomes if outcome.intent.creates and outcome.error is None]
                if not self._preview:  # before the next request creates more that are not found again
                    self._read_back.check_keys(outcomes, deleted_fields=self._batches.deleted_fields)
                    self._read_back.look_for_overrides(outcomes, deleted_fields=self._batches.deleted_fields)
                    self._read_back.look_for_unshown(outcomes, deleted_fields=self._batches.deleted_fields)
        finally:
            if not self._preview:  # its ids are made up
                self._table.note_created(made)
        return made

    def _receive(self, outcome: Outcome) -> None:
        """Count what became of a row, and know its record."""
        row = outcome.intent.row
        if outcome.error is not None:
            self._reject(outcome.intent, outcome.error)
            return
        if self._account.may_delete:
            self._account.seen.add(outcome.record_id)
        if outcome.intent.creates:
            self._account.created.add(outcome.record_id)
            if not (outcome.intent.write.upsert or self._preview):
                self._table.handed_out.add(outcome.record_id)
        self._account.report.recovered += outcome.recovered
        if not outcome.is_certain:
            self._table.note_made(outcome.record_id)
        elif not outcome.recovered:
            self._table.note_saved(outcome.record_id, outcome.intent.write.fields)
        is_new = outcome.intent.creates and not outcome.recovered
        shown = self._shown_files.pop(row.identity, {}) if row.encoded.files else {}
        self._count(
            row, "created" if outcome.intent.creates else "updated", outcome.record_id, shown=shown, is_new=is_new
        )

    def _count(self, row: Row, outcome: RowOutcome, record_id: int, *, shown: Fields, is_new: bool = False) -> None:
        """Load the files of a row whose record is as it should be, and count the row."""
        if self._account.may_mirror:
            self._written.append((record_id, row.encoded.fields))
        try:
            uploaded = self._files.load(row.encoded, record_id, shown, is_new=is_new) if row.encoded.files else 0
        except RowRejectedError as error:
            said = f"{error.reason} The record itself was created, as {record_id}." if is_new else error.reason
            self._account.reject(row, RowRejectedError(property_name=error.property, code=error.code, reason=said))
            return
        self._account.report.uploaded += uploaded
        self._account.count(row, "updated" if uploaded and outcome == "unchanged" else outcome, record_id)

    def _note_links(self) -> None:
        """Know to which records rows link: a mirror may not take those from them."""
        if self._account.may_mirror:
            self._destination.linked.note(self.plan.table, self._written)
        self._written = []

    def _reject(self, intent: Intent, error: RowRejectedError) -> None:
        """Reject a row that Ninox does not take, with the fields that it was sent: its own words are not repeated."""
        sent = [repr(field.name) for field in self.plan.table.fields if field.id in intent.write.fields]
        names = ", ".join(sent[:_MOST_NAMED]) + (f" and {len(sent) - _MOST_NAMED} more" if sent[_MOST_NAMED:] else "")
        reason = f"{error.reason} Sent: {names or 'no field'}."
        self._account.reject(intent.row, RowRejectedError(code=error.code, reason=reason))

    def _delete(self, rows: Iterable[tuple[Row, ExistingRecord | None]]) -> None:
        """Delete the records of rows that say so; one that was deleted already needs nothing."""
        to_delete: dict[int, Row] = {}
        for row, record in rows:
            if row.encoded.key is None or not self.plan.needs_key:  # it says another key than records are matched by
                self._account.skip(1, NO_KEY)
            elif record is None:
                self._account.count(row, "unchanged")
            else:
                self._account.seen.discard(record.id)  # the last row decides, and this is the last one so far
                to_delete[record.id] = row
        self._deleter.delete_or_wait(to_delete)

    def _find_deleted_fields(self) -> frozenset[str]:
        """Read the schema again; return the fields of the plan that were deleted or cannot be written any more."""
        self._destination.refresh_schema()
        table = self._plan_anew(self._destination.database).table
        deleted = self.plan.field_ids - {field.id for field in table.fields if field_type(field.type).write}
        if deleted:
            names = sorted(field.name for field in self.plan.table.fields if field.id in deleted)
            logger.warning(
                "%s: while this run was under way, fields of %r were deleted or became read-only: %s. They are left "
                "out from here on.",
                self.plan.stream,
                self.plan.table.name,
                ", ".join(map(repr, names)),
            )
        return deleted

    def is_about_any(self, rows: Iterable[Row]) -> bool:
        """Return whether rows are about any record of the table, or it has none."""
        return any(self._match(rows).values()) or self._destination.matcher_of(self.plan).is_empty

    def find_rejected(self) -> set[int]:
        """Return the ids of the records that rejected rows were about; the table is read for it."""
        if not (self.plan.needs_key and self._account.rejected_keys):
            return set()
        matcher = self._destination.matcher_of(self.plan)
        matcher.read_rest()
        found = matcher.index.find(self._account.rejected_keys)
        return {record.id for records in found.values() for record in records}

    def find_unseen(self) -> Unseen | None:
        """Read what is left of the table; return the records for which no row came, None if its end is not certain.

        What somebody else created meanwhile is none of them: perhaps it is in the source by now, too.
        """
        matcher = self._destination.matcher_of(self.plan)
        matcher.read_rest()
        known = set(matcher.index.ids())
        last_id = self._table.last_id_before
        unseen = {number for number in known - self._account.seen if last_id is None or number <= last_id}
        created = set(self._account.created)
        before = known - created
        really_known = before if self._preview else known | created  # a dry run makes its ids up
        if unseen and not self._table.ends_at(max(really_known)):
            return None
        return Unseen(
            sorted(unseen),
            records_before=len(before) + self._account.report.deleted,
            keys_are_shown=self.plan.matches_record_id or not matcher.has_seen_no_key,
        )

    def find_changed(self, record_ids: Sequence[int]) -> list[int]:
        """Read records again for which no row came; return those that are not as they were at first."""
        again = self._table.read_again(record_ids)
        index = self._destination.matcher_of(self.plan).index
        return [record.id for record in again.values() if not index.is_as_read(record)]

    def link(self, rows: Iterable[Row]) -> None:
        """Set the references of rows that were written without them; their counts were remembered."""
        intents = []
        for row in rows:
            counted = self._account.counted_before(row)
            if counted is not None and counted.record_id:
                links = {key: value for key, value in row.encoded.fields.items() if key in self.plan.references}
                intents.append(Intent(row, RecordWrite(fields=links, id=counted.record_id), creates=False))
        for outcome in chain.from_iterable(self._batches.save(intents)):
            if outcome.error is not None:
                self._reject(outcome.intent, outcome.error)
                continue
            self._table.note_saved(outcome.record_id, outcome.intent.write.fields)
            self._written.append((outcome.record_id, outcome.intent.write.fields))
            counted = self._account.counted_before(outcome.intent.row)
            if counted is not None and counted.outcome == "unchanged":
                self._account.recount(outcome.intent.row, "updated")
        self._note_links()
