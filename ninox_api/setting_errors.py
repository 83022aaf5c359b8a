"""What is wrong with settings, in words that help: JSON Schema's own know no name that was meant, and quote secrets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

SECRETS = ("auth_token", "database_passwords")

_MISSING = re.compile(r"'(\w+)' is a required property")
_UNKNOWN = re.compile(r"Additional properties are not allowed \((.+) (?:was|were) unexpected\)(?: in config\[(.+)\])?")
_NAME = re.compile(r"'([^']*)'")


def explained(message: str, schema: Mapping[str, Any]) -> list[str]:
    """Return a problem of the settings as sentences.

    Args:
        message: JSON Schema's message, with ` in config['…']` behind it if it is about a part of the settings.
        schema: The schema of all settings.
    """
    if missing := _MISSING.fullmatch(message):
        (name,) = missing.groups()
        return [f"{name}: missing. {schema['properties'].get(name, {}).get('description', '')}".rstrip()]
    if unknown := _UNKNOWN.fullmatch(message):
        names, path = _NAME.findall(unknown[1]), _NAME.findall(unknown[2] or "")
        known = list(_part(schema, path).get("properties", ()))
        return [_unknown([*path, name], known) for name in names] or [message]
    for name in SECRETS:
        if f"in config['{name}'" in message:
            return [f"{name}: the value is not of the right type."]
    return [message]


def _unknown(path: list[str], known: list[str]) -> str:
    near = difflib.get_close_matches(path[-1], known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " See the settings in --about."
    return f"{'.'.join(path)}: there is no such setting.{hint}"


def _part(schema: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    for name in path:
        inner = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        schema = inner if isinstance(inner, Mapping) else {}
    return schema
