"""Play the random world: `python -m tests.world --examples 5000`; a failure tells the seed that plays it again."""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
import traceback

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import run_state_machine_as_test

from tests.world.tap_world import TapWorld
from tests.world.target_world import TargetWorld

MACHINES = {"tap": TapWorld, "target": TargetWorld}
STEPS = 8


def play(machine, examples, *, seed=None, shrinks=True):
    """Play a machine; the seed is another one each time, unless it is given."""
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=settings)
    except BaseException as error:
        name = next(name for name, known in MACHINES.items() if known is machine)
        again = f"python -m tests.world {name} --examples {examples} --seed {seed}"
        drawn = "".join(traceback.format_exception(error))  # with what was drawn, which only the notes of errors tell
        sys.stderr.write(f"\nTo play this again: {again}\n{drawn}\n")
        raise


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.world", description=__doc__)
    parser.add_argument("machines", nargs="*", metavar="machine", help=f"default: {', '.join(MACHINES)}")
    parser.add_argument("--examples", type=int, default=1000, help="of each machine")
    parser.add_argument("--seed", type=int, help="default: another one each time")
    parser.add_argument("--unshrunk", action="store_true", help="show a failure as it was drawn: at once, but long")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    for name in options.machines or MACHINES:
        started = time.monotonic()
        play(MACHINES[name], options.examples, seed=options.seed, shrinks=not options.unshrunk)
        sys.stdout.write(f"{name}: {options.examples} examples held in {time.monotonic() - started:.0f} s\n")


if __name__ == "__main__":
    main()
