"""`/_simulator/…`: look at and change the simulator while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from starlette.responses import Response

from ninox_simulator.faults import Faults
from ninox_simulator.log import RequestLog
from ninox_simulator.replies import ApiError, error_reply, json_reply
from ninox_simulator.request import Request
from ninox_simulator.shapes import storage_form
from ninox_simulator.store import Store
from ninox_simulator.switches import Switches


class Simulation(Protocol):
    """What can be controlled."""

    @property
    def store(self) -> Store:
        """The data."""

    @property
    def switches(self) -> Switches:
        """The unknowns."""

    @property
    def faults(self) -> Faults:
        """The faults."""

    @property
    def log(self) -> RequestLog:
        """The requests."""

    def reset(self, seed: str | None = None, profile: str | None = None) -> None:
        """Load the seed again, or another one."""

    def next_day(self) -> str:
        """Play the next day of the sample's script."""

    def backup(self) -> None:
        """Keep every database as it is now."""

    def restore(self) -> None:
        """Bring every database back to the backup, its sequence included."""


def control(simulation: Simulation) -> Callable[[Request], Response]:
    """Return a function that answers control requests."""

    def answer(request: Request) -> Response:
        try:
            return _answer(simulation, request)
        except ApiError as error:
            return error_reply(error, "json")
        except (ValueError, TypeError) as error:
            return error_reply(ApiError(400, str(error)), "json")

    return answer


def _answer(simulation: Simulation, request: Request) -> Response:
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise ApiError(400, "An object is expected")
    match request.method, request.segments[1:]:
        case "GET", ("switches",):
            return json_reply(simulation.switches.described())
        case "POST", ("switches",):
            simulation.switches.update(body)
            return json_reply(simulation.switches.described())
        case "GET", ("faults",):
            return json_reply(simulation.faults.as_json())
        case "POST", ("faults",):
            return _set_faults(simulation.faults, body)
        case "DELETE", ("faults",):
            simulation.faults.clear()
            return json_reply({})
        case "GET", ("log",):
            return json_reply(simulation.log.as_json())
        case "DELETE", ("log",):
            simulation.log.clear()
            return json_reply({})
        case "POST", ("reset" | "seed",):
            simulation.reset(body.get("seed"), body.get("profile"))
            return json_reply({})
        case "POST", ("next-day" | "backup" | "restore" as action,):
            return _act(simulation, action)
        case "GET", ("records",):
            return _records(simulation.store, request)
        case _:
            raise ApiError(404, "There is no such control")


def _act(simulation: Simulation, action: str) -> Response:
    if action == "next-day":
        return json_reply({"done": simulation.next_day()})
    if action == "backup":
        simulation.backup()
    else:
        simulation.restore()
    return json_reply({})


def _set_faults(faults: Faults, body: dict[str, Any]) -> Response:
    """Set bounds, and add a rule if the body names a kind."""
    bounds: dict[str, Any] = {name: body.pop(name) for name in ("latency_s", "parallel_limit", "quota") if name in body}
    faults.configure(bounds)
    if body:
        faults.add(**body)
    return json_reply(faults.as_json())


def _records(store: Store, request: Request) -> Response:
    """Answer all records of a table in stored form, for comparisons."""
    wanted, key = request.query.get("database"), request.query.get("table", "")
    databases = [database for team in store.teams.values() for database in team.databases.values()]
    database = next((d for d in databases if wanted in {d.id, d.name}), None)
    table = database.find_table(key) if database else None
    if table is None:
        raise ApiError(404, "There is no such database or table")
    return json_reply([storage_form(record, with_sequence=True) for record in table.after_id(0)])
