"""`ninox-simulator --like report.json` behaves as the server of a report did: a second probe finds the same."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest

from ninox_simulator.switches import ALWAYS, SWITCHES, like, read_report
from ninox_tools.probe.run import QUESTIONS
from tests.helpers.probing import answers, company, run_probe

COMBINATIONS = 200
SAMPLED = 4


def drawn(seed):
    """Return a value for every switch; those that hide most of the others are rarer than the rest."""
    rng = random.Random(seed)
    values = {name: rng.choice(switch.values) for name, switch in SWITCHES.items()}
    for name in ("ids_parameter", "feed", "schema_access", "teams_endpoint"):
        if rng.random() < 0.7:
            values[name] = SWITCHES[name].values[0]
    return values


def probed(simulate, switches, rows, *, parallel_limit=None):
    stage = simulate(company(rows), **switches)
    stage.edit.delete("A", 9)
    stage.faults.configure({"parallel_limit": parallel_limit})
    outcome = run_probe(stage, scratch=switches.get("schema_access") != "forbidden")
    assert len(stage.log.entries) <= 60
    assert list(stage.edit.records("S")) == []
    return outcome


def same_again(simulate, switches, rows=120):
    first = answers(probed(simulate, switches, rows))
    likeness = like(first)
    assert likeness.unlike == []
    assert answers(probed(simulate, likeness.switches, rows, parallel_limit=likeness.parallel_limit)) == first


@pytest.mark.parametrize("seed", range(SAMPLED))
def test_a_server_like_the_report_gives_the_same_report(simulate, seed):
    same_again(simulate, drawn(seed))


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(SAMPLED, COMBINATIONS))
def test_so_does_every_combination_of_switches_that_was_drawn(simulate, seed):
    same_again(simulate, drawn(seed), rows=random.Random(seed).choice((40, 120, 1100)))


def test_the_simulator_knows_every_question():
    asked = {question for switch in SWITCHES.values() for question in switch.asked}
    answers_of = {question.id: question.answers for question in QUESTIONS}
    simulated = {*asked, *ALWAYS, "parallel.two"}
    assert answers_of.keys() - simulated == set(), "a row in ninox_simulator/switches.py has it in `asked`"
    assert simulated - answers_of.keys() == set(), (
        "a question stands in ninox_tools/probe, above the function that has the answer before it"
    )
    for name, switch in SWITCHES.items():
        for question, words in switch.asked.items():
            assert set(" ".join(words).split()) <= answers_of[question].keys(), (name, question)
    assert all(answer in answers_of[question] for question, answer in ALWAYS.items())


def test_what_cannot_be_simulated_is_said():
    likeness = like({"write.doubles": "rounded", "records.page_cap": "250", "records.multi": "object"})
    assert likeness.switches == {"multi": "object"}
    assert likeness.unlike == [
        "write.doubles: rounded is not simulated.",
        "records.page_cap: 250 is not simulated.",
    ]


def test_two_requests_at_once():
    assert like({"parallel.two": "429"}).parallel_limit == 1
    assert like({"parallel.two": "both_served"}).parallel_limit is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "is no report; `singer-ninox probe --json` writes one"),
        ("[]", "is no report"),
        ('{"version": 1}', "is no report"),
        ('{"version": 2, "answers": []}', "is a report of version 2; this simulator reads version 1"),
    ],
)
def test_a_file_that_is_no_report(tmp_path, text, message):
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_report(path)


def test_the_command_takes_a_report_and_says_what_is_unlike_it(simulate, tmp_path):
    report = json.loads(run_probe(simulate(company(), multi="object", feed_keys="rid")).report.as_json())
    report["answers"].append({"id": "write.doubles", "answer": "rounded"})
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    command = [sys.executable, "-m", "ninox_simulator", "--port", "0", "--seed", "empty", "--like", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline().startswith("http://127.0.0.1:")
            assert process.stderr.readline() == "Unlike the report: write.doubles: rounded is not simulated.\n"
        finally:
            process.terminate()
