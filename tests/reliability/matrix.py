"""The fault matrix as a whole: every cell that is written down, drawn or run in order, and judged."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from ninox_simulator.switches import SWITCHES
from tests.reliability import tap_cells, tap_operations, target_cells, target_operations
from tests.reliability.cells import Cell, expectations
from tests.reliability.troubles import TROUBLES

SIDES = {"tap": tap_cells, "target": target_cells}
OPERATIONS = {"tap": tap_operations, "target": target_operations}
GOOD = {"recovered", "told", "later"}


@dataclass
class Verdict:
    """A cell, how it ended, and what is wrong with that."""

    side: str
    cell: Cell
    kind: str
    told: str
    wrong: list[str] = field(default_factory=list)

    def __str__(self):
        return f"{self.side}: {self.cell}: {self.kind}; {'; '.join(self.wrong[:4]) or 'as written'}"


def drawn(side, count, seed):
    """Return cells drawn by a seed: any that is written down, any request of its place, any switches."""
    chance = random.Random(seed)
    written, cells = list(expectations(side)), []
    while len(cells) < count:
        operation, place, trouble = chance.choice(written)
        if _count(side, operation, place, {}) > TROUBLES[trouble].number:  # the place has so many requests
            cells.append(_drawn_cell(side, chance, operation, place, trouble))
    return cells


def _drawn_cell(side, chance, operation, place, trouble):
    switches = chance.choice(switch_sets(side, operation)) if chance.random() < 0.7 else {}
    if place == "teams":  # where it is missing, it answers 404, which troubles of an answer leave as it is
        switches = {name: value for name, value in switches.items() if name != "teams_endpoint"}
    if _count(side, operation, place, switches) <= TROUBLES[trouble].number:
        switches = {}
    count = _count(side, operation, place, switches)
    return Cell(operation, place, trouble, chance.randrange(TROUBLES[trouble].number, count), switches)


def switch_sets(side, operation):
    """Return what the server may be like while an operation is under way."""
    of_some = (switches for switches, operations in OPERATIONS[side].OF_SOME if operation in operations)
    return [*OPERATIONS[side].SWITCHES, *of_some, *unmentioned(side)]


def unmentioned(side):
    """Return a set of its own for each value of a switch that the side's operations do not mention: one that is new."""
    known = OPERATIONS[side]
    of_operations = (operation.switches for operation in known.OPERATIONS.values())
    sets = [*known.SWITCHES, *(switches for switches, _ in known.OF_SOME), *of_operations]
    mentioned = {item for switches in sets for item in switches.items()}
    return [
        {name: value}
        for name, switch in SWITCHES.items()
        for value in switch.values[1:]
        if (name, value) not in mentioned and name not in known.BESIDE_THE_POINT
    ]


def _count(side, operation, place, switches):
    return SIDES[side].requests_of(operation, tuple(switches.items())).count(place)


def every(side, *, once=False):
    """Yield every cell that is written down, at the first and, unless once is enough, the last request of its place."""
    for operation, place, trouble in expectations(side):
        first, last = TROUBLES[trouble].number, _count(side, operation, place, {}) - 1
        for number in sorted({first} if once else {first, max(first, last)}):
            yield Cell(operation, place, trouble, number)


def judged(side, cell):
    """Run a cell and compare it with what is written down; under switches, whether it ends well is compared."""
    wanted = expectations(side)[cell.operation, cell.place, cell.trouble]
    outcome = SIDES[side].run_cell(cell)
    verdict = Verdict(side, cell, outcome.kind, outcome.told, list(outcome.problems))
    as_written = outcome.kind in wanted or (
        cell.switches and (outcome.kind in GOOD) in {kind in GOOD for kind in wanted}
    )
    if not as_written:
        verdict.wrong.append(f"written down is {' or '.join(wanted)}")
    if outcome.kind not in GOOD and not TROUBLES[cell.trouble].advice_in(outcome.told):
        verdict.wrong.append("the message does not say what to do")
    return verdict
