"""What is written for a person at a terminal: how wide it is, and text that takes a given number of its columns."""

from __future__ import annotations

import os
import unicodedata
from typing import TextIO

_FEWEST_COLUMNS, _MOST_COLUMNS, _DEFAULT_COLUMNS = 40, 400, 80


def columns_of(terminal: TextIO) -> int:
    """Return the width of the terminal behind a stream, between 40 and 400 columns; 80 where there is none."""
    try:
        columns = os.get_terminal_size(terminal.fileno()).columns
    except (OSError, ValueError):  # ValueError: a stream of no file, as in tests
        columns = 0
    return min(max(columns, _FEWEST_COLUMNS), _MOST_COLUMNS) if columns else _DEFAULT_COLUMNS


def width(text: str) -> int:
    """Return how many columns a text takes: marks none, emoji and East Asian characters two."""
    return sum(map(_columns, text))


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return a text filled up with blanks, at its beginning if it is to stand to the right."""
    blanks = " " * (columns - width(text))
    return blanks + text if right else text + blanks


def cut(text: str, columns: int) -> str:
    """Return a text that takes no more than so many columns, with `…` where something is missing."""
    if width(text) <= columns:
        return text
    kept = ""
    for character in text:
        if width(kept + character) >= columns:
            break
        kept += character
    return f"{kept}…"


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
