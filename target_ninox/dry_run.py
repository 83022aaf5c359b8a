"""What a run would do, for people to read before they let it: counts per table, and examples of the differences.

Examples hold values. They are shown on the user's own terminal and put into the report file (which only its owner may
read); where the output is not a terminal, and may be a log that others read, as under Meltano, they name the row or the
record by its number, the fields, and no value.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import msgspec

from ninox_api.client import RecordWrite, SavedRecord
from ninox_api.files import Upload
from ninox_api.schema import Field, Table
from ninox_api.transport import Delivery
from ninox_singer.logs import escape
from ninox_singer.types import make_meaning
from ninox_singer.types.base import CLEARED
from ninox_singer.wording import pad, width
from target_ninox.report import RunReport, StreamReport
from target_ninox.rows import EncodedRow

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_FIRST_ID = 10**15
"""Made-up ids start here, far beyond any real one."""

MOST_EXAMPLES = 3
"""Of each kind."""

_MOST_CHARACTERS = 40
_EMPTY = "(empty)"
_UNSHOWN = "(empty or hidden)"
_NAME_COLUMNS = 2
_COLUMNS = ("create", "update", "unchanged", "delete", "skip", "reject")
_COLOURS = {"create": "\x1b[32m", "update": "\x1b[33m", "delete": "\x1b[31m", "reject": "\x1b[31m"}
_PLAIN = "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One record that a run would write.

    Attributes:
        action: `create`, `update` or `delete`.
        record: Key of the row, or the record id.
        number: Of the row or the record, in words: fit for a log, where a key is not.
        fields: Field name → value before and after, as people read them.
        along: Name of a table → records that Ninox deletes along.
    """

    action: str
    record: str
    number: str
    fields: Mapping[str, tuple[str, str]]
    along: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Preview:
    """What a run would do to one table.

    Attributes:
        table: The table.
        warnings: What is left out.
        changed: Field name → records in which it would change.
        examples: Action → the first few differences.
    """

    table: Table
    warnings: Sequence[str] = ()
    changed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Difference]] = field(default_factory=dict)

    def create(self, row: EncodedRow) -> None:
        """Note a record that would be made."""
        if self._has_room("create"):
            # An empty cell fills nothing; `<p></p>` does, though it means as little.
            values = {field_id: (None, value) for field_id, value in row.fields.items() if value != CLEARED}
            self._add("create", row.key, f"row {row.number}", values)

    def update(
        self, row: EncodedRow, record_id: int, changes: Mapping[str, Any], current_fields: Mapping[str, Any], *,
        unshown: Callable[[], Collection[str]] = tuple,
    ) -> None:  # fmt: skip
        """Note a record that would be changed.

        Args:
            row: The row.
            record_id: Of the record.
            changes: As `WritePlan.changes` returns them.
            current_fields: What the record holds.
            unshown: Returns the ids of the fields that no record has shown.
        """
        names = self._fields
        self.changed.update(names[field_id].name for field_id in changes)
        if self._has_room("update"):
            changed = {field_id: (current_fields.get(field_id), value) for field_id, value in changes.items()}
            self._add("update", row.key, f"record {record_id}", changed, unshown=unshown())

    def delete(self, record_id: int, *, along: Callable[[], Mapping[str, int]]) -> None:
        """Note a record that would be deleted, and what Ninox would delete along with it."""
        if self._has_room("delete"):
            self._add("delete", record_id, f"record {record_id}", {}, along=along())

    @property
    def shown(self) -> list[Difference]:
        """The examples to show, a few of each kind: updates first, they say most."""
        return [example for action in ("update", "create", "delete") for example in self.examples.get(action, ())]

    @property
    def _fields(self) -> dict[str, Field]:
        return {item.id: item for item in self.table.fields}

    def _has_room(self, action: str) -> bool:
        return len(self.examples.setdefault(action, [])) < MOST_EXAMPLES

    def _add(
        self, action: str, record: Any, number: str, values: Mapping[str, tuple[Any, Any]], *,
        along: Mapping[str, int] | None = None, unshown: Collection[str] = (),
    ) -> None:  # fmt: skip
        fields = self._fields
        readable = {
            fields[field_id].name: (
                _UNSHOWN if field_id in unshown else _readable(fields[field_id], before),
                _readable(fields[field_id], after),
            )
            for field_id, (before, after) in values.items()
        }
        example = Difference(action=action, record=_shown(record), number=number, fields=readable, along=along or {})
        self.examples[action].append(example)


class DryRun:
    """Shows what a run would do to each stream's table."""

    def __init__(self, previews: Mapping[str, Preview]) -> None:
        self.previews = previews

    def samples(self) -> dict[str, list[dict[str, Any]]]:
        """Return stream → examples, for the report file."""
        return {
            name: [
                {
                    "action": example.action,
                    "record": example.record,
                    "fields": dict(example.fields),
                    "deleted_along": dict(example.along),
                }
                for example in preview.shown
            ]
            for name, preview in self.previews.items()
        }

    def print(self, report: RunReport, *, to: TextIO | None = None) -> None:
        """Print the preview, by default to the standard error (the standard output is for states).

        Examples and colour are for terminals; `NO_COLOR` is heeded.
        """
        output = sys.stderr if to is None else to
        is_terminal = output.isatty()
        has_colour = is_terminal and not os.environ.get("NO_COLOR")
        for line in self.lines(report, shows_values=is_terminal, has_colour=has_colour):
            output.write(f"{line}\n")
        output.flush()

    def lines(self, report: RunReport, *, shows_values: bool, has_colour: bool = False) -> Iterator[str]:
        """Yield the preview, line by line."""
        yield "Dry run: nothing was written. A run with the same input would do this:"
        yield ""
        yield from _table(self._rows(report), has_colour=has_colour)
        for name, preview in self.previews.items():
            yield from map(escape, _details(name, preview, report.report_of(name), shows_values=shows_values))
        has_examples = any(preview.shown for preview in self.previews.values())
        if has_examples and not shows_values:
            yield ""
            yield "  This may be a log, so that it shows no values: report_path has them, and a terminal."
        yield ""

    def _rows(self, report: RunReport) -> Iterator[Sequence[str]]:
        yield ("stream", "table", *_COLUMNS, "read")
        for name, preview in self.previews.items():
            yield (name, preview.table.name, *_counts(report.report_of(name)))
        if len(self.previews) > 1:
            yield ("all", "", *_counts(report.total))


def _counts(counted: StreamReport) -> Iterator[str]:
    deleted = counted.deleted + counted.removed
    for count in (
        counted.created, counted.updated, counted.unchanged, deleted, counted.skipped, counted.rejected, counted.read,
    ):  # fmt: skip
        yield f"{count:,}"


def _table(rows: Iterable[Sequence[str]], *, has_colour: bool) -> Iterator[str]:
    rows = [[escape(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [
            pad(cell, columns, right=column >= _NAME_COLUMNS)
            for column, (cell, columns) in enumerate(zip(row, widths, strict=True))
        ]
        if has_colour and number:
            cells = [_coloured(cell, name) for cell, name in zip(cells, rows[0], strict=True)]
        yield f"  {'  '.join(cells)}".rstrip()


def _details(name: str, preview: Preview, counts: StreamReport, *, shows_values: bool) -> Iterator[str]:
    along = ", ".join(f"{count:,} of {table}" for table, count in counts.deleted_along.items())
    if preview.warnings or along or preview.shown:
        yield ""
        yield f"  {name} → {preview.table.name}"
    for warning in preview.warnings:
        yield f"    {warning.removeprefix(f'{name}: ')}"
    if along:
        yield f"    Ninox deletes along: {along}"
    if preview.changed:
        changed = ", ".join(f"{field} ({count:,})" for field, count in preview.changed.most_common())
        yield f"    changed fields: {changed}"
    for example in preview.shown:
        yield from _example(example) if shows_values else [_example_without_values(example)]


def _example_without_values(example: Difference) -> str:
    fields = f": {', '.join(example.fields)}" if example.fields else ""
    return f"    {example.action} {example.number}{_with_along(example)}{fields}"


def _with_along(example: Difference) -> str:
    counts = [f"{count:,} of {table}" for table, count in example.along.items()]
    return f", and along with it {', '.join(counts)}" if counts else ""


def _example(example: Difference) -> Iterator[str]:
    yield f"    {example.action} {example.record}{_with_along(example)}"
    columns = max(map(width, example.fields), default=0)
    for name, (before, after) in example.fields.items():
        change = after if example.action == "create" else f"{before} → {after}"
        yield f"      {pad(name, columns)}  {change}"


def _readable(of: Field, value: Any) -> str:
    """Return a value as people know it: options by their captions."""
    meaning = make_meaning(of)(value)
    if meaning is None:
        return _EMPTY
    captions = {choice.id: choice.caption for choice in of.choices}
    if captions:
        ids = meaning if isinstance(meaning, frozenset) else {meaning}
        return ", ".join(_shown(captions.get(item, item)) for item in sorted(ids, key=str))
    return _shown(value)


def _shown(value: Any) -> str:
    """Return a value on one short line; nothing in it can steer the terminal."""
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    written = value if isinstance(value, str) else str(value)
    written = written if len(written) <= _MOST_CHARACTERS else f"{written[: _MOST_CHARACTERS - 1]}…"
    return repr(written) if isinstance(value, str) else written


def _coloured(cell: str, column: str) -> str:
    if column not in _COLOURS or cell.strip() == "0":
        return cell
    return f"{_COLOURS[column]}{cell}{_PLAIN}"


class DryWriter:
    """Answers writes as Ninox would and does none of them, so that everything around runs as it does in earnest."""

    def __init__(self) -> None:
        self._next_id = _FIRST_ID

    def save_records(
        self,
        _table_id: str,
        writes: Sequence[RecordWrite],
        /,
        *,
        max_bytes: int | None = None,  # noqa: ARG002 (as all writers)
        measure: Callable[[Delivery], None] | None = None,  # noqa: ARG002
    ) -> list[SavedRecord]:
        """Return an id for every record."""
        return [SavedRecord(plain_id=write.id or self._new_id(), fields=_echo(write)) for write in writes]

    def delete_records(self, _table_id: str, _record_ids: Sequence[int], /) -> None:
        """Do nothing."""

    def delete_record(self, _table_id: str, _record_id: int, /) -> bool:
        """Say that it was there."""
        return True

    def upload_file(self, _table_id: str, _record_id: int, _upload: Upload, /) -> None:
        """Do nothing."""

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id


def _echo(write: RecordWrite) -> msgspec.Raw:
    return msgspec.Raw(_ENCODER.encode(write.fields))
