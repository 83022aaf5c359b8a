"""What the SDK's check of settings leaves open: objects that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from singer_sdk.exceptions import ConfigValidationError

from target_ninox.settings_schema import CONFIG_JSONSCHEMA


def check_streams(streams: Any) -> None:
    """Check that objects are objects, which the SDK takes for granted while it fills in defaults.

    Raises:
        ConfigValidationError: One is something else.
    """
    wrong = [name for name, settings in _members(streams) if not isinstance(settings, Mapping)]
    for name, settings in _members(streams):
        references = settings.get("references") if isinstance(settings, Mapping) else None
        wrong += [f"{name}.references.{key}" for key, value in _members(references) if not isinstance(value, Mapping)]
    if wrong:
        message = "Config validation failed"
        errors = [f"streams.{name}: an object is needed here." for name in wrong]
        raise ConfigValidationError(message, errors=errors, schema=CONFIG_JSONSCHEMA)


def _members(settings: Any) -> Iterable[tuple[str, Any]]:
    return settings.items() if isinstance(settings, Mapping) else ()
