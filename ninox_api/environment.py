"""Settings from environment variables and from a `.env` file, as `--config=ENV` asks for.

A variable of the environment counts more than a line of `.env`, as in Meltano; the file is looked for in the folder
where the command runs, and above it.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dotenv import find_dotenv, load_dotenv

from ninox_api.errors import NinoxConfigError

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_NOT_SETTINGS = frozenset({"LOGLEVEL"})
_LIKENESS = 0.81
"""`DRYRUN` is meant to be `DRY_RUN`; `BUERO_TEAM` is a setting of another plugin that inherits from this one."""


def read_environment(properties: Mapping[str, Any], *, prefix: str) -> dict[str, Any]:
    """Return the settings that the environment and `.env` hold.

    Args:
        properties: JSON Schema of each setting.
        prefix: What the names of the variables begin with, such as `TAP_NINOX_`.

    Raises:
        NinoxConfigError: Names every variable that cannot be read, or whose name is nearly that of a setting: to
            leave it out in silence could mean to write where a dry run was wanted. It quotes no value.
    """
    load_dotenv(find_dotenv(usecwd=True), override=False, encoding="utf-8-sig")
    known = {f"{prefix}{name.upper()}": name for name in properties}
    problems = _mistyped((name for name in os.environ if name.startswith(prefix)), known, prefix)
    settings: dict[str, Any] = {}
    for variable, name in known.items():
        try:
            value = _value(os.environ[variable], properties[name]) if variable in os.environ else None
        except ValueError as error:
            problems.append(f"{variable}: {error}")
        else:
            settings |= {} if value is None else {name: value}
    if problems:
        raise NinoxConfigError(problems)
    return settings


def _mistyped(given: Iterable[str], known: Mapping[str, str], prefix: str) -> list[str]:
    names = [variable.removeprefix(prefix) for variable in known]
    problems = []
    for name in (variable.removeprefix(prefix) for variable in sorted(given)):
        if name in names or name in _NOT_SETTINGS or any(name.endswith(f"_{other}") for other in names):
            continue
        near = difflib.get_close_matches(name, names, n=1, cutoff=_LIKENESS)
        problems += [f"{prefix}{name}: there is no such setting. Did you mean {prefix}{near[0]}?"] if near else []
    return problems


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    types = schema.get("type", ())
    kinds = {types} if isinstance(types, str) else set(types)
    for kind, read in _READERS.items():
        if kind in kinds:
            return read(text.strip()) if text.strip() else None
    return text


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        message = "give a whole number, such as 100."
        raise ValueError(message) from None


def _decimal(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = "give a number, such as 2.5."
        raise ValueError(message) from None


def _truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        message = "give true or false."
        raise ValueError(message)
    return text.lower() in _TRUE


def _list(text: str) -> Any:
    """Read a JSON list; names with commas between are permitted, too."""
    return _json(text, 'a list as JSON, such as ["a", "b"]') if text[0] in '["{' else text.split(",")


def _object(text: str) -> Any:
    return _json(text, 'an object as JSON, such as {"a": "b"}')


def _json(text: str, wanted: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # its own words would quote nothing, but speak of columns that nobody counts
        message = f"give {wanted}; in a shell, between single quotes."
        raise ValueError(message) from None


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _whole, "number": _decimal, "boolean": _truth, "array": _list, "object": _object,
}  # fmt: skip
"""Kind of a setting → how its text is read."""
