"""JSON with halves of characters: half an emoji, cut off by a program that counts in 16 bits, or bytes beside UTF-8.

No decoder takes them, so one would cost the whole answer. A NUL stands for each afterwards: nothing else in a text that
people wrote can be one, and no database stores it, so whoever passes texts on looks for it and says what was repaired.
"""

from __future__ import annotations

import re

DAMAGE = "\0"
"""What stands in a text for a character that cannot be known; also a NUL that was sent as one."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_HIGH, _LOW = rb"u[dD][89abAB][0-9a-fA-F]{2}", rb"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rb"\\(?:" + _HIGH + rb"\\" + _LOW + rb"|(" + _HIGH + rb"|" + _LOW + rb")|.)", re.DOTALL)


def with_whole_characters(content: bytes) -> bytes:
    """Return JSON in which a NUL stands for each half of a character; linear time."""
    try:
        content.decode()
    except UnicodeDecodeError:
        content = content.decode(errors="replace").replace(REPLACEMENT, "\\u0000").encode()
    return _ESCAPE.sub(lambda escape: rb"\u0000" if escape[1] else escape[0], content)


def repaired(text: str) -> str:
    """Return a text that every database stores."""
    return text.replace(DAMAGE, REPLACEMENT) if DAMAGE in text else text
