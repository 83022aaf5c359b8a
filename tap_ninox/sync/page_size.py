"""How many records one request asks for: fewer for the rest of the run once the server could not deliver them."""

from __future__ import annotations

import logging
import threading

from ninox_api.errors import NinoxAPIError, NinoxError, NinoxSizeError, NinoxTimeoutError
from ninox_api.paging import MIN_PAGE_SIZE

_TOO_MUCH = frozenset({413, 504})
_SHRINK = 4

logger = logging.getLogger(__name__)


class PageSize:
    """The page size of one table, shared by the threads that read it."""

    def __init__(self, table_id: str, size: int) -> None:
        """Start with the configured size."""
        self._table_id = table_id
        self._lock = threading.Lock()
        self.current = max(MIN_PAGE_SIZE, size)

    def shrink(self, size: int, error: NinoxError) -> None:
        """Ask for less from now on, if a request for `size` records failed because it asked for too much.

        Raises:
            NinoxError: The error, where a smaller page would not help.
        """
        if not was_too_much(error) or size <= MIN_PAGE_SIZE:
            raise error
        with self._lock:
            if self.current < size:
                return  # another thread has done it
            self.current = max(MIN_PAGE_SIZE, size // _SHRINK)
            logger.warning(
                "Table %s: pages of %d records are too much for the server, asking for %d from here on. (%s) "
                "Set page_size to spare the attempts.",
                self._table_id,
                size,
                self.current,
                error,
            )


def was_too_much(error: NinoxError) -> bool:
    """Tell whether a request may succeed if it asks for fewer records."""
    if isinstance(error, NinoxTimeoutError | NinoxSizeError):
        return True
    return isinstance(error, NinoxAPIError) and error.status in _TOO_MUCH
