"""Settings as users write them → settings as the schema has them, or sentences that say what is wrong.

Variables and `.env` have text only, and Meltano hands over text where its definition knows no type, and takes keys
apart at dots.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import simplejson
from jsonschema import Draft202012Validator, ValidationError

from ninox_api.errors import NinoxConfigError
from ninox_singer.environment import NEVER_NULL
from ninox_singer.names import did_you_mean, fold

logger = logging.getLogger(__name__)

_TRUE = frozenset({"true", "1", "yes", "on", "y", "t"})
_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})
_WANTED = {
    "string": "a text (in YAML between quotes if it looks like a number)",
    "integer": "a whole number, such as 100",
    "number": "a number, such as 2.5",
    "boolean": "true or false",
    "array": 'a list, as JSON such as ["a", "b"]',
    "object": 'an object, as JSON such as {"a": "b"}',
}
"""Type of a setting → what to give."""


def read_json(path: Path, *, option: str) -> Any:
    """Return what a file of a user's says: UTF-8 or, as Windows also writes it, UTF-16, with a byte order mark or not.

    Raises:
        NinoxConfigError: There is no such file, or it cannot be read.
        JSONDecodeError: It is no JSON.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"{option}: {path} cannot be read: {error.strerror}."
        raise NinoxConfigError(message) from None
    return simplejson.loads(content.decode(json.detect_encoding(content)))


def check_zone(zone: str | None) -> Iterator[str]:
    """Yield what is wrong with a setting `timezone`, with the zone that was probably meant."""
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = sorted(available_timezones())
        of_city = {fold(name.rpartition("/")[2].replace("_", " ")): name for name in zones}
        meant = of_city.get(fold(zone or ""))
        hint = f" Did you mean {meant!r}?" if meant else did_you_mean(zone or "", zones)
        yield f"timezone: {zone!r} is not a zone of the IANA list, such as Europe/Berlin.{hint}"


def refuse_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Let settings be left out but not be null, where the default could do what was not meant (`NEVER_NULL`).

    A variable that is not defined is null in a configuration: all databases would be read, or a dry run be a real one.
    """
    for name in NEVER_NULL & schema["properties"].keys():
        part = schema["properties"][name]
        part["type"] = [kind for kind in list_types(part) if kind != "null"]
    return schema


def read_settings(
    given: Mapping[str, Any], schema: Mapping[str, Any], *, removed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return settings in the types of their schema.

    Args:
        given: The settings as they came.
        schema: JSON Schema of all settings.
        removed: Settings of earlier versions → what to do instead; see `ConfiguredPlugin`.

    Raises:
        NinoxConfigError: Names everything that is wrong, and never quotes a value of a wrong type: it may be a secret.
    """
    problems = list(_describe_removed(given, removed or {}))
    known = {name: value for name, value in given.items() if name not in (removed or {})}
    settings = _convert(known, schema)
    errors = Draft202012Validator(schema).iter_errors(settings)
    wrong = dict.fromkeys(line for error in errors for line in _describe(error, schema))
    problems += [line for line in wrong if not _is_about(line, problems)]
    if problems:
        raise NinoxConfigError(problems)
    return dict(settings)


def _describe_removed(given: Any, removed: Mapping[str, str], path: str = "", pattern: str = "") -> Iterator[str]:
    if not isinstance(given, Mapping):
        return
    for name, value in given.items():
        exact, wild = f"{pattern}{name}", f"{pattern}*"
        if advice := removed.get(exact) or removed.get(wild):
            yield f"{path}{name}: this setting is gone. {advice}"
        elif any(key.startswith((f"{exact}.", f"{wild}.")) for key in removed):
            part = exact if any(key.startswith(f"{exact}.") for key in removed) else wild
            yield from _describe_removed(value, removed, f"{path}{name}.", f"{part}.")


def _is_about(line: str, problems: Iterable[str]) -> bool:
    """Return whether a line is about a setting that has been reported already."""
    name = line.partition(": ")[0]
    return any(
        name == known or name.startswith(f"{known}.") for known in (line.partition(": ")[0] for line in problems)
    )


def list_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the JSON types that a schema permits."""
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _convert(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return a value in the type that its schema wants; what cannot be read stays as it is, for the check to name."""
    types = list_types(schema)
    if isinstance(value, str):
        value = _parse(value, types)
    if isinstance(value, Decimal):  # the SDK reads files with them
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # no number that could be meant, so that the check names it
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if isinstance(value, int) and value in {0, 1} and "boolean" in types:
        return bool(value)
    if isinstance(value, list):
        items = (_convert(item, schema.get("items", {})) for item in value)
        return [item.strip() if isinstance(item, str) else item for item in items]
    if isinstance(value, Mapping):
        parts, others = schema.get("properties", {}), schema.get("additionalProperties")
        others = others if isinstance(others, Mapping) else {}
        return {name: _convert(item, parts.get(name, others)) for name, item in _join(value, schema).items()}
    return value


def _parse(text: str, types: tuple[str, ...]) -> Any:
    """Read a text where another type is wanted; an empty one is a setting that is not given."""
    if "string" in types and not ("array" in types and text.lstrip().startswith("[")):
        return text
    for kind in types:
        if kind in _READERS:
            try:
                return _READERS[kind](text.strip()) if text.strip() else None
            except ValueError:
                return text
    return text


def _parse_truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _parse_list(text: str) -> Any:
    """Read a JSON list; names with commas between are permitted, too."""
    return json.loads(text) if text[0] in '["{' else [name for name in text.split(",") if name.strip()]


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": int, "number": float, "boolean": _parse_truth, "array": _parse_list, "object": json.loads,
}  # fmt: skip
"""Type of a setting → how its text is read."""


def _join(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put keys together again that Meltano took apart at dots: `{"db": {"A": x}}` → `{"db.A": x}`.

    Only objects whose keys are the user's own can have such keys.
    """
    inner = schema.get("additionalProperties")
    if not isinstance(inner, Mapping) or not list_types(inner):
        return value  # stream_maps: their members may be objects or texts
    if inner.get("type") and "object" not in list_types(inner):
        return {".".join(path): leaf for path, leaf in _iter_leaves(value)}
    if "properties" not in inner or all(
        isinstance(item, Mapping) and item.keys() <= inner["properties"].keys() for item in value.values()
    ):
        return value
    joined: dict[str, Any] = {}
    for path, leaf in _iter_leaves(value):
        _place(joined, path, leaf, inner["properties"])
    return joined


def _iter_leaves(value: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, item in value.items():
        parts = (*path, *str(key).split("."))
        if isinstance(item, Mapping) and item:
            yield from _iter_leaves(item, parts)
        else:
            yield parts, item


def _place(joined: dict[str, Any], path: tuple[str, ...], leaf: Any, known: Mapping[str, Any]) -> None:
    """Put a value under the name that ends before the first known setting: `my.stream.fields.a.b`."""
    for end in range(1, len(path)):
        rest = path[end + 1 :]
        if path[end] in known and bool(rest) is isinstance(known[path[end]].get("additionalProperties"), Mapping):
            settings = joined.setdefault(".".join(path[:end]), {})
            if rest:
                settings.setdefault(path[end], {})[".".join(rest)] = leaf
            else:
                settings[path[end]] = leaf
            return
    first, rest = path[0], path[1:]
    inner = joined.setdefault(first, {} if rest else leaf)  # nothing is known there: for the check to name
    if rest and isinstance(inner, dict):
        inner[".".join(rest)] = leaf


def _describe(error: ValidationError, settings: Mapping[str, Any]) -> Iterator[str]:
    describe = _DESCRIPTIONS.get(str(error.validator))
    path = [str(part) for part in error.absolute_path]
    if describe is _describe_empty and len(path) == 1 and path[0] in settings.get("required", ()):
        yield f"{path[0]}: empty. It is required: {settings['properties'][path[0]].get('description', '')}".rstrip()
    elif describe:
        yield from describe(path, error.instance, error.schema)
    else:
        yield f"{'.'.join(path)}: this value is not permitted ({error.validator})."


def _describe_missing(path: list[str], settings: Mapping[str, Any], schema: Any) -> Iterator[str]:
    for name in schema["required"]:
        if name not in settings:
            meaning = schema["properties"].get(name, {}).get("description", "")
            yield f"{'.'.join([*path, name])}: missing. {meaning}".rstrip()


def _describe_unknown(path: list[str], settings: Mapping[str, Any], schema: Any) -> Iterator[str]:
    known = list(schema.get("properties", ()))
    for name in settings:
        if name not in known:
            parts = str(name).split(".")  # of an object that Meltano took apart
            hints = (did_you_mean(text, known) for text in (str(name), parts[-1], parts[0]))
            hint = next(filter(None, hints), " See the settings in --about.")
            yield f"{'.'.join([*path, str(name)])}: there is no such setting.{hint}"


def _describe_wrong_type(path: list[str], value: Any, schema: Any) -> Iterator[str]:
    example = next(iter(schema.get("examples", ())), None)
    wanted = {**_WANTED, **({} if example is None else {"object": f"an object, as JSON such as {json.dumps(example)}"})}
    kinds = " or ".join(wanted[kind] for kind in list_types(schema) if kind != "null")
    if value is None:
        yield (
            f"{'.'.join(path)}: empty (null). Give {kinds}, or leave the setting out. A variable that is not defined "
            "is null in a configuration, too."
        )
    else:
        yield f"{'.'.join(path)}: give {kinds}."


def _describe_unknown_value(path: list[str], value: Any, schema: Any) -> Iterator[str]:
    if value is not None and not isinstance(value, str):
        return  # it is of a wrong type, which is reported
    permitted = " or ".join(json.dumps(item) for item in schema["enum"] if item is not None)
    yield f"{'.'.join(path)}: {json.dumps(value, ensure_ascii=False, default=str)} is unknown; give {permitted}."


def _no_map(path: list[str], _value: Any, _schema: Any) -> Iterator[str]:
    """Say what the only part of the settings may be that has alternatives: a map of `stream_maps`."""
    yield f"{'.'.join(path)}: give an object of rules, or null."


def _describe_too_small(path: list[str], value: Any, schema: Any) -> Iterator[str]:
    yield f"{'.'.join(path)}: {value} is too small; give at least {schema['minimum']}."


def _describe_too_large(path: list[str], value: Any, schema: Any) -> Iterator[str]:
    yield f"{'.'.join(path)}: {value} is too large; give at most {schema['maximum']}."


def _describe_empty(path: list[str], _value: Any, _schema: Any) -> Iterator[str]:
    yield f"{'.'.join(path)}: empty. Give a value, or leave the setting out."


_DESCRIPTIONS: dict[str, Callable[[list[str], Any, Any], Iterator[str]]] = {
    "required": _describe_missing,
    "additionalProperties": _describe_unknown,
    "type": _describe_wrong_type,
    "enum": _describe_unknown_value,
    "minimum": _describe_too_small,
    "maximum": _describe_too_large,
    "anyOf": _no_map,
    "minLength": _describe_empty,
    "minItems": _describe_empty,
}
"""Keyword of JSON Schema that is not met → what to say of it, by path, value and schema of the part."""
