"""A list in a file: where its headings are, what its columns hold, and its rows, read to the end before any is sent.

Reading it once into a temporary file takes no memory, tells the types of all columns before the first row goes out, and
sends nothing of a file that cannot be read to its end.
"""

from __future__ import annotations

import logging
import marshal
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO, Any

from tap_tabular.apart import OlderWorkbook
from tap_tabular.files import (
    SWALLOWED,
    TALL,
    UNCALCULATED,
    ErrorCell,
    Row,
    Sheet,
    TabularError,
    Uncalculated,
    Value,
    caption,
    kind_of,
    letters,
    matching,
)
from tap_tabular.formats import written
from tap_tabular.ods import Ods
from tap_tabular.text import TextSheet, open_text
from tap_tabular.types import CONVERTS, as_text
from tap_tabular.xlsx import Xlsx

logger = logging.getLogger(__name__)

SOURCE_FILE, SOURCE_SHEET, SOURCE_LINE = "_sdc_source_file", "_sdc_source_sheet", "_sdc_source_lineno"
SOURCE: Mapping[str, Mapping[str, Any]] = {
    SOURCE_FILE: {"type": ["string", "null"], "description": "File that the row is of."},
    SOURCE_SHEET: {"type": ["string", "null"], "description": "Its sheet; null for text files."},
    SOURCE_LINE: {"type": ["integer", "null"], "description": "Its row, or the line of a text file where it begins."},
}

_HEADING_WITHIN = 50
_MOST_NAMED = 10
_ENOUGH = 1000
_KINDS: Mapping[type, tuple[str, str | None]] = {
    str: ("string", None),
    int: ("integer", None),
    float: ("number", None),
    bool: ("boolean", None),
    date: ("string", "date"),
    datetime: ("string", "date-time"),
    time: ("string", "time"),
    timedelta: ("string", None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """An entry of `files`.

    Attributes:
        path: A file or a glob.
        stream: Where its rows go; several entries may name the same one.
        keys: Captions of the columns that identify a row.
        sheet: Name of a sheet, or a glob for several.
        header_row: Number of the row with the headings, as the program shows it.
        encoding: Of text files.
        delimiter: Of text files.
        types: Caption → type, where it is not to be what the cells are.
    """

    path: str
    stream: str
    keys: tuple[str, ...] = ()
    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> FileSettings:
        """Take it from the configuration."""
        given = {
            name: entry[name] for name in entry if name not in {"key_properties", "types"} and entry[name] is not None
        }
        types = {caption(name): kind for name, kind in (entry.get("types") or {}).items()}
        return cls(keys=tuple(map(caption, entry.get("key_properties") or ())), types=types, **given)


@dataclass(slots=True)
class _Part:
    """The rows of one sheet in the temporary file: where they are from, and what their cells are called."""

    file: str
    sheet: str | None
    names: list[str]


class Table:
    """All rows of a stream, of whatever files, in the order in which they came."""

    def __init__(self, stream: str, entries: Sequence[FileSettings]) -> None:
        """Read all files to their ends.

        Raises:
            TabularError: One of them cannot be read; it names all that is wrong.
        """
        self.keys = _same_keys(stream, entries)
        self.kinds: dict[str, set[tuple[str, str | None]]] = {}
        self.count = 0
        self._parts: list[_Part] = []
        self._spool: IO[bytes] = TemporaryFile(prefix="tap-tabular-")  # noqa: SIM115 (open until the rows are sent)
        weakref.finalize(self, self._spool.close)
        problems: list[str] = []
        for entry in entries:
            try:
                paths = matching(entry.path)
            except TabularError as error:
                problems += error.problems
                continue
            for path in paths:
                try:
                    self._read(path, entry)
                except TabularError as error:
                    problems += [f"{path.as_posix()}: {problem}" for problem in error.problems]
                except OSError as error:
                    hint = " Is it open in another program?" if isinstance(error, PermissionError) else ""
                    problems.append(f"{path.as_posix()}: {error.strerror}.{hint}")
        if problems:
            raise TabularError(*problems)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema of a row: of each column the types that its cells have."""
        properties = {name: _property(kinds) for name, kinds in self.kinds.items()}
        return {"type": "object", "properties": {**properties, **SOURCE}}

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as they were read."""
        self._spool.seek(0)
        while (loaded := _load(self._spool)) is not None:
            place, line, values = loaded
            part = self._parts[place]
            row = dict(zip(part.names, values, strict=True))
            row[SOURCE_FILE], row[SOURCE_SHEET], row[SOURCE_LINE] = part.file, part.sheet, line
            yield row

    def _read(self, path: Path, entry: FileSettings) -> None:
        with ExitStack() as stack:
            before = _state_of(path)
            kind = kind_of(path)
            sheets: Sequence[Sheet]
            if kind == "text":
                sheets = [open_text(path, entry.encoding, entry.delimiter, entry.keys)]
            elif kind in {"xlsx", "ods"}:
                workbook = Xlsx(path) if kind == "xlsx" else Ods(path)
                stack.callback(workbook.close)
                sheets = workbook.sheets
            else:
                older = OlderWorkbook(path)
                stack.callback(older.close)
                sheets = older.sheets
            wanted = _wanted(sheets, entry)
            for sheet in wanted:
                self._read_sheet(path, sheet, entry)
            if passed := _passed_over(sheets, wanted, entry):
                logger.warning(
                    "%s: not read, though they have the headings of key_properties: sheets %s.", path.as_posix(), passed
                )
            if _state_of(path) != before:
                message = "it changed while it was read. Run again when the program that writes it has finished."
                raise TabularError(message)

    def _read_sheet(self, path: Path, sheet: Sheet, entry: FileSettings) -> None:
        columns = _Columns(path.as_posix(), sheet.name, entry)
        rows = sheet.rows()
        begin = list(islice((row for row in rows if not _is_blank(row)), _HEADING_WITHIN))
        place = columns.find_heading(begin)
        names = columns.take_headings(*begin[place])
        self._parts.append(_Part(path.as_posix(), sheet.name or None, names))
        part, write, before = len(self._parts) - 1, self._spool.write, self.count
        for line, cells in chain(begin[place + 1 :], rows):
            values = columns.take(line, cells)
            if values is not None:
                write(marshal.dumps((part, line, values)))
                self.count += 1
        if isinstance(sheet, TextSheet) and columns.is_last_short and sheet.ends_within_a_line():
            message = (
                "its last line has fewer fields than there are headings, and no line break: it looks cut off. Fetch it "
                "anew; if it is right, end it with a line break."
            )
            raise TabularError(message)
        columns.finish(sheet.remarks)
        if self.count == before:
            where = f"{path.as_posix()}, sheet {sheet.name!r}" if sheet.name else path.as_posix()
            logger.warning("%s: no rows, only headings.", where)
        for name, kinds in columns.kinds():
            self.kinds.setdefault(name, set()).update(kinds)


def _state_of(path: Path) -> tuple[int, int]:
    """Return what changes when another program writes a file: its size, and when that was."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _load(spool: IO[bytes]) -> tuple[int, int, list[Any]] | None:
    try:
        loaded: tuple[int, int, list[Any]] = marshal.load(spool)  # noqa: S302 (our own file, which nobody else can open)
    except EOFError:
        return None
    return loaded


class _Columns:
    """The columns of one sheet: takes its rows, and what is wrong with them."""

    def __init__(self, file: str, sheet: str, entry: FileSettings) -> None:
        self._file = file
        self._sheet = sheet
        self._entry = entry
        self._heading_line = 0
        self._heading: list[str] = []
        self._columns: list[tuple[int, str]] = []
        self._width = 0
        self.is_last_short = False
        self._last: list[type] = []
        self._kinds: list[set[type]] = []
        self._converts: list[Callable[[Value], Value] | None] = []
        self._nameless: list[int] = []
        self._named: dict[str, list[str]] = {}
        self._counts: Counter[str] = Counter()
        self._keys: list[int] = []
        self._lines: dict[int, tuple[int, int]] = {}

    # -------------------------------------------------------------------------------------------------- headings

    def find_heading(self, begin: Sequence[Row]) -> int:
        """Return which of the first rows holds the headings: the one that is named, has all keys, or is the first."""
        if not begin:
            raise TabularError(self._of_sheet("it is empty: there are no headings"))
        if self._entry.header_row is not None:
            for place, (line, _) in enumerate(begin):
                if line == self._entry.header_row:
                    return place
            raise TabularError(
                self._of_sheet(f"row {self._entry.header_row}, the header_row, is empty or too far down")
            )
        captions = [[_text(cell) for cell in cells] for _, cells in begin]
        if not self._entry.keys:
            return 0
        places = [place for place, texts in enumerate(captions) if set(self._entry.keys) <= set(texts)]
        different = {tuple(captions[place]) for place in places}
        if not places:
            raise TabularError(self._of_sheet(self._no_heading(begin, captions)))
        if len(different) > 1:
            lines = " and ".join(str(begin[place][0]) for place in places[:2])
            reason = f"rows {lines} both hold what key_properties name: say which are the headings, by header_row"
            raise TabularError(self._of_sheet(reason))
        return places[0]

    def _no_heading(self, begin: Sequence[Row], captions: Sequence[Sequence[str]]) -> str:
        def found(texts: Sequence[str]) -> int:
            return sum(key in texts for key in self._entry.keys)

        best = max(captions, key=found)
        missing = [key for key in self._entry.keys if key not in best]
        among = best if found(best) else [text for texts in captions for text in texts]
        near = get_close_matches(missing[0], [text for text in among if text], n=1, cutoff=0.6)
        shown = f" (nearest: {near[0]!r})" if near else ""
        where = (
            f"row {begin[captions.index(best)][0]} has no"
            if found(best)
            else f"none of its first {len(begin)} rows has"
        )
        what = "column that is called" if found(best) else "a cell with"
        return f"{where} {what} {', '.join(map(repr, missing))}{shown}. key_properties are headings, letter by letter"

    def take_headings(self, line: int, cells: Sequence[Value]) -> list[str]:
        """Take the row of headings; return what the columns are called.

        Raises:
            TabularError: Two are alike, or one shows an error.
        """
        self._heading_line = line
        self._heading = [_text(cell) for cell in cells]
        self._columns = [(index, text) for index, text in enumerate(self._heading) if text]
        self._width = len(self._heading)
        self._nameless = [index for index, text in enumerate(self._heading) if not text]
        by_name: dict[str, list[str]] = {}
        for index, text in self._columns:
            by_name.setdefault(text, []).append(self._cell(index, line))
        problems = [
            f"{' and '.join(where[:_MOST_NAMED])} are {text!r}" for text, where in by_name.items() if len(where) > 1
        ][:_MOST_NAMED]
        problems += [
            f"{self._cell(index, line)} shows an error"
            for index, cell in enumerate(cells)
            if isinstance(cell, ErrorCell | Uncalculated)
        ]
        problems += [
            f"{where[0]} is {text!r}, a name that this tap uses itself"
            for text, where in by_name.items()
            if text in SOURCE
        ]
        if problems:
            reason = f"headings: {'; '.join(problems)}. Give each column a name of its own"
            raise TabularError(self._of_sheet(reason))
        missing = [name for name in (*self._entry.keys, *self._entry.types) if name not in by_name]
        if missing:
            near = get_close_matches(missing[0], by_name, n=1)
            shown = f" (nearest: {near[0]!r})" if near else ""
            raise TabularError(self._of_sheet(f"row {line} has no column that is called {missing[0]!r}{shown}"))
        self._last = [type(None)] * len(self._columns)
        self._kinds = [set() for _ in self._columns]
        self._converts = [CONVERTS.get(self._entry.types.get(name, "")) for _, name in self._columns]
        names = [name for _, name in self._columns]
        self._keys = [names.index(name) for name in self._entry.keys]
        return names

    # ------------------------------------------------------------------------------------------------------ rows

    def take(self, line: int, cells: Sequence[Value]) -> list[Any] | None:
        """Return the values of a row, one per column; None for a row without any, or one that repeats the headings."""
        self.is_last_short = False
        if _is_blank((line, cells)):
            return None
        if self._is_heading(cells):
            self._note("headings", f"row {line}")
            return None
        width = len(cells)
        for index in chain(self._nameless, range(self._width, width)):
            if index < width and not _is_empty(cells[index]):
                self._note("beyond", self._cell(index, line))
        self.is_last_short = width < self._width
        if self.is_last_short and not self._sheet:
            self._note("short", f"line {line}")
        values: list[Any] = []
        for place, (index, _) in enumerate(self._columns):
            value = cells[index] if index < width else None
            if value is None or (isinstance(value, str) and value.isspace()):
                values.append(None)
                continue
            kind = type(value)
            if kind is not self._last[place] or self._converts[place] is not None or kind not in _PLAIN:
                value = self._unusual(place, line, value)
            values.append(value)
        if self._keys:
            self._look_for_twin(line, [values[place] for place in self._keys])
        return values

    def _look_for_twin(self, line: int, key: Sequence[Any]) -> None:
        """Note two rows of one key, or of keys that only a machine tells apart; keys are known by their hashes."""
        if None in key:
            return
        texts = tuple(map(str, key))
        alike, exact = hash(tuple(map(_without_case_and_blanks, texts))), hash(texts)
        if (earlier := self._lines.get(alike)) is not None:
            kind = "twins" if earlier[1] == exact else "alike"
            self._note(kind, f"{self._row_name} {earlier[0]} and {line}")
        elif len(self._lines) < _MOST_KEYS:
            self._lines[alike] = line, exact

    def _unusual(self, place: int, line: int, value: Value) -> Any:
        """Take a value of another type than the last in its column, or one that is not sent as it is."""
        if isinstance(value, ErrorCell | Uncalculated):
            return self._note_error(place, line, value)
        convert = self._converts[place]
        if convert is not None:
            try:
                value = convert(value)
            except ValueError:
                index, name = self._columns[place]
                self._note("unfit", f"{self._cell(index, line)} ({name})")
                return None
        kind = type(value)
        self._last[place] = kind
        self._kinds[place].add(kind)
        return written(value) if isinstance(value, date | time | timedelta) else value

    def _note_error(self, place: int, line: int, value: ErrorCell | Uncalculated) -> None:
        where = self._cell(self._columns[place][0], line)
        if isinstance(value, ErrorCell):
            self._note("errors", f"{where} ({value.shown})")
        else:
            self._note(UNCALCULATED, where)

    def _is_heading(self, cells: Sequence[Value]) -> bool:
        first = self._columns[0][0]
        if first >= len(cells) or cells[first] is None or _text(cells[first]) != self._heading[first]:
            return False
        return [text for cell in cells if (text := _text(cell))] == [text for text in self._heading if text]

    def finish(self, remarks: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        """Say what was found, by the rows and by what read them.

        Raises:
            TabularError: Something would be lost.
        """
        for kind, places in remarks.items():
            for place in places:
                if kind != TALL or int("".join(filter(str.isdigit, place.partition(":")[0]))) > self._heading_line:
                    self._note(kind, place)
        problems = {
            "beyond": "{} in a column without a heading. Headings are merged or missing, or a text has the delimiter",
            UNCALCULATED: "formulas without a result: {}. Open the file in Excel or LibreOffice, save it, and they "
            "have one",
            "unfit": "not of the type that `types` says: {}",
            SWALLOWED: "lines that are one row by their quotation marks, though each of them looks like a row: {}. "
            "Look for a quotation mark that is missing or odd; where they are one row, save the list as .xlsx",
        }
        found = [
            self._of_sheet(text.format(self._listed(kind))) for kind, text in problems.items() if self._counts[kind]
        ]
        if found:
            raise TabularError(" ".join(found))
        if self._counts["errors"]:
            self._warn(f"cells that show errors are sent as null: {self._listed('errors')}")
        if self._counts["short"]:
            self._warn(f"fewer fields than headings, the missing ones are sent as null: {self._listed('short')}")
        for kind, reason in _WARNINGS.items():
            if self._counts[kind]:
                self._warn(reason.format(self._listed(kind)))
        if self._counts["headings"]:
            self._warn(f"left out, since they repeat the headings: {self._listed('headings')}")

    def kinds(self) -> Iterator[tuple[str, set[tuple[str, str | None]]]]:
        """Yield for each column the types and formats that it holds."""
        for (_, name), kinds in zip(self._columns, self._kinds, strict=True):
            yield name, {_KINDS[kind] for kind in kinds}

    # ----------------------------------------------------------------------------------------------------- words

    @property
    def _row_name(self) -> str:
        return "rows" if self._sheet else "lines"

    def _cell(self, index: int, line: int) -> str:
        return f"{letters(index)}{line}" if self._sheet else f"field {index + 1} of line {line}"

    def _note(self, kind: str, what: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _MOST_NAMED:
            self._named.setdefault(kind, []).append(what)
        if kind == "beyond" and self._counts[kind] >= _ENOUGH:
            self.finish()  # which raises: a sheet may have billions of them

    def _listed(self, kind: str) -> str:
        more = self._counts[kind] - _MOST_NAMED
        return ", ".join(self._named[kind]) + (f" and {more} more" if more > 0 else "")

    def _warn(self, reason: str) -> None:
        logger.warning("%s: %s", self._file, self._of_sheet(reason))

    def _of_sheet(self, reason: str) -> str:
        return f"sheet {self._sheet!r}: {reason}." if self._sheet else f"{reason}."


def _wanted(sheets: Sequence[Sheet], entry: FileSettings) -> Sequence[Sheet]:
    """Return the sheets that are meant: those that are named, or the only one that can be.

    Raises:
        TabularError: There is none, or nobody can tell which.
    """
    if len(sheets) == 1 and not sheets[0].name:
        return sheets
    names = ", ".join(repr(sheet.name) for sheet in sheets)
    if entry.sheet is not None:
        named = [sheet for sheet in sheets if sheet.name == entry.sheet]
        found = named or [sheet for sheet in sheets if sheet.is_visible and fnmatchcase(sheet.name, entry.sheet)]
        if not found:
            message = f"it has no sheet {entry.sheet!r}, but {names}."
            raise TabularError(message)
        return found
    visible = [sheet for sheet in sheets if sheet.is_visible]
    if len(visible) == 1:
        return visible
    fitting = [sheet for sheet in visible if _may_be_meant(sheet, entry)]
    if len(fitting) == 1:
        return fitting
    with_what = "the headings of key_properties" if entry.keys else "something in them"
    count = "several sheets have" if fitting else "none of its sheets has"
    message = f"{count} {with_what}; say by `sheet` which is meant, or '*' for all: {names}."
    raise TabularError(message)


def _passed_over(sheets: Sequence[Sheet], wanted: Sequence[Sheet], entry: FileSettings) -> str:
    """Name sheets that a glob, or being hidden, left out, though they look like those that are meant."""
    if not entry.keys or any(sheet.name == entry.sheet for sheet in wanted):
        return ""
    names = []
    for sheet in sheets:
        with suppress(TabularError):  # damage in what is not read is nobody's trouble
            if sheet not in wanted and _may_be_meant(sheet, entry):
                names.append(repr(sheet.name))
    return ", ".join(names)


def _may_be_meant(sheet: Sheet, entry: FileSettings) -> bool:
    begin = list(islice((row for row in sheet.rows() if not _is_blank(row)), _HEADING_WITHIN))
    if entry.header_row is not None:
        begin = [row for row in begin if row[0] == entry.header_row]
    return any(set(entry.keys) <= {_text(cell) for cell in cells} for _, cells in begin)


def _same_keys(stream: str, entries: Iterable[FileSettings]) -> tuple[str, ...]:
    keys = {entry.keys for entry in entries}
    if len(keys) > 1:
        message = f"{stream}: entries of `files` for one stream have the same key_properties."
        raise TabularError(message)
    return keys.pop()


def _property(kinds: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """Return the JSON Schema of a column. A format is said where all values have it."""
    kinds = set(kinds)
    types = {name for name, _ in kinds}
    if "number" in types:
        types.discard("integer")
    formats = {form for _, form in kinds}
    said = {"format": form} if len(formats) == 1 and (form := formats.pop()) else {}
    return {"type": [*sorted(types or {"string"}), "null"], **said}


_MOST_KEYS = 250_000
"""Of a sheet so many rows are compared by their keys, in some 40 MB."""

_WARNINGS = {
    "twins": "rows of the same key, of which a loader keeps the last: {}. If they mean two things, give "
    "key_properties one more heading that tells them apart; else delete one of each",
    "alike": "keys that differ only in blanks or in upper and lower case, of which a loader makes two records: {}. "
    "Write them alike if they mean the same",
    TALL: "cells that are merged over several rows have their value in the first of these alone: {}. Unmerge them, "
    "and fill in the value",
}
"""What would surprise in the records → the warning."""

_PLAIN = frozenset({str, int, float, bool})
"""Types of values that are sent as they are."""


def _without_case_and_blanks(text: str) -> str:
    return caption(text).casefold()


def _is_empty(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _is_blank(row: Row) -> bool:
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row[1])


def _text(value: Value) -> str:
    """Return a heading as the name of a property."""
    return "" if value is None or isinstance(value, ErrorCell | Uncalculated) else caption(as_text(value))
