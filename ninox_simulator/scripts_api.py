"""`query` and `exec`: a script in, bare JSON out (Ninox docs: Public Cloud APIs)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ninox_simulator.documents import DEFAULT_USER
from ninox_simulator.messages import ApiError, Request
from ninox_simulator.nx import NxError
from ninox_simulator.nx.evaluator import Evaluator
from ninox_simulator.nx.values import JsonForm, RecordRef, Value, as_json
from ninox_simulator.scripts import Data, TriggeredWrites
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import Database
from ninox_simulator.switches import Switches

FORMULA_ERROR = "#Error"


def query(ninox: Simulation, request: Request, database: Database) -> Any:
    """Run a script that may only read."""
    script = request.query.get("query") if request.method == "GET" else _script(request)
    return run(database, script, ninox.switches, team_id=request.segments[2])


def execute(ninox: Simulation, request: Request, database: Database) -> Any:
    """Run a script that may write."""
    writes = ninox.writes(database)
    return run(database, _script(request), ninox.switches, team_id=request.segments[2], writes=writes)


def _script(request: Request) -> Any:
    body = request.json()
    return body.get("query") if isinstance(body, dict) else None


def run(
    database: Database, script: Any, switches: Switches, *, team_id: str, writes: TriggeredWrites | None = None
) -> Any:
    """Return a script's value as JSON.

    Args:
        database: What the script is about.
        script: Its text.
        switches: How what is unknown is answered.
        team_id: For `teamId()`.
        writes: What writes go through; None for a query, which may not write.

    Raises:
        ApiError: The script cannot be run (status and body are unknown, hence a switch).
    """
    if not isinstance(script, str):
        raise ApiError(400, "query is missing")
    evaluator = Evaluator(
        Data(database, writes),
        may_write=writes is not None,
        own_functions=_functions(database, team_id),
        on_error=_formula_error(switches["formula_errors"]),
    )
    try:
        value = evaluator.run(script)
    except NxError as error:
        return _failed(error, switches["script_errors"])
    return _shaped(value, switches)


def _functions(database: Database, team_id: str) -> Mapping[str, Callable[..., Value]]:
    return {
        "databaseId": lambda: database.id,
        "teamId": lambda: team_id,
        "userId": lambda: DEFAULT_USER,
        "users": lambda: [{"id": DEFAULT_USER, "userName": "Simulator"}],
        "files": lambda record: database.files.listed(record.table_id, record.record_id),
    }


def _formula_error(setting: str) -> Callable[[NxError], Value] | None:
    answers: dict[str, Callable[[NxError], Value] | None] = {
        "fail": None,
        "null": lambda _: None,
        "text": lambda _: FORMULA_ERROR,
    }
    return answers[setting]


def _failed(error: NxError, setting: str) -> Any:
    if setting == "200":
        return {"_err": str(error)}
    raise ApiError(int(setting), str(error))


def _shaped(value: Value, switches: Switches) -> Any:
    form = JsonForm(
        choices=switches["query_choices"], dates=switches["query_dates"], not_a_number=switches["query_not_a_number"]
    )
    answer = as_json(value, form)
    is_records = isinstance(value, list) and bool(value) and all(isinstance(item, RecordRef) for item in value)
    return [answer] if is_records and switches["query_nesting"] == "nested" else answer
