"""What a script can do wrong."""

from __future__ import annotations


class NxError(Exception):
    """A script that cannot be run; the message names the construct, and the line where it is known."""
