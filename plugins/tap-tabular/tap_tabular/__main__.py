"""The `tap-tabular` command: what a user can put right is a line, without a traceback."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path

from simplejson import JSONDecodeError
from singer_sdk.exceptions import ConfigValidationError
from typing_extensions import override

from tap_tabular.files import TabularError
from tap_tabular.tap import TapTabular

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Line breaks, the beginnings of escape sequences, and marks that turn the rest of a line around."""


class _EscapedRecord(logging.LogRecord):
    """A line of the log in which no name of a file, sheet or column steers a terminal or forges another line."""

    @override
    def getMessage(self) -> str:
        return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), super().getMessage())


def main() -> None:
    """Run the tap."""
    logging.setLogRecordFactory(_EscapedRecord)
    logger = logging.getLogger("tap-tabular")
    try:
        TapTabular.cli()
    except ConfigValidationError as error:
        for problem in error.errors:
            logger.error("config: %s", problem)  # noqa: TRY400
    except TabularError as error:
        for problem in error.problems:
            logger.error(problem)  # noqa: TRY400
    except (JSONDecodeError, UnicodeDecodeError) as error:
        hint = " Write folders of Windows with / or \\\\." if "escape" in str(error) else ""
        named = " ".join(sys.argv[1:])
        logger.error("A file of %s is not JSON in UTF-8: %s.%s", named, error, hint)  # noqa: TRY400
    except FileNotFoundError as error:
        # The SDK's own error has no file name, but a sentence; a name may have apostrophes.
        name = error.filename or str(error).partition("'")[2].partition("' was not found.")[0]
        logger.error("There is no file %r, seen from %s.", name, Path.cwd())  # noqa: TRY400
    except OSError as error:  # those of lists are named with them
        logger.error("The output or a file cannot be used: %s.", str(error).rstrip("."))  # noqa: TRY400
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python fails again over what it could not write
    else:
        return
    sys.exit(1)


if __name__ == "__main__":
    main()
