"""The six operations on the files of a record (Ninox docs: Files)."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from ninox_simulator.files import StoredFile
from ninox_simulator.messages import ApiError, Request
from ninox_simulator.records_api import find
from ninox_simulator.scripts_api import TriggeredWrites
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import FILE_TYPES, Database, Table

UPLOADED = "File Uploaded Successfully"
THUMBNAIL = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBk"
    "eFxlZ2P/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)
"""A JPEG of one grey pixel, for every picture."""


def listed(ninox: Simulation, _: Request, database: Database, table: Table, record_id: str) -> Any:
    """Answer the metadata of a record's files."""
    return database.files.listed(table.id, find(table, record_id).id, ninox.switches["file_dates"])


def upload(ninox: Simulation, request: Request, database: Database, table: Table, record_id: str) -> Any:
    """Store a file, and its name in a field if one is named."""
    record = find(table, record_id)
    file = request.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise ApiError(400, "The part 'file' with a file name is missing")
    field_name = request.form.get("fieldName")
    field_id = _file_field(table, field_name) if isinstance(field_name, str) and field_name else None
    moves_record = ninox.switches["files_move_record"] == "yes"
    database.put_file(table.id, record.id, file.filename, file.file, moves_record=moves_record)
    if field_id is not None:
        TriggeredWrites(ninox, database).update(table.id, record.id, {field_id: file.filename})
    return PlainTextResponse(UPLOADED) if ninox.switches["upload_answer"] == "text" else {"message": UPLOADED}


def download(ninox: Simulation, _: Request, database: Database, table: Table, record_id: str, name: str) -> Response:
    """Answer a file's bytes."""
    file = _file(database, table, record_id, name)
    answer = FileResponse if ninox.switches["file_ranges"] == "honoured" else _WholeFile
    return answer(database.files.path(file), media_type=file.content_type)


def delete(_: Simulation, __: Request, database: Database, table: Table, record_id: str, name: str) -> Any:
    """Remove a file."""
    file = _file(database, table, record_id, name)
    database.files.delete(table.id, find(table, record_id).id, file.name)
    return {}


def metadata(ninox: Simulation, _: Request, database: Database, table: Table, record_id: str, name: str) -> Any:
    """Answer what is known of a file."""
    return _file(database, table, record_id, name).metadata(ninox.switches["file_dates"])


def thumbnail(_: Simulation, __: Request, database: Database, table: Table, record_id: str, name: str) -> Response:
    """Answer a JPEG; what Ninox answers for a file that is no picture is unknown, here it is 404."""
    if not _file(database, table, record_id, name).content_type.startswith("image/"):
        raise ApiError(404, "There is no thumbnail")
    return Response(THUMBNAIL, media_type="image/jpeg")


class _WholeFile(FileResponse):
    """A download that cannot begin in the middle."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


def _file(database: Database, table: Table, record_id: str, name: str) -> StoredFile:
    file = database.files.find(table.id, find(table, record_id).id, name)
    if file is None:
        raise ApiError(404, "File not found")
    return file


def _file_field(table: Table, name: str) -> str:
    field_id = table.field_id(name)
    if field_id is None or table.fields[field_id].get("base") not in FILE_TYPES:
        raise ApiError(500, "Internal server error")
    return field_id
