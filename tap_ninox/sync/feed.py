"""The change feed of one database: what changed since the positions of its streams, each question asked once a run.

A stream's *position* is the sequence up to which all its changes are known. Streams at one position share one question
for their database; a stream that lags behind alone asks the feed of its own table, so that a table which fails in
every run does not make the question of all others longer and longer.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from ninox_api.changes import FeedChanges, TableChanges
from ninox_api.client import BEYOND_ANY_SEQUENCE, DatabaseClient, NinoxRecord
from ninox_api.errors import (
    NinoxDamagedError,
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxServerError,
    asked_too_much,
    may_be_refusal,
)
from ninox_api.paging import ListOrder
from ninox_api.schema import DatabaseSchema
from ninox_api.scripts import quote_names
from ninox_singer.wording import in_number

_MOST_QUESTIONS_FOR_CAPTIONS = 3

_SHARED = 2
"""From so many streams at one position on, one question for the database is cheaper than one for each table."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """What the feed says to one stream: its changes, or else why they are not known.

    Attributes:
        head: The database's sequence, taken before anything else is read; None where the feed does not say it.
        last_id: An id that no record of the table was above then; None where the feed does not say it.
        changes: Of the table since the stream's position; None where they are not known, or there is no position.
        is_lost: Whether they cannot be known: the database was set back (restored from a backup, or a copy), or the
            feed no longer goes back so far. All records have to be read.
        is_served: Whether this key is served a feed at all. If not, changed records are searched for.
        problem: Why the feed, which is served, cannot be read this time; the position has to stay for the next run.
    """

    head: int | None
    last_id: int | None = None
    changes: TableChanges | None = None
    is_lost: bool = False
    is_served: bool = True
    problem: NinoxError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came of one question for the database; see `FeedStatus`.

    Attributes:
        content: What the feed says; where it is lost or unreadable, of use for its sequence and record ids alone.
    """

    content: FeedChanges | None = None
    is_lost: bool = False
    is_served: bool = True
    problem: NinoxError | None = None


class Feed:
    """Asks for the changes of one database.

    Attributes:
        client: Reads the database.
        schema: The database as it is now; None if the key may not see it.
        repeats_sequence: Whether the feed was seen to answer any sequence, however high, as its own.
        records_are_filtered: Whether records can be asked for by sequence, as far as was seen.
        list_order: What was seen of the order in which records are listed.
    """

    def __init__(self, client: DatabaseClient, *, schema: DatabaseSchema | None, table_ids: Iterable[str]) -> None:
        """Remember what to ask; nothing is sent yet.

        Args:
            client: Reads the database.
            schema: The database as it is now.
            table_ids: All its tables, as far as they are known.
        """
        self.client = client
        self.schema = schema
        self.repeats_sequence = False
        self.records_are_filtered = True
        self.list_order = ListOrder()
        self._answers_captions: bool | None = None
        self._questions_for_captions = 0
        self._table_ids = frozenset(table_ids)
        self._followers: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._answers: dict[int | None, _Answer | NinoxError] = {}
        self._of_tables: dict[tuple[str, int], FeedStatus] = {}

    @cached_property
    def names_in_scripts(self) -> Mapping[str, str | None]:
        """How scripts name the tables, by their ids; see `quote_names`."""
        tables = self.schema.tables if self.schema else ()
        return dict(zip((table.id for table in tables), quote_names(tables), strict=True))

    def follow(self, position: int | None, *, of_all_tables: bool = False, repeats: bool = False) -> None:
        """Announce a stream; called for all of them before the first question, in the thread that owns the state.

        Args:
            position: From where it follows the changes; None if it is read in full for the first time.
            of_all_tables: Whether it wants the changes of all tables, not of one.
            repeats: Whether an earlier run saw the feed repeat the sequence that it is asked.
        """
        self.repeats_sequence = self.repeats_sequence or repeats
        if position is not None:
            self._followers[position] += _SHARED if of_all_tables else 1

    @property
    def is_served(self) -> bool:
        """Whether this key is served a feed."""
        return self._main_answer().is_served

    @property
    def head(self) -> int | None:
        """The database's sequence, taken before anything else was read; None where the feed does not say it."""
        content = self._main_answer().content
        return content.sequence if content else None

    def head_of(self, table_id: str) -> int:
        """Return a sequence taken before reading that no unseen change of the table can be below."""
        head = self.head
        if head is not None:
            return head
        record = self.client.find_last_changed(table_id)
        return (record.sequence if record else None) or 0

    def status_of(self, table_id: str, position: int | None) -> FeedStatus:
        """Return what the feed says of a table since a position, None for a table that is read for the first time.

        Raises:
            NinoxError: The server is not there, or refuses the key.
        """
        main = self._main_answer()
        # The head of the main answer counts for all: it was taken before anything else was asked.
        known = FeedStatus(head=self.head, last_id=_last_id(main.content, table_id), is_served=main.is_served)
        if position is None or not main.is_served:
            return known
        if self._is_behind(main, position):
            return replace(known, is_lost=True)
        problem = None
        if self._is_shared(position):
            answer = self._answer(position)
            if answer.problem is None:
                return _status_from_database(answer, known, table_id, position)
            problem = answer.problem  # too large, perhaps: that of one table may be readable
        key = (table_id, position)
        if key not in self._of_tables:
            self._of_tables[key] = self._status_from_table(known, table_id, position, problem)
        return self._of_tables[key]

    def unread_files(self, position: int) -> int:
        """Return how many changed files the feed names without saying of which record."""
        content = self._answer(position).content if self._is_shared(position) else None
        return content.unread_files if content else 0

    def ask_for_captions(self, table_id: str, record: NinoxRecord, field_id: str, value: object) -> bool | None:
        """Find out whether the server ignores `choiceStyle`, so that what reads like an option's id may be a caption.

        The record is asked for once more, by captions: where that is no other answer, captions came before, too. One
        that has changed meanwhile, or was deleted, does not show it; then another one has to.

        Args:
            table_id: Its table.
            record: As it came.
            field_id: A choice of it.
            value: What came for that; it is the id of one option and the caption of another.
        """
        if self._answers_captions is None and self._questions_for_captions < _MOST_QUESTIONS_FOR_CAPTIONS:
            self._questions_for_captions += 1
            with suppress(NinoxError):
                now = self.client.find_record(table_id, record.id, by_caption=True)
                if now is not None and (now.sequence, now.modified_at) == (record.sequence, record.modified_at):
                    self._answers_captions = now.fields.get(field_id) == value
        return self._answers_captions

    def removed_since(self, table_id: str, sequence: int) -> set[int] | None:
        """Ask now which records of a table were removed since a sequence; None where that is not to be had."""
        try:
            changes = self.client.get_table_changes(table_id, sequence).tables.get(table_id)
        except NinoxError:
            return None
        return set(changes.removed) if changes else set()

    def current_sequence(self) -> int | None:
        """Ask the database for its sequence now; None where it does not say."""
        content = self._ask_for_sequence() if self.is_served else None
        return content.sequence if content else None

    def _main_position(self) -> int | None:
        """Return the position of most streams, the highest of several such; None if nobody follows.

        Asked from there, one call answers as many streams as it can, and is as short as it can be.
        """
        return max(self._followers, key=lambda position: (self._followers[position], position), default=None)

    def _main_answer(self) -> _Answer:
        """Return the answer to the question of most streams, which also says the head: it is always asked first."""
        return self._answer(self._main_position())

    def _is_shared(self, position: int) -> bool:
        return position == self._main_position() or self._followers[position] >= _SHARED

    def _is_behind(self, main: _Answer, position: int) -> bool:
        """Return whether the database stands before a position, where it can only stand if it was set back."""
        return main.is_lost if main.content is None else main.content.sequence < position

    def _answer(self, position: int | None) -> _Answer:
        """Return the answer to the question from a position, asked once; its failure is that of all who ask."""
        with self._lock:
            if position not in self._answers:
                try:
                    self._answers[position] = self._ask(position)
                except NinoxError as error:
                    self._answers[position] = error
            answer = self._answers[position]
        if isinstance(answer, NinoxError):
            raise answer
        return answer

    def _ask(self, position: int | None) -> _Answer:
        name = self.client.database.name
        try:
            return _Answer(content=self._ask_for_sequence()) if position is None else self._ask_since(position)
        except (NinoxPermissionError, NinoxNotFoundError):
            logger.warning(
                "Database %r reports no changes to this key: changed rows are asked for table by table, "
                "and deleted rows cannot be seen.",
                name,
            )
            return _Answer(is_served=False)
        except NinoxError as error:
            is_main = position == self._main_position()
            if _is_unreadable(error):
                logger.warning(
                    "The change feed of database %r cannot be read: its tables are asked singly. (%s)", name, error
                )
                return _Answer(content=self._ask_for_sequence() if is_main else None, problem=error)
            if not may_be_refusal(error):
                raise
            # 410 and the like: the feed is there, but not from so far back. Its sequence is still of use.
            logger.warning("Database %r cannot report what changed since %s. (%s)", name, position, error)
            content = self._ask_for_sequence() or self._ask_since_newest_record() if is_main else None
            return _Answer(content=content, is_lost=True)

    def _ask_since(self, position: int) -> _Answer:
        """Ask for the changes; where the feed repeats what it is asked, from one sequence earlier.

        Such a feed hides that the database was set back. One that was not has changed since that earlier sequence.
        """
        asked = max(position - 1, 0) if self.repeats_sequence else position
        content = self.client.get_changes(asked, table_ids=self._table_ids)
        if asked < position and content.sequence == asked:
            return _Answer(is_lost=True)  # the change at the position itself is not there any more
        if content.passed_over:
            changes, name = in_number(content.passed_over, "change"), self.client.database.name
            logger.info("Database %r: %s of tables that are not known passed over.", name, changes)
        return _Answer(content=content)

    def _ask_for_sequence(self) -> FeedChanges | None:
        """Ask for nothing but the sequence, in a way no documentation promises; any doubt means not to use it."""
        try:
            content = self.client.get_changes(BEYOND_ANY_SEQUENCE, table_ids=self._table_ids)
        except NinoxError as error:
            if isinstance(error, NinoxServerError | NinoxRequestError) or _is_unreadable(error):
                return None
            raise
        self.repeats_sequence = content.sequence >= BEYOND_ANY_SEQUENCE
        return None if self.repeats_sequence else content

    def _ask_since_newest_record(self) -> FeedChanges | None:
        """Ask from a sequence that the database surely has, where it refuses those that it has not."""
        try:
            newest = [self.client.find_last_changed(table_id) for table_id in self._table_ids]
            known = max((record.sequence or 0 for record in newest if record), default=0)
            return self.client.get_changes(known, table_ids=self._table_ids)
        except NinoxError:
            return None

    def _status_from_table(
        self, known: FeedStatus, table_id: str, position: int, problem: NinoxError | None
    ) -> FeedStatus:
        """Ask the table's own feed."""
        try:
            content = self.client.get_table_changes(table_id, position)
        except (NinoxPermissionError, NinoxNotFoundError) as error:
            self.client.find_last_changed(table_id)  # raises where it is the table that this key may not read
            answer = self._answer(position) if problem is None else _Answer(problem=problem)
            if answer.problem is None:
                return _status_from_database(answer, known, table_id, position)
            return replace(known, problem=error)
        except NinoxError as error:
            if _is_unreadable(error):
                return replace(known, problem=error)
            if may_be_refusal(error):
                return replace(known, is_lost=True)
            raise
        if known.head is None and content.sequence < position:
            return replace(known, is_lost=True)  # with a head, `_is_behind` has judged that already
        head = content.sequence if known.head is None else known.head
        changes = changes_after(content.tables.get(table_id), position)
        return replace(known, head=head, last_id=known.last_id or _last_id(content, table_id), changes=changes)


def changes_after(changes: TableChanges | None, position: int) -> TableChanges:
    """Return what of a table's changes lies after a position.

    The feed's bound may be inclusive: what is known to be older is left out. Removals carry no sequence; repeating one
    does no harm, unless the record was made again, so records that are named among the changes, too, are left for a
    second look, however old.
    """
    if changes is None:
        return TableChanges()

    return TableChanges(
        updated=changes.updated.after(position, also=changes.removed),
        removed=changes.removed,
        files={k: at for k, at in changes.files.items() if at is None or at > position},
    )


def _status_from_database(answer: _Answer, known: FeedStatus, table_id: str, position: int) -> FeedStatus:
    if answer.is_lost or answer.content is None:
        return replace(known, is_lost=True)
    nothing_new = answer.content.sequence == position  # an inclusive bound repeats the last change
    changes = TableChanges() if nothing_new else changes_after(answer.content.tables.get(table_id), position)
    return replace(known, changes=changes)


def _last_id(content: FeedChanges | None, table_id: str) -> int | None:
    next_id = content.next_record_ids.get(table_id) if content else None
    return next_id - 1 if next_id is not None else None


def _is_unreadable(error: NinoxError) -> bool:
    """Return whether it is the answer that is wrong: another one, smaller or of another level, may be right."""
    return isinstance(error, NinoxProtocolError | NinoxDamagedError) or asked_too_much(error)
