"""What tap and target override of the Singer SDK's way to read settings (singer-sdk 0.54).

Settings come through several doors: a file, variables, `.env`, and Meltano, which leaves out what is null. What each
override is for stands in `docs/adr/0006-around-the-sdk.md`; `tests/planted/sdk.py` takes each away.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from singer_sdk.plugin_base import PluginBase
from typing_extensions import override

from ninox_api.errors import NinoxConfigError
from ninox_singer.environment import (
    HOLDS_BACK,
    LOST,
    NARROWS,
    find_meltano_names,
    find_unknown_variables,
    load_env_file,
    name_meltano_variable,
    read_meltano_file,
    read_meltano_object,
    read_variables,
)
from ninox_singer.settings import list_types, read_settings

logger = logging.getLogger(__name__)

_UNREAD = (
    "{variable} is set, but variables are only read with --config=ENV, so it would have no effect. Add that option, "
    "or give {name} in the file and delete the variable."
)


class ConfiguredPlugin(PluginBase):
    """Reads and checks a plug-in's settings: what the SDK does, with every door and with sentences for people.

    The SDK (0.54) has nothing public for that, so it overrides two private members (`_env_var_config`, which reads the
    environment, and `_validate_config`, which checks) and uses two (`_config`, `_env_var_prefix`).

    Attributes:
        removed_settings: Settings of earlier versions → what to do instead. What stood inside an object is named by its
            path, with `*` for a name of the user's: `streams.*.date_format`.
    """

    removed_settings: ClassVar[Mapping[str, str]] = {}

    @property
    @override
    def _env_var_config(self) -> dict[str, Any]:
        """The settings of the environment and of `.env`, as `--config=ENV` asks for."""
        load_env_file()
        self.append_builtin_config(self.config_jsonschema)  # what the SDK's own settings are
        properties, prefix = self.config_jsonschema["properties"], self._env_var_prefix
        problems = [
            _describe_variable(variable, meant, prefix)
            for variable, meant in find_unknown_variables(properties, self.removed_settings, prefix=prefix)
            if meant
        ]
        if problems:
            raise NinoxConfigError(problems)
        return read_variables([*self.removed_settings, *properties], prefix=prefix)

    @classmethod
    @override
    def cb_config(cls, ctx: Any, param: Any, value: tuple[str, ...]) -> Any:
        try:
            return super().cb_config(ctx, param, value)
        except FileNotFoundError:
            missing = next((name for name in value if name != "ENV" and not Path(name).exists()), "")
            message = f"--config: there is no file {missing!r}, seen from {Path.cwd()}."
            raise NinoxConfigError(message) from None
        except (TypeError, ValueError) as error:
            if type(error) not in {TypeError, ValueError}:  # it is no JSON, or no UTF-8: reported elsewhere
                raise
            message = '--config: a file holds no object of settings, such as {"auth_token": "…"}.'
            raise NinoxConfigError(message) from None

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        schema, prefix = self.config_jsonschema, self._env_var_prefix
        self.append_builtin_config(schema)
        self._check_variables(schema["properties"])
        if name_meltano_variable("", prefix=prefix) and (
            lost := list(_describe_lost(self._config, schema, prefix=prefix))
        ):
            raise NinoxConfigError(lost)
        objects = {name for name, part in schema["properties"].items() if "object" in list_types(part)}
        given = {
            name: _restore_object(name, value, prefix=prefix) if name in objects else value
            for name, value in self._config.items()
        }
        self._config = read_settings(given, schema, removed=self.removed_settings)
        if self._config.get("stream_maps") is None:
            self._config.pop("stream_maps", None)  # null is permitted, but the SDK (0.54) looks into it
        return super()._validate_config(raise_errors=raise_errors)  # fills in the defaults

    def _check_variables(self, properties: Mapping[str, Mapping[str, Any]]) -> None:
        """Warn of variables that are no settings, or none any more, wherever the settings come from.

        Raises:
            NinoxConfigError: One would have kept something from being written or, under Meltano, from being read.
        """
        prefix = self._env_var_prefix
        passes_variables = name_meltano_variable("", prefix=prefix) is not None  # Meltano does, in its file
        bounds = HOLDS_BACK | NARROWS if passes_variables else HOLDS_BACK
        for variable, meant in find_unknown_variables(properties, self.removed_settings, prefix=prefix):
            if meant in bounds:  # a dry run that is misspelt would be a real one, one database all that there are
                raise NinoxConfigError(_describe_variable(variable, meant, prefix))
            logger.warning(_describe_variable(variable, meant, prefix))
        if not passes_variables:
            for name in read_variables(HOLDS_BACK & properties.keys(), prefix=prefix):
                if self._config.get(name) is None:
                    raise NinoxConfigError(_UNREAD.format(variable=f"{prefix}{name.upper()}", name=name))
        for name in read_variables(self.removed_settings, prefix=prefix):
            if name not in self._config:  # else it is told as what it is
                advice = f"{self.removed_settings[name]} Then take this variable away."
                told = f"{prefix}{name.upper()}: this setting is gone. {advice}"
                if name in bounds:
                    raise NinoxConfigError(told)
                logger.warning(told)


def _describe_variable(variable: str, meant: str | None, prefix: str) -> str:
    hint = f"Did you mean {prefix}{meant.upper()}?" if meant else "See the settings in --about."
    names = find_meltano_names(variable, prefix=prefix)
    place = f" It is {' and '.join(names)} in meltano.yml." if names else ""
    return f"{variable} is set, but there is no such setting. {hint}{place}"


def _describe_lost(given: Mapping[str, Any], schema: Mapping[str, Any], *, prefix: str) -> Iterator[str]:
    """Yield a sentence for each setting that somebody gave to Meltano and that is not here.

    It is about those that cannot be null: without them more would be done, or elsewhere, than was asked for.
    """
    written = read_meltano_file(prefix=prefix)
    for name, part in schema["properties"].items():
        if name in LOST and name not in given:
            yield LOST[name]
        elif "null" not in list_types(part) and (
            (name in written and name not in given)
            or (None in written.get(name, ()) and given[name] == part.get("default"))
        ):
            yield (
                f"{name}: it stands in meltano.yml without a value: it is null, or its variable is not defined. Give "
                "one, or delete the line."
            )


def _restore_object(name: str, value: Any, *, prefix: str) -> Any:
    """Return an object as the user wrote it, where Meltano has lost something of it."""
    written = read_meltano_object(name, prefix=prefix)
    if value == {} and not written and name_meltano_variable(name, prefix=prefix):
        logger.warning(
            "%s is empty. If you gave one, Meltano has lost the keys that have a dot: give the whole object as JSON "
            "text, between single quotes.",
            name,
        )
    return value if written is None else written
