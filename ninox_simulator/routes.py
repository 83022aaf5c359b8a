"""Which request does what: one line per documented operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from ninox_simulator import feed, scripting
from ninox_simulator.database import Database
from ninox_simulator.log import RequestLog
from ninox_simulator.record_routes import RecordRoutes, since
from ninox_simulator.replies import ApiError, json_reply
from ninox_simulator.request import Request
from ninox_simulator.scripts import TriggeredWrites
from ninox_simulator.shapes import table_json, tables_json
from ninox_simulator.store import Store, Team
from ninox_simulator.switches import Switches
from ninox_simulator.table import Table

END_POINT_NOT_FOUND = "End-point not found"


class Routes:
    """Answers requests from a store."""

    def __init__(self, store: Store, switches: Switches, log: RequestLog) -> None:
        """Remember what is served, and where triggers are noted."""
        self.store = store
        self.switches = switches
        self._log = log

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
                database = self._database(request, team_id, database_id)
                return self._scripted(request, database, team_id, rest) or self._of_database(request, database, rest)
            case _:
                raise ApiError(404, END_POINT_NOT_FOUND)

    def _scripted(self, request: Request, database: Database, team_id: str, rest: list[str]) -> Response | None:
        match request.method, rest:
            case "GET" | "POST", ["query"]:
                return self._query(request, database, team_id)
            case "POST", ["exec"]:
                return self._query(request, database, team_id, may_write=True)
            case _:
                return None

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
                return json_reply(feed.database_feed(database, since(request), self.switches))
            case "GET", ["views"]:
                return json_reply(database.views)
            case "GET", ["views", view_id] | ["tables", _, "views", view_id]:
                return _view(database.views, view_id)
            case "GET", ["tables", key, "views"]:
                table = _table(database, key)
                return json_reply([view for view in database.views if view.get("type") == table.id])
            case _, ["tables", key, *more] if more:
                return self._of_table(request, database, _readable_table(database, key), more)
            case _:
                raise ApiError(404, END_POINT_NOT_FOUND)

    def _of_table(self, request: Request, database: Database, table: Table, rest: list[str]) -> Response:
        if request.method == "GET" and rest == ["changes"]:
            return json_reply(feed.table_feed(database, table, since(request), self.switches))
        writes = TriggeredWrites(database, self.switches, self._log)
        return RecordRoutes(database, table, self.switches, writes).answer(request, rest)

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

    def _query(self, request: Request, database: Database, team_id: str, *, may_write: bool = False) -> Response:
        script = request.query.get("query") if request.method == "GET" else _script(request)
        writes = TriggeredWrites(database, self.switches, self._log) if may_write else None
        return json_reply(scripting.run(database, script, self.switches, team_id=team_id, writes=writes))


def _script(request: Request) -> object:
    body = request.json()
    return body.get("query") if isinstance(body, dict) else None


def _view(views: Iterable[dict[str, Any]], view_id: str) -> Response:
    view = next((view for view in views if str(view.get("id")) == view_id), None)
    if view is None:
        raise ApiError(404, "View not found")
    return json_reply(view)


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
