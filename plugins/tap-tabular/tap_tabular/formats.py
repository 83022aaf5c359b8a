"""Number formats of Excel: which numbers are dates, times, lengths of time or codes with leading zeros.

A cell of a sheet holds nothing but a number; its format says what a person sees. What a person sees is what counts:
a date without a time of day where the format shows none, `01097` for 1097 under `00000`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tap_tabular.files import ErrorCell, Value

Show = Callable[[float], Value]

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<general>General|Standard)|(?P<half>AM/PM|A/P)'
    r"|(?P<letters>[ymdhs]+)|(?P<zeros>0+)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_LENGTH = re.compile(r"[hms]+", re.IGNORECASE)
_CONDITION = re.compile(r"[<>=]")
_MOST_DAYS = 2_958_465  # 9999-12-31, as Excel counts
_LEAP_DAY_THAT_NEVER_WAS = 60  # Excel counts a 29 February 1900: days before it are off by one
_SECONDS = 86_400
FEWEST_ZEROS = 2
ANY_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 (sheets know no zones)

BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
    **dict.fromkeys((27, 28, 29, 30, 31, 36, *range(50, 59)), "yyyy-mm-dd"),  # as East Asian versions show dates
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
}
"""Formats that files name by number only; the others of them show plain numbers."""


@dataclass(slots=True)
class _Parts:
    """What the first section of a format is made of."""

    letters: str = ""
    is_length: bool = False
    is_conditional: bool = False
    has_fraction: bool = False
    has_digits: bool = False
    others: str = ""
    code: list[str | int] = None  # type: ignore[assignment]  # literals, and how many zeros stand between them


def show_by(number_format: str, *, since_1904: bool) -> Show | None:
    """Return what makes of a number the value that a person sees; None if that is the number itself."""
    parts = _parts(number_format)
    if parts.is_length:
        return _length
    letters = set(parts.letters)
    has_clock = bool(letters & set("hs"))
    has_day = bool(letters & set("yd")) or ("m" in letters and not has_clock)
    if has_day or has_clock:
        return Moment(has_day, has_clock, parts.has_fraction, since_1904)
    zeros = sum(part for part in parts.code if isinstance(part, int))
    if zeros >= FEWEST_ZEROS and not parts.others and not parts.is_conditional:
        return Code(tuple(parts.code), zeros)
    return None


def _parts(number_format: str) -> _Parts:  # noqa: C901, PLR0912 (a kind of token each)
    parts = _Parts(code=[])
    for token in _TOKEN.finditer(number_format):
        match token.lastgroup:
            case "quoted" | "escaped":
                parts.code.append(token[token.lastgroup])
            case "bracket" if _LENGTH.fullmatch(token["bracket"]):
                parts.is_length = True
            case "bracket" if _CONDITION.match(token["bracket"]):
                parts.is_conditional = True
            case "bracket" if token["bracket"].startswith("$"):
                parts.code.append(token["bracket"][1:].partition("-")[0])
            case "letters" if not parts.has_digits:
                parts.letters += token["letters"].lower()
            case "letters":  # a unit that stands there without its quotation marks
                parts.others += token["letters"]
            case "zeros":
                parts.has_digits = True
                parts.has_fraction = parts.has_fraction or parts.letters.endswith("s")
                parts.code.append(len(token["zeros"]))
            case "general":
                parts.others += "General"
            case "other":
                if token["other"] == ";":
                    break
                if token["other"] in "-() +:":  # shown as they are, quoted or not
                    parts.code.append(token["other"])
                else:
                    parts.others += token["other"]
                    parts.has_digits = parts.has_digits or token["other"] in "#?"
            case _:
                pass
    return parts


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time of day, or both: as much of the number as the format shows."""

    has_day: bool
    has_clock: bool
    has_fraction: bool
    since_1904: bool

    def __call__(self, number: float) -> Value:
        """Return it."""
        first = 0 if self.since_1904 or not self.has_day else 1
        if not first <= number <= _MOST_DAYS:
            return ErrorCell("no date")
        digits = 3 if self.has_fraction else 0
        days, clock = divmod(number, 1)
        seconds = round(clock * _SECONDS, digits) if self.has_clock else 0
        if not self.has_day:
            return (ANY_MIDNIGHT + timedelta(seconds=seconds)).time()
        if self.since_1904:
            start = datetime(1904, 1, 1)  # noqa: DTZ001
        elif number < _LEAP_DAY_THAT_NEVER_WAS:
            start = datetime(1899, 12, 31)  # noqa: DTZ001
        else:
            start = datetime(1899, 12, 30)  # noqa: DTZ001
        try:
            moment = start + timedelta(days=days, seconds=seconds)
        except OverflowError:  # the last day of 9999 in the other calendar, or rounded up
            return ErrorCell("no date")
        return moment if self.has_clock else moment.date()


@dataclass(frozen=True, slots=True)
class Code:
    """Digits with leading zeros, and what the format puts between them: `01097`, `K-00017`, `123-456`."""

    pattern: tuple[str | int, ...]
    zeros: int

    def __call__(self, number: float) -> Value:
        """Return them; the number where no code can be."""
        if number < 0 or number != int(number):
            return number
        digits = str(int(number)).rjust(self.zeros, "0")
        shown: list[str] = []
        left = self.zeros
        for part in reversed(self.pattern):
            if isinstance(part, str):
                shown.append(part)
                continue
            left -= part
            cut = len(digits) - part if left else 0  # the first zeros stand for all digits that are left
            shown.append(digits[cut:])
            digits = digits[:cut]
        return "".join(reversed(shown))


def _length(number: float) -> Value:
    try:
        return timedelta(seconds=round(number * _SECONDS, 3))
    except OverflowError:
        return ErrorCell("no length of time")


def number_of(text: str) -> int | float | ErrorCell:
    """Return a number as a person would have typed it: whole without `.0`, and of 15 digits, as Excel shows and takes.

    So 0.30000000000000004, which a formula left, is 0.3.
    """
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return plain(float(text))
    except ValueError:
        return ErrorCell("no number")


def plain(number: float) -> int | float | ErrorCell:
    """Return a floating point number like `number_of`."""
    number = float(f"{number:.15g}")
    if number in {float("inf"), float("-inf")} or number != number:  # noqa: PLR0124 (NaN)
        return ErrorCell("no number")
    return int(number) if number.is_integer() else number


def written(value: date | time | timedelta) -> str:
    """Return a date, date-time or time of day in ISO's form, a length of time as `123:25:16`."""
    if not isinstance(value, timedelta):
        return value.isoformat()
    milliseconds = round(abs(value) / timedelta(milliseconds=1))
    minutes, rest = divmod(milliseconds, 60_000)
    seconds, fraction = divmod(rest, 1000)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}" + (f".{fraction:03}" if fraction else "")
