"""The `tap-ninox` command."""

from __future__ import annotations

import gc
import io
import logging
import os
import sys

from simplejson import JSONDecodeError
from singer_sdk.exceptions import ConfigValidationError, MappingError

from ninox_api.defects import log_defect
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_singer.escape import escape_logs

logger = logging.getLogger("tap-ninox")


def main() -> None:
    """Run the tap; what a user can mend is said in a line each, without a traceback, and ends with exit code 1."""
    escape_logs()
    _buffer_output()
    gc.disable()  # imports make no garbage; looking for it among them is a tenth of the start
    from tap_ninox.command import TapCommand  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    try:
        TapCommand.cli()
    except (NinoxConfigError, ConfigValidationError) as error:
        for problem in error.errors:
            logger.error(problem)  # noqa: TRY400
    except (NinoxError, MappingError) as error:
        logger.error(error)  # noqa: TRY400
    except JSONDecodeError as error:
        problem = "is empty: leave the option out instead" if not error.doc.strip() else f"is not JSON: {error}"
        logger.error("A file given with --config, --catalog or --state %s.", problem)  # noqa: TRY400
    except UnicodeDecodeError as error:
        logger.error(  # noqa: TRY400
            "A file given with --config, --catalog or --state, or .env, is not text in UTF-8 (byte %d). Save it anew.",
            error.start,
        )
    except OSError as error:
        logger.error("The output or a file cannot be used: %s.", str(error).rstrip("."))  # noqa: TRY400
        _drop_output()
    except Exception as error:  # noqa: BLE001 (Python would print its message)
        log_defect(error, logger)
    else:
        return
    sys.exit(1)


def _buffer_output() -> None:
    """Give the output the buffer that PYTHONUNBUFFERED took from it.

    Of a write that a full disk or a signal cuts short, Python then forgets the rest without a word; a buffer goes on.
    """
    if isinstance(sys.stdout.buffer, io.RawIOBase):
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = os.fdopen(sys.stdout.fileno(), "w", encoding=encoding, errors=errors, closefd=False)


def _drop_output() -> None:
    """Forget what a full disk did not take: Python would try to write it again while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
