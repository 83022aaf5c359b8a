"""What is told about a long table, when, and where."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from ninox_singer.progress import (
    BAR_INTERVAL_S,
    LOG_INTERVAL_S,
    BarDisplay,
    LogDisplay,
    Progress,
    choose_display,
    compute_share,
)


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def __init__(self, *, is_terminal):
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self):
        return self._is_terminal


@pytest.fixture
def clock():
    return Clock()


def log_lines(caplog):
    return [record.message for record in caplog.records if record.name == "ninox_singer.progress"]


def test_a_short_table_gets_no_line(caplog, clock):
    with caplog.at_level(logging.INFO), Progress("s", LogDisplay(), clock=clock) as progress:
        clock.now += LOG_INTERVAL_S - 1
        progress.advance(1000, 0.5)
    assert log_lines(caplog) == []


def test_a_long_table_gets_a_line_now_and_then(caplog, clock):
    with caplog.at_level(logging.INFO), Progress("s", LogDisplay(), clock=clock) as progress:
        for page in range(1, 41):
            clock.now += 1
            progress.advance(page * 1000, page / 100)
    assert log_lines(caplog) == [
        "s: 15,000 rows, 1,000 rows/s, about 85 s left (15%)",
        "s: 30,000 rows, 1,000 rows/s, about 70 s left (30%)",
    ]


@pytest.mark.parametrize(
    ("seconds", "start", "share", "left"),
    [
        (60, 0.0, 0.01, "about 1.6 h left"),
        (60, 0.0, 0.1, "about 9 min left"),
        (60, 0.4, 0.5, "about 5 min left"),
        (60, 0.0, 1.0, "about 0 s left"),
    ],
)
def test_the_time_left_counts_what_this_run_did(caplog, clock, seconds, start, share, left):
    with caplog.at_level(logging.INFO):
        progress = Progress("s", LogDisplay(), start=start, clock=clock)
        clock.now += seconds
        progress.advance(100, share)
    assert left in log_lines(caplog)[0]


def test_nothing_is_guessed_where_the_end_is_not_known(caplog, clock):
    with caplog.at_level(logging.INFO):
        progress = Progress("s", LogDisplay(), clock=clock)
        clock.now += 20
        progress.advance(100, None)
    assert log_lines(caplog) == ["s: 100 rows, 5 rows/s"]


@pytest.mark.parametrize(
    ("done", "end", "share"), [(5, 10, 0.5), (None, 10, None), (5, None, None), (5, 0, None), (12, 10, 1.0), (0, 9, 0)]
)
def test_the_share_that_is_done(done, end, share):
    assert compute_share(done, end) == share


@pytest.mark.parametrize(
    ("stderr", "stdout", "kind"),
    [(True, False, BarDisplay), (True, True, LogDisplay), (False, False, LogDisplay), (False, True, LogDisplay)],
)
def test_a_bar_is_for_a_person_who_sees_nothing_else(stderr, stdout, kind, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal(is_terminal=stderr))
    monkeypatch.setattr(sys, "stdout", Terminal(is_terminal=stdout))
    assert isinstance(choose_display(), kind)


def test_the_bar_is_one_line_that_makes_way_for_the_log(clock, monkeypatch):
    terminal = Terminal(is_terminal=True)
    handler = logging.StreamHandler(terminal)
    root = logging.Logger("root")  # noqa: LOG001 (a root of its own)
    root.addHandler(handler)
    monkeypatch.setattr(logging, "getLogger", lambda *_: root)
    with Progress("s", BarDisplay(terminal), clock=clock) as progress:
        progress.advance(10, 0.25)
        clock.now += BAR_INTERVAL_S / 2
        progress.advance(20, 0.5)  # too soon
        root.warning("look")
        clock.now += BAR_INTERVAL_S
        progress.advance(30, 0.75)
    assert terminal.getvalue().split("\r\x1b[K") == [
        "",
        "[#####...............]  25% s: 10 rows",
        "look\n",
        "[###############.....]  75% s: 30 rows, 200 rows/s, about 0 s left",
        "",
    ]
