"""`singer-ninox inspect`: an inspection as text, JSON or a page."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import simplejson

from ninox_tools.inspection.page import inspection_page
from ninox_tools.inspection.survey import Inspection, inspect
from ninox_tools.inspection.text import inspection_text
from tap_ninox.discovery.discover import STAMP
from tap_ninox.tap import TapNinox


def _as_json(inspection: Inspection) -> str:
    return msgspec.json.format(msgspec.json.encode(inspection.as_json()), indent=2).decode() + "\n"


_FORMS: dict[str, Callable[[Inspection], str]] = {"text": inspection_text, "json": _as_json, "html": inspection_page}


def print_inspection(form: str, *, config: Path | None, catalog: Path | None, runs_per_day: float) -> None:
    """Look at what a tap's settings lead to, and print it.

    Args:
        form: "text", "json" or "html".
        config: File with the tap's settings; None for the environment.
        catalog: File with a catalog; None for what the tap itself would select.
        runs_per_day: The schedule by which calls are estimated.

    Raises:
        NinoxError: Settings are wrong, or Ninox cannot be read.
    """
    read = (None if path is None else simplejson.loads(path.read_text("utf-8")) for path in (config, catalog))
    given, selected = read
    if isinstance(selected, dict):
        selected.pop(STAMP, None)  # what looking costs is counted here
    tap = TapNinox(config=given, catalog=selected, parse_env_config=config is None, validate_config=True)
    sys.stdout.write(_FORMS[form](inspect(tap, runs_per_day=runs_per_day)))
