"""Puts the files that rows speak of on their records, unless they are there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninox_api import retry
from ninox_api.client import DatabaseClient, RecordWrite
from ninox_api.errors import (
    NinoxError,
    NinoxNotFoundError,
    NinoxProtocolError,
    NinoxRequestError,
    NinoxServerError,
    NinoxTransportError,
)
from ninox_api.files import Upload
from ninox_api.schema import Field
from ninox_singer.names import identifier
from ninox_singer.types.base import ValueRejectedError
from target_ninox.mapping.plan import WritePlan
from target_ninox.mapping.rows import EncodedRow, RowRejectedError
from target_ninox.write.file_sources import FileSources, SourceFile
from target_ninox.write.writers import Writer

_TOO_LARGE = 413
_REFUSALS = (NinoxNotFoundError, NinoxProtocolError, NinoxRequestError)
"""The row is to blame, not the server."""

Sizes = dict[str, int | None]
"""File name → bytes, for the files of one record."""


class FileLoader:
    """Uploads the files of one stream's rows."""

    def __init__(
        self, plan: WritePlan, database: DatabaseClient, writer: Writer, sources: FileSources, *, max_tries: int
    ) -> None:
        """Remember where files come from and go to, and how often one is sent in all."""
        self._max_tries = max_tries
        self._plan = plan
        self._database = database
        self._writer = writer
        self._sources = sources

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
            NinoxError: Ninox cannot be reached.
        """
        if not row.files:
            return 0
        sizes: Sizes = {} if is_new else self._listed(record_id)
        taken: set[str] = set()
        uploaded = 0
        for field_id, value in row.files.items():
            field = self._plan.file_fields[field_id]
            try:
                with self._sources.open(value, fallback=identifier(field.name, fallback=field.id)) as source:
                    name = _own_name(source.name, field, taken)
                    uploaded += self._bring(source, name, record_id, field, sizes, current_fields)
            except ValueRejectedError as error:
                raise self._rejected(field_id, error) from None
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
        if current_fields.get(field.id) != name:
            self._writer.save_records(self._plan.table.id, [RecordWrite(id=record_id, fields={field.id: name})])

    def _upload(self, record_id: int, upload: Upload) -> None:
        """Upload a file; after a lost answer wait, and look whether it is there before sending it again."""
        lost: list[NinoxError] = []

        def is_there() -> bool:
            return self._listed(record_id).get(upload.name) == len(upload.content)

        def send() -> None:
            if lost and is_there():
                return
            try:
                self._writer.upload_file(self._plan.table.id, record_id, upload)
            except _REFUSALS as error:
                raise _refused(error) from None
            except (NinoxTransportError, NinoxServerError) as error:
                lost.append(error)
                raise

        def allowed(error: NinoxError) -> int:
            is_ours = error in lost  # the look, too, may fail: it has been repeated already
            return retry.tries_allowed(error, repeatable=True, max_tries=self._max_tries) if is_ours else 1

        try:
            retry.repeat(send, allowed=allowed, again="Looking whether the file is there, before it is sent again,")
        except NinoxError as error:
            if error not in lost or not is_there():
                raise

    def _listed(self, record_id: int) -> Sizes:
        listed = self._database.list_files(self._plan.table.id, record_id)
        return {file.name: file.size for file in listed or ()}

    def _rejected(self, field_id: str, error: ValueRejectedError) -> RowRejectedError:
        name = self._plan.property_of_file(field_id)
        return RowRejectedError(property_name=name, code=error.code, reason=error.reason)


def _refused(error: NinoxError) -> ValueRejectedError:
    if isinstance(error, NinoxRequestError) and error.status == _TOO_LARGE:
        return ValueRejectedError(code="too_large", reason="Ninox does not take a file of this size (HTTP 413).")
    return ValueRejectedError(code="refused", reason=f"Ninox did not take the file: {error}")


def _own_name(name: str, field: Field, taken: set[str]) -> str:
    """Return a name that no other file of the row has: a record's files are told apart by their names alone."""
    own = name if name not in taken else f"{identifier(field.name, fallback=field.id)}-{name}"
    taken.add(own)
    return own
