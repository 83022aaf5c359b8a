"""What the demo says, as text made of what happened."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from demo.report import RunCost, TableCount

WIDTH = 96
_COSTS = 28


def opening() -> str:
    """Say what has been started."""
    return "A simulated Ninox (a gardening firm with its databases) and an empty PostgreSQL are running.\n"


def run_text(command: Sequence[str], outcome: str, cost: RunCost) -> str:
    """Return a command, what came of it, and what it cost."""
    figures = f"{cost.calls} API calls {cost.seconds:>6.1f} s"
    return f"$ meltano {' '.join(command)}\n  {outcome:<{WIDTH - _COSTS}}{figures:>{_COSTS - 2}}\n"


def first_load(counts: Iterable[TableCount]) -> str:
    """Say how much the first load brought."""
    counts = list(counts)
    return f"First load: {sum(count.rows for count in counts):,} rows in {len(counts)} tables."


def changes(counts: Iterable[TableCount]) -> str:
    """Say how much the second load brought."""
    counts = list(counts)
    changed, deleted = sum(count.changed for count in counts), sum(count.deleted for count in counts)
    return f"Only what changed: {changed:,} rows new or changed, {deleted:,} deleted."


def day_text(done: str) -> str:
    """Say what people did in Ninox."""
    return textwrap.fill(f"A day passes in Ninox. {done.partition(': ')[2] or done}", WIDTH) + "\n"


def tables_text(counts: Iterable[TableCount]) -> str:
    """Return the tables that changed, the others as one line, and a sum."""
    counts = list(counts)
    touched = [count for count in counts if count.changed or count.deleted]
    others = [count for count in counts if not (count.changed or count.deleted)]
    lines = [*touched, _sum(f"{len(others)} tables without changes", others)]
    total = _sum(f"{len(counts)} tables", counts)
    width = max(len(count.name) for count in [*lines, total])
    head = f"  {'in PostgreSQL now':<{width}} {'rows':>8} {'changed':>8} {'deleted':>8}"
    rule = f"  {'-' * (width + 27)}"
    return "\n".join([head, *(_line(count, width) for count in lines), rule, _line(total, width)]) + "\n"


def deleted_text(row: Mapping[str, object]) -> str:
    """Show a row that was deleted in Ninox."""
    values = ", ".join(f"{name} {value}" for name, value in row.items())
    return f"  A deleted invoice keeps its values:\n  {values}\n"


def closing(page: str) -> str:
    """Say what to do next."""
    return (
        f"All tables and what they refer to, on one page: {page}\n"
        "With your own Ninox: make an API key, cp .env.example .env, and go on in README.md."
    )


def _sum(name: str, counts: Iterable[TableCount]) -> TableCount:
    counts = list(counts)
    return TableCount(
        name,
        sum(count.rows for count in counts),
        sum(count.changed for count in counts),
        sum(count.deleted for count in counts),
    )


def _line(count: TableCount, width: int) -> str:
    changed = f"{count.changed:,}" if count.changed else ""
    deleted = f"{count.deleted:,}" if count.deleted else ""
    return f"  {count.name:<{width}} {count.rows:>8,} {changed:>8} {deleted:>8}".rstrip()
