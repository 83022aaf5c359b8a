"""Every value of every switch of the simulator, one at a time; what all of them are by default comes once."""

from __future__ import annotations

from ninox_simulator.switches import SWITCHES

USUAL = {name: switch.values[0] for name, switch in SWITCHES.items()}

EACH = [next(iter(USUAL.items())), *((name, value) for name, one in SWITCHES.items() for value in one.values[1:])]
"""A switch and its value: first one that changes nothing, then all that do."""
