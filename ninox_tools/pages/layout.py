"""Where the boxes of a diagram go: pure functions, the same answer for the same input.

Boxes that are connected stand in columns, what is referred to on the left of what refers to it; long columns are
broken. Groups of connected boxes are set like words in lines, boxes without connections at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

COLUMN_GAP = 96.0
ROW_GAP = 22.0
GROUP_GAP = 56.0
WIDTH_TO_HEIGHT = 1.25
"""Shape aimed at: that of a screen between two side bars."""

_SWEEPS = 6
_FEWEST_COLUMNS = 4

Arrows = Sequence[tuple[str, str]]
Places = dict[str, tuple[float, float]]
Neighbours = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Box:
    """Something to place; sizes in pixels."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Diagram:
    """Upper left corners by box, and how much room all take."""

    places: Places
    width: float
    height: float


def lay_out(boxes: Mapping[str, Box], arrows: Arrows) -> Diagram:
    """Place boxes so that none touch.

    Args:
        boxes: By id.
        arrows: From what refers to what is referred to; others than between two known boxes are left out.
    """
    known = sorted({(tail, head) for tail, head in arrows if tail != head and tail in boxes and head in boxes})
    groups = _group(boxes, known)
    linked = [_place_group(group, boxes, own) for group, own in groups if own]
    single = [_place_alone(box_id, boxes) for group, own in groups if not own for box_id in group]
    linked.sort(key=lambda diagram: -diagram.height * diagram.width)
    upper = _set_in_lines(linked, gap=GROUP_GAP)
    return _stack([upper, _set_in_lines(single, gap=ROW_GAP, at_least=upper.width)])


def _group(boxes: Iterable[str], arrows: Arrows) -> list[tuple[list[str], list[tuple[str, str]]]]:
    """Return the boxes that hang together, each group in the given order, with the arrows among them."""
    leader = {box_id: box_id for box_id in boxes}

    def find(box_id: str) -> str:
        while leader[box_id] != box_id:
            leader[box_id] = leader[leader[box_id]]
            box_id = leader[box_id]
        return box_id

    for tail, head in arrows:
        leader[find(tail)] = find(head)
    groups: dict[str, tuple[list[str], list[tuple[str, str]]]] = {}
    for box_id in boxes:
        groups.setdefault(find(box_id), ([], []))[0].append(box_id)
    for arrow in arrows:
        groups[find(arrow[0])][1].append(arrow)
    return list(groups.values())


def _place_group(group: Sequence[str], boxes: Mapping[str, Box], arrows: Arrows) -> Diagram:
    neighbours = _find_neighbours(arrows)
    columns = _order(_even_out(_rank(group, arrows), boxes), neighbours)
    places: Places = {}
    left = 0.0
    for column in columns:
        top = 0.0
        for box_id in column:
            places[box_id] = (left, top)
            top += boxes[box_id].height + ROW_GAP
        left += max(boxes[box_id].width for box_id in column) + COLUMN_GAP
    lowest = max(y + boxes[box_id].height for box_id, (_, y) in places.items())
    for _ in range(_SWEEPS):
        for column in [*columns, *reversed(columns)]:
            _draw_to_neighbours(column, places, boxes, neighbours, lowest=lowest)
    return _move_to_zero(places, boxes)


def _rank(group: Sequence[str], arrows: Arrows) -> list[list[str]]:
    """Return columns: a box stands right of all that it refers to, except where that goes round in a circle."""
    heads: dict[str, list[str]] = {box_id: [] for box_id in group}
    for tail, head in arrows:
        heads[tail].append(head)
    rank: dict[str, int] = {}
    for start in group:
        _rank_from(start, heads, rank)
    columns: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for box_id in group:
        columns[rank[box_id]].append(box_id)
    return [column for column in columns if column]


def _rank_from(start: str, heads: Mapping[str, Sequence[str]], rank: dict[str, int]) -> None:
    """Rank a box after all that it leads to, without recursion: chains of references may be long."""
    open_boxes: list[str] = [start]
    on_the_way: set[str] = set()
    while open_boxes:
        box_id = open_boxes[-1]
        unranked = [head for head in heads[box_id] if head not in rank and head not in on_the_way]
        on_the_way.add(box_id)
        if unranked and box_id not in rank:
            open_boxes.append(unranked[0])
            continue
        open_boxes.pop()
        on_the_way.discard(box_id)
        if box_id not in rank:
            rank[box_id] = 1 + max((rank[head] for head in heads[box_id] if head in rank), default=-1)


def _even_out(columns: Sequence[Sequence[str]], boxes: Mapping[str, Box]) -> list[list[str]]:
    """Break long columns and join short neighbours, until all together have about the shape of a screen."""
    area = sum(
        (boxes[box_id].width + COLUMN_GAP) * _measure([box_id], boxes) for column in columns for box_id in column
    )
    limit = math.sqrt(area / WIDTH_TO_HEIGHT)
    evened: list[list[str]] = []
    for column in columns:
        parts = max(1, math.ceil(_measure(column, boxes) / (limit * 1.15)))
        size = math.ceil(len(column) / parts)
        evened += [list(column[index : index + size]) for index in range(0, len(column), size)]
    widest = max(boxes[box_id].width for column in columns for box_id in column)
    most = max(_FEWEST_COLUMNS, math.ceil(limit * WIDTH_TO_HEIGHT / (widest + COLUMN_GAP)))
    return evened if len(evened) <= most else _join(evened, boxes, most)


def _join(columns: Sequence[list[str]], boxes: Mapping[str, Box], most: int) -> list[list[str]]:
    """Join neighbouring columns into as few as `most`, the highest of them as low as can be."""
    heights = [_measure(column, boxes) for column in columns]

    def joined(limit: float) -> list[list[str]]:
        filled: list[list[str]] = []
        height = math.inf
        for column, own in zip(columns, heights, strict=True):
            if height + own > limit:
                filled.append([])
                height = 0.0
            filled[-1] += column
            height += own
        return filled

    too_low, enough = max(heights), sum(heights)
    while enough - too_low > ROW_GAP:
        middle = (too_low + enough) / 2
        too_low, enough = (too_low, middle) if len(joined(middle)) <= most else (middle, enough)
    return joined(enough)


def _measure(column: Sequence[str], boxes: Mapping[str, Box]) -> float:
    return sum(boxes[box_id].height + ROW_GAP for box_id in column)


def _order(columns: list[list[str]], neighbours: Neighbours) -> list[list[str]]:
    """Order each column by where the neighbours of its boxes stand, so that fewer lines cross."""
    position = {box_id: index / len(column) for column in columns for index, box_id in enumerate(column)}
    for _ in range(_SWEEPS):
        for column in [*columns, *reversed(columns)]:
            wanted = {box_id: _average([position[other] for other in neighbours[box_id]]) for box_id in column}
            column.sort(key=lambda box_id: (wanted[box_id], box_id))
            position.update((box_id, index / len(column)) for index, box_id in enumerate(column))
    return columns


def _draw_to_neighbours(
    column: Sequence[str], places: Places, boxes: Mapping[str, Box], neighbours: Neighbours, *, lowest: float
) -> None:
    """Move the boxes of a column up or down towards their neighbours, in their order, none below the lowest."""
    tops: list[float] = []
    floor = 0.0
    for box_id in column:
        middles = [places[other][1] + boxes[other].height / 2 for other in neighbours[box_id]]
        wanted = _average(middles) - boxes[box_id].height / 2
        tops.append(max(floor, wanted))
        floor = tops[-1] + boxes[box_id].height + ROW_GAP
    ceiling = lowest
    for box_id, top in zip(reversed(column), reversed(tops), strict=True):
        y = min(top, ceiling - boxes[box_id].height)
        places[box_id] = (places[box_id][0], y)
        ceiling = y - ROW_GAP


def _find_neighbours(arrows: Arrows) -> Neighbours:
    neighbours: dict[str, list[str]] = {}
    for tail, head in arrows:
        neighbours.setdefault(tail, []).append(head)
        neighbours.setdefault(head, []).append(tail)
    return neighbours


def _average(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _place_alone(box_id: str, boxes: Mapping[str, Box]) -> Diagram:
    return Diagram({box_id: (0.0, 0.0)}, boxes[box_id].width, boxes[box_id].height)


def _move_to_zero(places: Places, boxes: Mapping[str, Box]) -> Diagram:
    top = min(y for _, y in places.values())
    moved = {box_id: (x, y - top) for box_id, (x, y) in places.items()}
    return Diagram(
        moved,
        max(x + boxes[box_id].width for box_id, (x, _) in moved.items()),
        max(y + boxes[box_id].height for box_id, (_, y) in moved.items()),
    )


def _set_in_lines(diagrams: Sequence[Diagram], *, gap: float, at_least: float = 0.0) -> Diagram:
    """Set diagrams side by side, in as many lines as make the whole as wide as a screen."""
    area = sum((diagram.width + gap) * (diagram.height + gap) for diagram in diagrams)
    limit = max([at_least, math.sqrt(area * WIDTH_TO_HEIGHT), *(diagram.width for diagram in diagrams)])
    places: Places = {}
    left = top = line_height = width = 0.0
    for diagram in diagrams:
        if left and left + diagram.width > limit:
            left, top, line_height = 0.0, top + line_height + gap, 0.0
        places.update((box_id, (x + left, y + top)) for box_id, (x, y) in diagram.places.items())
        width = max(width, left + diagram.width)
        left += diagram.width + gap
        line_height = max(line_height, diagram.height)
    return Diagram(places, width, top + line_height)


def _stack(diagrams: Iterable[Diagram]) -> Diagram:
    """Set diagrams one below the other."""
    places: Places = {}
    width = top = 0.0
    for diagram in diagrams:
        if diagram.places:
            offset = top + (GROUP_GAP if top else 0.0)
            places.update((box_id, (x, y + offset)) for box_id, (x, y) in diagram.places.items())
            width, top = max(width, diagram.width), offset + diagram.height
    return Diagram(places, width, top)
