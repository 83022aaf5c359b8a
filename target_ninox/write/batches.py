"""Saving many records in few requests, and finding out what became of each row when a request fails.

| what came back | what it means | what is done |
|---|---|---|
| 429 | nothing was done | the client waits and repeats |
| lost answer, 502, 503, damaged 200 | perhaps done | wait; look which creates are there; send the rest again |
| timeout, 504 | perhaps still under way | smaller requests from now on; wait until all creates are there, or stop |
| 500, 4xx | a row is bad; those before it may be saved (unknown) | look; read the schema once; divide and try again |
| the same, of one row | it may be saved (unknown) | look, or see by the next record's id that there is none |
| 413 | too much at once | smaller requests from now on |
| 200 with `_err` | not saved | that row is rejected |
| 200, fewer answers than rows, or ids that cannot be theirs | perhaps done | look; reject the others, or send fewer |
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec.structs import replace

from ninox_api import retry
from ninox_api.client import BodyTooLargeError, SavedRecord
from ninox_api.errors import NinoxAPIError, NinoxError, NinoxTooLargeError, is_timeout
from ninox_api.page_size import QUICK_S, SLOW_S
from ninox_api.transport import Delivery
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.rows import RowRejectedError
from target_ninox.write.answers import Answers, Intent, Outcome, ShownKey, assign, find_saved_rows
from target_ninox.write.blame import (
    MOST_REFUSED_IN_A_ROW,
    RefusesEverythingError,
    describe_refusal,
    is_lost,
    is_refusal,
)

logger = logging.getLogger(__name__)

FIRST_BATCH_SIZE = 100
"""Public clients send 100 to 300 records at once; no maximum is documented."""

MAX_BATCH_SIZE = 1000
"""No maximum is documented (assumed): from here on, larger batches spare few calls."""

MAX_BATCH_BYTES = 1024 * 1024
"""Of the body of a request for more rows than the first one had: what web servers take unless configured otherwise."""

_GROWTH = 2


class BatchSize:
    """The rows per request of one stream.

    They become more while full batches are answered quickly and are small, as pages do. They become fewer where the
    server is slow, runs out of time, or finds them too many; in which case they stay so.

    Attributes:
        current: So many rows at most go into the next request.
    """

    def __init__(self, table_id: str, size: int | None = None) -> None:
        """Start with a size.

        Args:
            table_id: For messages.
            size: Rows that are never exceeded; None to find out how many may be.
        """
        self._table_id = table_id
        self.current = self._first = FIRST_BATCH_SIZE if size is None else size
        self._most = MAX_BATCH_SIZE if size is None else size
        self._taken = self._first  # a request of so many was not too much, as far as was seen
        self._rows_in_doubt = 0
        self._most_without_doubt = self._most

    def max_bytes(self, rows: int) -> int | None:
        """Return how large the body of a request for so many rows may be; the first ones go out whatever they weigh."""
        return MAX_BATCH_BYTES if rows > self._first else None

    def is_new(self, rows: int) -> bool:
        """Return whether no request with so many rows was answered yet, nor is it one of the first."""
        return rows > self._taken

    def fit(self, rows: int, sent: int) -> None:
        """Let the next request have the bytes that it may have, judged by one of so many rows that has too many."""
        self.current = max(self._first, rows * MAX_BATCH_BYTES // sent)

    def note(self, rows: int, delivery: Delivery) -> None:
        """Note that a request was answered."""
        self._taken = max(self._taken, rows)
        self._rows_in_doubt = max(0, self._rows_in_doubt - rows)
        if delivery.seconds > SLOW_S:
            self.current = min(self.current, max(self._first, rows // _GROWTH))
        elif rows == self.current and delivery.seconds <= QUICK_S and delivery.sent * _GROWTH <= MAX_BATCH_BYTES:
            self.current = min(self._most, rows * _GROWTH)

    def note_refused(self, rows: int) -> None:
        """Note that a request was refused, of which nothing was saved: for a bad row, or for its size.

        Where it had more rows than any before, they are fewer from now on; unless one of these very rows is refused
        again in fewer, which then was the reason.
        """
        if self.is_new(rows):
            self._rows_in_doubt, self._most_without_doubt = rows, self._most
            self.current = self._most = self._taken
        else:
            self.note_bad_row()

    def note_bad_row(self) -> None:
        """Note that a row was the reason why the last request was refused, and not its size."""
        if self._rows_in_doubt:
            self._rows_in_doubt, self._most = 0, self._most_without_doubt

    def shrink(self, rows: int) -> None:
        """Ask for less from now on: so many rows were too many for the server, or for the time that it has."""
        smaller = self._taken if self.is_new(rows) else max(1, rows // 2)
        self.current = self._most = min(self.current, smaller)
        self._taken = min(self._taken, self.current)
        logger.warning("Table %s: %d rows at once are too many; from now on %d.", self._table_id, rows, self.current)


PARTS = 5
"""A refused batch is divided into so many: fewer calls than halving, as every failure of a create costs a look."""

CHECK_EVERY = 10
"""After so many refusals in a row the table is read once: the key may have lost its rights, or the table be deleted."""

_KNOWN_ERRORS = frozenset({"Record not found"})
"""What Ninox was seen to say of a row that it does not save."""


@dataclass(slots=True)
class _Sending:
    """A request on its way.

    Attributes:
        rest: Rows of which nothing is known yet.
        saved: What became of the others.
        errors: How the tries failed.
        is_slow: Whether the server ran out of time, so that it may be at work still.
    """

    rest: list[Intent]
    saved: list[Outcome] = field(default_factory=list)
    errors: list[NinoxError] = field(default_factory=list)
    is_slow: bool = False


class _RefusedAlone(NamedTuple):
    """A create that was refused by itself; whether its record was made all the same will show."""

    intent: Intent
    status: int


class BatchWriter:
    """Saves the rows of one stream.

    Attributes:
        deleted_fields: Those that were found to be there no more, and are not sent.
    """

    def __init__(
        self, plan: WritePlan, destination: Destination, *, find_deleted_fields: Callable[[], frozenset[str]]
    ) -> None:
        """Prepare; `find_deleted_fields` reads the schema again, for the fields that cannot be written any more."""
        self._size = BatchSize(plan.table.id, destination.batch_size)
        self._destination = destination
        self._table = destination.table(plan.table.id)
        self._key_of = plan.key_of_record
        self._shown_key = ShownKey(plan)
        self._find_deleted_fields = find_deleted_fields
        self._ids_matter = False
        self.deleted_fields: frozenset[str] = frozenset()
        self._has_looked_for_deleted_fields = False
        self._tries_left = destination.max_tries
        self._refused_in_a_row = 0
        self._keeps_refused: bool | None = None  # whether of a refused request anything was saved; None: not seen yet
        self._todo: deque[list[Intent]] = deque()  # requests to send, as far as they are not divided
        self._waiting: list[_RefusedAlone] = []
        self._known: list[Outcome] = []  # to be yielded

    def save(self, intents: Iterable[Intent], *, ids_matter: bool = False) -> Iterator[list[Outcome]]:
        """Save rows, creates first, each kind in the order given; yield what became of them behind each request.

        Args:
            intents: What to do.
            ids_matter: Whether the id of each record must be certain at once.

        Raises:
            UncertainCreateError: Rows without a key may be saved or not.
            NinoxError: Ninox does not answer any more; rows without an outcome were not sent, or are updates.
        """
        intents = list(intents)
        for creates in (True, False):  # never in one request: new ids are checked in another way than those sent
            chunk = [intent for intent in intents if intent.creates is creates]
            self._ids_matter = ids_matter or any(intent.row.encoded.files for intent in chunk)
            # without a key, a record can only be found among the others of a request if there are none
            alone = [intent for intent in chunk if creates and intent.row.encoded.files and not _has_key(intent)]
            together = [intent for intent in chunk if intent not in alone] if alone else chunk
            self._todo = deque([*([together] if together else []), *([intent] for intent in alone)])
            while self._todo or self._waiting:
                try:
                    if self._todo:
                        self._save_next()
                    else:
                        self._look([])
                finally:  # what is known is said, also before an error ends the run
                    known, self._known = self._known, []
                    yield known

    def _save_next(self) -> None:
        """Send the next request, and learn what became of its rows; what is to be sent again comes next."""
        chunk = self._todo.popleft()
        if len(chunk) > self._size.current:
            self._put_first(chunk[: self._size.current], chunk[self._size.current :])
            return
        if self.deleted_fields:
            chunk = [_leave_out(intent, self.deleted_fields) for intent in chunk]
        sending = _Sending(chunk)
        try:
            answers = retry.repeat(
                lambda: self._send(sending),
                allowed=lambda error: self._tries_left if is_lost(error) and error in sending.errors else 1,
                again="Checking what was saved before the rest is sent again,",
            )
        except NinoxError as error:
            self._known += sending.saved
            if error not in sending.errors or not is_refusal(error):
                raise
            self._divide(sending.rest, error)
            return
        self._known += sending.saved
        if answers is None and sending.rest:  # they are too many by now; the tries that failed count on
            self._tries_left -= len(sending.errors)
            self._put_first(sending.rest)
            return
        self._tries_left = self._destination.max_tries
        if answers is not None:
            self._judge(sending.rest, answers)

    def _send(self, sending: _Sending) -> Sequence[SavedRecord] | None:
        """Send the rows of a request that are not saved; if an answer was lost, look first which are.

        Returns:
            The answers; None if nothing was sent, as all rows are saved, or the rest is too many for one request.
        """
        if sending.errors:
            saved, sending.rest = self._look(sending.rest)
            sending.saved += saved
            if sending.rest and sending.is_slow and sending.rest[0].creates:
                raise sending.errors[-1]  # the server may be at work on them still: nothing is sent twice
            if not sending.rest or len(sending.rest) > self._size.current:
                return None
        rows, deliveries = len(sending.rest), list[Delivery]()
        try:
            answers = self._destination.writer.save_records(
                self._table.id,
                [intent.write for intent in sending.rest],
                max_bytes=self._size.max_bytes(rows),
                measure=deliveries.append,
            )
        except BodyTooLargeError as error:
            self._size.fit(rows, error.size)
            return None
        except NinoxError as error:
            sending.errors.append(error)
            if is_lost(error) and is_timeout(error):
                sending.is_slow = True
                self._size.shrink(rows)
            raise
        if len(answers) == rows and deliveries:  # none in a dry run
            self._size.note(rows, deliveries[-1])
        return answers

    def _divide(self, chunk: list[Intent], error: NinoxAPIError) -> None:
        """Send the rows of a refused request again in smaller ones, until those that are to blame are alone."""
        if isinstance(error, NinoxTooLargeError) and len(chunk) > 1:
            self._size.shrink(len(chunk))
            self._put_first(chunk)
            return
        if isinstance(error, NinoxTooLargeError):
            self._reject(chunk[0], code="too_large", reason="Ninox does not take a row of this size (HTTP 413).")
            return
        if self._may_wait(chunk):
            self._count_refused(error)
            self._waiting.append(_RefusedAlone(chunk[0], error.status))
            return
        saved, rest = self._look(chunk)
        self._known += saved
        self._keeps_refused = bool(saved or self._keeps_refused)
        if not rest:
            return
        if not self._has_looked_for_deleted_fields:
            self._has_looked_for_deleted_fields = True
            self.deleted_fields = self._find_deleted_fields()
            if self.deleted_fields:
                self._put_first(rest)
                return
        if saved:  # what stood before the bad row is there, so the next one is to blame
            self._refused_in_a_row = 0
            self._size.note_bad_row()
            self._put_first(rest[:1], rest[1:])
            return
        self._size.note_refused(len(rest))
        if len(rest) > 1:
            size = math.ceil(len(rest) / PARTS)
            self._put_first(*(rest[start : start + size] for start in range(0, len(rest), size)))
        else:
            self._count_refused(error)
            self._reject(rest[0], code="refused", reason=describe_refusal(error.status))

    def _put_first(self, *chunks: list[Intent]) -> None:
        """Let requests come next, in this order."""
        self._todo.extendleft(chunk for chunk in reversed(chunks) if chunk)  # extendleft turns them around

    def _reject(self, intent: Intent, *, code: str, reason: str) -> None:
        self._known.append(Outcome(intent, error=RowRejectedError(code=code, reason=reason)))

    def _may_wait(self, chunk: list[Intent]) -> bool:
        """Return whether a refused row needs no look: what is created next is to get the very next id.

        That spares a call for each bad row, where looks have shown that nothing refused is saved; if it was this time,
        ids are missing, and it is looked for then.
        """
        is_plain = len(chunk) == 1 and chunk[0].creates and not chunk[0].write.upsert and _has_key(chunk[0])
        return is_plain and bool(self._todo) and self._keeps_refused is False and self._has_looked_for_deleted_fields

    def _look(self, chunk: list[Intent]) -> tuple[list[Outcome], list[Intent]]:
        """Look which rows of a failed request are saved, and which of those that wait, as each record is seen once."""
        waiting = {id(refused.intent): refused for refused in self._waiting}
        together = [*(refused.intent for refused in self._waiting), *chunk]
        saved, rest = find_saved_rows(self._table, self._key_of, together)
        self._waiting = []
        self._known += [outcome for outcome in saved if id(outcome.intent) in waiting]
        self._known += [_reject_alone(waiting[id(intent)]) for intent in rest if id(intent) in waiting]
        return (
            [outcome for outcome in saved if id(outcome.intent) not in waiting],
            [intent for intent in rest if id(intent) not in waiting],
        )

    def _judge_waiting(self, created: Sequence[int]) -> None:
        """Judge rows that wait by the ids that were handed out behind them, one by one as ever (documented)."""
        if min(created, default=0) == self._table.highest_id + 1:
            self._known += map(_reject_alone, self._waiting)
            self._waiting = []
        else:
            self._keeps_refused = True  # or another writes, too: each is looked for from now on
            self._look([])

    def _count_refused(self, error: NinoxAPIError) -> None:
        """Count a refusal, and stop where the server has failed: then no row is to blame."""
        self._refused_in_a_row += 1
        if self._refused_in_a_row % CHECK_EVERY == 0:
            self._table.check_is_readable()
        if self._refused_in_a_row >= MOST_REFUSED_IN_A_ROW:
            message = (
                f"Ninox refused {MOST_REFUSED_IN_A_ROW} rows of table {self._table.id} in a row (last: HTTP "
                f"{error.status}). Stopped; look at the table's fields and at the first rejected rows."
            )
            raise RefusesEverythingError(message) from error

    def _judge(self, chunk: list[Intent], answers: Sequence[SavedRecord]) -> None:
        """Learn from the answers to a request what became of its rows."""
        checked: Answers | None = None
        if chunk[0].creates and not chunk[0].write.upsert:
            checked = assign(chunk, answers, highest_id=self._table.highest_id, shown_key=self._shown_key)
        elif len(answers) == len(chunk) and all(map(_fits, chunk, answers)):
            checked = Answers(answers, are_certain=True)
        if checked is None or (self._ids_matter and not checked.are_certain):
            self._judge_by_what_is_there(chunk, answers)
            return
        if self._waiting:
            self._judge_waiting([answer.id or 0 for answer in checked.in_order if answer.error is None])
        for intent, answer in zip(chunk, checked.in_order, strict=True):
            if answer.error is None:
                self._refused_in_a_row = 0
                shown = self._shown_key.read(answer.fields, intent.row.encoded) if checked.are_certain else None
                shows_other_key = shown not in {None, intent.row.encoded.key}
                self._known.append(
                    Outcome(intent, answer.id or 0, is_certain=checked.are_certain, shows_other_key=shows_other_key)
                )
            else:
                self._reject(intent, code="not_saved", reason=_reason(answer.error))

    def _judge_by_what_is_there(self, chunk: list[Intent], answers: Sequence[SavedRecord]) -> None:
        """Judge rows whose answers cannot be told apart: those that cannot be found are rejected.

        Where there are fewer answers to more rows than a request had before, the server may take no more at once, and
        says nothing: those are sent again in fewer.
        """
        logger.warning(
            "Table %s: %d rows were sent, and the %d answers do not say which record belongs to which row; "
            "looking them up.",
            self._table.id,
            len(chunk),
            len(answers),
        )
        if chunk[0].creates:
            saved, rest = self._look(chunk)
        else:
            answered = {answer.id for answer in answers if answer.error is None}
            saved = [Outcome(intent, intent.write.id or 0) for intent in chunk if intent.write.id in answered]
            rest = [intent for intent in chunk if intent.write.id not in answered]
        self._known += saved
        if rest and len(answers) < len(chunk) and self._size.is_new(len(chunk)):
            self._size.shrink(len(chunk))
            self._put_first(rest)
            return
        for intent in rest:
            self._reject(intent, code="not_saved", reason="Ninox answered 200, but did not save the row.")


def _has_key(intent: Intent) -> bool:
    return intent.row.encoded.key is not None


def _fits(intent: Intent, answer: SavedRecord) -> bool:
    """Return whether an answer can be that of an intent."""
    if answer.error is not None:
        return True
    return answer.id is not None and intent.write.id in {None, answer.id}


def _leave_out(intent: Intent, field_ids: Collection[str]) -> Intent:
    fields = {key: value for key, value in intent.write.fields.items() if key not in field_ids}
    return replace(intent, write=replace(intent.write, fields=fields))


def _reject_alone(refused: _RefusedAlone) -> Outcome:
    return Outcome(refused.intent, error=RowRejectedError(code="refused", reason=describe_refusal(refused.status)))


def _reason(error: Any) -> str:
    """Quote Ninox only in words that are known to hold no value: any others may quote the row, and go to logs."""
    if isinstance(error, str) and error in _KNOWN_ERRORS:
        return f"Ninox answered 200, but with an error: {error}."
    return "Ninox answered 200, but did not save the row; why it says so is not repeated, as it may quote the row."
