"""The six operations on files of a record (Ninox docs: Files)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, PlainTextResponse, Response

from ninox_simulator.database import FILE_TYPES, Database
from ninox_simulator.files import StoredFile
from ninox_simulator.pictures import thumbnail
from ninox_simulator.replies import ApiError, json_reply
from ninox_simulator.request import Request
from ninox_simulator.scripts import TriggeredWrites
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table

UPLOADED = "File Uploaded Successfully"


class FileRoutes:
    """Answers requests about the files of one record."""

    def __init__(
        self, database: Database, table: Table, record: Record, switches: Switches, writes: TriggeredWrites
    ) -> None:
        """Remember whose files are meant."""
        self._database = database
        self._table = table
        self._record = record
        self._switches = switches
        self._writes = writes

    def answer(self, request: Request, rest: Sequence[str]) -> Response:
        """Return the answer to a request below `…/files`."""
        match request.method, rest:
            case "GET", []:
                dates = self._switches["file_dates"]
                return json_reply(self._database.files.listed(self._table.id, self._record.id, dates))
            case "POST", []:
                return self._upload(request)
            case "GET", [name]:
                file = self._file(name)
                return FileResponse(self._database.files.path(file), media_type=file.content_type)
            case "DELETE", [name]:
                self._database.files.delete(self._table.id, self._record.id, self._file(name).name)
                return json_reply({})
            case "GET", [name, "metadata"]:
                return json_reply(self._file(name).metadata(self._switches["file_dates"]))
            case "GET", [name, "thumb.jpg"]:
                return self._thumbnail(self._file(name))
            case _:
                raise ApiError(404, "End-point not found")

    def _upload(self, request: Request) -> Response:
        upload = request.form.get("file")
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise ApiError(400, "The part 'file' with a file name is missing")
        field_name = request.form.get("fieldName")
        field_id = self._file_field(field_name) if isinstance(field_name, str) and field_name else None
        self._database.put_file(
            self._table.id,
            self._record.id,
            upload.filename,
            upload.file,
            moves_record=self._switches["files_move_record"] == "yes",
        )
        if field_id is not None:
            self._writes.update(self._table.id, self._record.id, {field_id: upload.filename})
        if self._switches["upload_answer"] == "text":
            return PlainTextResponse(UPLOADED)
        return json_reply({"message": UPLOADED})

    def _file_field(self, name: str) -> str:
        field_id = self._table.field_id(name)
        if field_id is None or self._table.fields[field_id].get("base") not in FILE_TYPES:
            raise ApiError(500, "Internal server error")
        return field_id

    def _file(self, name: str) -> StoredFile:
        file = self._database.files.find(self._table.id, self._record.id, name)
        if file is None:
            raise ApiError(404, "File not found")
        return file

    def _thumbnail(self, file: StoredFile) -> Response:
        """Return a JPEG; what Ninox answers for a file that is no picture is unknown, here it is 404."""
        small = thumbnail(self._database.files.path(file))
        if small is None:
            raise ApiError(404, "There is no thumbnail")
        return Response(small, media_type="image/jpeg")
