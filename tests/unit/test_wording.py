"""Text that takes a given number of columns, and the width of the terminal that a person looks at."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import pty
import struct
import termios

import pytest

from ninox_singer.progress import BarDisplay
from ninox_singer.wording import cut, measure_columns, pad, width


@pytest.fixture
def terminal():
    """Return a function that makes a terminal of so many columns; what it shows can be read from `shown`."""
    ends = []

    def make(columns):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        stream = os.fdopen(theirs, "w", encoding="utf-8")
        stream.shown = lambda: os.read(ours, 10_000).decode()
        ends.append((ours, stream))
        return stream

    yield make
    for ours, stream in ends:
        stream.close()
        os.close(ours)


@pytest.mark.parametrize(("real", "used"), [(132, 132), (20, 40), (1000, 400), (0, 80)])
def test_the_width_is_that_of_the_terminal_itself_within_reason(terminal, real, used):
    assert measure_columns(terminal(real)) == used


def test_what_is_no_terminal_is_80_columns_wide():
    assert measure_columns(io.StringIO()) == 80


@pytest.mark.parametrize("columns", [40, 79, 132])
@pytest.mark.parametrize("name", ["shop__customers", "価格" * 60, "x" * 500, "\x1b[2Jshop\n", "\u202eshop"])
def test_the_bar_fills_one_line_of_stderr_s_terminal_and_no_more(terminal, monkeypatch, columns, name):
    stream = terminal(columns)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the bar makes way for what they write, until the end
    BarDisplay(stream).show(f"{name}: 1,000 rows", 0.5)
    line = stream.shown().removeprefix("\r\x1b[K")
    assert width(line) <= columns - 1
    assert "\x1b" not in line
    assert line.startswith("[##########..........]  50% ")
    if len(name) == 500:
        assert width(line) == columns - 1


@pytest.mark.parametrize(("text", "columns", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("価格表", 5, "価格…")])
def test_what_is_cut_says_so(text, columns, shown):
    assert cut(text, columns) == shown


def test_cells_are_aligned_by_what_they_take_on_the_screen():
    assert pad("価格", 6) == "価格  "
    assert pad("né", 4, right=True) == "  né"
    assert pad("ne\u0301", 4, right=True) == "  ne\u0301"
