"""Which request does what: one line per documented operation."""

from __future__ import annotations

from starlette.responses import Response

from ninox_simulator import feed, reading
from ninox_simulator.database import Database
from ninox_simulator.parameters import list_parameters, unnested_filters, wants_choice_ids, wants_ids
from ninox_simulator.replies import ApiError, json_reply, raw_json_reply
from ninox_simulator.request import Request
from ninox_simulator.shapes import RecordShape, table_json, tables_json
from ninox_simulator.store import Store, Team
from ninox_simulator.switches import Switches
from ninox_simulator.table import Record, Table
from ninox_simulator.writing import Writer

END_POINT_NOT_FOUND = "End-point not found"


class Routes:
    """Answers requests from a store."""

    def __init__(self, store: Store, switches: Switches) -> None:
        """Remember what is served."""
        self.store = store
        self.switches = switches

    def answer(self, request: Request) -> Response:
        """Return the answer to a request whose key was accepted.

        Raises:
            ApiError: There is no such thing, or it may not be done.
        """
        match request.method, request.segments:
            case "GET", ("v1", "teams"):
                return self._teams()
            case "GET", ("v1", "teams", team_id):
                team = self._team(team_id)
                return json_reply({"id": team.id, "name": team.name})
            case "GET", ("v1", "teams", team_id, "databases"):
                databases = self._team(team_id).databases.values()
                return json_reply([{"id": database.id, "name": database.name} for database in databases])
            case _, ("v1", "teams", team_id, "databases", database_id, *rest):
                return self._of_database(request, self._database(request, team_id, database_id), rest)
            case _:
                raise ApiError(404, END_POINT_NOT_FOUND)

    def _of_database(self, request: Request, database: Database, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                self._check_schema_access(full=True)
                return json_reply({"settings": database.settings, "schema": database.schema})
            case "GET", ["schema"]:
                self._check_schema_access(full=True)
                return json_reply(database.schema)
            case "GET", ["tables"]:
                self._check_schema_access()
                return json_reply(tables_json(database.tables.values()))
            case "GET", ["tables", key]:
                self._check_schema_access()
                return json_reply(table_json(_table(database, key)))
            case "GET", ["changes"]:
                return json_reply(feed.database_feed(database, _since(request), self.switches))
            case "GET", ["tables", key, "changes"]:
                table = _readable_table(database, key)
                return json_reply(feed.table_feed(database, table, _since(request), self.switches))
            case _, ["tables", key, "record" | "records" as kind, *more]:
                return self._of_records(request, database, _readable_table(database, key), (kind, *more))
            case _:
                raise ApiError(404, END_POINT_NOT_FOUND)

    def _of_records(self, request: Request, database: Database, table: Table, rest: tuple[str, ...]) -> Response:
        shape = RecordShape(
            database, table, self.switches, ids=wants_ids(request.query), choice_ids=wants_choice_ids(request.query)
        )
        writer = Writer(database, table, self.switches)
        match request.method, rest:
            case "GET", ("records",):
                page = reading.list_page(database, table, list_parameters(request.query), self.switches)
                return raw_json_reply(page)
            case "POST", ("record",):
                return self._search(request, table, shape)
            case "POST", ("records",):
                return self._save(request.json(), writer, shape)
            case "DELETE", ("records",):
                writer.delete_many(request.json())
                return json_reply([])
            case "GET", ("records", record_id):
                return json_reply(shape.of(reading.find_record(table, record_id)))
            case "PUT", ("records", record_id):
                record = reading.find_record(table, record_id)
                return json_reply(shape.of(writer.merge(record, _fields(request))))
            case "DELETE", ("records", record_id):
                database.delete(table.id, reading.find_record(table, record_id).id)
                return json_reply({})
            case "GET", ("records", record_id, "changes"):
                number = int(record_id) if record_id.isdecimal() else 0
                return json_reply(feed.record_feed(database, table, number, _since(request), self.switches))
            case _:
                raise ApiError(404, END_POINT_NOT_FOUND)

    def _teams(self) -> Response:
        if self.switches["teams_endpoint"] == "missing":
            raise ApiError(404, END_POINT_NOT_FOUND)
        return json_reply([{"id": team.id, "name": team.name} for team in self.store.teams.values()])

    def _team(self, team_id: str) -> Team:
        team = self.store.teams.get(team_id)
        if team is None:
            raise ApiError(404, "Team Not Found")
        return team

    def _database(self, request: Request, team_id: str, database_id: str) -> Database:
        database = self._team(team_id).databases.get(database_id)
        if database is None:
            raise ApiError(404, "Database Not Found")
        if database.password is not None and request.headers.get("nx-password") != database.password:
            raise ApiError(403, "Database is locked")
        return database

    def _check_schema_access(self, *, full: bool = False) -> None:
        access = self.switches["schema_access"]
        if access == "forbidden" or (full and access == "tables_only"):
            raise ApiError(403, "Forbidden")

    @staticmethod
    def _search(request: Request, table: Table, shape: RecordShape) -> Response:
        body = request.json() if request.body else {}
        filters = unnested_filters(body.get("filters") if isinstance(body, dict) else None)
        record = reading.find_first(table, filters)
        return json_reply([] if record is None else shape.of(record))

    @staticmethod
    def _save(body: object, writer: Writer, shape: RecordShape) -> Response:
        elements = body if isinstance(body, list) else [body]
        answers = [shape.of(saved) if isinstance(saved, Record) else saved for saved in writer.save(elements)]
        return json_reply(answers if isinstance(body, list) else answers[0])


def _table(database: Database, key: str) -> Table:
    table = database.find_table(key)
    if table is None:
        raise ApiError(404, "Table Not Found")
    return table


def _readable_table(database: Database, key: str) -> Table:
    table = _table(database, key)
    if table.id in database.unreadable_tables:
        raise ApiError(403, "Forbidden")
    return table


def _since(request: Request) -> int:
    text = request.query.get("sinceSq", "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _fields(request: Request) -> object:
    body = request.json()
    return body.get("fields") if isinstance(body, dict) else body
