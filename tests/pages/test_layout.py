"""Diagrams: every box somewhere, none on another, whatever refers to what."""

from __future__ import annotations

import random
import sys
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ninox_tools.pages.layout import ROW_GAP, Box, lay_out

IDS = [f"t{number}" for number in range(14)]


def touching(boxes, places):
    for one, two in combinations(places, 2):
        (x1, y1), (x2, y2) = places[one], places[two]
        if (
            x1 < x2 + boxes[two].width
            and x2 < x1 + boxes[one].width
            and y1 < y2 + boxes[two].height
            and y2 < y1 + boxes[one].height
        ):
            yield one, two


@given(
    st.lists(st.sampled_from(IDS), unique=True),
    st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=40),
    st.integers(20, 400),
)
def test_no_box_lies_on_another_and_all_are_inside(ids, arrows, height):
    boxes = {box_id: Box(200, 40 + (height * number) % 300) for number, box_id in enumerate(ids)}
    diagram = lay_out(boxes, arrows)
    assert set(diagram.places) == set(boxes)
    assert list(touching(boxes, diagram.places)) == []
    for box_id, (x, y) in diagram.places.items():
        assert 0 <= x <= diagram.width - boxes[box_id].width + 0.01
        assert -0.01 <= y <= diagram.height - boxes[box_id].height + 0.01


def test_what_is_referred_to_stands_left_of_what_refers_to_it():
    boxes = {box_id: Box(200, 60) for box_id in ("lines", "orders", "customers")}
    places = lay_out(boxes, [("lines", "orders"), ("orders", "customers")]).places
    assert places["customers"][0] < places["orders"][0] < places["lines"][0]


def test_a_circle_of_references_is_laid_out_too():
    boxes = {box_id: Box(200, 60) for box_id in "abc"}
    places = lay_out(boxes, [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")]).places
    assert len({x for x, _ in places.values()}) == 3


def test_a_long_chain_needs_no_deep_stack():
    boxes = {f"t{number}": Box(200, 60) for number in range(3000)}
    arrows = [(f"t{number}", f"t{number + 1}") for number in range(2999)]
    assert len(lay_out(boxes, arrows).places) == 3000


@pytest.mark.parametrize("reach", [8, 10_000])
def test_four_times_the_boxes_take_at_most_four_and_a_half_times_the_steps(reach):
    few, many = (steps(lambda n=n: lay_out(*crowd(n, reach))) for n in (300, 1200))
    assert many < 4.6 * few


def crowd(number, reach):
    """Return boxes of which each refers to three before it, near or anywhere."""
    chance = random.Random(7)
    arrows = [(f"t{n}", f"t{max(0, n - chance.randint(1, min(n, reach)))}") for n in range(1, number) for _ in range(3)]
    return {f"t{n}": Box(200, 60 + n % 5) for n in range(number)}, arrows


def steps(work):
    """Count the calls of functions, Python's and C's: unlike time, that is the same on a busy machine."""
    counted = Counter()
    sys.setprofile(lambda _, event, __: counted.update((event,)))
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted["call"] + counted["c_call"]


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), min_size=14, max_size=40))
def test_moving_boxes_towards_their_neighbours_makes_a_group_no_higher_than_its_fullest_column(arrows):
    boxes = {box_id: Box(200, 40 + 25 * number) for number, box_id in enumerate(IDS)}
    arrows += [(one, IDS[0]) for one in IDS[1:]]  # all hang together
    diagram = lay_out(boxes, arrows)
    columns = {}
    for box_id, (x, _) in diagram.places.items():
        columns.setdefault(x, []).append(boxes[box_id].height)
    fullest = max(sum(heights) + ROW_GAP * (len(heights) - 1) for heights in columns.values())
    assert diagram.height <= fullest + 0.01
