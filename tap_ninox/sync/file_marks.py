"""How far files were read: the bookmarks of `ninox_files`, one per table.

```json
{"table_version": 1766000000000, "is_activated": null,
 "tables": [{"table": "db1.A", "sequence": 4711, "again": [7, [9, 300]]},
            {"table": "db1.B", "head": 4711, "last_id": 1200}]}
```

`sequence`: the files of all records are known as of it. Before that is so, `head` is the sequence to be reached and
`last_id` the record up to which files were listed. `partial` is the same for changed records, `again` lists records
with a file that could not be fetched, `[first, last]` for several in a row, and `store` says into which store the
table's files went. `tables` is a list, so that it is replaced as a whole where states are merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from itertools import chain, groupby
from typing import Any

_TABLE = "table"

MOST_IN_A_ROW = 10_000_000
"""A bookmark that says more is none of ours."""


class FileMarks:
    """The bookmarks of tables, in the list that goes into the state."""

    def __init__(self, marks: list[MutableMapping[str, Any]], *, store: str) -> None:
        """Take the list, which is changed in place, and the store into which files go."""
        self._marks = marks
        self._store = store
        self._places = {mark.get(_TABLE): place for place, mark in reversed([*enumerate(marks)])}

    def take(self, key: str) -> FileMark:
        """Return the bookmark of a table, a new one in place of one of another store, or that we cannot have written.

        Args:
            key: Ids of database and table, with a dot between them.
        """
        place = self._places.setdefault(key, len(self._marks))
        known = self._marks[place] if place < len(self._marks) else {}
        if known.get("store", self._store) != self._store or not _is_valid(known):
            known = {}
        self._marks[place : place + 1] = [known]
        known.update({_TABLE: key, "store": self._store})
        return FileMark(known)


class FileMark:
    """Reads and writes the bookmark of one table, in place: a state may go out at any moment."""

    def __init__(self, values: MutableMapping[str, Any]) -> None:
        """Take a bookmark."""
        self._values = values
        self._again: set[int] | None = None

    @property
    def sequence(self) -> int | None:
        """Sequence as of which all files are known; None before they are."""
        return self._values.get("sequence")

    @property
    def last_id(self) -> int:
        """In a first reading: the record up to which files were listed."""
        return int(self._values.get("last_id", 0))

    @property
    def again(self) -> set[int]:
        """Records with a file that could not be fetched."""
        if self._again is None:
            self._again = set(_spread(self._values.get("again") or ()))
        return self._again

    @property
    def head(self) -> int | None:
        """In a first reading: the sequence to be reached."""
        return self._values.get("head")

    @property
    def partial(self) -> tuple[int, int]:
        """Of an interrupted reading of changes: its sequence, and the record up to which it came."""
        partial = self._values.get("partial") or {"head": 0, "last_id": 0}
        return partial["head"], partial["last_id"]

    def begin(self, head: int) -> None:
        """Start to read all records."""
        self._values.update(head=head, last_id=0)
        self._values.pop("sequence", None)

    def note_listed(self, record_id: int) -> None:
        """Note a record of a first reading as done."""
        self._values["last_id"] = record_id

    def note_followed(self, record_id: int, *, head: int) -> None:
        """Note a changed record as done."""
        since = self.partial[0] or head
        self._values["partial"] = {"head": since, "last_id": record_id}

    def finish(self, head: int) -> None:
        """Note that the files of all records are known as of a sequence."""
        for name in ("head", "last_id", "partial"):
            self._values.pop(name, None)
        self._values["sequence"] = head

    def note_failure(self, record_id: int) -> None:
        """Note that a record's files are to be fetched again, at once: a state may go out at any moment."""
        if record_id in self.again:
            return
        rows = self._values.setdefault("again", [])
        last = _ends(rows[-1])[1] if rows else 0
        if self.again and record_id < last:
            self.again.add(record_id)
            self.save()
            return
        self.again.add(record_id)
        if rows and record_id == last + 1:  # all in one list would be written anew for each of a hundred thousand
            rows[-1] = [_ends(rows[-1])[0], record_id]
        else:
            rows.append(record_id)

    def note_success(self, record_id: int) -> None:
        """Note that a record's files are complete; `save` takes it out of the bookmark."""
        self.again.discard(record_id)

    def save(self) -> None:
        """Take out of the bookmark what has been fetched since; before that, it would only be fetched once more."""
        if "again" in self._values:
            self._values["again"] = list(_in_rows(sorted(self.again)))


def _in_rows(numbers: Iterable[int]) -> Iterator[int | list[int]]:
    """Yield ascending numbers, those in a row as `[first, last]`: where all fails, the list stays short."""
    for _, group in groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        row = [number for _, number in group]
        yield from [[row[0], row[-1]]] if len(row) > 1 else row


def _spread(rows: Iterable[int | list[int]]) -> Iterator[int]:
    for first, last in map(_ends, rows):
        yield from range(first, last + 1)


def _ends(row: int | list[int]) -> tuple[int, int]:
    return (row[0], row[1]) if isinstance(row, list) else (row, row)


def _is_valid(values: MutableMapping[str, Any]) -> bool:
    numbers = [values.get(name) for name in ("sequence", "head", "last_id")]
    partial = values.get("partial")
    if partial is not None:
        numbers += [partial.get("head", -1), partial.get("last_id", -1)] if isinstance(partial, dict) else [-1]
    again = values.get("again", [])
    numbers += chain.from_iterable(map(_numbers_of, again)) if isinstance(again, list) else [-1]
    return all(number is None or (type(number) is int and number >= 0) for number in numbers)


def _numbers_of(row: Any) -> tuple[Any, ...]:
    """Return what must be whole numbers from 0 on, if a row of failures is ours."""
    if not isinstance(row, list):
        return (row,)
    is_pair = len(row) == len(("first", "last")) and all(type(number) is int for number in row)
    return (row[0], row[1] - row[0], MOST_IN_A_ROW - row[1] + row[0]) if is_pair else (-1,)
