"""`/_simulator/…`: look at and change the simulator while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from ninox_simulator.faults import BOUNDS
from ninox_simulator.messages import ApiError, Request, error_reply, json_reply
from ninox_simulator.simulation import Simulation

CONTROL_PREFIX = "_simulator"

Body = dict[str, Any]


def control(ninox: Simulation, request: Request) -> Response:
    """Answer a control request."""
    try:
        return json_reply(_answer(ninox, request))
    except ApiError as error:
        return error_reply(error, "json")
    except (ValueError, TypeError) as error:
        return error_reply(ApiError(400, str(error)), "json")


def _answer(ninox: Simulation, request: Request) -> Any:
    act = _CONTROLS.get((request.method, *request.segments[1:]))
    if act is None:
        raise ApiError(404, "There is no such control")
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ApiError(400, "An object is expected")
    told = act(ninox, {**request.query, **body})
    return {} if told is None else told


def _set_switches(ninox: Simulation, settings: Body) -> Any:
    ninox.switches.update(settings)
    return ninox.switches.described()


def _set_faults(ninox: Simulation, body: Body) -> Any:
    """Set bounds, and add a rule if the body names a kind."""
    ninox.faults.configure({name: body.pop(name) for name in BOUNDS if name in body})
    if body:
        ninox.faults.add(**body)
    return ninox.faults.as_json()


def _reset(ninox: Simulation, body: Body) -> None:
    ninox.reset(body.get("seed"), body.get("profile"))


def _records(ninox: Simulation, query: Body) -> Any:
    """Answer all records of a table in stored form, for comparisons."""
    wanted, key = query.get("database"), query.get("table", "")
    database = next((database for database in ninox.store.databases() if wanted in {database.id, database.name}), None)
    table = database.find_table(key) if database else None
    if table is None:
        raise ApiError(404, "There is no such database or table")
    return [record.stored_form(with_sequence=True) for record in table.after_id(0)]


_CONTROLS: dict[tuple[str, ...], Callable[[Simulation, Body], Any]] = {
    ("GET", "switches"): lambda ninox, _: ninox.switches.described(),
    ("POST", "switches"): _set_switches,
    ("GET", "faults"): lambda ninox, _: ninox.faults.as_json(),
    ("POST", "faults"): _set_faults,
    ("DELETE", "faults"): lambda ninox, _: ninox.faults.clear(),
    ("GET", "log"): lambda ninox, _: ninox.log.as_json(),
    ("DELETE", "log"): lambda ninox, _: ninox.log.clear(),
    ("POST", "reset"): _reset,
    ("POST", "seed"): _reset,
    ("POST", "next-day"): lambda ninox, _: {"done": ninox.next_day()},
    ("POST", "backup"): lambda ninox, _: ninox.backup(),
    ("POST", "restore"): lambda ninox, _: ninox.restore(),
    ("GET", "records"): _records,
}
