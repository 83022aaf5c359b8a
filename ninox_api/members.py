"""Members of a long JSON answer, taken out of it while it arrives.

Hundreds of thousands of changes, decoded at once, take ten times their bytes. Where a member ends need not be found out
for sure: what is cut at a wrong place is no JSON, as a bracket or a quotation mark is open in it. It is left in the
body then, which is read as a whole in the end; there its form is judged.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from itertools import islice

import msgspec

from ninox_api.body import mark_monsters, replace_broken_characters

LEAST_BYTES = 256 * 1024
"""So much has to come before members are looked for in it."""

_TRIES = 8
"""Places that look as if a member ended there."""

_KEY = rb'\s*,\s*"(?:config|nextRids?|updates|removes|files|views|reports|seq)"\s*:'
_ENDS = {"{": re.compile(rb"\}" + _KEY), "[": re.compile(rb"\]" + _KEY)}
_CLOSING = {"{": b"}", "[": b"]"}
_BETWEEN = {"{": (b'},"', b'}, "'), "[": (b'","', b'", "', b"},{", b"}, {")}
"""What stands between two members: of an object of objects, of a list of texts or objects."""

Take = Callable[[bytes], None]
"""Takes a JSON object or list of some members; raises what msgspec does where it is none."""


class Members:
    """Takes the members of some objects and lists, which are members themselves of the answer, one after the other."""

    def __init__(self, takers: Mapping[str, Take]) -> None:
        """Begin with a new answer.

        Args:
            takers: Key in the answer → what takes members from there.
        """
        self._takers = takers
        self._opening = re.compile(rb'"(' + "|".join(takers).encode() + rb')"\s*:\s*([{\[])')
        self._taker: Take | None = None
        self._bracket = ""
        self._misses = 0
        self._at = 0  # where the next key is looked for, or the first member that is left
        self._next_look = LEAST_BYTES

    def take_from(self, body: bytearray) -> None:
        """Take members out of what has come so far."""
        if len(body) < self._next_look:
            return
        has_found = True
        while has_found:
            has_found = self._open(body) if self._taker is None else self._take_some(body, self._taker)
            if self._misses > _TRIES:  # each costs a look at all before it; the body is read as a whole then
                self._next_look = sys.maxsize
                return
        # Twice as much, where nothing can be taken: so all looks together take a time that is linear in the answer.
        self._next_look = len(body) + max(LEAST_BYTES, len(body) - self._at)

    def _open(self, body: bytearray) -> bool:
        """Find the next object or list; return whether there is one."""
        found = self._opening.search(body, self._at)
        if found is None:
            return False
        name, bracket, self._at = found[1].decode(), found[2].decode(), found.end()
        try:
            msgspec.json.decode(bytes(body[: self._at]) + _CLOSING[bracket] + b"}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._misses += 1
            return True  # it is further inside, or in a text
        self._taker, self._bracket = self._takers[name], bracket
        return True

    def _take_some(self, body: bytearray, taker: Take) -> bool:
        """Take as many members as are whole; return whether the end of the object or list has come."""
        for between in _BETWEEN[self._bracket]:
            place = len(body)
            for _ in range(_TRIES):
                place = body.rfind(between, self._at, place)
                if place < 0:
                    break
                if self._take(taker, body, place + 1):
                    del body[self._at : body.index(b",", self._at) + 1]
                    break
        for found in islice(_ENDS[self._bracket].finditer(bytes(body[self._at :])), _TRIES):
            if self._take(taker, body, self._at + found.start()):
                self._taker = None
                return True
        return False

    def _take(self, taker: Take, body: bytearray, end: int) -> bool:
        """Take what stands before a place, unless it is not whole; return whether it was."""
        members = self._bracket.encode() + bytes(body[self._at : end]) + _CLOSING[self._bracket]
        try:
            taker(members)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
            repaired = mark_monsters(replace_broken_characters(members))
            if repaired == members:
                return False
            try:
                taker(repaired)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
                return False
        del body[self._at : end]
        return True
