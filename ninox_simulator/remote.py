"""A simulator in a process of its own, and its controls.

```python
with running("--profile=m") as ninox:
    load(ninox.url, ninox.token)
    ninox.next_day()
```
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

CONTROL_TIMEOUT_S = 600
"""A day of the larger company takes a while."""

_OPENER = build_opener(ProxyHandler({}))
"""No proxy of the environment reaches this machine."""

SIMULATOR = ("-m", "ninox_simulator", "--port=0", "--tied")


@dataclass(frozen=True, slots=True)
class Remote:
    """A running simulator, on this machine. What it refuses is a `ValueError`; an `OSError` says that nobody listens.

    Attributes:
        url: Address of the API, up to and including `/v1`.
        pid: Its process, if it was started here.
    """

    url: str
    token: str = "simulator-key"  # noqa: S105 (opens nothing but the simulator)
    pid: int | None = None

    def switch(self, **settings: str) -> None:
        """Set switches."""
        self._control("POST", "switches", settings)

    def fault(self, **rule: Any) -> None:
        """Add a fault, or set bounds of requests."""
        self._control("POST", "faults", rule)

    def next_day(self) -> str:
        """Let people work for a day; return what they did."""
        return str(self._control("POST", "next-day")["done"])

    def reset(self) -> None:
        """Forget what was done in Ninox."""
        self._control("POST", "reset")

    def backup(self) -> None:
        """Keep all databases as they are."""
        self._control("POST", "backup")

    def restore(self) -> None:
        """Go back to the databases that were kept."""
        self._control("POST", "restore")

    def calls(self) -> dict[str, int]:
        """Return the API calls since the last question: method → number."""
        entries = self._control("GET", "log")["entries"]
        self._control("DELETE", "log")
        return dict(Counter(sorted(entry["method"] for entry in entries)))

    def records(self, database: str, table: str) -> list[dict[str, Any]]:
        """Return the records of a table as they are stored."""
        return list(self._control("GET", f"records?{urlencode({'database': database, 'table': table})}"))

    def _control(self, method: str, name: str, body: Any = None) -> Any:
        address = f"{self.url.removesuffix('/v1')}/_simulator/{name}"
        data = None if body is None else json.dumps(body).encode()
        try:
            request = Request(address, data, method=method)  # noqa: S310 (a simulator)
            with _OPENER.open(request, timeout=CONTROL_TIMEOUT_S) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise ValueError(json.load(error)["message"]) from None


@contextmanager
def running(*arguments: str) -> Iterator[Remote]:
    """Start a simulator on a free port. It ends with the block, or with this process, whatever ends it.

    Args:
        *arguments: Those of `ninox-simulator`.

    Raises:
        RuntimeError: It does not start.
    """
    # Whatever ends the block or this process closes the pipe, at which a tied simulator ends. In a session of its own
    # it is not met by Ctrl-C, and so lives as long as those who use it.
    with subprocess.Popen(  # noqa: S603 (a simulator)
        [sys.executable, *SIMULATOR, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            message = "The simulator did not start; see the lines above."
            raise RuntimeError(message)
        yield Remote(url, pid=process.pid)
