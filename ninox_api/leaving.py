"""Ending this process from a signal handler."""

from __future__ import annotations

import sys
from typing import NoReturn


def leave(exit_code: int) -> NoReturn:
    """End the process, wherever it is.

    The exit may come in the middle of a constructor. What that leaves is half an object, at whose end Python would show
    a traceback as if something were broken, so such reports are left out from here on.

    Raises:
        SystemExit: Always.
    """
    sys.unraisablehook = lambda _: None
    sys.exit(exit_code)
