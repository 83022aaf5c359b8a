"""The `target-ninox` command."""

from __future__ import annotations

import sys


def main() -> int:
    """Say that loading into Ninox is not part of this release, and fail.

    Returns:
        Exit code 2: nothing was read and nothing was written.
    """
    sys.stderr.write("target-ninox is not part of this release yet. Nothing was read and nothing was written.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
