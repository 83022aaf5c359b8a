"""Teams, databases and their schemas (Ninox docs: Public Cloud APIs; raw schemas as they were observed)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ninox_simulator.messages import ApiError, Request
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import Database, Table, Team


def teams(ninox: Simulation, _: Request) -> Any:
    """Answer id and name of all teams."""
    if ninox.switches["teams_endpoint"] == "missing":
        raise ApiError(404, "End-point not found")
    return [{"id": team.id, "name": team.name} for team in ninox.store.teams.values()]


def team(_: Simulation, __: Request, team: Team) -> Any:
    """Answer one team."""
    return {"id": team.id, "name": team.name}


def databases(_: Simulation, __: Request, team: Team) -> Any:
    """Answer id and name of a team's databases."""
    return [{"id": database.id, "name": database.name} for database in team.databases.values()]


def database(ninox: Simulation, _: Request, database: Database) -> Any:
    """Answer a database's settings and raw schema."""
    _check_access(ninox, full=True)
    return {"settings": database.settings, "schema": database.schema}


def schema(ninox: Simulation, _: Request, database: Database) -> Any:
    """Answer the raw schema alone."""
    _check_access(ninox, full=True)
    return database.schema


def tables(ninox: Simulation, _: Request, database: Database) -> Any:
    """Answer the tables with their stored fields: no formulas, no pages (observed)."""
    _check_access(ninox)
    return [_described(table) for table in database.tables.values() if table.definition.get("kind", "table") == "table"]


def table(ninox: Simulation, _: Request, __: Database, table: Table) -> Any:
    """Answer one table."""
    _check_access(ninox)
    return _described(table)


def _check_access(ninox: Simulation, *, full: bool = False) -> None:
    access = ninox.switches["schema_access"]
    if access == "forbidden" or (full and access == "tables_only"):
        raise ApiError(403, "Forbidden")


def _described(table: Table) -> dict[str, Any]:
    fields = [_field(key, raw) for key, raw in table.fields.items() if raw.get("base") != "fn"]
    return {"id": table.id, "name": table.caption, "fields": fields}


def _field(field_id: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": field_id, "name": raw.get("caption", field_id), "type": raw.get("base")}
    if raw.get("values"):
        answer["choices"] = [
            {"id": key, "caption": option.get("caption", key), "captions": {}, "order": option.get("order", 0)}
            for key, option in raw["values"].items()
        ]
    if raw.get("base") == "ref":
        answer |= {"referenceToTable": raw.get("refTypeId"), "reverseField": raw.get("refFieldId")}
    if raw.get("base") == "rev":
        answer |= {"referenceFromTable": raw.get("refTypeId"), "referenceFromField": raw.get("refFieldId")}
    return {key: value for key, value in answer.items() if value is not None}
