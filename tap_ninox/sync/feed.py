"""The change feed of one database, asked once per run and shared by all its table streams."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from ninox_api.changes import FeedChanges, TableChanges
from ninox_api.client import BEYOND_ANY_SEQUENCE, DatabaseClient
from ninox_api.errors import (
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxRequestError,
    NinoxServerError,
)
from ninox_api.wording import counted

_BUSY = frozenset({502, 503, 504})

logger = logging.getLogger(__name__)


class ChangeLog:
    """What changed in a database since the lowest bookmark of its streams, and its sequence at that moment.

    The sequence is taken before any table's first page, so it is a safe bookmark for a table that is read whole in
    this run: whatever changes while its pages are read comes after it.

    Attributes:
        records_are_filtered: Whether records can be asked for by sequence, as far as was seen.
        echoes: Whether the feed was seen to tell any sequence it is asked for, however high, as its own.
    """

    def __init__(
        self,
        client: DatabaseClient,
        *,
        table_ids: Iterable[str],
        since: Callable[[], int | None],
        echoes: Callable[[], bool] = lambda: False,
    ) -> None:
        """Remember what to ask; nothing is sent yet.

        Args:
            client: Reader of the database.
            table_ids: All its tables.
            since: Returns the lowest bookmark of the streams to follow, None if all are read whole.
            echoes: Tells whether an earlier run saw the feed echo.
        """
        self.records_are_filtered = True
        self.echoes = False
        self._client = client
        self._lock = threading.Lock()
        self._table_ids = list(table_ids)
        self._find_since = since
        self._echoed = echoes
        self._since: int | None = None
        self._is_prepared = False
        self._answer: FeedChanges | None = None
        self._error: NinoxError | None = None
        self._asked = False
        self._goes_back_too_short = False
        self._was_set_back = False

    def prepare(self) -> None:
        """Work out from where to ask, in the thread that owns the state; asking itself may happen in another."""
        if not self._is_prepared:
            self._since, self.echoes = self._find_since(), self._echoed()
            self._is_prepared = True

    @property
    def is_available(self) -> bool:
        """Whether the server tells changes at all."""
        self._ask_once()
        return self._answer is not None

    @property
    def sequence(self) -> int:
        """The database's sequence when the feed was asked."""
        return self._known().sequence

    def has_lost(self, bookmark: int) -> bool:
        """Tell whether changes after a bookmark cannot be told.

        Either the bookmark is ahead of the database (restored from a backup, or a copy), or the feed no longer goes
        back so far.
        """
        return self.sequence < bookmark or self._goes_back_too_short or self._was_set_back

    def tells_since(self, sequence: int) -> bool:
        """Tell whether all changes after a sequence are known here."""
        return self.is_available and self._since is not None and self._since <= sequence and not self.has_lost(sequence)

    def changes_of(self, table_id: str, *, bookmark: int) -> TableChanges:
        """Return the changes of a table after its bookmark.

        The feed's bound may be inclusive, and other tables may be further behind: what is known to be older is left
        out. Removals carry no sequence; repeating one does no harm, unless the record was made again, so records
        that are named among the changes, too, are left for a second look, however old.
        """
        changes = self._known().tables.get(table_id)
        if changes is None or self.sequence == bookmark:
            return TableChanges()
        updated = {
            record_id: sequence
            for record_id, sequence in changes.updated.items()
            if sequence is None or sequence > bookmark or record_id in changes.removed
        }
        files = {
            record_id: sequence
            for record_id, sequence in changes.files.items()
            if sequence is None or sequence > bookmark
        }
        return TableChanges(updated=updated, removed=set(changes.removed), files=files)

    @property
    def unread_files(self) -> int:
        """Changed files whose record could not be told."""
        return self._known().unread_files

    def last_id_of(self, table_id: str) -> int | None:
        """Return an id that no record of the table was above when the feed was asked; None if it does not tell."""
        next_id = self._known().next_record_ids.get(table_id) if self.is_available else None
        return next_id - 1 if next_id is not None else None

    def head_of(self, table_id: str) -> int:
        """Return a sequence taken now that no unseen change of the table can be below."""
        if self.is_available and not self._was_set_back:
            return self.sequence
        record = self._client.find_last_changed(table_id)
        return (record.sequence if record else None) or 0

    def current_sequence(self) -> int | None:
        """Ask the database for its sequence now; None where it does not tell."""
        if not self.is_available:
            return None
        sequence = self._client.get_changes(BEYOND_ANY_SEQUENCE, table_ids=self._table_ids).sequence
        return sequence if sequence < BEYOND_ANY_SEQUENCE else None

    def _known(self) -> FeedChanges:
        self._ask_once()
        if self._answer is None:
            message = f"Database {self._client.database.id} has no change feed."
            raise NinoxError(message)
        return self._answer

    def _ask_once(self) -> None:
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._asked:
                try:
                    self._answer = self._ask()
                except NinoxError as error:
                    self._error = error
                    raise
                self._asked = True

    def _ask(self) -> FeedChanges | None:
        self.prepare()
        since = self._since
        try:
            if since is None:
                return self._ask_for_sequence()
            return self._ask_since(since)
        except (NinoxPermissionError, NinoxNotFoundError):
            logger.warning(
                "Database %r tells no changes to this key: changed rows are asked for table by table, "
                "and deleted rows cannot be seen.",
                self._client.database.name,
            )
            return None
        except (NinoxRequestError, NinoxServerError) as error:
            if error.status in _BUSY:
                raise
            logger.warning(
                "Database %r cannot tell what changed since %s. (%s)", self._client.database.name, since, error
            )
            self._goes_back_too_short = True
            return self._ask_for_sequence() or self._ask_since_newest_record()

    def _ask_since(self, since: int) -> FeedChanges:
        """Ask for the changes; where the feed echoes, from one sequence earlier.

        Such a feed hides that the database was set back. One that was not has changed since that earlier sequence.
        """
        asked = max(since - 1, 0) if self.echoes else since
        answer = self._client.get_changes(asked, table_ids=self._table_ids)
        self._was_set_back = asked < since and answer.sequence == asked
        if answer.passed_over:
            changes = counted(answer.passed_over, "change")
            logger.info(
                "Database %r: %s of tables that are not known passed over.", self._client.database.name, changes
            )
        return answer

    def _ask_since_newest_record(self) -> FeedChanges | None:
        """Ask from a sequence that the database surely has, where it refuses those that it has not."""
        try:
            newest = [self._client.find_last_changed(table_id) for table_id in self._table_ids]
            known = max((record.sequence or 0 for record in newest if record), default=0)
            return self._client.get_changes(known, table_ids=self._table_ids)
        except NinoxError:
            return None

    def _ask_for_sequence(self) -> FeedChanges | None:
        """Ask for nothing but the sequence, in a way no documentation promises; any doubt means not to use it."""
        try:
            answer = self._client.get_changes(BEYOND_ANY_SEQUENCE, table_ids=self._table_ids)
        except (NinoxServerError, NinoxRequestError):
            return None
        self.echoes = answer.sequence >= BEYOND_ANY_SEQUENCE
        return None if self.echoes else answer
