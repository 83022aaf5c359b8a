"""The tables of docs/simulator.md, made of those that the simulator works by: endpoints, switches, faults, bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ninox_simulator.faults import BOUNDS, KINDS
from ninox_simulator.routes import ROUTES
from ninox_simulator.switches import SWITCHES


def endpoints() -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the vendor's list: how an endpoint is written, how its answer is known, its test."""
    for route in ROUTES:
        for known in route.known:
            yield known.form or f"`{route.method} {route.path}`", known.how, known.shown_by


def _endpoints() -> str:
    lines = ["| # | Endpoint | How its answer is known | Shown by |", "|---|---|---|---|"]
    lines += [f"| {n} | {form} | {how} | `{test}` |" for n, (form, how, test) in enumerate(endpoints(), 1)]
    return "\n".join(lines) + "\n"


def _switches() -> str:
    lines = ["| Switch | Values (first: default) | What it decides | What is known |", "|---|---|---|---|"]
    for name, switch in SWITCHES.items():
        values = ", ".join(f"`{value}`" for value in switch.values)
        lines.append(f"| `{name}` | {values} | {switch.meaning} | {switch.fact} |")
    return "\n".join(lines) + "\n"


def _faults() -> str:
    lines = ["| Kind | What happens |", "|---|---|"]
    lines += [f"| `{kind}` | {stages.says} |" for kind, stages in KINDS.items()]
    return "\n".join(lines) + "\n"


def _bounds() -> str:
    return (
        "\n".join(
            ["| Bound | What happens |", "|---|---|", *(f"| `{name}` | {says} |" for name, says in BOUNDS.items())]
        )
        + "\n"
    )


TABLES: dict[str, Callable[[], str]] = {
    "endpoints": _endpoints,
    "switches": _switches,
    "faults": _faults,
    "bounds": _bounds,
}
