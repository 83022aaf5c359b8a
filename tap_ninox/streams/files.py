"""The stream of files: what hangs on which record, and where the store has it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.types import Context, Record
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from ninox_api.body import repair_text
from ninox_api.changes import TableChanges
from ninox_api.errors import NinoxError, NinoxNotFoundError, NinoxPermissionError
from ninox_api.files import NinoxFile
from ninox_api.paging import IdRange
from ninox_api.row_counts import count_rows
from ninox_singer.protocol import NINOX_FILES
from ninox_singer.types.base import INTEGER, MOMENT, STRING
from ninox_singer.wording import in_number
from tap_ninox.bookmark_keys import IS_ACTIVATED, TABLE_VERSION, TABLES
from tap_ninox.rows.convert import BadValues, is_damaged
from tap_ninox.streams.base import RecordStream, StreamsTap
from tap_ninox.sync.changed_records import ChangedRecords
from tap_ninox.sync.feed import Feed, FeedStatus
from tap_ninox.sync.file_marks import FileMark, FileMarks
from tap_ninox.sync.file_store import Fetched, FileDownloader, FileStore
from tap_ninox.sync.full_table import FullTable
from tap_ninox.sync.pages import TablePages

if TYPE_CHECKING:
    from tap_ninox.discovery.catalog import TableEntry

logger = logging.getLogger(__name__)

RECORDS_PER_STATE = 100
NO_STORE = ""


class _FeedUnreadableError(Exception):
    """Which files of a table changed cannot be known."""


class FilesIncompleteError(NinoxError):
    """Some files were not fetched, or some tables not read; the rest is done."""


class FilesStream(RecordStream):
    """One row per file: of all records once, then of those that changed.

    Ninox lists files by record only, so the first reading costs a call per record. A file that is deleted in Ninox
    stays listed until the next full refresh (`meltano run --full-refresh`).
    """

    name = NINOX_FILES
    bookmark_keys = (TABLE_VERSION, TABLES, IS_ACTIVATED)
    methods = (REPLICATION_INCREMENTAL,)
    primary_keys = ("database_id", "table_id", "record_id", "name")
    properties: dict[str, Any] = {  # noqa: RUF012
        "database_id": {"type": ["string"]},
        "table_id": {"type": ["string"]},
        "record_id": {"type": ["integer"]},
        "name": {"type": ["string"]},
        "database": STRING,
        "table": STRING,
        "stream": STRING,
        "content_type": STRING,
        "size": INTEGER,
        "modified_at": MOMENT,
        "modified_by": STRING,
        "sequence": INTEGER,
        "stored_path": STRING,
        "sha256": STRING,
    }

    def __init__(self, tap: StreamsTap, entries: Iterable[TableEntry], feeds: Mapping[str, Feed]) -> None:
        """Describe the stream.

        Args:
            tap: The tap.
            entries: All table streams.
            feeds: Database id → its change feed, shared with the tables' streams.
        """
        super().__init__(tap, schema={"type": "object", "properties": self.properties})
        self._entries = list(entries)
        self._feeds = feeds
        self._settings = tap.settings
        url = self._settings.file_store
        self._store = FileStore(url) if url else None
        self._store_key = hashlib.sha256(url.encode()).hexdigest()[:12] if url else NO_STORE
        self._failed = 0
        self._is_confirmed = True

    @override
    def announce(self) -> None:
        saved = FileMarks([dict(mark) for mark in self.saved_bookmark.get(TABLES) or []], store=self._store_key)
        for entry in self._entries:
            self._feeds[entry.database.id].follow(saved.take(".".join(entry.key)).sequence)

    def note_set_back(self, entry: TableEntry) -> None:
        """Begin anew with a table whose stream has seen that its database was set back.

        At once, since that stream's next state is of the new time: if the run then ends before it lists files, people
        may work up to where the files were known, and nothing would tell that they are those of another time.
        """
        if self._is_wanted(entry):
            self._begin_if_lost(entry, self._mark(entry))

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        entries = [entry for entry in self._entries if self._is_wanted(entry)]
        if self.stream_state.get(TABLE_VERSION) is None:
            self.stream_state[TABLE_VERSION] = self.new_version()
        self.send_version(self.stream_state[TABLE_VERSION])
        self._warn_of_cost(entries)
        refused: list[str] = []
        unreadable: list[str] = []
        for entry in entries:
            try:
                yield from self._list_table(entry)
            except (NinoxPermissionError, NinoxNotFoundError) as error:
                logger.warning("The files of %s cannot be read: %s", entry.stream, error)
                refused.append(entry.stream)
            except _FeedUnreadableError as error:
                logger.warning("The changed files of %s cannot be known: %s", entry.stream, error)
                unreadable.append(entry.stream)
            finally:
                self.tap.write_state()
        self._activate(entries)
        self._check(refused, unreadable)

    def _list_table(self, entry: TableEntry) -> Iterator[Record]:
        mark, feed = self._mark(entry), self._feeds[entry.database.id]
        status = self._begin_if_lost(entry, mark)
        pages = TablePages(feed.client, entry.table_id, feed, page_size=self._settings.page_size)
        try:
            if mark.sequence is None:
                yield from self._list_all(entry, mark, pages, status)
            else:
                yield from self._list_changed(entry, mark, pages, status)
        finally:
            mark.save()

    def _begin_if_lost(self, entry: TableEntry, mark: FileMark) -> FeedStatus:
        feed = self._feeds[entry.database.id]
        status = feed.status_of(entry.table_id, mark.sequence)
        if _must_begin(mark, status):
            mark.begin(feed.head_of(entry.table_id))
        return status

    def _list_all(self, entry: TableEntry, mark: FileMark, pages: TablePages, status: FeedStatus) -> Iterator[Record]:
        done = 0
        table = FullTable(pages, [IdRange(mark.last_id)], last_id=status.last_id, is_resumed=mark.last_id > 0)
        for page in table:
            for record in page.records:
                yield from self._list_record(entry, record.id, mark)
                done += 1
                if page.part is not None:
                    mark.note_listed(record.id)
                    if done % RECORDS_PER_STATE == 0:
                        mark.save()
                        self.tap.write_state()
        self._is_confirmed = self._is_confirmed and table.is_confirmed
        mark.finish(mark.head or 0)

    def _list_changed(
        self, entry: TableEntry, mark: FileMark, pages: TablePages, status: FeedStatus
    ) -> Iterator[Record]:
        feed, since = self._feeds[entry.database.id], mark.sequence or 0
        if status.problem is not None:
            raise _FeedUnreadableError(str(status.problem))
        if status.changes is not None:
            head, changed = status.head or since, _changed(status.changes)
            self._warn_of_unread(entry, feed.unread_files(since))
        else:
            head = max(since, feed.head_of(entry.table_id))
            changed_pages = ChangedRecords(pages).since(since) if head > since else ()
            changed = {record.id: record.sequence for page in changed_pages for record in page}
        done_as_of, done_to = mark.partial
        repeated = {number for number, at in changed.items() if number <= done_to and (at is None or at > done_as_of)}
        for record_id in sorted(repeated | mark.again):
            yield from self._list_record(entry, record_id, mark)
        for record_id in sorted(number for number in changed if number > done_to):
            yield from self._list_record(entry, record_id, mark)
            mark.note_followed(record_id, head=head)
        mark.finish(head)

    def _warn_of_unread(self, entry: TableEntry, unread: int) -> None:
        if unread:
            logger.warning(
                "Database %r names %s in an unknown form; only files of changed records are seen.",
                entry.database.name,
                in_number(unread, "changed file"),
            )

    def _list_record(self, entry: TableEntry, record_id: int, mark: FileMark) -> Iterator[Record]:
        client = self._feeds[entry.database.id].client
        files = client.list_files(entry.table_id, record_id)
        if files is None:
            self.report.vanished += 1
        failed = 0
        for fetched in self._fetch(entry, record_id, files or []):
            if fetched.is_deleted:
                self.report.vanished += 1
                continue
            failed += self._store is not None and fetched.stored is None
            yield _row(entry, record_id, fetched, self.report.bad)
            self.report.emitted += 1
        self._failed += failed
        if failed:
            mark.note_failure(record_id)
        else:
            mark.note_success(record_id)

    def _fetch(self, entry: TableEntry, record_id: int, files: list[NinoxFile]) -> Iterator[Fetched]:
        if self._store is None:
            return (Fetched(file, None) for file in files)
        client = self._feeds[entry.database.id].client
        return FileDownloader(client, self._store, entry.table_id).fetch(record_id, files)

    def _warn_of_cost(self, entries: Iterable[TableEntry]) -> None:
        """Say what a first reading costs before it starts."""
        first = [entry for entry in entries if self._mark(entry).sequence is None]
        if not first:
            return
        calls, is_sure = 0, True
        for feed in {entry.database.id: self._feeds[entry.database.id] for entry in first}.values():
            ids = {entry.table_id for entry in first if entry.database.id == feed.client.database.id}
            tables = [table for table in feed.schema.tables if table.id in ids] if feed.schema else []
            counts = count_rows(feed.client, tables).by_table if tables else {}
            calls += sum(counts.values())
            is_sure = is_sure and counts.keys() >= ids
        logger.warning(
            "%s: Ninox lists files by record, so the first reading of %s takes one API call per record, "
            "%s in all%s, in one run or several; later runs ask for changed records only.",
            self.name,
            in_number(len(first), "table"),
            f"{calls:,}" if is_sure else f"{calls:,} or more",
            ", and one for each file" if self._store else "",
        )

    def _is_wanted(self, entry: TableEntry) -> bool:
        is_selected = self.tap.streams[entry.stream].selected
        return self._settings.lists_files_of(entry.stream, is_selected=is_selected)

    @cached_property
    def _marks(self) -> FileMarks:
        if self.stream_state.get(TABLES) is None:
            self.stream_state[TABLES] = []
        return FileMarks(self.stream_state[TABLES], store=self._store_key)

    def _mark(self, entry: TableEntry) -> FileMark:
        return self._marks.take(".".join(entry.key))

    def _activate(self, entries: Iterable[TableEntry]) -> None:
        if self.stream_state.get(IS_ACTIVATED) or any(self._mark(entry).sequence is None for entry in entries):
            return
        if self.version is not None and self._is_confirmed:
            self.activate(self.version)
        self.stream_state[IS_ACTIVATED] = True
        self.tap.write_state()

    def _check(self, refused: list[str], unreadable: list[str]) -> None:
        problems = []
        if self._failed:
            failed = in_number(self._failed, "file")
            problems.append(f"{failed} could not be downloaded in full; the next run tries again")
        if refused:
            problems.append(f"the files of {', '.join(refused)} may not be read; leave them out of files")
        if unreadable:
            problems.append(f"which files of {', '.join(unreadable)} changed is not known; the next run asks again")
        if problems:
            message = f"{self.name}: {'; '.join(problems)}. All else is done."
            raise FilesIncompleteError(message)


def _must_begin(mark: FileMark, status: FeedStatus) -> bool:
    """Return whether all records are to be listed anew; a reading under way is only given up if the sequence went back.

    One that has listed nothing yet begins as of now: since then, it would only list changed records twice.
    """
    if mark.sequence is None:
        is_before_all = mark.head is None or mark.last_id == 0
        return is_before_all or (status.head is not None and mark.head is not None and status.head < mark.head)
    return status.is_lost


def _changed(changes: TableChanges) -> dict[int, int | None]:
    """Return the records whose files may have changed, with the sequence of that where it is known."""
    changed = dict(changes.files)
    for record_id, sequence in changes.updated.items():
        other = changed.get(record_id, sequence)
        changed[record_id] = None if sequence is None or other is None else max(sequence, other)
    deleted = changes.removed - changes.updated.keys()
    return {record_id: at for record_id, at in changed.items() if record_id not in deleted}


def _row(entry: TableEntry, record_id: int, fetched: Fetched, bad: BadValues) -> Record:
    file, stored = fetched.file, fetched.stored
    row: Record = {
        "database_id": entry.database.id,
        "table_id": entry.table_id,
        "record_id": record_id,
        "name": file.name,
        "database": entry.database.name,
        "table": entry.table_name,
        "stream": entry.stream,
        "content_type": file.content_type,
        "size": file.size,
        "modified_at": file.modified_at,
        "modified_by": file.modified_by,
        "sequence": file.sequence,
        "stored_path": stored.path if stored else None,
        "sha256": stored.sha256 if stored else None,
    }
    for name, value in row.items():
        if is_damaged(value):
            row[name] = repair_text(value)
            bad.note_repaired(name, record_id)
    return row
