"""What a benchmark is made of: works, sides that do them, and bars that were promised."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import Cost
from ninox_simulator.remote import Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where one run takes place.

    Attributes:
        folder: For the files of this run; new and empty.
        prepared: What the work's preparation left, shared by all runs.
        rows: Per table.
    """

    served: Remote
    folder: Path
    prepared: Path
    tables: int
    rows: int

    @property
    def output(self) -> Path:
        """Standard output of the run that is checked."""
        return self.folder / "output"


Command = Callable[[Stage], list[str]]
Check = Callable[[str, Stage], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One program that does a work.

    Attributes:
        command: Returns the command line; may write configuration into the folder.
        check: Raises where the side did not deliver what it should.
        stdin: File that the preparation left, as input.
    """

    name: str
    command: Command
    check: Check
    stdin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A promise about a figure of one side, alone or as a multiple of another side's.

    Attributes:
        figure: Name of a figure of `Cost`; `reads` and `writes` for API calls.
    """

    side: str
    at_most: float
    than: str | None = None
    figure: str = "wall_s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that several sides do.

    Attributes:
        rows: Per table.
        fields: Per table.
        is_filled: Whether the tables hold the rows at first, or are to be filled.
        prepared: Makes what the sides need, in the folder `prepared`, and takes it away again; not measured.
    """

    name: str
    title: str
    rows: int
    sides: tuple[Side, ...]
    bars: tuple[Bar, ...] = ()
    tables: int = 1
    fields: int = 10
    latency_s: float = 0.0
    is_filled: bool = True
    prepared: Callable[[Stage], AbstractContextManager[object]] = nullcontext


def figure(cost: Cost, name: str) -> float:
    """Return one figure of a run."""
    if name == "reads":
        return cost.calls.get("GET", 0)
    if name == "writes":
        return sum(cost.calls.values()) - cost.calls.get("GET", 0)
    return float(getattr(cost, name))
