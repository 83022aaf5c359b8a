"""The `target-ninox` command: exit codes, what stderr says, and an end by a signal or by force."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ninox_simulator.server import Simulator
from tests.helpers import commands
from tests.helpers.run import records, schema, state, stored, target_settings, writes
from tests.helpers.seeds import database, field, shop, table, team

TARGET = str(Path(sys.executable).with_name("target-ninox"))
CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")

pytestmark = pytest.mark.e2e


def lines(messages):
    return "".join(json.dumps(message) + "\n" for message in messages)


def rows(first, last):
    return records("customers", [{"Name": f"name {n}", "Amount": n} for n in range(first, last)])


def command(tmp_path, simulator, **settings):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(target_settings(simulator, **settings)), encoding="utf-8")
    return [TARGET, "--config", str(path)]


def run(command, messages):
    return commands.run(command, input=lines(messages))


def test_a_good_run_ends_with_0_and_the_state_on_stdout(tmp_path):
    with Simulator(seed=shop(0)) as simulator:
        done = run(command(tmp_path, simulator), [CUSTOMERS, *rows(0, 5), state({"a": 1})])
        assert done.returncode == 0
        assert done.stdout == '{"a": 1}\n'
        assert "5 read = 5 created" in done.stderr
        assert len(stored(simulator)) == 5


@pytest.mark.parametrize(("policy", "code"), [("fail", 1), ("continue", 0)])
def test_the_exit_code_says_whether_rows_were_rejected(tmp_path, policy, code):
    with Simulator(seed=shop(0)) as simulator:
        bad = records("customers", [{"Name": "x", "Amount": "many"}])
        done = run(command(tmp_path, simulator, on_reject=policy), [CUSTOMERS, *rows(0, 5), *bad, state({"a": 1})])
        assert done.returncode == code
        assert "row 6 is rejected" in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stdout == ("" if code else '{"a": 1}\n')


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"database": "Shopp"}, "Did you mean 'Shop'?"),
        ({"on_reject": "replace"}, "on_reject"),
        ({"load_method": "upsert"}, "load_method: this setting is gone. Give the mode under `streams`"),
        ({"auth_token": "wrong"}, "HTTP 401"),
        ({"streams": {"customers": {"table": "Custmers"}}}, "Did you mean 'Customers'?"),
        ({"max_updates": -1}, "max_updates: -1 is too small"),
        ({"api_url": "http://127.0.0.1:9/v1", "max_retries": 0}, "no connection"),
    ],
)
def test_what_a_user_can_mend_is_said_in_a_line_without_a_traceback(tmp_path, settings, said):
    with Simulator(seed=shop(0)) as simulator:
        done = run(command(tmp_path, simulator, **settings), [CUSTOMERS, *rows(0, 1)])
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "Error initializing" not in done.stderr  # the SDK's line, which names neither stream nor reason
    assert done.stdout == ""


@pytest.mark.parametrize("as_file", [True, False], ids=["--input", "standard input"])
def test_a_file_that_was_saved_on_windows_is_read_and_another_encoding_is_an_error_of_its_line(tmp_path, as_file):
    text = lines([CUSTOMERS, *records("customers", [{"Name": "Müller", "Amount": 1}])])
    files = {"utf-8-sig": ("\r\n\r\n".join(text.splitlines()), 0), "latin-1": (text, 1), "utf-16": (text, 1)}
    with Simulator(seed=shop(0)) as simulator:
        for encoding, (written, code) in files.items():
            path = tmp_path / encoding
            path.write_bytes(written.replace("\\u00fc", "ü").encode(encoding))
            arguments = ["--input", str(path)] if as_file else []
            with path.open("rb") as source:
                done = subprocess.run(
                    [*command(tmp_path, simulator), *arguments], stdin=source, capture_output=True, text=True,
                    timeout=60, check=False,
                )  # fmt: skip
            assert done.returncode == code, done.stderr
            assert "Traceback" not in done.stderr
            assert ("are not whole JSON in UTF-8" in done.stderr) == bool(code)
            assert "ller" not in done.stderr
        assert len(stored(simulator)) == 1


def test_a_reader_of_states_that_has_ended_is_told_in_a_line(tmp_path):
    with Simulator(seed=shop(0)) as simulator:
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            command(tmp_path, simulator), input=lines([CUSTOMERS, *rows(0, 5), state({"a": 1})]), stdout=writing,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
        os.close(writing)
        assert len(stored(simulator)) == 5
    assert done.returncode == 1
    assert "whoever reads the states has ended" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(("number", "place"), [(signal.SIGTERM, "in a request"), (signal.SIGINT, "waiting for input")])
def test_a_signal_ends_it_behind_a_whole_answer_with_a_last_state_that_holds(tmp_path, number, place):
    """A save under way is waited for: the records it makes are known, and nothing is left to be guessed."""
    with Simulator(seed=shop(0)) as simulator:
        if place == "in a request":
            simulator.faults.add(kind="slow", seconds=1, method="POST", path="/records$", after=4)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(command(tmp_path, simulator), text=True, **pipes) as target:
            target.stdin.write(lines([CUSTOMERS, *rows(0, 5000), state(5000), *rows(5000, 10_000), state(10_000)]))
            target.stdin.flush()
            is_there = (
                (lambda: len(stored(simulator)) == 10_000)
                if place == "waiting for input"
                else (lambda: len(writes(simulator)) >= 5)  # the slow one; batches grow, so there are few
            )
            deadline = time.monotonic() + 60
            while not is_there() and target.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            target.send_signal(number)
            target.wait(timeout=30)
            output, told = target.stdout.read(), target.stderr.read()
        kept = len(stored(simulator))
    assert target.returncode == 128 + number
    assert f"Stopped by {number.name}" in told
    assert "Traceback" not in told
    states = [json.loads(line) for line in output.splitlines()]
    assert states == ([5000, 10_000] if kept == 10_000 else [5000]) or states[-1] <= kept
    assert kept % 100 == 0


def test_a_signal_ends_the_pause_behind_a_write_and_nothing_is_sent_again(tmp_path):
    with Simulator(seed=shop(0)) as simulator:
        simulator.faults.add("status", status=429, method="POST", path="/records$", times=1, retry_after="30")
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(command(tmp_path, simulator), text=True, **pipes) as target:
            target.stdin.write(lines([CUSTOMERS, *rows(0, 5), state(5)]))
            target.stdin.close()
            told = iter(target.stderr.readline, "")
            assert any(" in 30.0 s (try 2)" in line for line in told)
            target.send_signal(signal.SIGTERM)
            target.wait(timeout=15)
            output = target.stdout.read()
        assert len(writes(simulator)) == 1
    assert (target.returncode, output) == (143, "")


def seed_with_script():
    customers = table("Customers", A=field("string", "Name"), B=field("number", "Amount"))
    return team(database({"A": {**customers, "afterCreate": "let made := 1"}}))


def test_killed_at_any_point_it_makes_no_record_twice(tmp_path):
    """`TARGET_KILLS` sets how often it is killed (4 by default)."""
    kills, chance = int(os.environ.get("TARGET_KILLS", "4")), random.Random(11)
    messages = [CUSTOMERS]
    for first in range(0, 3000, 100):
        messages += [*rows(first, first + 100), state(first + 100)]
    with Simulator(seed=seed_with_script()) as simulator:
        simulator.faults.configure({"latency_s": 0.005})
        for _ in range(kills):
            simulator.log.entries.clear()
            goal = chance.randint(4, 35)
            with (
                (tmp_path / "input").open("w+") as feed,
                (tmp_path / "log").open("w") as log,
            ):
                feed.write(lines(messages))
                feed.seek(0)
                with subprocess.Popen(
                    command(tmp_path, simulator), stdin=feed, stdout=subprocess.PIPE, stderr=log, text=True
                ) as target:
                    while len(simulator.log.entries) < goal and target.poll() is None:
                        time.sleep(0.001)
                    target.kill()
                    states = [json.loads(line) for line in target.stdout.read().splitlines()]
            assert not states or len(stored(simulator)) >= states[-1]
        done = run(command(tmp_path, simulator), messages)
        assert done.returncode == 0
        assert sorted(row["B"] for row in stored(simulator).values()) == list(range(3000))
        fired = [entry.record_id for entry in simulator.log.triggers]
        assert sorted(fired) == sorted(stored(simulator))


@pytest.mark.prove
def test_two_runs_at_once_with_the_same_new_keys_name_each_pair(tmp_path):
    """Both find that nothing is there; whoever creates later sees it by the ids, and ends with exit code 1."""
    with Simulator(seed=shop(3)) as simulator:
        simulator.faults.add(kind="slow", seconds=1.5, method="POST", times=2)  # until both have looked
        messages = [CUSTOMERS, *rows(1001, 1301), state({"a": 1})]
        target = command(tmp_path, simulator)
        with ThreadPoolExecutor() as pool:
            runs = list(pool.map(lambda _: run(target, messages), range(2)))
        names = {record_id: fields["A"] for record_id, fields in stored(simulator).items()}
    assert len(names) == 3 + 600, "they did not run at once"
    assert 1 in {done.returncode for done in runs}
    pairs = set()
    for done in runs:
        assert done.returncode == 0 or "somebody else created records in table 'Customers'" in done.stderr
        pairs |= {tuple(sorted(map(int, found))) for found in re.findall(r"(\d+) and (\d+)(?=[,.])", done.stderr)}
    assert pairs
    assert all(names[one] == names[other] for one, other in pairs)
