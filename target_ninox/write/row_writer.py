"""Rows whose references are resolved → records: match, compare, write, delete."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from ninox_api.client import RecordWrite
from ninox_api.errors import NinoxError
from ninox_singer.types import field_type
from ninox_singer.wording import listed_ids
from target_ninox.mapping.plan import WritePlan
from target_ninox.mapping.rows import RowRejectedError
from target_ninox.matching.id_runs import IdRuns
from target_ninox.matching.record_index import ExistingRecord
from target_ninox.matching.waiting import WaitingRows
from target_ninox.reporting.account import NO_KEY, SUPERSEDED, StreamAccount
from target_ninox.run import Run, key_of
from target_ninox.write.answers import shown_key_of
from target_ninox.write.batch_size import FIRST_BATCH_SIZE
from target_ninox.write.batches import BatchWriter
from target_ninox.write.cascade import (
    Cascade,
    RecordKey,
    counts_by_name,
    find_cascade,
    may_cascade,
    read_cascading_links,
)
from target_ninox.write.delete import Deleter, Deletion, DeletionsRefusedError, describe_deletion
from target_ninox.write.files import FileLoader
from target_ninox.write.intents import Intent, Outcome
from target_ninox.write.merging import Row, merged
from target_ninox.write.overrides import Overrides

logger = logging.getLogger(__name__)

_LARGEST_EXACT = 2**53
_PROGRESS_EVERY = 100
_TAKES_ROWS = (
    "It was not deleted: Ninox would delete records along for which rows of this input came, or may have (a reference "
    "cascades)."
)

_OTHER_STREAM_FAILED = (
    "It was not deleted: a stream that may hold a row about the same record ended before its last row was loaded."
)

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


class KeyNotShownError(NinoxError):
    """Records cannot be found again by the key that they were written with."""

    def __init__(self, plan: WritePlan, record_id: int, *, is_shown: bool) -> None:
        """Name the fields and a record to look at."""
        names = ", ".join(repr(field.name) for field in plan.table.fields if field.id in plan.match_field_ids)
        if is_shown:
            super().__init__(
                f"{plan.stream}: record {record_id} of table {plan.table.name!r} was created and holds another number "
                f"in {names} than the one that was sent: it has more digits than Ninox keeps. No record can be found "
                "by it, and each run would create all of them again. Stopped; delete that record, and let a text field "
                "be the key."
            )
            return
        super().__init__(
            f"{plan.stream}: record {record_id} of table {plan.table.name!r} was created and shows no {names}, nor "
            "does any record that was there before. Either the role of the key may not read that field, or a script of "
            "the table empties it: no record can be found by it, and each run would create all of them again. Stopped; "
            "delete that record, and give the role the right to read the field, or match by another one."
        )


class RowWriter:
    """Writes the rows of one stream, as long as its schema is the same.

    Attributes:
        seen: Ids of the records that rows stood for.
        created: Those of them that did not exist before.
    """

    def __init__(
        self,
        run: Run,
        plan: WritePlan,
        account: StreamAccount,
        *,
        seen: set[int],
        created: IdRuns,
        overrides: Overrides,
        put_off: WaitingRows,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            run: What all streams share.
            plan: How rows are written.
            account: What became of them.
            seen: Where to note ids of the records that rows stand for.
            created: Where to note ids of records that are made.
            overrides: Looks at what was written.
            put_off: Where rows go whose deletion waits for the end of the input.
        """
        self.plan = plan
        self.seen = seen
        self._keeps_seen = run.settings.may_delete
        self.created = created
        self._overrides = overrides
        self._put_off = put_off
        self._run = run
        self._account = account
        self._on_duplicate_match = run.settings.stream(plan.stream).on_duplicate_match
        self._table = run.destination.table(plan.table.id)
        if plan.needs_key:
            run.matcher_of(plan)  # before that of a reference to the same key, which would keep fewer fields
        self._deleter = Deleter(run.writer, self._table, size=run.settings.batch_size or FIRST_BATCH_SIZE)
        self._files = FileLoader(plan, run.destination.client, run.writer, run.file_sources, max_tries=run.max_tries)
        self._has_checked_key = False
        self._has_read_links = False
        self._has_number_key = any(
            field.type == "number" and field.id in plan.match_field_ids for field in plan.table.fields
        )
        self._shown_files: dict[Hashable, Fields] = {}
        self._preview = run.preview.stream(plan.stream, plan.table, warnings=plan.warnings) if run.preview else None
        self._batches = BatchWriter(
            run.writer,
            self._table,
            key_of=key_of(plan),
            shown_key=shown_key_of(plan),
            size=run.settings.batch_size,
            max_tries=run.max_tries,
            find_gone_fields=self._find_gone_fields,
        )

    def write(self, rows: Sequence[Row]) -> None:
        """Write rows; of several about one record, the last one wins."""
        if self._preview and self._keeps_seen and not self._has_read_links:
            self._has_read_links = True
            read_cascading_links(self._run, self.plan.table)
        kept = merged(rows) if self.plan.needs_key else list(rows)
        self._account.skip(len(rows) - len(kept), SUPERSEDED)
        matches = self._match(kept)
        self._save(list(self._intents([row for row in kept if not row.encoded.deleted], matches)))
        self._delete([row for row in kept if row.encoded.deleted], matches)

    def is_about_any(self, rows: Iterable[Row]) -> bool:
        """Return whether rows are about any record of the table, or it has none."""
        return any(self._match(rows).values()) or self._run.matcher_of(self.plan).is_empty

    def find_rejected(self) -> set[int]:
        """Return the ids of the records that rejected rows were about; the table is read for it."""
        if not (self.plan.needs_key and self._account.rejected_keys):
            return set()
        matcher = self._run.matcher_of(self.plan)
        matcher.read_whole()
        return {record.id for key in self._account.rejected_keys for record in matcher.index.find(key)}

    def link(self, rows: Iterable[Row]) -> None:
        """Set the references of rows that were written without them; their counts were remembered."""
        intents = []
        for row in rows:
            counted = self._account.remembered(row)
            if counted is not None and counted.record_id:
                links = {key: value for key, value in row.encoded.fields.items() if key in self.plan.references}
                intents.append(Intent(row, RecordWrite(fields=links, id=counted.record_id), creates=False))
        for outcome in self._batches.save(intents):
            if outcome.error is not None:
                self._account.reject(outcome.intent.row, outcome.error)
                continue
            self._table.note_saved(outcome.record_id, outcome.intent.write.fields)
            counted = self._account.remembered(outcome.intent.row)
            if counted is not None and counted.outcome == "unchanged":
                self._account.recount(outcome.intent.row, "updated")

    def find_unseen(self) -> Unseen | None:
        """Read what is left of the table; return the records for which no row came, None if its end is not certain."""
        matcher = self._run.matcher_of(self.plan)
        matcher.read_whole()
        known = set(matcher.index.ids())
        unseen = known - self.seen
        created = set(self.created)
        before = known - created
        really_known = before if self._preview else known | created  # a dry run makes its ids up
        if unseen and not self._table.ends_at(max(really_known)):
            return None
        return Unseen(
            sorted(unseen),
            records_before=len(before) + self._account.report.deleted,
            keys_are_shown=self.plan.matches_record_id or not matcher.has_seen_no_key,
        )

    def remove(self, record_ids: Sequence[int], cascade: Cascade, *, counted: set[RecordKey]) -> None:
        """Delete records for which no row came.

        Args:
            record_ids: They.
            cascade: What goes along with them.
            counted: What is in a count already; what goes along is added.

        Raises:
            DeletionsRefusedError: Some of them cannot be deleted; the others were.
        """
        refused = []
        for deletion in self._remove(record_ids, cascade, counted=counted):
            if deletion.refusal is None:
                self._account.report.removed += 1
            else:
                refused.append(deletion)
        if refused:
            raise DeletionsRefusedError(self.plan, refused)

    def _match(self, rows: Iterable[Row]) -> Matches:
        if not self.plan.needs_key:
            return {}
        wanted = {row.encoded.key: row.encoded.fields for row in rows if row.encoded.key is not None}
        return self._run.matcher_of(self.plan).find_all(wanted)

    def _chosen(self, row: Row, matches: Matches) -> ExistingRecord | None:
        """Return the record that a row is about.

        Raises:
            RowRejectedError: There are several, and the settings do not say which one.
        """
        records = matches.get(row.encoded.key, ())
        if self._keeps_seen:
            self.seen.update(record.id for record in records)
        if len(records) > 1 and self._on_duplicate_match == "reject":
            raise RowRejectedError(
                property_name=", ".join(self.plan.match_on),
                code="duplicate_match",
                reason=f"{len(records):,} records have this key: {listed_ids([record.id for record in records])}.",
            )
        return records[-1 if self._on_duplicate_match == "newest" else 0] if records else None

    def _with_records(self, rows: Iterable[Row], matches: Matches) -> Iterator[tuple[Row, ExistingRecord | None]]:
        for row in rows:
            try:
                record = self._chosen(row, matches)
            except RowRejectedError as error:
                self._account.reject(row, error)
            else:
                yield row, record

    def _intents(self, rows: Iterable[Row], matches: Matches) -> Iterator[Intent]:
        for row, record in self._with_records(rows, matches):
            intent = self._creation(row) if record is None else self._change(row, record)
            if intent is not None:
                yield intent

    def _creation(self, row: Row) -> Intent | None:
        if self.plan.mode == "update":
            self._account.count(row, "skipped")
            return None
        if self._preview:
            self._preview.create(row.encoded)
        record_id = row.encoded.record_id if self.plan.needs_key else None
        write = RecordWrite(fields=row.encoded.fields, id=record_id, upsert=record_id is not None)
        return Intent(row, write, creates=True)

    def _change(self, row: Row, record: ExistingRecord) -> Intent | None:
        changes = self.plan.changes(row.encoded, record.fields)
        if not changes:
            self._settle(row, "unchanged", record.id, shown=record.fields)
            return None
        if row.encoded.files:
            self._shown_files[row.identity] = record.fields
        if self._preview:
            self._preview.update(row.encoded, record.id, changes, record.fields)
        return Intent(row, RecordWrite(fields=changes, id=record.id), creates=False)

    def _save(self, intents: Sequence[Intent]) -> None:
        creates = sum(intent.creates for intent in intents)
        self._run.limits.reserve("update", len(intents) - creates)
        if creates and not self.plan.needs_key:
            self._table.look_for_highest_id()
        if creates and self._is_key_in_doubt(intents):
            creations = [place for place, intent in enumerate(intents) if intent.creates]
            first = next((n for n in creations if _is_beyond_doubles(intents[n].row.encoded.key)), creations[0])
            self._check_key_is_shown(self._send([intents[first]]), intents[first].row.encoded.key)
            intents = [*intents[:first], *intents[first + 1 :]]
        self._send(intents)

    def _send(self, intents: Sequence[Intent]) -> list[int]:
        """Save, and return the ids of the records that were made."""
        outcomes = []
        for outcome in self._batches.save(intents, ids_matter=self._account.is_remembering):
            self._take(outcome)
            outcomes.append(outcome)
            if not len(outcomes) % _PROGRESS_EVERY:
                self._account.show_progress()
        made = [outcome.record_id for outcome in outcomes if outcome.intent.creates and outcome.error is None]
        if not self._preview:  # its ids are made up
            self._table.note_created(made)
            self._overrides.look(self.plan, self._table, outcomes)
        return made

    def _is_key_in_doubt(self, intents: Sequence[Intent]) -> bool:
        """Tell, once for a stream, whether a key may not be found again.

        Either the table has records of which none shows a key, or a key is a number that doubles cannot hold, in which
        Ninox computes (assumed).
        """
        if self._has_checked_key or self._preview or not (self.plan.needs_key and self.plan.match_field_ids):
            return False
        has_large_key = self._has_number_key and any(
            intent.creates and _is_beyond_doubles(intent.row.encoded.key) for intent in intents
        )
        if has_large_key or self._run.matcher_of(self.plan).has_seen_no_key:
            self._has_checked_key = True
            return True
        return False

    def _check_key_is_shown(self, made: Sequence[int], key: Hashable) -> None:
        """Look at a new record; one call.

        A role may be allowed to write a field and not to read it: every run would then make all records again.

        Raises:
            KeyNotShownError: The key that was just written is not there, or is another number.
        """
        record = self._table.find(made[0]) if made else None
        shown = None if record is None else self.plan.key_of(record.fields)
        if record is not None and (shown is None or (_is_beyond_doubles(key) and shown != key)):
            raise KeyNotShownError(self.plan, record.id, is_shown=shown is not None)

    def _take(self, outcome: Outcome) -> None:
        row = outcome.intent.row
        if outcome.error is not None:
            self._account.reject(row, outcome.error)
            return
        if self._keeps_seen:  # of a million rows it would take 60 MB
            self.seen.add(outcome.record_id)
        if outcome.intent.creates:
            self.created.add(outcome.record_id)
        self._account.report.recovered += outcome.recovered
        if not outcome.is_certain:
            self._table.note_made(outcome.record_id)
        elif not outcome.recovered:
            self._table.note_saved(outcome.record_id, outcome.intent.write.fields)
        is_new = outcome.intent.creates and not outcome.recovered
        shown = self._shown_files.pop(row.identity, {})
        self._settle(
            row, "created" if outcome.intent.creates else "updated", outcome.record_id, shown=shown, is_new=is_new
        )

    def _settle(self, row: Row, outcome: str, record_id: int, *, shown: Fields, is_new: bool = False) -> None:
        """Load the files of a row whose record is as it should be, and count the row."""
        try:
            uploaded = self._files.load(row.encoded, record_id, shown, is_new=is_new)
        except RowRejectedError as error:
            self._account.reject(row, error)
            return
        self._account.report.uploaded += uploaded
        self._account.count(row, "updated" if uploaded and outcome == "unchanged" else outcome, record_id)

    def _delete(self, rows: Sequence[Row], matches: Matches) -> None:
        """Delete the records of rows that say so; one that is gone already needs nothing."""
        if not self.plan.needs_key:
            self._account.skip(len(rows), NO_KEY)
            return
        doomed: dict[int, Row] = {}
        for row, record in self._with_records(rows, matches):
            if row.encoded.key is None:  # it says another key than the one that records are matched by
                self._account.skip(1, NO_KEY)
            elif record is None:
                self._account.count(row, "unchanged")
            else:
                self.seen.discard(record.id)  # the last row decides, and this is the last one so far
                doomed[record.id] = row
        if doomed and may_cascade(self._run, self.plan.table.id):
            for record_id, row in doomed.items():
                self._put_deletion_off(row, record_id)
        elif doomed:
            self._delete_rows(doomed, gone=set())

    def _put_deletion_off(self, row: Row, record_id: int) -> None:
        """Let a deletion wait: a row that comes later may stand for a record that Ninox would delete along."""
        earlier = self._put_off.find(row.identity)
        if earlier is not None:
            self._account.skip(1, SUPERSEDED)
            row = earlier.then(row)
        self._put_off.put(replace(row, encoded=replace(row.encoded, record_id=record_id)))

    def delete_put_off(self, gone: set[RecordKey]) -> None:
        """Delete the records whose deletion was put off, but for those of which a row came since.

        Args:
            gone: What was deleted at the end of this input, or went along; what is deleted now is added.

        Raises:
            LimitReachedError: They are too many; those of the last block were not deleted.
            CascadeUnknownError: Nobody can tell what would go along; none was deleted.
        """
        for block in self._put_off.blocks():
            doomed: dict[int, Row] = {}
            for row in block:
                record_id = row.encoded.record_id
                assert record_id is not None  # noqa: S101 (it was given when the deletion was put off)
                if RecordKey(self.plan.table.id, record_id) in gone or record_id in doomed:
                    self._account.count(row, "unchanged")
                elif self._run.failed_in(self.plan.table.id) is not None:
                    self._account.reject(row, RowRejectedError(code="not_deleted", reason=_OTHER_STREAM_FAILED))
                elif self._run.stream_with_row(self.plan.table.id, record_id) is not None or self._is_in_rejected(row):
                    self._account.skip(1, SUPERSEDED)
                else:
                    doomed[record_id] = row
            if doomed:
                self._delete_rows(doomed, gone=gone)

    def _is_in_rejected(self, row: Row) -> bool:
        """Return whether a row about the same record came behind one, and could not be written."""
        return self._account.rejected_keys.get(row.encoded.key, 0) > row.encoded.number

    def _delete_rows(self, doomed: dict[int, Row], *, gone: set[RecordKey]) -> None:
        """Delete the records of rows, but for those with which records would go that rows of this input stand for."""
        cascade = find_cascade(self._run, (RecordKey(self.plan.table.id, record_id) for record_id in doomed))
        for record_id in [record_id for record_id in doomed if self._takes_rows(record_id, cascade)]:
            self._account.reject(doomed.pop(record_id), RowRejectedError(code="not_deleted", reason=_TAKES_ROWS))
        if not doomed:
            return
        cascade = cascade.of(RecordKey(self.plan.table.id, record_id) for record_id in doomed)
        along = cascade.along() - gone
        what = describe_deletion(self._run, self.plan, list(doomed), along)
        self._run.limits.reserve("delete", len(doomed) + len(along), what=what)
        if along:
            logger.info("%s: %s.", self.plan.stream, what)
        for deletion in self._remove(list(doomed), cascade, counted=gone):
            if deletion.refusal is None:
                gone.add(RecordKey(self.plan.table.id, deletion.record_id))
                self._account.report.deleted += 1
            else:
                reason = f"Ninox refused to delete the record with {deletion.refusal}."
                error = RowRejectedError(code="not_deleted", reason=reason)
                self._account.reject(doomed[deletion.record_id], error)

    def _takes_rows(self, record_id: int, cascade: Cascade) -> bool:
        """Return whether records would go along with one for which rows of this very input came."""
        along = cascade.along([RecordKey(self.plan.table.id, record_id)])
        return any(self._run.stream_that_keeps(*record) is not None for record in along)

    def _remove(self, record_ids: Sequence[int], cascade: Cascade, *, counted: set[RecordKey]) -> Iterator[Deletion]:
        """Delete records, and note what went along with those that are gone."""
        gone = []
        try:
            for deletion in self._deletions(record_ids, cascade):
                if deletion.refusal is None:
                    gone.append(RecordKey(self.plan.table.id, deletion.record_id))
                yield deletion
        finally:
            along = cascade.along(gone) - counted
            counted |= along
            for table_id, record_id in along:
                self._run.destination.table(table_id).note_deleted(record_id)
            self._account.report.add_deleted_along(counts_by_name(self._run, along))

    def _deletions(self, record_ids: Sequence[int], cascade: Cascade) -> Iterator[Deletion]:
        def along(record_id: int) -> dict[str, int]:
            return counts_by_name(self._run, cascade.along([RecordKey(self.plan.table.id, record_id)]))

        if self._preview is None:
            yield from self._deleter.delete(record_ids)
            return
        for record_id in record_ids:
            self._preview.delete(record_id, along=partial(along, record_id))
            self._table.note_deleted(record_id)
            yield Deletion(record_id)

    def _find_gone_fields(self) -> frozenset[str]:
        """Read the schema again; return the fields of the plan that were deleted or cannot be written any more."""
        self._run.destination.refresh_schema()
        table = self._run.plan(self._account.described).table
        gone = self.plan.field_ids - {field.id for field in table.fields if field_type(field.type).write}
        if gone:
            names = sorted(field.name for field in self.plan.table.fields if field.id in gone)
            logger.warning(
                "%s: while this run was under way, fields of %r were deleted or became read-only: %s. They are left "
                "out from here on.",
                self.plan.stream,
                self.plan.table.name,
                ", ".join(map(repr, names)),
            )
        return gone


def _is_beyond_doubles(key: Hashable) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, int) and abs(part) > _LARGEST_EXACT for part in parts)
