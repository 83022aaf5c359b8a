"""Settings from environment variables and from a `.env` file, and what Meltano says in its own variables.

A variable of the environment counts more than a line of `.env`, as in Meltano; the file is looked for in the folder
where the command runs, and above it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dotenv import find_dotenv, load_dotenv

from ninox_singer.names import nearest

_NOT_SETTINGS = frozenset({"LOGLEVEL"})

_NEVER_EMPTY = frozenset({"api_url", "databases", "dry_run", "tables"})
"""An empty variable is often what is left of one that holds another, which is not there: by default the key would go
elsewhere, all would be read, or rows would be written."""

_LIKENESS = 0.81
"""`DRYRUN` is meant to be `DRY_RUN`; `BUERO_TEAM` is a setting of another plugin that inherits from this one."""

_PLUGIN_NAMES = {"TAP_NINOX_": "MELTANO_EXTRACTOR_NAME", "TARGET_NINOX_": "MELTANO_LOADER_NAME"}
"""Where Meltano says what the plugin is called in its project: one that inherits has a name of its own."""


def load_env_file() -> None:
    """Add the lines of `.env` to the environment; what the environment has counts more."""
    load_dotenv(find_dotenv(usecwd=True), override=False, encoding="utf-8-sig")


def variables_of(settings: Mapping[str, Mapping[str, Any]], *, prefix: str) -> dict[str, str]:
    """Return the texts of those variables that are settings, by the setting's name.

    An empty one is a setting that is not given, but for those where that would do more than was asked for.
    """
    found: dict[str, str] = {}
    for name in settings:
        text = os.environ.get(f"{prefix}{name.upper()}")
        if text is not None and (text.strip() or name in _NEVER_EMPTY):
            found[name] = text if text.strip() else ""
    return found


def unknown_variables(names: Mapping[str, Mapping[str, Any]], *, prefix: str) -> Iterator[tuple[str, str | None]]:
    """Yield the variables that look like settings and are none, each with the one that was probably meant.

    Left out is what Meltano makes itself: extras (`TAP_NINOX__SELECT`), parts of objects (`TAP_NINOX_ALIASES_X`), and
    the settings of a plugin that inherits (`TAP_NINOX_BUERO_TEAM`).
    """
    known = [name.upper() for name in names]
    objects = [name.upper() for name, schema in names.items() if "object" in schema.get("type", ())]
    may_inherit = _PLUGIN_NAMES[prefix] in os.environ
    for variable in sorted(name for name in os.environ if name.startswith(prefix)):
        name = variable.removeprefix(prefix)
        is_inherited = may_inherit and any(name.endswith(f"_{other}") for other in known)
        is_a_part = any(name.startswith(f"{other}_") and name != f"{other}_" for other in objects)
        if name in known or name in _NOT_SETTINGS or name.startswith("_") or is_inherited or is_a_part:
            continue
        near = nearest(name, known, likeness=_LIKENESS)
        yield variable, f"{prefix}{near}" if near else None


def meltano_variable(name: str, *, prefix: str) -> str | None:
    """Return the variable in which Meltano hands over a setting, None if Meltano does not run this plugin.

    It holds objects as they were written. In the file that Meltano gives the plugin, keys are taken apart at dots or
    left out if they have one, and so is what is null (Meltano 4.4).
    """
    plugin = os.environ.get(_PLUGIN_NAMES[prefix])
    return None if plugin is None else re.sub(r"[^A-Z0-9]", "_", f"{plugin}_{name}".upper())


def meltano_object(name: str, *, prefix: str) -> Mapping[str, Any] | None:
    """Return an object as Meltano was given it, None if that is not known."""
    variable = meltano_variable(name, prefix=prefix)
    try:
        value = json.loads(os.environ.get(variable, "")) if variable else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
