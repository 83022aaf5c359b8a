"""`singer-ninox probe` names what the simulator is set to: every value of every switch."""

from __future__ import annotations

import pytest

from ninox_simulator.switches import like
from tests.helpers.each_switch import EACH, USUAL
from tests.helpers.probing import answers, company, run_probe

UNWRITABLE = {("schema_access", "forbidden")}
"""Nothing is written without a schema: whether other tables link to a table, nobody knows then."""


def test_the_probe_names_all_that_is_usual(simulate):
    assert like(answers(run_probe(simulate(company(1100)), scratch=True))).switches == USUAL, "see the test below"


@pytest.mark.parametrize(("switch", "value"), EACH)
def test_the_probe_names_every_value_of_every_switch(simulate, switch, value):
    rows = 1100 if switch == "per_page_cap" else 120
    stage = simulate(company(rows), **{switch: value})
    outcome = run_probe(stage, scratch=(switch, value) not in UNWRITABLE)
    found = like(answers(outcome)).switches
    assert found.get(switch) == value, (
        "three places: its row in ninox_simulator/switches.py, whose `asked` has a question and what an answer stands "
        "for; an `if` where the simulator answers; that question, in ninox_tools/probe above a function that run.py "
        "has in its order, and in there the line that says the answer. If all three are there, add to the stage here "
        "what shows the difference"
    )
    assert len(stage.log.entries) <= 60
    assert list(stage.edit.records("S")) == []
