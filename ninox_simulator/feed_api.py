"""Changes since a sequence, of a database, a table and a record.

No raw answer is on public record; the keys are those on which two third-party models agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ninox_simulator.messages import ApiError, Request, whole_number
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import Database, Record, Removal, Table
from ninox_simulator.switches import Switches

Json = dict[str, Any]

_EMPTY_ABOVE_RECORDS: Json = {"views": {}, "reports": {}}


def of_database(ninox: Simulation, request: Request, database: Database) -> Json:
    """Answer what changed in a database."""
    switches = ninox.switches
    since = _since(database, request, switches)
    tables = database.tables.values()
    updates = {
        f"{table.id}{record.id}": _update(record, switches)
        for table in tables
        for record in _changed(table, since, switches)
    }
    removals = _removals(database, since, switches)
    next_rids = {"nextRids": {table.id: table.next_rid for table in tables}}
    return {
        "config": {},
        **(next_rids if switches["next_rids"] == "present" else {}),
        "updates": updates,
        "removes": _removes(removals, switches, with_table=True),
        "files": _files(database, since, switches),
        **_EMPTY_ABOVE_RECORDS,
        "seq": _answered_sequence(database, since, switches),
    }


def of_table(ninox: Simulation, request: Request, database: Database, table: Table) -> Json:
    """Answer what changed in a table."""
    since = _since(database, request, ninox.switches)
    feed = _narrow_feed(database, table, _changed(table, since, ninox.switches), since, ninox.switches)
    return {**feed, **_EMPTY_ABOVE_RECORDS}


def of_record(ninox: Simulation, request: Request, database: Database, table: Table, record_id: str) -> Json:
    """Answer what changed in a record; there may be none (any more)."""
    switches = ninox.switches
    since = _since(database, request, switches)
    place = table.id, whole_number(record_id) or 0
    changed = [record for record in _changed(table, since, switches) if record.id == place[1]]
    feed = _narrow_feed(database, table, changed, since, switches)
    removals = [r for r in _removals(database, since, switches) if (r.table_id, r.record_id) == place]
    return {**feed, "removes": _removes(removals, switches, with_table=False)}


def _narrow_feed(database: Database, table: Table, changed: Iterable[Record], since: int, switches: Switches) -> Json:
    prefix = table.id if switches["feed_keys"] == "nid" else ""
    removals = [removal for removal in _removals(database, since, switches) if removal.table_id == table.id]
    return {
        **({"nextRid": table.next_rid} if switches["next_rids"] == "present" else {}),
        "updates": {f"{prefix}{record.id}": _update(record, switches) for record in changed},
        "removes": _removes(removals, switches, with_table=False),
        "files": _files(database, since, switches, table.id),
        "seq": _answered_sequence(database, since, switches),
    }


def _since(database: Database, request: Request, switches: Switches) -> int:
    """Return the sequence that the request asks from; what is no number counts as 0 (assumed)."""
    since = whole_number(request.query.get("sinceSq", "")) or 0
    if switches["feed"] == "missing":
        raise ApiError(404, "End-point not found")
    if switches["feed"] == "forbidden":
        raise ApiError(403, "Forbidden")
    if switches["feed"] == "too_old" and since < database.sequence:
        raise ApiError(410, "Sequence too old")
    if since > database.sequence:
        if switches["huge_since_sq"] == "error":
            raise ApiError(500, "Internal server error")
        if switches["huge_since_sq"] == "everything":
            return 0
    return since


def _answered_sequence(database: Database, since: int, switches: Switches) -> int:
    echoes = switches["huge_since_sq"] == "echo" and since > database.sequence
    return since if echoes else database.sequence


def _changed(table: Table, since: int, switches: Switches) -> list[Record]:
    return table.changed_after(since, inclusive=switches["since_sq_bound"] == "inclusive")


def _removals(database: Database, since: int, switches: Switches) -> list[Removal]:
    removals = database.removed_after(since, inclusive=switches["since_sq_bound"] == "inclusive")
    if switches["cascade_in_removes"] == "silent":
        removals = [removal for removal in removals if not removal.went_along]
    if switches["recreated_in_removes"] == "yes":
        return removals
    return [removal for removal in removals if removal.record_id not in database.tables[removal.table_id].records]


def _files(database: Database, since: int, switches: Switches, table_id: str | None = None) -> Any:
    """Return what was uploaded; the form of an entry is unknown."""
    changed = database.files.changed_after(since, inclusive=switches["since_sq_bound"] == "inclusive")
    told = [
        (f"{table}{record_id}", file.metadata(switches["file_dates"]))
        for table, record_id, file in changed
        if table_id in {None, table}
    ]
    match switches["feed_files"]:
        case "strings":
            return [f"{nid}/{metadata['name']}" for nid, metadata in told]
        case "by_record":
            return {nid: [metadata for other, metadata in told if other == nid] for nid, _ in told}
        case "names":
            return [metadata for _, metadata in told]
        case _:
            return [{"nid": nid, **metadata} for nid, metadata in told]


def _update(record: Record, switches: Switches) -> Json:
    form = record.stored_form(with_sequence=switches["feed_record_sq"] != "absent")
    if switches["feed_record_sq"] == "text" and "_sq" in form:
        form["_sq"] = str(form["_sq"])
    match switches["feed_updates"]:
        case "delta":
            return {key: value for key, value in form.items() if key.startswith("_")}
        case "bare":
            return {key: value for key, value in form.items() if not key.startswith("_")}
        case _:
            return form


def _removes(removals: Iterable[Removal], switches: Switches, *, with_table: bool) -> Any:
    if switches["removes"] == "mapping":
        return {f"{removal.table_id}{removal.record_id}": {} for removal in removals}
    return [_named(removal, switches, with_table=with_table) for removal in removals]


def _named(removal: Removal, switches: Switches, *, with_table: bool) -> Any:
    match switches["removes"]:
        case "objects":
            return {"id": removal.record_id, "tid": removal.table_id}
        case "numbers" if not with_table:
            return removal.record_id
        case "unforeseen":
            return f"{removal.table_id}/{removal.record_id}"
        case _:
            return f"{removal.table_id}{removal.record_id}"
