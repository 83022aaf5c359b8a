"""What an older version left behind is taken over: state, catalog, settings and files, in `tests/upgrade/<version>`.

What is different on purpose has a line in `docs/upgrading.md`; whatever else is different fails here.
"""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from ninox_api.errors import NinoxConfigError
from ninox_singer.settings import read_settings
from ninox_tools.pages.runs import convert_run
from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox
from tests.helpers.run import parse, records, run_tap, run_target, schema, scripts, state, stored
from tests.upgrade.stage import (
    FOLDER,
    VERSIONS,
    first_day,
    kept,
    ninox,
    path_of,
    second_day,
    situations,
    whole_readings,
)

PAGE = Path(__file__).parents[2] / "docs" / "upgrading.md"
KINDS = ("setting", "table", "column", "whole reading")
NOT_COMPARED = {"_sdc_deleted_at", "seen_at"}

CASES = [(version, situation) for version in VERSIONS for situation in situations(version)]


def differences(kind):
    """Return the names that docs/upgrading.md lists as different."""
    table = PAGE.read_text(encoding="utf-8").partition("<!-- differences: begin -->")[2].partition("<!--")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.strip().splitlines()[2:]]
    assert all(len(row) == 4 and row[1] in KINDS and row[3] for row in rows), f"{PAGE.name}: four cells, {KINDS}"
    return [name for row in rows if row[1] == kind for name in re.findall(r"`([^`]+)`", row[2])]


def unlisted(kind, names):
    listed = differences(kind)
    return [name for name in names if not any(fnmatchcase(name, pattern) for pattern in listed)]


def advice(kind, names, told):
    return (
        f"{told}\nIf that is wanted, users must be told: give docs/upgrading.md a line for each, such as\n"
        + "\n".join(f"| <version> | {kind} | `{name}` | <why, and what to do> |" for name in names)
    )


class Upserting:
    """Rows by stream and key, as a target holds them that upserts and takes away what an activated version leaves."""

    def __init__(self):
        self._rows = {}
        self._keys = {}

    def take(self, messages):
        for message in messages:
            stream = message["stream"]
            if message.get("type") == "SCHEMA":
                self._keys[stream] = message["key_properties"]
            elif "record" in message:
                record, held = message["record"], self._rows.setdefault(stream, {})
                key = tuple(record[name] for name in self._keys[stream])
                held[key] = {**held.get(key, {}), "_sdc_deleted_at": None, **record, "version": message.get("version")}
            elif "version" in message:
                held = self._rows.get(stream, {})
                self._rows[stream] = {key: row for key, row in held.items() if row["version"] == message["version"]}

    def live(self, stream, properties):
        """Return the rows that are not deleted, of some properties."""
        rows = self._rows.get(stream, {})
        return {
            key: {name: plain(row.get(name)) for name in properties if name not in NOT_COMPARED}
            for key, row in rows.items()
            if not row["_sdc_deleted_at"]
        }

    def keys(self, stream):
        return set(self._rows.get(stream, {}))


def plain(value):
    return float(value) if isinstance(value, Decimal) else value


def upgraded(version, situation):
    """Run today's tap on what a version left behind, a day later; return both runs and what was read whole.

    The second run is a first load by today's tap: what is in Ninox.
    """
    MemoryFileSystem.store.clear()
    left = json.loads(path_of(version, situation).read_text(encoding="utf-8"), parse_float=Decimal)
    settings = still_taken(json.loads(json.dumps(left["settings"], default=float)))
    with ninox(version, left["switches"]) as simulator:
        if left["had_a_first_day"]:
            first_day(simulator.edit)
        second_day(simulator.edit)
        run = run_tap(simulator, state=left["state"], catalog=left["catalog"], **copy.deepcopy(settings))
        whole = whole_readings(simulator)
        fresh = run_tap(simulator, catalog=left["catalog"], **copy.deepcopy(settings))
    return left, run, fresh, whole


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}, {case[1]}")
def case(request):
    return (*request.param, *upgraded(*request.param))


def test_the_run_after_the_upgrade_succeeds(case):
    version, situation, _, run, fresh, _ = case
    assert run.error is None, f"{version}, {situation}: {run.error}"
    assert fresh.error is None


def test_tables_and_columns_keep_their_names_and_types(case):
    version, situation, left, _, fresh, _ = case
    now = {message["stream"]: message for message in reversed(fresh.of_type("SCHEMA"))}
    gone = unlisted("table", [stream for stream in left["schemas"] if stream not in now])
    told = f"{version}, {situation}: these streams are not sent any more, so their tables get no more rows: {gone}"
    assert not gone, advice("table", gone, told)
    for stream, before in left["schemas"].items():
        if stream in now:
            after = now[stream]
            assert after["key_properties"] == before["key_properties"] or not unlisted("table", [stream]), advice(
                "table", [stream], f"{version}, {situation}: {stream} has another key: {after['key_properties']}"
            )
            _assert_columns_kept(f"{version}, {situation}", stream, before, after)


def _assert_columns_kept(where, stream, before, after):
    types, now = before["schema"]["properties"], after["schema"]["properties"]
    differ = {
        f"{stream}.{name}": f"was {_type(types[name])}, is {_type(now[name]) if name in now else 'not sent'}"
        for name in types
        if name not in now or _type(now[name]) != _type(types[name])
    }
    names = unlisted("column", differ)
    told = "\n".join(f"{where}: {name} {differ[name]}" for name in names)
    assert not names, advice("column", names, told)


def _type(definition):
    return {name: part for name, part in definition.items() if name not in {"title", "description", "x-ninox"}}


def test_no_table_is_read_whole_without_a_reason(case):
    version, situation, left, _, _, whole = case
    before = left["whole_readings_of_the_next_run"]
    more = {table: count for table, count in whole.items() if count > before.get(table, 0)}
    told = (
        f"{version}, {situation}: the first run after the upgrade reads these tables whole (id: times): {more}; "
        f"{version} would have read {before or 'none'}"
    )
    assert not more or not unlisted("whole reading", [situation]), advice("whole reading", [situation], told)


def test_edits_and_deletions_after_the_upgrade_arrive_and_no_row_is_lost(case):
    version, situation, left, run, fresh, _ = case
    warehouse, expected = Upserting(), Upserting()
    warehouse.take([{"type": "SCHEMA", **message} for message in left["schemas"].values()])
    warehouse.take(left["messages"])
    warehouse.take(message for message in run.messages if message["type"] != "STATE")
    expected.take(message for message in fresh.messages if message["type"] != "STATE")
    for stream, before in left["schemas"].items():
        if stream == "ninox_deleted_records":
            deleted = {key[1:3] for key in warehouse.keys(stream)}
            assert {("B", 5), ("C", 5), ("C", 6)} <= deleted, f"{version}, {situation}: {stream}"
            continue
        properties = before["schema"]["properties"].keys() - _listed_columns(stream)
        have, want = warehouse.live(stream, properties), expected.live(stream, properties)
        if left["switches"].get("feed") == "missing":  # deletions cannot be seen then
            have = {key: row for key, row in have.items() if key in want}
        wrong = [_different(key, have.get(key), want.get(key)) for key in have.keys() | want.keys()]
        told = "\n".join(line for line in wrong if line)
        assert not told, (
            f"{version}, {situation}: after the upgrade, the table of {stream} is not what Ninox has:\n{told}\n"
            "If it is wanted that values have another form, give docs/upgrading.md a line for each column, such as\n"
            f"| <version> | column | `{stream}.<property>` | <why, and what to do> |"
        )


def _different(key, have, want):
    if have is None or want is None:
        return f"  {key}: {'is missing' if have is None else 'is deleted in Ninox, and was not taken away'}"
    values = [f"{name} is {have[name]!r}, not {want[name]!r}" for name in want if have[name] != want[name]]
    return f"  {key}: {', '.join(values)}" if values else ""


def _listed_columns(stream):
    return {name.partition(".")[2] for name in differences("column") if fnmatchcase(stream, name.partition(".")[0])}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("plugin", [TapNinox, TargetNinox])
def test_every_setting_is_taken_with_its_value(version, plugin):
    kind = plugin.name.partition("-")[0]
    known = copy.deepcopy(plugin.config_jsonschema)
    plugin.append_builtin_config(known)
    try:
        read_settings(kept(version, f"config.{kind}.json"), known, removed=plugin.removed_settings)
        refused = {}
    except NinoxConfigError as error:
        refused = {problem.partition(": ")[0]: problem for problem in error.errors}
    names = unlisted("setting", refused)
    told = f"{version}: {plugin.name} takes these settings no more: {[refused[name] for name in names]}"
    assert not names, advice("setting", names, told)


def still_taken(settings, path=""):
    """Return settings as docs/upgrading.md says: without those that are gone, and with others in their new form."""
    if not isinstance(settings, dict):
        return settings
    gone = differences("setting")
    anew = {}
    if isinstance(settings.get("files"), str):  # of the tap
        anew["files"] = dict.fromkeys(settings.get("file_tables") or ["*"], settings.get("file_store", "metadata"))
    if isinstance(settings.get("queries"), list):
        anew["queries"] = scripts(*settings["queries"])
    if anew:
        return {**still_taken({name: value for name, value in settings.items() if name not in anew}), **anew}
    kept_on = {name: value for name, value in settings.items() if not any(fnmatchcase(path + name, g) for g in gone)}
    return {name: still_taken(value, f"{path}{name}.") for name, value in kept_on.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_target_runs_with_every_setting(version, tmp_path):
    """The tap does in the situation `every setting`."""
    (tmp_path / "Foto.png").write_bytes(b"PNG")
    paths = {name: str(tmp_path / name) for name in ("rejects_path", "report_path")}
    config = {**still_taken(kept(version, "config.target.json")), **paths, "file_sources": [str(tmp_path)]}
    config["streams"]["orders"]["fields"]["photo"] = "Foto"  # which was `files`
    config["streams"]["orders"] |= {"references": {"Vorgänger": "Nr"}, "on_missing": "null"}  # which stood inside
    del config["api_url"], config["auth_token"]
    names = ("No", "Amount", "Tag", "Vorgänger", "Status", "photo", "internal")
    described = schema("orders", key=["No"], **dict.fromkeys(names, "string"))
    given = dict(zip(names, ("R-9", "1.234,5", "31.12.2026", "R-1", None, "Foto.png", "x"), strict=True))
    with ninox(version, {}) as simulator:
        run = run_target(simulator, [described, *records("orders", [given]), state({"a": 1})], **config)
        (row,) = (row for row in stored(simulator, "A").values() if row.get("A") == "R-9")
    assert run.error is None
    assert row == {"A": "R-9", "D": 1234.5, "E": "2026-12-31", "S": 1, "W": "Foto.png"}


@pytest.mark.parametrize("version", VERSIONS)
def test_rejected_rows_can_be_fed_in_again(version):
    lines = (FOLDER / version / "rejects.jsonl").read_text(encoding="utf-8")
    mended = lines.replace('"Amount":"x"', '"Amount":3').replace('"Name":null', '"Name":"newer"')
    assert mended != lines
    with ninox(version, {}) as simulator:
        run = run_target(simulator, [*parse(mended), state({"a": 2})])
        held = {row["A"]: row.get("B") for row in stored(simulator, "B").values()}
    assert run.error is None
    assert (held["new"], held["newer"]) == (3, 2)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("command", ["tap", "target"])
def test_reports_are_shown(version, command):
    shown = convert_run(f"report.{command}.json", kept(version, f"report.{command}.json"))
    assert shown["command"] == f"{command}-ninox"
    assert shown["streams"]
