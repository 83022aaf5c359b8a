"""Runs tap-tabular in this process."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from tap_tabular.tap import TapTabular
from tests.helpers.run import TapRun, parse


def run_tabular(*entries, catalog=None):
    """Read entries of `files`; an error is kept, not raised."""
    run = TapRun()
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(buffer):
        try:
            TapTabular(config={"files": list(entries)}, catalog=catalog).sync_all()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            run.error = error
    buffer.seek(0)
    run.text = buffer.read()
    run.messages = parse(run.text)
    return run
