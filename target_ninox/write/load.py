"""One load: all streams of a run on their way into one database, and what is done when all of them have come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.fetching import FileFetcher
from ninox_singer.cli import Stopping
from ninox_singer.progress import choose_display
from target_ninox.account import StreamAccount
from target_ninox.claimed import ClaimedRecords
from target_ninox.defects import Defects
from target_ninox.dry_run import DryRun, DryWriter
from target_ninox.mapping.plan import Planner
from target_ninox.records.destination import Destination, Writer, find_database
from target_ninox.rejects import Rejects
from target_ninox.report import RunReport
from target_ninox.rows import StreamSchema
from target_ninox.safety import Limits
from target_ninox.settings import TargetSettings
from target_ninox.write.cascade import RecordKey
from target_ninox.write.files import FileSources
from target_ninox.write.late import LateLoader, load_waiting
from target_ninox.write.mirror import remove_unseen
from target_ninox.write.other_writer import find_other_writer
from target_ninox.write.stream import LostStream, StreamLoader

logger = logging.getLogger(__name__)

_NO_LOOK = "so that nobody knows whether somebody else created records with the same keys. All else was done"

CUT_OFF = (
    "the input does not end with a STATE that says something and names no stream as currently_syncing, so that rows of "
    "what Ninox would delete along may be missing, and its deletions wait"
)


class Load:
    """Loads the streams of one run.

    Attributes:
        streams: Name → what loads the stream, in the order in which they came.
        rejects: Where rejected rows go.
        claimed: For which records rows of this input came, or may have.
    """

    def __init__(
        self, connection: ConnectionConfig, settings: TargetSettings, stopping: Stopping, defects: Defects, *,
        share: Callable[[], float | None],
    ) -> None:  # fmt: skip
        """Prepare everything that the settings ask for; nothing is sent before the first stream comes.

        Args:
            connection: How Ninox is reached.
            settings: The target's.
            stopping: Ends the process on a signal.
            defects: What failed as nobody foresaw and concerns no row.
            share: Returns how much of the input was read, 0 to 1; None if nobody knows.
        """
        self.streams: dict[str, StreamLoader | LostStream] = {}
        self._late: list[LateLoader] = []
        self.rejects = Rejects(settings.rejects_path, is_dry=settings.dry_run)
        self.claimed = ClaimedRecords()
        self._settings = settings
        self._defects = defects
        self._max_tries = connection.max_retries + 1
        self._client = NinoxClient(connection, writing=stopping.held_back)
        self._destination: Destination | None = None
        self._planner = Planner(settings)
        fetcher = FileFetcher(connection, trusted_hosts=settings.file_hosts)
        self._sources = FileSources(fetcher, folders=settings.file_folders)
        self._report = RunReport(
            lambda: self._client.calls_by_purpose,
            path=settings.report_path,
            is_dry=settings.dry_run,
            limit_rows=settings.limit_rows,
            share=share,
        )
        self._is_closed = False

    @property
    def loaders(self) -> list[StreamLoader]:
        """What loads streams, those that were lost left out."""
        return [stream for stream in self.streams.values() if isinstance(stream, StreamLoader)]

    @property
    def lost(self) -> list[str]:
        """Streams that ended before it was known where they go."""
        return [name for name, stream in self.streams.items() if isinstance(stream, LostStream)]

    def describe(self, described: StreamSchema) -> None:
        """Receive the schema of a stream; the rows before it must be loaded, but for those that wait.

        With the first one, the database is looked for: a few calls.

        Raises:
            NinoxConfigError: The stream cannot be written.
            NinoxError: The database cannot be found or its schema cannot be read.
        """
        known = self.streams.get(described.stream)
        if isinstance(known, StreamLoader):
            known.describe(described)
        if known is not None:
            return
        destination = self._destination = self._destination or self._find_destination()
        account = StreamAccount(described, self._report, self.rejects, self._settings)
        try:
            loader = StreamLoader(account, self._settings, self._planner, destination, self.claimed, self._sources)
        except (NinoxError, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever it is, other streams have no part in it)
            self.claimed.note_lost(described.stream)
            self.streams[described.stream] = LostStream(account, error)
            return
        for other in self.loaders:
            if other.plan.table.id == loader.plan.table.id and "mirror" in {loader.plan.mode, other.plan.mode}:
                message = (
                    f"streams.{described.stream}: {other.plan.stream!r} goes to table {loader.plan.table.name!r}, too; "
                    "a mirror would delete the records of the other. Use mode upsert, or one stream."
                )
                raise NinoxConfigError(message)
        self.streams[described.stream] = loader
        self._late.append(LateLoader(loader))

    def _find_destination(self) -> Destination:
        settings = self._settings
        reader, found = find_database(self._client, team=settings.team, database=settings.database)
        if not (settings.fails_on_reject or settings.dry_run or self.rejects.path):
            logger.warning(
                "on_reject: continue without rejects_path: nothing keeps rejected rows, and the state moves past them."
            )
        if self._report.share() is not None:  # behind a tap, the terminal's last line is the tap's
            self._report.display = choose_display()
        writer: Writer = DryWriter() if settings.dry_run else reader
        return Destination(
            reader, found, writer, Limits(settings), max_tries=self._max_tries, batch_size=settings.batch_size
        )

    def retry_waiting(self) -> None:
        """Load the rows whose linked records have come meanwhile, as far as that is likely to help."""
        for late in self._late:
            if late.waiting:
                late.retry_now_and_then()

    def finish(self, *, has_ended: bool, doubts: Callable[[StreamLoader], Iterable[str]]) -> list[NinoxError]:
        """Do what needs all input.

        Args:
            has_ended: Whether the input came to its end.
            doubts: Returns why a stream may not be complete; nothing if it is. Asked before anything is deleted.

        Returns:
            What the run must end with.

        Raises:
            CountsDifferError: Rows have no outcome.
        """
        if self._destination is None:
            return []
        loaders = self.loaders
        load_waiting(self._late, self.claimed)
        doubts_of = {loader.plan.stream: list(doubts(loader)) for loader in loaders if loader.plan.mode == "mirror"}
        doubt = self._defects.doubt or (None if has_ended else CUT_OFF)
        delete_waiting(loaders, doubt=doubt)
        if doubts_of:
            remove_unseen(loaders, doubts_of, self._destination, self.claimed)
        other_writer = None
        if not self._settings.dry_run:
            with self._defects.outlived(follows=_NO_LOOK):
                other_writer = find_other_writer(loaders, self._destination)
        rejected = self.rejects.error() if self._settings.fails_on_reject else None
        if not (self._settings.fails_on_reject or self._settings.dry_run):
            self.rejects.warn_if_lost()
        self.close(is_complete=True)
        self.rejects.tell_of_earlier()
        errors = (rejected, self._report.error(), other_writer)
        return [error for error in errors if error is not None]

    def close(self, *, is_complete: bool) -> None:
        """Report what was done, and drop what was kept for it; the second time nothing.

        Raises:
            CountsDifferError: The run is complete, yet rows have no outcome.
        """
        if self._destination is None or self._is_closed:
            return
        self._is_closed = True
        self._client.close()
        self._report.display.clear()  # or the last lines of the log would be behind a bar
        self._destination.temporary.close()
        self.rejects.close()
        samples = None
        if self._settings.dry_run:
            previews = {loader.plan.stream: loader.account.preview for loader in self.loaders}
            dry_run = DryRun({name: preview for name, preview in previews.items() if preview is not None})
            if is_complete or self._report.total.read:  # not where an error came before the first row
                dry_run.print(self._report)
            samples = dry_run.samples()
        self._report.close(is_complete=is_complete, samples=samples)


def delete_waiting(loaders: Sequence[StreamLoader], *, doubt: str | None) -> None:
    """Delete what rows said was deleted and others may go along with, now that all rows have come.

    The last stream comes first: children often follow their parents.

    Args:
        loaders: All streams.
        doubt: Why rows of what would go along may be missing; None if all came.

    Raises:
        LimitReachedError: They are too many.
        CascadeUnknownError: Nobody knows what would go along; none was deleted.
    """
    deleted: set[RecordKey] = set()
    for loader in reversed([loader for loader in loaders if loader.deleter.waiting]):
        if doubt is not None:
            loader.fail(doubt)
            continue
        with loader.working():
            loader.deleter.delete_waiting(deleted)
