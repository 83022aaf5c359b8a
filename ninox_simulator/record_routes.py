"""The operations on records of one table (Ninox docs: Tables, fields, and records)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from ninox_simulator import feed, reading
from ninox_simulator.database import Database
from ninox_simulator.file_routes import FileRoutes
from ninox_simulator.parameters import list_parameters, unnested_filters, wants_choice_ids, wants_ids
from ninox_simulator.replies import ApiError, json_reply, raw_json_reply
from ninox_simulator.request import Request
from ninox_simulator.scripts import TriggeredWrites
from ninox_simulator.shapes import RecordShape
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table
from ninox_simulator.writing import Writer


class RecordRoutes:
    """Answers requests about the records of one table."""

    def __init__(self, database: Database, table: Table, switches: Switches, writes: TriggeredWrites) -> None:
        """Remember which table is meant."""
        self._database = database
        self._table = table
        self._switches = switches
        self._writes = writes
        self._writer = Writer(writes, table, switches)

    def answer(self, request: Request, rest: Sequence[str]) -> Response:
        """Return the answer to a request below a table."""
        match request.method, rest:
            case "GET", ["records"]:
                return self._list(request)
            case "POST", ["record"]:
                return self._search(request)
            case "POST", ["records"]:
                return self._save(request)
            case "DELETE", ["records"]:
                self._writer.delete_many(request.json())
                return json_reply([])
            case "GET", ["records", record_id, "changes"]:
                number = int(record_id) if record_id.isascii() and record_id.isdecimal() else 0
                return json_reply(feed.record_feed(self._database, self._table, number, since(request), self._switches))
            case _, ["records", record_id, *more]:
                return self._of_record(request, reading.find_record(self._table, record_id), more)
            case _:
                raise ApiError(404, "End-point not found")

    def _of_record(self, request: Request, record: Record, rest: Sequence[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return json_reply(self._shape(request).of(record))
            case "PUT", []:
                return json_reply(self._shape(request).of(self._writer.merge(record, _fields(request))))
            case "DELETE", []:
                self._writes.delete(self._table.id, record.id)
                return json_reply({})
            case _, ["files", *more]:
                files = FileRoutes(self._database, self._table, record, self._switches, self._writes)
                return files.answer(request, more)
            case _:
                raise ApiError(404, "End-point not found")

    def _shape(self, request: Request) -> RecordShape:
        ids, choice_ids = wants_ids(request.query), wants_choice_ids(request.query)
        return RecordShape(self._database, self._table, self._switches, ids=ids, choice_ids=choice_ids)

    def _list(self, request: Request) -> Response:
        parameters = list_parameters(request.query)
        return raw_json_reply(reading.list_page(self._database, self._table, parameters, self._switches))

    def _search(self, request: Request) -> Response:
        body = request.json() if request.body else {}
        filters = unnested_filters(body.get("filters") if isinstance(body, dict) else None)
        record = reading.find_first(self._table, filters)
        return json_reply([] if record is None else self._shape(request).of(record))

    def _save(self, request: Request) -> Response:
        body = request.json()
        shape = self._shape(request)
        saved = self._writer.save(body if isinstance(body, list) else [body])
        answers = [self._answered(answer, shape) for answer in saved]
        return json_reply(answers if isinstance(body, list) else answers[0])

    def _answered(self, saved: Record | dict[str, Any], shape: RecordShape) -> dict[str, Any]:
        answer = shape.of(saved) if isinstance(saved, Record) else saved
        if self._switches["save_answer"] == "records" or "_err" in answer:
            return answer
        return {key: value for key, value in answer.items() if key in {"id", "_id"}}


def since(request: Request) -> int:
    """Return the sequence that a change feed is asked from; what is no number counts as 0 (assumed)."""
    text = request.query.get("sinceSq", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0  # noqa: PLR2004


def _fields(request: Request) -> object:
    body = request.json()
    return body.get("fields") if isinstance(body, dict) else body
