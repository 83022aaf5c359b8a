"""Which record numbers a condition can hold for: saves looking at a whole table for a slice of it."""

from __future__ import annotations

import math

from ninox_simulator.nx import syntax as nx

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


def id_bounds(condition: nx.Node | None) -> tuple[float, float]:
    """Return the least and the greatest record number that a condition admits.

    Only comparisons of `number(Id)` with a number, joined by `and`, are understood; anything else admits all.
    """
    if isinstance(condition, nx.Binary):
        if condition.operator == "and":
            (least, most), (other_least, other_most) = id_bounds(condition.left), id_bounds(condition.right)
            return max(least, other_least), min(most, other_most)
        for operator, one, other in (
            (condition.operator, condition.left, condition.right),
            (_MIRRORED.get(condition.operator, ""), condition.right, condition.left),
        ):
            if _is_record_number(one) and isinstance(other, nx.Literal) and isinstance(other.value, int | float):
                return _bounds(operator, other.value)
    return -math.inf, math.inf


def _bounds(operator: str, value: float) -> tuple[float, float]:
    return {
        ">": (value + 1 if value == int(value) else value, math.inf),
        ">=": (value, math.inf),
        "<": (-math.inf, value),
        "<=": (-math.inf, value),
        "=": (value, value),
    }.get(operator, (-math.inf, math.inf))


def _is_record_number(node: nx.Node) -> bool:
    return isinstance(node, nx.Call) and node.name == "number" and node.arguments == (nx.Name("Id"),)
