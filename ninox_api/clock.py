"""What time it is, by this machine and by the server."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

_MOST_AHEAD_S = 60
"""A machine whose clock is further ahead of the server's is not believed; less is a matter of delays."""


class ServerClock:
    """Knows the later of two times: this machine's and the server's, as far as answers had a `Date`.

    That header has no fractions of seconds and may come late or from a cache, so a server is never ahead of what it
    says. A clock of this machine that is behind counts for nothing, and neither does one that is far ahead.
    """

    def __init__(self) -> None:
        self._since_boot_s: float | None = None

    def note(self, date: str | None) -> None:
        """Take the `Date` of an answer into account; one that cannot be read counts for nothing."""
        try:
            said_s = parsedate_to_datetime(date or "").timestamp()
        except (ValueError, TypeError, OverflowError):
            return
        boot_s = said_s - time.monotonic()
        self._since_boot_s = boot_s if self._since_boot_s is None else max(boot_s, self._since_boot_s)

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        now_s = time.time()
        if self._since_boot_s is not None:
            server_s = self._since_boot_s + time.monotonic()
            now_s = server_s if now_s > server_s + _MOST_AHEAD_S else max(now_s, server_s)
        return int(now_s * 1000)
