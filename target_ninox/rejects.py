"""The file of rows that could not be written: read it, repair it, feed it in again.

It is a Singer stream: a SCHEMA message before the first row of each stream, then a RECORD message per row, which beside
the record says why it was rejected. So `target-ninox --config config.json < rejects.jsonl` loads the repaired rows.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import simplejson
from singer_sdk.exceptions import MissingKeyPropertiesError

from ninox_api.errors import NinoxError
from ninox_singer.output_files import naming
from ninox_singer.wording import in_number
from target_ninox.rows import EMPTY_KEY, Key, RowRejectedError, StreamSchema

logger = logging.getLogger(__name__)

MAPPED = "stream_maps_applied"
"""Member of a SCHEMA message of the file."""

_OWNER_ONLY = 0o600
_MOST_LOGGED = 10
_SOURCE = ("_sdc_source_file", "_sdc_source_sheet", "_sdc_source_lineno")
"""Columns in which taps of files say where a row stood (tap-tabular, tap-csv, tap-s3-csv)."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class RowsRejectedError(NinoxError):
    """Some rows could not be written; all others were."""


class RowsWithoutKeyError(RowsRejectedError, MissingKeyPropertiesError):
    """Some of them had no key: then the SDK's own error is expected of a target, but not before the other rows."""


@dataclass(slots=True)
class Rejects:
    """Receives rejected rows: to the log without any value, to the file with all of them.

    The file is made with the first row, for its owner only. One that is there already, of an earlier run, is kept under
    a name with its time: under `on_reject: continue` it may be the only place where those rows are.

    Attributes:
        path: Of the file; None for the log only.
        is_dry: Whether nothing is written to Ninox.
        is_mapped: Whether rows went through stream maps before they came here, and must not again.
        count: Stream → rejected rows.
    """

    path: Path | None
    is_dry: bool = field(default=False, kw_only=True)
    is_mapped: bool = field(default=False, kw_only=True)
    count: Counter[str] = field(default_factory=Counter)
    _file: BinaryIO | None = None
    _described: dict[str, StreamSchema] = field(default_factory=dict)
    _codes: set[str] = field(default_factory=set)

    def add(
        self,
        described: StreamSchema,
        record: Mapping[str, Any],
        error: RowRejectedError,
        *,
        number: int,
        key: Key | None,
    ) -> None:
        """Receive a rejected row.

        Args:
            described: Its stream.
            record: As it came.
            error: Why it cannot be written.
            number: Of the row in its stream.
            key: Its key, if it has one.
        """
        self.count[described.stream] += 1
        self._codes.update(fault.code for fault in error.faults)
        self._log(described.stream, _explain(record, error), number)
        if self.path is None:
            return
        if self._file is None:
            self._file = _new_file(self.path)
        if self._described.get(described.stream) != described:
            self._described[described.stream] = described
            self._write({**_schema_message(described), **({MAPPED: True} if self.is_mapped else {})})
        self._write(_record_message(described.stream, record, error, number, key))

    def error(self) -> RowsRejectedError | None:
        """Return the error with which a run ends that may not reject rows; None if it did not."""
        count = self.count.total()
        if not count:
            return None
        streams = ", ".join(self.count)
        rest = (
            f"A run in earnest would write all others, and hold the state before the first of these, by {streams}."
            if self.is_dry
            else f"All others were; the state is held before the first of them, by {streams}, so that everything since "
            "comes again."
        )
        message = (
            f"{in_number(count, 'row')} could not be written, see the warnings above"
            f"{f' and {self.path}' if self.path else ''}. {rest}"
        )
        return (RowsWithoutKeyError if EMPTY_KEY in self._codes else RowsRejectedError)(message)

    def warn_if_lost(self) -> None:
        """Say how many rejected rows are kept nowhere, where the state moves past them."""
        if self.path is None and self.count.total():
            logger.warning(
                "on_reject: continue: nothing keeps the %s of this run, and the state moves on. Set rejects_path.",
                in_number(self.count.total(), "rejected row"),
            )

    def tell_of_earlier(self) -> None:
        """Say that the file is of an earlier run, if this one rejected nothing: fed in, it would set values back."""
        if self.path is None or self.count.total():
            return
        with suppress(OSError):
            made_at = datetime.fromtimestamp(self.path.lstat().st_mtime, timezone.utc)
            logger.info(
                "This run rejected no row. %s is of an earlier run, of %s UTC: fed in, its rows replace newer values. "
                "Delete it, unless they are still to be repaired and loaded.",
                self.path,
                f"{made_at:%Y-%m-%d %H:%M}",
            )

    def flush(self) -> None:
        """Make sure that every row received so far survives; to be called before a state goes out."""
        if self._file is not None and self.path is not None:
            with naming(self.path):
                self._file.flush()
                os.fsync(self._file.fileno())

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self.flush()
            self._file.close()
            self._file = None

    def _log(self, stream: str, reason: str, number: int) -> None:
        if self.count[stream] <= _MOST_LOGGED:
            logger.warning("%s: row %d is rejected: %s", stream, number, reason)
        if self.count[stream] == _MOST_LOGGED + 1:
            logger.warning("%s: further rejected rows are only counted here.", stream)

    def _write(self, message: Mapping[str, Any]) -> None:
        assert self._file is not None  # noqa: S101 (add has opened it)
        assert self.path is not None  # noqa: S101 (likewise)
        with naming(self.path):
            self._file.write(_encode(message) + b"\n")


def _explain(record: Mapping[str, Any], error: RowRejectedError) -> str:
    """Return the reason, behind the place that taps of files give: `kunden.xlsx, sheet 'A', line 17, Umsatz: …`."""
    file, sheet, line = (record.get(name) for name in _SOURCE)
    if not isinstance(file, str) or not isinstance(line, int):
        return str(error)
    within = f", sheet {sheet!r}" if isinstance(sheet, str) else ""
    return f"{file}{within}, line {line}{', ' if error.property else ': '}{error}"


def _encode(message: Mapping[str, Any]) -> bytes:
    try:
        return _ENCODER.encode(message)
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can spell it
        return simplejson.dumps(message, use_decimal=True, separators=(",", ":")).encode()


def _new_file(path: Path) -> BinaryIO:
    if path.exists() or path.is_symlink():
        made_at = datetime.fromtimestamp(path.lstat().st_mtime, timezone.utc)
        path.rename(_unused(path, f"{made_at:%Y%m%dT%H%M%SZ}"))
    # Exclusive: whoever may write to the folder cannot lay a link under our pen.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb")


def _unused(path: Path, mark: str) -> Path:
    older = path.with_name(f"{path.stem}.{mark}{path.suffix}")
    count = 1
    while older.exists():
        count += 1
        older = path.with_name(f"{path.stem}.{mark}-{count}{path.suffix}")
    return older


def _schema_message(described: StreamSchema) -> dict[str, Any]:
    return {
        "type": "SCHEMA",
        "stream": described.stream,
        "schema": described.schema,
        "key_properties": list(described.key_properties),
    }


def _record_message(
    stream: str, record: Mapping[str, Any], error: RowRejectedError, number: int, key: Key | None
) -> dict[str, Any]:
    return {
        "type": "RECORD",
        "stream": stream,
        "row": number,
        "key": _plain(key),
        "property": error.property,
        "code": error.code,
        "reason": error.reason,
        "allowed": list(error.allowed),
        "faults": [
            {
                "property": fault.property,
                "code": fault.code,
                "reason": fault.reason,
                "allowed": list(fault.allowed),
            }
            for fault in error.faults
        ],
        **({"source": source} if (source := _source_of(record)) else {}),
        "record": record,
    }


def _source_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a row stood in a file, as taps for files say it."""
    said = dict(zip(("file", "sheet", "line"), map(record.get, _SOURCE), strict=True))
    return {name: value for name, value in said.items() if isinstance(value, str | int) and value != ""}


def _plain(key: Any) -> Any:
    """Return a key as JSON takes it; several options or links are a set in it."""
    if isinstance(key, tuple):
        return [_plain(part) for part in key]
    return sorted(key, key=str) if isinstance(key, frozenset) else key
