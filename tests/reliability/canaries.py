"""Values that must never be told, and what is searched for them: everything that is logged, at every level."""

from __future__ import annotations

import base64
import logging
import re
from contextlib import contextmanager

KEY = "canary-key-5b1d"
PASSWORD = "canary-password-77aa"
VALUE = "canary-value"
NUMBER = 9_182_736_455
CODED = base64.b64encode(VALUE.encode()).decode()
"""How a file is told that begins with the value."""
ALL = (KEY, PASSWORD, VALUE, str(NUMBER), CODED, "Bearer ")


def told_in(text):
    """Return the canaries that a text tells."""
    return [canary for canary in ALL if canary in text]


def told_by_ours(log):
    """Return what a log of Meltano at level DEBUG holds that is not meant to hold values.

    There, Meltano repeats the RECORD messages of any tap, and target-postgres says which rows it took.
    """
    lines = (line for line in log.splitlines() if '{"type":"RECORD"' not in line)
    return "\n".join(line for line in lines if not re.search(r"] target-postgres ", line))


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@contextmanager
def listening():
    """Collect every log line of every logger, the quietest levels included."""
    collector, root = _Collector(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in ("tap-ninox", "target-ninox", "ninox_api"))]
    before = [(logger, logger.level) for logger in loggers]
    root.addHandler(collector)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield collector.lines
    finally:
        root.removeHandler(collector)
        for logger, level in before:
            logger.setLevel(level)


def quiet():
    """Keep the log lines of many runs from the terminal."""
    logging.getLogger().handlers = [logging.NullHandler()]
