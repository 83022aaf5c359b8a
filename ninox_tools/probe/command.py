"""`singer-ninox probe`: its options, and the settings of tap-ninox that it takes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from singer_sdk import typing as th

from ninox_api.errors import NinoxConfigError
from ninox_singer.connection import read_connection
from ninox_singer.environment import find_unknown_variables, load_env_file, read_variables
from ninox_singer.names import find_nearest
from ninox_singer.settings import read_json, read_settings
from ninox_tools.probe.run import Outcome, probe
from ninox_tools.probe.table import print_table
from ninox_tools.probe.wire import MOST_CALLS
from ninox_tools.probe.writer import MARK
from tap_ninox.settings import CONNECTION_PROPERTIES, REMOVED_SETTINGS, TAP_PROPERTIES

_PREFIX = "TAP_NINOX_"
_TAKEN = frozenset({*(item.name for item in CONNECTION_PROPERTIES), "databases"})
"""Settings of the tap that say where the data is; the others are for reading it."""

_OF_THE_SDK = frozenset({
    "stream_maps", "stream_map_config", "flattening_enabled", "flattening_max_depth", "batch_config",
})  # fmt: skip
_INTERRUPTED = 130


def print_probe(
    *, config: Path | None, database: str | None, table: str | None, scratch: str | None, as_json: bool
) -> None:
    """Probe, print, and end the process if something is to be said by its exit code.

    Args:
        config: File with the settings of tap-ninox; None for the environment.
        database: To ask; None for the first one that the settings permit.
        table: To read; None for those that show most.
        scratch: Table to write into; None to read only.
        as_json: Whether the output is the report for an issue, and the screen has the table.

    Raises:
        NinoxError: The settings cannot be used, or nothing could be asked.
        SystemExit: It was stopped, or something is left in the scratch table.
    """
    settings = read_configuration(config)
    connection = read_connection(settings)
    team = settings.get("team")
    wanted = [database] if database else settings.get("databases") or ()
    does = f"if {scratch!r} is empty, writes into it and removes what it wrote" if scratch else "only reads"
    _say(f"At most {MOST_CALLS} calls to {connection.api_url}; {does}. Ctrl-C stops it.")
    try:
        outcome = probe(
            connection, team=team if team is None or isinstance(team, str) else team[0], databases=wanted,
            table=table, scratch=scratch, say=_say,
        )  # fmt: skip
    except KeyboardInterrupt:  # before there was anything to report
        sys.exit(_INTERRUPTED)
    if outcome.report.answered:
        with suppress(OSError) if as_json else nullcontext():  # the screen may be gone, and the report is in a file
            print_table(outcome.report, sys.stderr if as_json else sys.stdout)
    if outcome.report.answered and as_json:
        sys.stdout.write(outcome.report.as_json())
        _say("Publish the report alone, nothing else that stands here.")
    sys.stdout.flush()
    _end(outcome)


def _end(outcome: Outcome) -> None:
    left, stopped = outcome.left, outcome.report.stopped
    if left and left.own:
        _say(
            f"Could not be removed from the scratch table: records {', '.join(map(str, left.own))}. "
            f"Delete them: each held a text that begins with {MARK!r}."
        )
    if left and left.others:
        _say(
            f"The scratch table was empty and now holds {left.others} records without the probe's mark, or with more "
            "in them than it wrote: they stay. It is not certain whose they are: somebody else's, or the probe's own "
            f"whose mark a script or the server took away. One with a text that begins with {MARK!r} may be somebody "
            "else's, made in the moment before the probe wrote its mark into it. Look, and delete what nobody needs."
        )
    if left and left.others is None:
        _say("It is not certain that the scratch table is empty: look, and delete what is in it.")
    if outcome.error:
        raise outcome.error
    if stopped == "interrupted":
        sys.exit(_INTERRUPTED)
    if stopped or (left and not left.is_empty):
        sys.exit(1)


def read_configuration(path: Path | None) -> dict[str, Any]:
    """Return the settings that say where the data is, of a file or of the environment.

    Raises:
        NinoxConfigError: Names everything that is wrong.
    """
    properties = th.PropertiesList(*CONNECTION_PROPERTIES, *TAP_PROPERTIES).to_dict()["properties"]
    if path is None:
        load_env_file()
        given: Mapping[str, Any] = read_variables(properties, prefix=_PREFIX)
        unknown = find_unknown_variables(properties, REMOVED_SETTINGS, prefix=_PREFIX)
        meant: dict[str, str | None] = {name: f"{_PREFIX}{near.upper()}" for name, near in unknown if near}
    else:
        given = read_json(path, option="--config")
        if not isinstance(given, dict):
            message = f'--config: {path} holds no object of settings, such as {{"auth_token": "…"}}.'
            raise NinoxConfigError(message)
        # Without `api_url`, however it is misspelt, the key would go to the public cloud.
        strange = sorted(given.keys() - properties.keys() - REMOVED_SETTINGS.keys() - _OF_THE_SDK)
        meant = {name: find_nearest(name, properties) for name in strange}
    if meant:
        hints = {name: f" Did you mean {near}?" if near else "" for name, near in meant.items()}
        raise NinoxConfigError([f"{name}: there is no such setting.{hint}" for name, hint in hints.items()])
    if path is None and not {"auth_token", "auth_token_file"} & given.keys():
        message = f"--config: name the file with your key. (Nor is there a variable {_PREFIX}AUTH_TOKEN.)"
        raise NinoxConfigError(message)
    schema = {"type": "object", "properties": {name: properties[name] for name in _TAKEN}}
    return read_settings({name: value for name, value in given.items() if name in _TAKEN}, schema)


def _say(text: str) -> None:
    with suppress(OSError):  # of a terminal that was closed: the table must be emptied, and the report written
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
