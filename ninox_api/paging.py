"""Reading all rows of a table that people keep editing.

Pages are cut by key, not by number: "the next 1,000 ids after 4711" cannot skip a row when an earlier one is deleted.
Where a server will not do that, whole passes over numbered pages are repeated until one was undisturbed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ninox_api.client import NinoxRecord
from ninox_api.errors import NinoxProtocolError

Page = Sequence[NinoxRecord]

MAX_PASSES = 5

MIN_PAGE_SIZE = 2
"""A page of one record cannot be told from the end: a server may count the cursor's own row in (not documented)."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class IdRange:
    """Records that are still to be read: those with ids beyond `last_id`, up to `end` or else to the table's end."""

    last_id: int = 0
    end: int | None = None

    @property
    def is_read(self) -> bool:
        """Whether nothing is left; an open range ends only with an empty page."""
        return self.end is not None and self.last_id >= self.end


def cut_range(whole: IdRange, *, end: int | None, page_size: int, pieces: int) -> list[IdRange]:
    """Cut an open range into pieces of whole pages, to be read at the same time.

    Where no record was ever deleted, the pieces cost no call more than the whole; else at most one each.

    Args:
        whole: What is to be cut.
        end: An id that no record is above, None if unknown; the last piece stays open, in case it is wrong.
        page_size: Records per request.
        pieces: How many at most.
    """
    pages = max(0, (end or 0) - whole.last_id) // page_size
    pieces = max(1, min(pieces, pages))
    width = -(-pages // pieces) * page_size
    starts = [whole.last_id + number * width for number in range(pieces)]
    ends = [*starts[1:], whole.end]
    return [IdRange(last_id=start, end=end) for start, end in zip(starts, ends, strict=True)]


class KeysetUnusableError(Exception):
    """The server ignores `sinceId` or does not order by id."""


def keyset_pages(fetch: Callable[[int], Page], *, after_id: int = 0, end: int | None = None) -> Iterator[Page]:
    """Yield pages of ascending ids beyond `after_id`, until an empty one.

    Only an empty page ends the table; a short one may be the server's cap. A server that counts the cursor's own row
    in (the bound is not documented) is understood.

    Args:
        fetch: Returns the page that begins after an id, of at least `MIN_PAGE_SIZE` records if there are so many.
        after_id: Where to begin.
        end: Last id that is wanted; records beyond it are left out, and no page is asked for once it is reached.

    Raises:
        KeysetUnusableError: A page does not ascend past its cursor.
    """
    cursor = after_id
    while end is None or cursor < end:
        page = fetch(cursor)
        fresh = [record for record in page if record.id != cursor]
        if not fresh:
            return
        _check_ascending(fresh, cursor)
        cursor = fresh[-1].id
        yield fresh if end is None or cursor <= end else [record for record in fresh if record.id <= end]


def _check_ascending(page: Page, cursor: int) -> None:
    previous = cursor
    for record in page:
        if record.id <= previous:
            raise KeysetUnusableError
        previous = record.id


def numbered_pages(fetch: Callable[[int], Page]) -> Iterator[Page]:
    """Yield pages 0, 1, 2, … without rows already seen, until a page is empty or brings nothing new."""
    seen: set[int] = set()
    number = 0
    while fresh := [record for record in fetch(number) if record.id not in seen]:
        seen.update(record.id for record in fresh)
        yield fresh
        number += 1


def repeated_passes(fetch: Callable[[int], Page], *, sequence: Callable[[], int | None]) -> Iterator[Page]:
    """Yield every row once, from whole passes over numbered pages, until one pass is known to be complete.

    A row deleted during a pass moves later rows to earlier pages, so some may be missed. A pass is trusted when the
    database did not change meanwhile, or when it found the same ids as the pass before.

    Args:
        fetch: Returns a numbered page.
        sequence: Returns the database's sequence, or None where it cannot be told.

    Raises:
        NinoxProtocolError: The table changed during each of `MAX_PASSES` passes.
    """
    emitted: set[int] = set()
    last_ids: set[int] | None = None
    for _ in range(MAX_PASSES):
        before = sequence()
        ids: set[int] = set()
        for page in numbered_pages(fetch):
            ids.update(record.id for record in page)
            yield [record for record in page if record.id not in emitted]
            emitted.update(record.id for record in page)
        if ids == last_ids or (before is not None and before == sequence()):
            return
        last_ids = ids
    message = (
        "The server pages by number only, and the table changed during every attempt to read it whole. "
        "Run at a quieter time; nothing was marked as read."
    )
    raise NinoxProtocolError(message)
