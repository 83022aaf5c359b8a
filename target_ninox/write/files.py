"""Files of rows: found in a permitted folder, on another host or in the row itself, and put on their records."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ninox_api import retry
from ninox_api.client import RecordWrite
from ninox_api.errors import (
    NinoxError,
    NinoxFetchError,
    NinoxNotFoundError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxRequestError,
    NinoxServerError,
    NinoxTooLargeError,
    NinoxTransportError,
)
from ninox_api.fetching import FileFetcher
from ninox_api.files import Upload
from ninox_api.schema import Field
from ninox_singer.identifiers import make_identifier
from ninox_singer.types.base import ValueRejectedError
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.rows import EncodedRow, RowRejectedError
from target_ninox.write.blame import MOST_REFUSED_IN_A_ROW, RefusesEverythingError, describe_refusal, is_outage

_DATA = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?P<parameters>(?:;[^;,]*)*);base64,", re.ASCII | re.IGNORECASE)
_NAME = re.compile(r";(?:file)?name=([^;]+)", re.IGNORECASE)
_LEAST_BASE64 = 64
"""Shorter text is taken for a path: a mistyped one could be base64 by chance."""
_MOST_NAME_BYTES = 200
_ENDING_BY_START = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"%PDF": ".pdf",
    b"GIF8": ".gif",
    b"PK\x03\x04": ".zip",
}


MAX_FILE_BYTES = 100 * 2**20
"""Larger files are refused: one is held in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file that could be uploaded.

    Attributes:
        name: Safe: no folder, no control character.
        size: Bytes, if known without reading.
        media_type: For the upload.
        read: Returns the content, at most as large as allowed.
    """

    name: str
    size: int | None
    media_type: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class FileSources:
    """Opens what rows say about files.

    Attributes:
        fetcher: Fetches from other hosts.
        folders: The only ones whose files may be read, in the order in which a path is looked for; without links.
        max_bytes: Larger files are refused: one is held in memory.
    """

    fetcher: FileFetcher
    folders: Sequence[Path]
    max_bytes: int = field(default=MAX_FILE_BYTES, kw_only=True)

    @contextmanager
    def open(self, value: str, *, fallback: str) -> Iterator[SourceFile]:
        """Yield the file that a value names.

        Args:
            value: A path, an address, a `data:` address, or base64.
            fallback: What a file is called that has no name of its own; its ending is guessed.

        Raises:
            ValueRejectedError: There is no such file, or it may not be read. The value is not quoted.
        """
        value = value.strip()
        if value.lower().startswith(("https:", "http:")):
            with self._fetched(value, fallback) as fetched:
                yield fetched
        elif value[:5].lower() == "data:":
            yield self._inline(value, fallback)
        elif (path := self._path(value)) is not None:
            yield self._from_folder(path)
        elif len(value) >= _LEAST_BASE64 and (content := _decoded(value)) is not None:
            yield self._from_bytes(fallback + _ending(content), content, None)
        else:
            raise self._nowhere()

    @contextmanager
    def _fetched(self, url: str, fallback: str) -> Iterator[SourceFile]:
        try:
            with self.fetcher.open(url) as file:
                name = file.name or fallback + (mimetypes.guess_extension(file.media_type) or "")
                self._check_size(file.size or 0)
                yield SourceFile(
                    name=safe_name(name),
                    size=file.size,
                    media_type=file.media_type or _media_type(name),
                    read=lambda: file.read(max_bytes=self.max_bytes),
                )
        except NinoxFetchError as error:
            raise ValueRejectedError(code="not_fetched", reason=str(error)) from None

    def _inline(self, value: str, fallback: str) -> SourceFile:
        match = _DATA.match(value)
        content = _decoded(value[match.end() :]) if match is not None else None
        if match is None or content is None:
            raise ValueRejectedError(code="not_base64", reason="It is not a whole data: address with base64.")
        named = _NAME.search(match["parameters"])
        ending = mimetypes.guess_extension(match["type"] or "") or _ending(content)
        return self._from_bytes(unquote(named[1]) if named else fallback + ending, content, match["type"])

    def _from_bytes(self, name: str, content: bytes, media_type: str | None) -> SourceFile:
        self._check_size(len(content))
        safe = safe_name(name)
        return SourceFile(
            name=safe, size=len(content), media_type=media_type or _media_type(safe), read=lambda: content
        )

    def _from_folder(self, path: Path) -> SourceFile:
        size = path.stat().st_size
        self._check_size(size)
        return SourceFile(
            name=safe_name(path.name), size=size, media_type=_media_type(path.name), read=lambda: _read(path)
        )

    def _path(self, value: str) -> Path | None:
        """Return the file in the first permitted folder that has it, links followed; None if none has."""
        if "\0" in value:
            return None
        for folder in self.folders:
            try:
                path = (folder / value).resolve()
                if path.is_relative_to(folder) and path.is_file():
                    return path
            except (OSError, RuntimeError):  # too long a name, a loop of links
                continue
        return None

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            raise ValueRejectedError(
                code="file_too_large", reason=f"The file is larger than {self.max_bytes // 2**20} MiB."
            )

    def _nowhere(self) -> ValueRejectedError:
        where = "in a folder of file_sources" if self.folders else "(file_sources names no folder, such as ./photos)"
        reason = f"There is no such file {where}, and it is neither an address such as https://… nor base64."
        return ValueRejectedError(code="no_such_file", reason=reason)


def safe_name(name: str) -> str:
    """Return a file name without folders, control characters and quotes, short enough for any file system."""
    last = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    plain = "".join(character for character in last if character.isprintable()).replace('"', "'").strip(" .")
    stem, dot, ending = plain.rpartition(".")
    while len(plain.encode()) > _MOST_NAME_BYTES:
        stem, ending = (stem[:-1], ending) if stem else (stem, ending[:-1])
        plain = f"{stem}{dot}{ending}"
    return plain or "file"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (PermissionError, FileNotFoundError):  # others are the machine's, and end the run
        reason = "The file may not be read by whom target-ninox runs as, or was there a moment ago."
        raise ValueRejectedError(code="not_readable", reason=reason) from None


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _ending(content: bytes) -> str:
    return next((ending for start, ending in _ENDING_BY_START.items() if content.startswith(start)), "")


def _media_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


_REFUSALS = (NinoxNotFoundError, NinoxProtocolError, NinoxRequestError)
"""The row is to blame, not the server."""
_NOT_SHOWN = "The file is on its record, but its field does not show it."

Sizes = dict[str, int | None]
"""File name → bytes, for the files of one record."""


@dataclass(slots=True)
class FileLoader:
    """Uploads the files of one stream's rows.

    Attributes:
        plan: How the rows are written.
        destination: Where the files go.
        sources: Where they come from.
    """

    plan: WritePlan
    destination: Destination
    sources: FileSources
    _failed_in_a_row: int = 0

    def load(self, row: EncodedRow, record_id: int, current_fields: Mapping[str, Any], *, is_new: bool = False) -> int:
        """Bring a record's files to what its row says; return how many were uploaded.

        One call per record for the list of its files (none for a new one), one per upload. A file whose name and size
        are those of one that is there is not read.

        Args:
            row: The row, after it was written.
            record_id: Its record.
            current_fields: What the record held before.
            is_new: Whether the row has just created it, so that it has no files.

        Raises:
            RowRejectedError: A file does not exist, may not be read, or is not taken; those before it are uploaded.
            NinoxError: Ninox cannot be reached, or fails with the files of so many rows that none of them is to blame.
        """
        try:
            sizes: Sizes = {} if is_new else self._listed(record_id)
        except ValueRejectedError as error:
            raise self._rejected(next(iter(row.files)), error) from None
        taken: set[str] = set()
        uploaded = 0
        for field_id, value in row.files.items():
            field = self.plan.file_fields[field_id]
            try:
                with self.sources.open(value, fallback=make_identifier(field.name, fallback=field.id)) as source:
                    name = _own_name(source.name, field, taken)
                    uploaded += self._bring(source, name, record_id, field, sizes, current_fields)
            except ValueRejectedError as error:
                raise self._rejected(field_id, error) from None
        self._failed_in_a_row = 0
        return uploaded

    def _bring(
        self, source: SourceFile, name: str, record_id: int, field: Field, sizes: Sizes,
        current_fields: Mapping[str, Any],
    ) -> bool:  # fmt: skip
        """Upload a file if it is not there, and make its field show it; return whether it was uploaded."""
        if source.size is not None and sizes.get(name) == source.size:
            self._show(name, record_id, field, current_fields)
            return False
        content = source.read()
        if sizes.get(name) == len(content):  # a host that does not say the size before
            self._show(name, record_id, field, current_fields)
            return False
        self._upload(record_id, Upload(name=name, content=content, media_type=source.media_type, field_id=field.id))
        sizes[name] = len(content)
        return True

    def _show(self, name: str, record_id: int, field: Field, current_fields: Mapping[str, Any]) -> None:
        """Let a field show a file that is on the record; a row whose record does not take that is to blame."""
        if current_fields.get(field.id) == name:
            return
        write = RecordWrite(id=record_id, fields={field.id: name})

        def allowed(error: NinoxError) -> int:
            if isinstance(error, NinoxRateLimitError):  # the client has repeated it already
                return 1
            return retry.count_tries(error, repeatable=True, writes=True, max_tries=self.destination.max_tries)

        try:
            answers = retry.repeat(
                lambda: self.destination.writer.save_records(self.plan.table.id, [write]), allowed=allowed
            )
        except NinoxProtocolError as error:
            raise ValueRejectedError(code="refused", reason=f"{_NOT_SHOWN} {error}") from None
        except (NinoxRequestError, NinoxServerError) as error:
            if is_outage(error):
                raise
            raise self._blamed(error, f"{_NOT_SHOWN} {describe_refusal(error.status)}") from None
        if [answer.id for answer in answers if answer.error is None] != [record_id]:  # no word of it is repeated
            reason = f"{_NOT_SHOWN} Ninox answered 200, but did not save it."
            raise ValueRejectedError(code="not_saved", reason=reason)

    def _upload(self, record_id: int, upload: Upload) -> None:
        """Upload a file; after a lost answer wait, and look whether it is there before sending it again."""
        lost: list[NinoxError] = []  # answers; a look that fails is none, and has been repeated already
        max_tries = self.destination.max_tries
        try:
            retry.repeat(
                lambda: self._send_if_missing(record_id, upload, lost),
                allowed=lambda it: retry.count_tries(it, repeatable=True, max_tries=max_tries) if it in lost else 1,
                again="Checking whether the file is there before it is sent again,",
            )
        except NinoxError as error:
            if error not in lost:
                raise
            if not self._is_there(record_id, upload):
                raise self._judged(error) from None

    def _send_if_missing(self, record_id: int, upload: Upload, lost: list[NinoxError]) -> None:
        if lost and self._is_there(record_id, upload):
            return
        try:
            self.destination.writer.upload_file(self.plan.table.id, record_id, upload)
        except _REFUSALS as error:
            raise _refused(error) from None
        except (NinoxTransportError, NinoxServerError) as error:
            lost.append(error)
            raise

    def _is_there(self, record_id: int, upload: Upload) -> bool:
        return self._listed(record_id).get(upload.name) == len(upload.content)

    def _judged(self, error: NinoxError) -> Exception:
        """Return what an upload that failed to the last is: an outage, or the fault of a file that Ninox chokes on."""
        if is_outage(error):
            return error
        return self._blamed(
            error, "Ninox fails with this file (HTTP 500), and does not have it. Try it by hand in Ninox."
        )

    def _listed(self, record_id: int) -> Sizes:
        try:
            listed = self.destination.client.list_files(self.plan.table.id, record_id)
        except (NinoxProtocolError, NinoxRequestError, NinoxServerError) as error:
            if is_outage(error):
                raise
            self.destination.table(self.plan.table.id).check_is_readable()  # or it is the server, and no row
            raise self._blamed(error, f"Ninox does not list the files of its record: {error}") from None
        return {file.name: file.size for file in listed or ()}

    def _blamed(self, error: NinoxError, reason: str) -> ValueRejectedError:
        """Return what blames the row for an error; where that happens to row after row, none is to blame.

        Raises:
            RefusesEverythingError: So many in a row.
        """
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= MOST_REFUSED_IN_A_ROW:
            message = (
                f"Ninox failed with the files of {MOST_REFUSED_IN_A_ROW} rows of table {self.plan.table.id} in a row "
                f"(last: {error}) Stopped; try to add a file by hand in Ninox."
            )
            raise RefusesEverythingError(message) from error
        return ValueRejectedError(code="refused", reason=reason)

    def _rejected(self, field_id: str, error: ValueRejectedError) -> RowRejectedError:
        name = self.plan.property_of_file(field_id)
        return RowRejectedError(property_name=name, code=error.code, reason=error.reason)


def _refused(error: NinoxError) -> ValueRejectedError:
    if isinstance(error, NinoxTooLargeError):
        return ValueRejectedError(code="too_large", reason="Ninox does not take a file of this size (HTTP 413).")
    return ValueRejectedError(code="refused", reason=f"Ninox did not take the file: {error}")


def _own_name(name: str, field: Field, taken: set[str]) -> str:
    """Return a name that no other file of the row has: a record's files are told apart by their names alone."""
    own = name if name not in taken else f"{make_identifier(field.name, fallback=field.id)}-{name}"
    taken.add(own)
    return own
