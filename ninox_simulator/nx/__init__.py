"""The part of the Ninox script language that the API's `query` and `exec` are used with.

`parser` (text → tokens → tree) → `evaluator` (tree → value) → `functions` → `values`. It imports nothing
of the simulator: the records are handed in. What is not known is refused by name.
"""

from __future__ import annotations


class NxError(Exception):
    """A script that cannot be run; the message names the construct, and the line where it is known."""
