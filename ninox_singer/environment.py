"""Settings from environment variables and from a `.env` file, and what Meltano says in its own variables.

A variable of the environment counts more than a line of `.env`, as in Meltano; the file is looked for in the folder
where the command runs, and above it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import find_dotenv, load_dotenv

from ninox_singer.names import find_nearest

_NOT_SETTINGS = frozenset({"LOGLEVEL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a setting is guarded from, without which more would be done, or elsewhere, than was asked for.

    Attributes:
        never_empty: An empty variable is an error, as it is often what is left of one that holds another, which is
            not there: by default the key would go elsewhere, all would be read, or rows would be written.
        never_null: Null is an error: a variable that is not defined is null in a configuration.
        holds_back: It keeps something from being written: one that is misspelt is an error wherever the others come
            from.
        narrows: Without it more is read, or elsewhere: where variables are passed on, a misspelt one is an error, too.
        if_lost: What to say if Meltano does not pass it, which always does, as the plugin's definition has a value.
            Meltano leaves out what is null (4.4): a private cloud's key would go to the public address, a dry run be a
            real one.
    """

    never_empty: bool = False
    never_null: bool = False
    holds_back: bool = False
    narrows: bool = False
    if_lost: str = ""


_LOST = (
    "Meltano passes none, so the variable in its place is not defined, or the plugin's definition has no value for it."
)
GUARDS: Mapping[str, Guard] = {
    "api_url": Guard(
        never_empty=True,
        never_null=True,
        narrows=True,
        if_lost=f"api_url: {_LOST} Give the address, of the public cloud https://api.ninox.com/v1: the key is not sent "
        "to a guess.",
    ),
    "team": Guard(never_null=True, narrows=True),
    "teams": Guard(narrows=True),  # which is gone: who gives it still is told
    "databases": Guard(never_empty=True, never_null=True, narrows=True),
    "database": Guard(never_null=True, narrows=True),
    "tables": Guard(never_empty=True, never_null=True, narrows=True),
    "deletes": Guard(narrows=True),
    "max_api_calls": Guard(narrows=True),
    "dry_run": Guard(
        never_empty=True,
        never_null=True,
        holds_back=True,
        if_lost=f"dry_run: {_LOST} Give true or false: nothing is written on a guess.",
    ),
    "limit_rows": Guard(never_null=True, holds_back=True),
    "max_updates": Guard(never_null=True, holds_back=True),
    "max_deletes": Guard(never_null=True, holds_back=True),
    "max_creates": Guard(holds_back=True),  # likewise
}
"""Setting of tap or target → what it is guarded from; `tests/settings/test_guarded_settings.py` has all others."""

_NEVER_EMPTY = frozenset(name for name, guard in GUARDS.items() if guard.never_empty)
NEVER_NULL = frozenset(name for name, guard in GUARDS.items() if guard.never_null)
HOLDS_BACK = frozenset(name for name, guard in GUARDS.items() if guard.holds_back)
NARROWS = frozenset(name for name, guard in GUARDS.items() if guard.narrows)
LOST = {name: guard.if_lost for name, guard in GUARDS.items() if guard.if_lost}

_LIKENESS = 0.81
"""`DRYRUN` is meant to be `DRY_RUN`; `BUERO_TEAM` is a setting of another plugin that inherits from this one."""

_PLUGIN_NAMES = {"TAP_NINOX_": "MELTANO_EXTRACTOR_NAME", "TARGET_NINOX_": "MELTANO_LOADER_NAME"}
"""Where Meltano says what the plugin is called in its project: one that inherits has a name of its own."""


def load_env_file() -> None:
    """Add the lines of `.env` to the environment; what the environment has counts more."""
    load_dotenv(find_dotenv(usecwd=True), override=False, encoding="utf-8-sig")


def read_variables(settings: Iterable[str], *, prefix: str) -> dict[str, str]:
    """Return the texts of those variables that are settings, by the setting's name.

    An empty one is a setting that is not given, but for those where that would do more than was asked for.
    """
    found: dict[str, str] = {}
    for name in settings:
        text = os.environ.get(f"{prefix}{name.upper()}")
        if text is not None and (text.strip() or name in _NEVER_EMPTY):
            found[name] = text if text.strip() else ""
    return found


def find_unknown_variables(
    names: Mapping[str, Mapping[str, Any]], removed: Iterable[str], *, prefix: str
) -> Iterator[tuple[str, str | None]]:
    """Yield the variables that look like settings and are none, each with the setting that was probably meant.

    Left out is what Meltano makes itself: extras (`TAP_NINOX__SELECT`), parts of objects (`TAP_NINOX_ALIASES_X`), and
    the settings of a plugin that inherits (`TAP_NINOX_BUERO_TEAM`).
    """
    known, former = [name.upper() for name in names], {name.upper() for name in removed}
    objects = [name.upper() for name, schema in names.items() if "object" in schema.get("type", ())]
    may_inherit = _PLUGIN_NAMES[prefix] in os.environ
    for variable in sorted(name for name in os.environ if name.startswith(prefix)):
        name = variable.removeprefix(prefix)
        is_inherited = may_inherit and any(name.endswith(f"_{other}") for other in known)
        is_a_part = any(name.startswith(f"{other}_") and name != f"{other}_" for other in objects)
        if (
            name in known
            or name in former
            or name in _NOT_SETTINGS
            or name.startswith("_")
            or is_inherited
            or is_a_part
        ):
            continue
        near = find_nearest(name, known, likeness=_LIKENESS)
        if near is None and "URL" in name.split("_"):  # without its address, the key would go to the public cloud
            near = "API_URL"
        yield variable, near.lower() if near else None


def name_meltano_variable(name: str, *, prefix: str) -> str | None:
    """Return the variable in which Meltano hands over a setting, None if Meltano does not run this plugin.

    It holds objects as they were written. In the file that Meltano gives the plugin, keys are taken apart at dots or
    left out if they have one, and so is what is null (Meltano 4.4).
    """
    plugin = os.environ.get(_PLUGIN_NAMES[prefix])
    return None if plugin is None else re.sub(r"[^A-Z0-9]", "_", f"{plugin}_{name}".upper())


def read_meltano_file(*, prefix: str) -> dict[str, list[Any]]:
    """Return what the project's file says of this plugin: setting → its values, as they were written, null included.

    Where a setting is null or has a variable that is not defined, Meltano passes the definition's default or nothing
    (4.4): of a setting that was meant to be given, the plugin would hear as of one that nobody thought of.
    """
    plugin, root = os.environ.get(_PLUGIN_NAMES[prefix]), os.environ.get("MELTANO_PROJECT_ROOT")
    values: dict[str, list[Any]] = {}
    if plugin is None or root is None:
        return values
    kind = "extractors" if prefix.startswith("TAP") else "loaders"
    given = [plugins for document in _iter_project_files(Path(root)) for plugins in _iter_plugins(document, kind)]
    name: str | None = plugin
    while name is not None:  # and what it inherits from
        same = [item for item in given if item.get("name") == name]
        for item in same:
            for setting, value in (item.get("config") or {}).items():
                values.setdefault(setting, []).append(value)
        given = [item for item in given if item.get("name") != name]
        name = next((item["inherit_from"] for item in same if item.get("inherit_from")), None)
    return values


def find_meltano_names(variable: str, *, prefix: str) -> list[str]:
    """Return what the project's file calls a variable that Meltano made of it: whoever wrote it knows no variable."""
    name = variable.removeprefix(prefix)
    return [given for given in read_meltano_file(prefix=prefix) if re.sub(r"[^A-Z0-9]", "_", given.upper()) == name]


def _iter_project_files(root: Path) -> Iterator[Mapping[str, Any]]:
    """Yield `meltano.yml` and what it includes; one that cannot be read has been reported by Meltano."""
    import yaml  # noqa: PLC0415 (slow to load)

    paths, seen = [root / "meltano.yml"], set()
    while paths:
        path = paths.pop()
        if path in seen:
            continue
        seen.add(path)
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(document, dict):
            yield document
            paths += [found for pattern in document.get("include_paths") or () for found in root.glob(pattern)]


def _iter_plugins(document: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield the plugins of a kind of the project and of the environment that is active."""
    active = os.environ.get("MELTANO_ENVIRONMENT")
    for environment in document.get("environments") or ():
        if environment.get("name") == active:
            yield from ((environment.get("config") or {}).get("plugins") or {}).get(kind) or ()
    yield from (document.get("plugins") or {}).get(kind) or ()


def read_meltano_object(name: str, *, prefix: str) -> Mapping[str, Any] | None:
    """Return an object as Meltano was given it, None if that is not known."""
    variable = name_meltano_variable(name, prefix=prefix)
    try:
        value = json.loads(os.environ.get(variable, "")) if variable else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
