"""The command line: what the SDK offers to every tap, and `--inspect`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec
from typing_extensions import override

from tap_ninox.inspection.page import inspection_page
from tap_ninox.inspection.survey import Inspection, inspect
from tap_ninox.inspection.text import inspection_text
from tap_ninox.tap import TapNinox

logger = logging.getLogger(__name__)

RUNS_PER_DAY = 24.0


def _inspection_json(inspection: Inspection) -> str:
    return msgspec.json.format(msgspec.json.encode(inspection.as_json()), indent=2).decode() + "\n"


FORMS: dict[str, Callable[[Inspection], str]] = {
    "text": inspection_text,
    "json": _inspection_json,
    "html": inspection_page,
}
"""How an inspection can be shown."""


class TapCommand(TapNinox):
    """Reads Ninox databases: whole once, then by their change sequence."""  # what --about says of the tap

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.params += [
            click.Option(
                ["--inspect"],
                is_flag=False,
                flag_value="text",
                type=click.Choice(list(FORMS)),
                help="Show what the key can see and what syncing it would cost in API calls, without reading a record. "
                "--inspect=html makes a page with a diagram.",
            ),
            click.Option(
                ["--runs-per-day"],
                type=click.FloatRange(min=0, min_open=True),
                default=RUNS_PER_DAY,
                show_default=True,
                help="The schedule that --inspect is to reckon with.",
            ),
        ]
        return command

    @classmethod
    @override
    def invoke(cls, *, inspect: str | None = None, runs_per_day: float = RUNS_PER_DAY, **options: Any) -> None:
        try:
            if inspect is None:
                super().invoke(**options)
            else:
                _inspector(FORMS[inspect], runs_per_day).invoke(**options)
        except BrokenPipeError:
            logger.error("The loader has ended before the tap: its own message says why. The next run goes on.")  # noqa: TRY400
            raise  # click ends the command with exit code 1, without a word


def _inspector(form: Callable[[Inspection], str], runs_per_day: float) -> type[TapNinox]:
    """Return a tap that shows what it would read instead of reading it."""

    class Inspector(TapNinox):
        @override  # type: ignore[misc] # final in the SDK, as in TapNinox
        def sync_all(self) -> None:
            sys.stdout.write(form(inspect(self, runs_per_day=runs_per_day)))

    return Inspector
