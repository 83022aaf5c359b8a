"""Singer lines and settings that nobody in their right mind would write: a clear error or a plain result, no crash."""

from __future__ import annotations

import io
import json
import random
from contextlib import redirect_stdout

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigValidationError, MappingError, RecordsWithoutSchemaException
from singer_sdk.singerlib.exceptions import InvalidInputLine

from ninox_api.errors import NinoxError
from ninox_simulator.server import Simulator
from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox
from tests.helpers.run import listen
from tests.helpers.seeds import TEAM_ID
from tests.reliability import canaries
from tests.reliability.target_shop import CUSTOMERS, shop

CLEAR = (NinoxError, ConfigValidationError, MappingError, InvalidInputLine, RecordsWithoutSchemaException, OSError)
"""What both commands tell in a line, without a traceback."""
ROOMY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def simulator():
    with Simulator(seed=shop(), token=canaries.KEY) as running:
        yield running


def feed(simulator, lines, **more):
    """Feed raw lines; return the error, if any, and everything that was told."""
    simulator.reset(seed=shop())
    config = {"api_url": simulator.url, "auth_token": canaries.KEY, "team": TEAM_ID, "database": "Shop", **more}
    error = None
    with canaries.listening() as log, redirect_stdout(io.StringIO()):
        try:
            listen({**config, "max_retries": 0}, lines)
        except Exception as raised:  # noqa: BLE001 (judged below)
            error = raised
    return error, "\n".join([*log, str(error)])


def assert_clear(error, told):
    assert error is None or isinstance(error, CLEAR), repr(error)
    assert "Traceback" not in told
    assert canaries.told_in(told) == []


def line(message):
    return json.dumps(message).encode() + b"\n"


HEAD = line(CUSTOMERS)


@ROOMY
@given(value=JSON, name=st.sampled_from(["Name", "Amount", "_id", "_sdc_deleted_at", "Customer", "x"]))
@example(value=1e308, name="Amount")
@example(value="\ud800", name="Name")
def test_any_value_of_a_row_is_loaded_or_rejected(simulator, value, name):
    record = {"Name": "n", name: value}
    error, told = feed(simulator, HEAD + line({"type": "RECORD", "stream": "customers", "record": record}))
    assert_clear(error, told)


@ROOMY
@given(kind=st.sampled_from(["SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH", "x", None, 7]),
       parts=st.dictionaries(
           st.sampled_from(["stream", "schema", "record", "value", "version", "key_properties", "encoding", "manifest",
                            "bookmark_properties", "time_extracted"]),
           JSON | st.just("customers"), max_size=5))  # fmt: skip
def test_any_message_is_understood_or_refused(simulator, kind, parts):
    assert_clear(*feed(simulator, HEAD + line({"type": kind, **parts})))


@ROOMY
@given(schema=JSON | st.fixed_dictionaries({"properties": JSON | st.dictionaries(st.text(max_size=5), JSON)}),
       keys=JSON | st.lists(st.sampled_from(["Name", "x", ""]), max_size=3))  # fmt: skip
def test_any_schema_is_planned_or_refused(simulator, schema, keys):
    message = {"type": "SCHEMA", "stream": "customers", "schema": schema, "key_properties": keys}
    row = {"type": "RECORD", "stream": "customers", "record": {"Name": "n"}}
    assert_clear(*feed(simulator, line(message) + line(row)))


ROW = b'{"type": "RECORD", "stream": "customers", "record": {"Name": '
RAW = {
    "invalid UTF-8": b'{"type": "RECORD", "stream": "customers", "record": {"Name": "\xff\xfe"}}\n',
    "half a line": HEAD[:40],
    "a byte order mark": b"\xef\xbb\xbf" + HEAD,
    "blank lines": b"\n\n \n" + HEAD,
    "carriage returns": HEAD.replace(b"\n", b"\r\n"),
    "zero bytes": bytes(5000) + b"\n",
    "deep arrays": ROW + b"[" * 100_000 + b"\n",
    "deep and whole": ROW + b"[" * 900 + b"]" * 900 + b"}}\n",
    "5000 digits": ROW + b'"n", "Amount": ' + b"9" * 5000 + b"}}\n",
    "1e999999": b'{"type": "RECORD", "stream": "customers", "record": {"Name": "n", "Amount": 1e999999}}\n',
    "NaN": b'{"type": "RECORD", "stream": "customers", "record": {"Name": "n", "Amount": NaN}}\n',
    "a name twice": b'{"type": "RECORD", "stream": "customers", "record": {"Name": "n", "Name": "m"}}\n',
    "no stream": b'{"type": "RECORD", "record": {"Name": "n"}}\n',
    "another stream": b'{"type": "RECORD", "stream": "strangers", "record": {"Name": "n"}}\n',
    "a list": b"[1, 2]\n",
    "a megabyte of text": line({"type": "RECORD", "stream": "customers", "record": {"Name": "x" * 1_000_000}}),
}  # fmt: skip


@pytest.mark.parametrize("kind", RAW)
def test_a_line_that_is_no_message_is_one_clear_error(simulator, kind):
    assert_clear(*feed(simulator, HEAD + RAW[kind]))


INJECTIONS = [
    "'", '"', "\\", "')", '" or true', '"; delete select Customers; "', "'; delete this; '", "${x}", "{{x}}", "\n",
    "\u2028", "// x", "/* x", "*/", "&filters=", "%22", "?ids=false#", "../../../teams", "\x00", "𝔘", "a" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("sparse", [False, True], ids=["scan", "look-up"])
def test_text_in_a_key_is_only_ever_text(simulator, text, sparse):
    """Keys travel in filters, URLs and scripts; what stands there must come back as it was, and find itself."""
    rows = [{"Name": f"{text} {number}", "Amount": number} for number in range(2)]
    lines = HEAD + b"".join(line({"type": "RECORD", "stream": "customers", "record": row}) for row in rows)
    simulator.reset(seed=shop(sparse=sparse))
    before = len(list(next(iter(simulator.store.databases())).records("A")))
    for _ in range(2):
        config = {"api_url": simulator.url, "auth_token": canaries.KEY, "team": TEAM_ID, "database": "Shop"}
        with redirect_stdout(io.StringIO()):
            listen({**config, "max_retries": 0}, lines)
    stored = [record.fields for record in next(iter(simulator.store.databases())).records("A")]
    assert len(stored) == before + 2
    assert [fields["A"] for fields in stored[-2:]] == [row["Name"] for row in rows]


SETTINGS = {"tap": TapNinox, "target": TargetNinox}
NASTY = [
    None, True, -1, 0, 10**30, 1.5, float("inf"), "", " ", "x", "{", "{}", "\x00", "é" * 500, "../../etc/passwd",
    "/dev/null/x",
    "http://", "file:///etc/passwd", "http://[::1", [], [None], [1], {},
    {"": ""}, {"x": None}, {"x": {"y": []}}, [{}], [[]], ["*" * 100], "Europe/Nowhere", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("side", SETTINGS)
def test_any_value_of_any_setting_is_taken_or_refused_in_words(side, simulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kind, problems = SETTINGS[side], []
    usual = {"api_url": simulator.url, "auth_token": canaries.KEY, "max_retries": 0, "request_timeout": 2}
    usual |= {"database": "Shop"} if side == "target" else {}
    chance = random.Random(5)
    for name in kind.config_jsonschema["properties"]:
        more = [f"https://user:{canaries.PASSWORD}@127.0.0.1:9/v1"] if name == "api_url" else []
        for value in [*chance.sample(NASTY, 12), *more]:
            told = _run_with(kind, {**usual, name: value})
            if told:
                problems.append(f"{name}={value!r}: {told}")
    assert problems == [], "\n".join(problems)


def test_any_value_of_any_setting_of_a_stream_is_taken_or_refused_in_words(simulator):
    usual = {"api_url": simulator.url, "auth_token": canaries.KEY, "max_retries": 0, "database": "Shop"}
    of_stream = TargetNinox.config_jsonschema["properties"]["streams"]["additionalProperties"]["properties"]
    chance, problems = random.Random(6), []
    for name in of_stream:
        for value in [*chance.sample(NASTY, 10), {"Name": "Amount"}, {"x": "y"}, {"Name": {"match_on": "x"}}, ["Name"]]:
            told = _run_with(TargetNinox, {**usual, "streams": {"customers": {name: value}}})
            if told:
                problems.append(f"{name}={value!r}: {told}")
    assert problems == [], "\n".join(problems)


def _run_with(kind, config):
    """Return what is wrong with how a run with such settings ended."""
    with canaries.listening() as log, redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
        try:
            plugin = kind(config=config)
            plugin.sync_all() if kind is TapNinox else plugin.listen(io.BytesIO(HEAD))
        except CLEAR as error:
            told = "\n".join([*log, str(error), *getattr(error, "errors", ())])
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            return f"a crash: {error!r}"
        else:
            told = "\n".join(log)
    return ", ".join(canaries.told_in(told))
