"""The command line of tap and target: one line for what a user can fix, exit codes, and the end on a signal."""

from __future__ import annotations

import codecs
import gc
import io
import logging
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ninox_singer.logs import escape_logs

if TYPE_CHECKING:
    from simplejson import JSONDecodeError

SIGNAL_EXIT_CODE = 128
"""POSIX shells report a process that a signal ended by this and the signal's number."""

_FILES = frozenset({"--config", "--catalog", "--state"})

_NO_NUMBER = re.compile(r"-?(?:NaN|Infinity)")
_NAME_BEFORE = re.compile(r'"([^"]{1,100})"\s*:\s*\Z')

MOST_PLACES = 12
"""So many of the last calls are logged of each error that nobody foresaw."""


def _describe_json_error(error: JSONDecodeError) -> str:
    """Return what is wrong with a file, without a word of its values."""
    if not error.doc.strip():
        return "is empty: leave the option out instead"
    # Meltano writes `.nan` and `.inf` of YAML so.
    value, name = _NO_NUMBER.match(error.doc, error.pos), _NAME_BEFORE.search(error.doc[: error.pos])
    if value and name:
        return f"has {value[0]} in {name[1]!r}, which is no number: give one, or leave it out"
    return f"is not JSON: {error}"


def _find_file(content: str | bytes) -> str | None:
    """Return which file of the command line holds what could not be read, in words; the SDK does not say it."""
    for option, path in _iter_files():
        with suppress(OSError, ValueError):  # ValueError: no UTF-8, or a path that no system takes
            if not path.is_file():  # a pipe can be read once
                continue
            if isinstance(content, bytes):
                is_it = bool(content) and content in path.read_bytes()
            else:
                is_it = content in {path.read_text(encoding="utf-8"), path.read_bytes().decode()}  # line ends differ
            if is_it:
                return f"The file of {option} ({str(path)!r})"
    return None


def _iter_files() -> Iterator[tuple[str, Path]]:
    """Yield the options that name files, with their files."""
    for argument, following in zip_longest(sys.argv[1:], sys.argv[2:], fillvalue=""):
        option, has_value, value = argument.partition("=")
        if option in _FILES:
            yield option, Path(value if has_value else following)


def run_command(name: str, load: Callable[[], Callable[[], object]], *, files: str) -> None:
    """Run a plug-in's command and end the process; what a user can fix is a line each, with exit code 1.

    Args:
        name: What the command is called, which is its logger's name, too.
        load: Imports the plug-in and returns its command line.
        files: The options that name files, for messages: "--config, --catalog or --state".

    Raises:
        SystemExit: The run failed, or a signal ended it.
    """
    try:
        _run(name, load, files=files)
    except KeyboardInterrupt:  # a tap or target that runs has handlers of its own
        sys.exit(SIGNAL_EXIT_CODE + signal.SIGINT)


def _run(name: str, load: Callable[[], Callable[[], object]], *, files: str) -> None:
    # Here, where Ctrl-C shows no traceback: they take most of the start.
    from simplejson import JSONDecodeError  # noqa: PLC0415
    from singer_sdk.exceptions import (  # noqa: PLC0415
        ConfigValidationError,
        MappingError,
        RecordsWithoutSchemaException,
    )
    from singer_sdk.singerlib.exceptions import InvalidInputLine  # noqa: PLC0415

    from ninox_api.errors import NinoxConfigError, NinoxError  # noqa: PLC0415

    logger = logging.getLogger(name)
    escape_logs()
    # The SDK (0.54) leaves the file of --state open where --discover fails; Meltano has that printed under the error.
    warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)
    _prepare_streams(logger)
    try:
        # Imports make no garbage, and looking for it is a tenth of the start.
        gc.disable()
        command = load()
        gc.freeze()
        gc.enable()
        command()
    except (NinoxConfigError, ConfigValidationError) as error:
        for problem in error.errors:
            logger.error(problem)  # noqa: TRY400
    except MappingError as error:
        logger.error("stream_maps: %s", error)  # noqa: TRY400
    except (NinoxError, InvalidInputLine, RecordsWithoutSchemaException) as error:
        logger.error(error)  # noqa: TRY400
    except JSONDecodeError as error:
        named = _find_file(error.doc) or f"A file given with {files}"
        logger.error("%s %s.", named, _describe_json_error(error))  # noqa: TRY400
    except UnicodeDecodeError as error:
        named = _find_file(error.object) or f"A file given with {files}, or .env,"
        logger.error("%s is not text in UTF-8 (byte %d). Save it anew.", named, error.start)  # noqa: TRY400
    except OSError as error:
        logger.error("The output or a file cannot be used: %s.", str(error).rstrip("."))  # noqa: TRY400
        _drop_output()
    except Exception as error:  # noqa: BLE001 (Python would print its message)
        log_defect(error, logger)
    else:
        return
    sys.exit(1)


def _prepare_streams(logger: logging.Logger) -> None:
    """Make up for closed streams, for which Python has None, and for an output without buffer or with less than UTF-8.

    A number that is free goes to the next connection that is opened: the target would read its answers as input.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 (as long as the process)
        logger.warning("Standard input is closed: no message can come from there.")
    if sys.stdout is None:
        logger.error("Standard output is closed, where the messages go. Connect it to a loader or a file.")
        sys.exit(1)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (likewise)
    if isinstance(sys.stdout, io.TextIOWrapper) and codecs.lookup(sys.stdout.encoding).name != "utf-8":
        # Singer is UTF-8, whatever the system's own encoding; a terminal keeps that
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")
    if isinstance(sys.stdout.buffer, io.RawIOBase):
        # PYTHONUNBUFFERED: of a write that a full disk or a signal cuts short, Python then forgets the rest without a
        # word; a buffer goes on.
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = os.fdopen(sys.stdout.fileno(), "w", encoding=encoding, errors=errors, closefd=False)


def _drop_output() -> None:
    """Forget what a full disk did not take: Python would try to write it again while it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def log_defect(error: BaseException, logger: logging.Logger) -> None:
    """Log types and places of an error and its causes, on a line each, to be reported.

    Messages are left out: of an error that nobody foresaw, they may quote a value of the user's.
    """
    logger.error(
        "This is a defect of %s; please report it. Traceback, without messages, which may quote your data:", logger.name
    )
    for place in _iter_places(error):
        logger.error(place)


def _iter_places(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__name__
        for place in traceback.extract_tb(error.__traceback__, limit=-MOST_PLACES):
            yield f"  {place.filename}:{place.lineno} in {place.name}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def leave(exit_code: int) -> NoReturn:
    """End the process from a signal handler, wherever it is.

    The exit may come in the middle of a constructor. What that leaves is half an object, at whose end Python would show
    a traceback as if something were broken, so such reports are left out from here on.

    Raises:
        SystemExit: Always.
    """
    sys.unraisablehook = lambda _: None
    sys.exit(exit_code)


class Stopping:
    """Ends the process on a signal: at once, but not in the middle of a write. A second signal is not held back."""

    def __init__(self) -> None:
        self._exit_code: int | None = None
        self._is_busy = False

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let what is inside come to its end."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
            if self._exit_code is not None:  # behind an error too, or whoever catches it would try once more
                leave(self._exit_code)

    def stop(self, signum: int) -> None:
        """End the process with the exit code of shells, now or as soon as the write is done."""
        was_stopped_before = self._exit_code is not None
        self._exit_code = SIGNAL_EXIT_CODE + signum
        if was_stopped_before or not self._is_busy:
            leave(self._exit_code)
