"""One load: all streams of a run on their way into one database."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.fetching import FileFetcher
from ninox_singer.cli import Stopping
from ninox_singer.progress import LogDisplay, choose_display
from target_ninox.account import StreamAccount
from target_ninox.dry_run import DryRun, DryWriter
from target_ninox.limits import Limits
from target_ninox.mapping.plan import Planner
from target_ninox.records.destination import Destination, Writer, find_database
from target_ninox.rejects import Rejects
from target_ninox.report import RunReport
from target_ninox.rows import StreamSchema
from target_ninox.settings import TargetSettings
from target_ninox.write.another_writer import find_other_writer
from target_ninox.write.files import FileSources
from target_ninox.write.late_deletions import CUT_OFF, delete_waiting, remove_unseen
from target_ninox.write.late_links import load_waiting
from target_ninox.write.safety import ClaimedRecords, Defects
from target_ninox.write.stream import LostStream, StreamLoader

logger = logging.getLogger(__name__)

_NO_LOOK = "so that nobody knows whether somebody else created records with the same keys. All else was done"


@dataclass(slots=True, kw_only=True)
class Load:
    """Loads the streams of one run; `open_load` makes it.

    Attributes:
        client: To be closed at the end.
        destination: The database.
        settings: The target's.
        defects: What failed as nobody foresaw and concerns no row.
        report: Counts of the run.
        rejects: Where rejected rows go.
        planner: Decides how streams are written.
        sources: Where files of rows come from.
        streams: Name → what loads the stream, in the order in which they came.
        claimed: For which records rows of this input came, or may have.
    """

    client: NinoxClient
    destination: Destination
    settings: TargetSettings
    defects: Defects
    report: RunReport
    rejects: Rejects
    planner: Planner
    sources: FileSources
    streams: dict[str, StreamLoader | LostStream] = field(default_factory=dict)
    claimed: ClaimedRecords = field(default_factory=ClaimedRecords)
    _is_closed: bool = False

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

        Raises:
            NinoxConfigError: The stream cannot be written.
        """
        known = self.streams.get(described.stream)
        if isinstance(known, StreamLoader):
            known.describe(described)
        if known is not None:
            return
        account = StreamAccount(described, self.report, self.rejects, self.settings)
        try:
            loader = StreamLoader(account, self.settings, self.planner, self.destination, self.claimed, self.sources)
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
        loaders = self.loaders
        load_waiting(loaders, self.claimed)
        doubts_of = {loader.plan.stream: list(doubts(loader)) for loader in loaders if loader.plan.mode == "mirror"}
        doubt = self.defects.doubt or (None if has_ended else CUT_OFF)
        delete_waiting(loaders, doubt=doubt)
        if doubts_of:
            remove_unseen(loaders, doubts_of, self.destination, self.claimed)
        other_writer = None
        if not self.settings.dry_run:
            with self.defects.outlived(follows=_NO_LOOK):
                other_writer = find_other_writer(loaders, self.destination)
        rejected = self.rejects.error() if self.settings.fails_on_reject else None
        self.close(is_complete=True)
        errors = (rejected, self.report.error(), other_writer)
        return [error for error in errors if error is not None]

    def close(self, *, is_complete: bool) -> None:
        """Report what was done, and drop what was kept for it; the second time nothing.

        Raises:
            CountsDifferError: The run is complete, yet rows have no outcome.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self.client.close()
        self.report.display.clear()  # or the last lines of the log would be behind a bar
        self.destination.temporary.close()
        self.rejects.close()
        samples = None
        if self.settings.dry_run:
            previews = {loader.plan.stream: loader.account.preview for loader in self.loaders}
            dry_run = DryRun({name: preview for name, preview in previews.items() if preview is not None})
            dry_run.print(self.report)
            samples = dry_run.samples()
        self.report.close(is_complete=is_complete, samples=samples)


def open_load(
    connection: ConnectionConfig,
    settings: TargetSettings,
    stopping: Stopping,
    defects: Defects,
    *,
    share: Callable[[], float | None],
) -> Load:
    """Find the database and prepare everything that the settings ask for; a few calls.

    Args:
        connection: How Ninox is reached.
        settings: The target's.
        stopping: Ends the process on a signal.
        defects: What failed as nobody foresaw and concerns no row.
        share: Returns how much of the input was read, 0 to 1; None if nobody knows.

    Raises:
        NinoxError: The database cannot be found or its schema cannot be read.
    """
    client = NinoxClient(connection, writing=stopping.held_back)
    reader, described = find_database(client, team=settings.team, database=settings.database)
    writer: Writer = DryWriter() if settings.dry_run else reader
    max_tries = connection.max_retries + 1
    destination = Destination(
        reader, described, writer, Limits(settings), max_tries=max_tries, batch_size=settings.batch_size
    )
    report = RunReport(
        lambda: client.calls_by_purpose,
        path=settings.report_path,
        is_dry=settings.dry_run,
        limit_rows=settings.limit_rows,
        # Behind a tap, the terminal's last line is the tap's.
        display=LogDisplay() if share() is None else choose_display(),
        share=share,
    )
    fetcher = FileFetcher(connection, trusted_hosts=settings.file_hosts)
    return Load(
        client=client,
        destination=destination,
        settings=settings,
        defects=defects,
        report=report,
        rejects=Rejects(settings.rejects_path, is_dry=settings.dry_run),
        planner=Planner(settings),
        sources=FileSources(fetcher, folders=settings.file_folders),
    )
