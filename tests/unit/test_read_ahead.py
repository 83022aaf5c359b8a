"""How far threads read ahead of whoever writes: a few pages, and few bytes."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest

from tap_ninox.sync.prefetch import MOST_KEPT_BYTES, KeptBytes, ReadAhead


@contextmanager
def consumer_of(taken, *, weight, ahead):
    """Hand out the items that were made when a consumer has taken some, and an event of more than `ahead` of them."""
    made, event = [], threading.Event()

    def source():
        for number in range(20):
            made.append(number)
            if len(made) >= taken + ahead:
                event.set()
            yield number

    reading = ReadAhead([source()], room=2, weigh=lambda _: weight).start()
    items = iter(reading)
    for _ in range(taken):
        next(items)
    yield event
    reading.close()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_nobody_reads_on_while_large_pages_wait(taken):
    with consumer_of(taken, weight=MOST_KEPT_BYTES + 1, ahead=2) as event:
        assert not event.wait(0.05)


@pytest.mark.parametrize("taken", [1, 3])
def test_small_pages_are_read_ahead(taken):
    with consumer_of(taken, weight=0, ahead=3) as event:  # two wait, and one is in hand
        assert event.wait(25)


def test_everything_arrives_in_order_whatever_it_weighs():
    sources = [iter(range(50))]
    assert list(ReadAhead(sources, weigh=lambda number: number * MOST_KEPT_BYTES).start()) == list(range(50))


def test_what_several_tables_keep_counts_together_and_none_waits_for_ever():
    """The first has read too much ahead, so the second keeps one page; both give all that they have."""
    kept, made = KeptBytes(), []
    handed_over = {"first": threading.Event(), "second": threading.Event()}

    def source(name, weight):
        for number in range(3):
            made.append(name)
            yield name, number, weight

    def weighed(item):
        handed_over[item[0]].set()  # it is counted before anybody else may look at the number
        return item[2]

    def read(name, weight):
        reader = ReadAhead([source(name, weight)], room=2, weigh=weighed, kept=kept).start()
        assert handed_over[name].wait(timeout=60)
        return reader

    first = read("first", MOST_KEPT_BYTES + 1)
    with kept.changed:
        assert kept.number > MOST_KEPT_BYTES
    second = read("second", 1)
    with kept.changed:
        assert kept.number > MOST_KEPT_BYTES + 1
        assert not kept.changed.wait_for(lambda: made.count("second") > 1, timeout=0.05)
    assert [number for _, number, _ in second] == [0, 1, 2]
    assert [number for _, number, _ in first] == [0, 1, 2]
    assert kept.number == 0


class _ToldOfWaits(threading.Condition):
    """Sets an event when the thread that made it begins to wait."""

    def __init__(self):
        super().__init__()
        self.begun, self._consumer = threading.Event(), threading.get_ident()

    def wait(self, timeout=None):
        if threading.get_ident() == self._consumer:
            self.begun.set()
        return super().wait(timeout)


def test_a_thread_reads_on_before_the_consumer_that_waits_for_its_page_has_woken_up():
    kept, consumer, reads_on = KeptBytes(_ToldOfWaits()), threading.get_ident(), threading.Event()
    in_time = []

    def source():
        kept.changed.begun.wait(timeout=60)
        yield "first"
        reads_on.set()
        yield "second"

    def weigh(item):
        if item == "first" and threading.get_ident() == consumer:  # about to take it, and still nobody else may move
            in_time.append(reads_on.wait(timeout=2))
        return MOST_KEPT_BYTES + 1

    assert list(ReadAhead([source()], weigh=weigh, kept=kept).start()) == ["first", "second"]
    assert in_time == [True]
