"""Rows that come in the files of BATCH messages."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.helpers import limits
from tests.helpers.run import records, run_target, schema, state, stored, writes
from tests.helpers.seeds import shop

CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")


def rows(stream, *numbers):
    return records(stream, [{"Name": f"name {n}", "Amount": n} for n in numbers])


def batch(*paths, compression="none", file_format="jsonl", stream="customers"):
    encoding = {"format": file_format, "compression": compression}
    return {"type": "BATCH", "stream": stream, "encoding": encoding, "manifest": [str(path) for path in paths]}


def uri(folder, name, content):
    (folder / name).write_bytes(content)
    return (folder / name).as_uri()


def test_batch_files_are_loaded(simulate, tmp_path):
    simulator = simulate(shop(0))
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text("\n".join(json.dumps({"Name": f"a {n}", "Amount": n}) for n in range(60)))
    packed.write_bytes(gzip.compress("\n".join(json.dumps({"Name": f"b {n}"}) for n in range(60)).encode()))
    messages = [
        CUSTOMERS,
        *rows("customers", 1),
        *(
            {
                "type": "BATCH",
                "stream": "customers",
                "encoding": {"format": "jsonl", "compression": compression},
                "manifest": [path.as_uri()],
            }
            for path, compression in ((plain, "none"), (packed, "gzip"))
        ),
        state({"a": 1}),
    ]
    run = run_target(simulator, messages)
    assert run.error is None
    assert run.counts("customers") == {"read": 121, "created": 121}
    assert run.states == [{"a": 1}]
    assert sum("B" in row for row in stored(simulator).values()) == 61


def test_stream_maps_apply_to_files_too(simulate, tmp_path):
    simulator = simulate(shop(0))
    path = uri(tmp_path, "a.jsonl", b'{"code": "a", "n": 1}\n\n{"code": "b", "n": 2}\n')
    maps = {"raw": {"__alias__": "customers", "Name": "code + '!'", "__filter__": "n > 1", "n": "__NULL__",
                    "code": "__NULL__", "__key_properties__": ["Name"]}}  # fmt: skip
    described = schema("raw", key=["code"], code="string", n="integer")
    run = run_target(simulator, [described, batch(path, stream="raw")], stream_maps=maps)
    assert run.error is None
    assert stored(simulator) == {1: {"A": "b!"}}


@limits.small_batches_in_bytes(100_000)
def test_large_rows_in_files_are_loaded_before_they_fill_the_memory(simulate, tmp_path):
    simulator = simulate(shop(0))
    lines = [json.dumps({"Name": f"{n} {'x' * 30_000}"}) for n in range(10)]
    run = run_target(simulator, [CUSTOMERS, batch(uri(tmp_path, "a.jsonl", "\n".join(lines).encode())), state(1)])
    assert run.counts("customers") == {"read": 10, "created": 10}
    assert len(writes(simulator)) == 3, "4 rows, 4 rows, 2 rows"


def test_numbers_in_files_keep_their_digits(simulate, tmp_path):
    simulator = simulate(shop(0))
    path = uri(tmp_path, "a.jsonl", b'{"Name": 1.10, "Amount": 9007199254740993}\n')
    assert run_target(simulator, [CUSTOMERS, batch(path)]).error is None
    assert stored(simulator) == {1: {"A": "1.10", "B": 9007199254740993}}


DAMAGED = {
    "no file": (
        lambda _: batch("file:///nowhere/a.jsonl"),
        "'a.jsonl' of a BATCH message cannot be read: No such file",
    ),
    "no place": (lambda _: batch("odd://nowhere/a.jsonl"), "'a.jsonl' of a BATCH message cannot be read"),
    "no address": (lambda _: batch("a.jsonl"), "'a.jsonl' of a BATCH message cannot be read"),
    "not packed": (lambda to: batch(uri(to, "a.gz", b'{"Name": "secret"}\n'), compression="gzip"), "'a.gz' of a BATCH"),
    "cut off": (
        lambda to: batch(uri(to, "a.gz", gzip.compress(b'{"Name": "secret"}\n')[:-9]), compression="gzip"),
        "'a.gz' of a BATCH message cannot be read",
    ),
    "half a row": (lambda to: batch(uri(to, "a.jsonl", b'{"Name": "secret"}\n{"Name": "sec\n')), "line 2 of the file"),
    "a list": (lambda to: batch(uri(to, "a.jsonl", b'["secret"]\n')), "line 1 of the file 'a.jsonl'"),
    "latin 1": (lambda to: batch(uri(to, "a.jsonl", b'{"Name": "secret \xe4"}\n')), "line 1 of the file 'a.jsonl'"),
    "parquet": (lambda _: batch("a", file_format="parquet"), "must be jsonl, plain or with gzip"),
    "zstd": (lambda _: batch("a", compression="zstd"), "must be jsonl, plain or with gzip"),
    "another stream": (lambda _: batch("a", stream="strangers"), "before a corresponding schema"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_cannot_be_read_is_one_clear_error(simulate, tmp_path, name, caplog):
    make, message = DAMAGED[name]
    simulator = simulate(shop(0))
    run = run_target(simulator, [CUSTOMERS, *rows("customers", 1), state(1), make(tmp_path), state(2)])
    assert message in str(run.error)
    assert "secret" not in f"{run.error}{caplog.text}"
    assert run.states == []
