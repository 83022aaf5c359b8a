"""Taps of other makers, as their sources send messages: kinds, order, and what they keep in their states.

Each takes the rows of a table and the state that it is given, and yields messages of the stream `customers`. Whoever
wants it interrupted stops reading. Models of singer-io's tap-s3-csv, tap-mongodb and tap-mysql, pipelinewise's
tap-postgres, and the Meltano SDK's taps (tap-postgres of MeltanoLabs, tap-rest-api-msdk), read in November 2026;
tap-spreadsheets-anywhere keeps its state as tap-s3-csv does. The bookmark period is 2 rows instead of 1,000.
"""

from __future__ import annotations

import copy
from itertools import count

from tests.helpers.run import activate_version, schema

STREAM = "customers"
EVERY = 2
_versions = count(1_790_000_000_000, 7919)
_COLUMNS = {"Name": "string", "Amount": "number"}


def described(bookmark_properties=None):
    message = schema(STREAM, key=["Name"], **_COLUMNS)
    return message if bookmark_properties is None else {**message, "bookmark_properties": bookmark_properties}


def record(row, version=None):
    message = {"type": "RECORD", "stream": STREAM, "record": dict(row)}
    return message if version is None else {**message, "version": version}


class SingerState:
    """A state as singer-python keeps it, with the bookmark of one stream under the name that the tap gives it."""

    def __init__(self, given, tap_stream_id):
        self.value = {"bookmarks": {}, **copy.deepcopy(given or {})}
        self.id = tap_stream_id

    @property
    def bookmark(self):
        return self.value["bookmarks"].setdefault(self.id, {})

    def message(self):
        return {"type": "STATE", "value": copy.deepcopy(self.value)}

    def syncing(self, *, is_under_way):
        self.value["currently_syncing"] = self.id if is_under_way else None


def pipelinewise_postgres_full(rows, given=None):
    """Goes on by `xmin` (here: the place of the row) after an interruption."""
    state = SingerState(given, "shop-public-customers")
    state.bookmark["last_replication_method"] = "FULL_TABLE"
    state.syncing(is_under_way=True)
    yield described([])
    yield from _pipelinewise_table(rows, state)
    state.syncing(is_under_way=False)
    yield state.message()


def _pipelinewise_table(rows, state):
    is_first_run = "version" not in state.bookmark
    if state.bookmark.get("xmin") is None:
        state.bookmark["version"] = next(_versions)
    version = state.bookmark["version"]
    yield state.message()
    if is_first_run:
        yield activate_version(STREAM, version)
    start = state.bookmark.get("xmin") or 0
    for number, row in enumerate(rows[max(0, start - 1) :], start=1):
        yield record(row, version)
        state.bookmark["xmin"] = max(0, start - 1) + number
        if number % EVERY == 0:
            yield state.message()
    state.bookmark["xmin"] = None
    yield activate_version(STREAM, version)


def pipelinewise_postgres_incremental(rows, given=None):
    state = SingerState(given, "shop-public-customers")
    state.bookmark["last_replication_method"] = "INCREMENTAL"
    state.bookmark["replication_key"] = "Amount"
    state.syncing(is_under_way=True)
    yield described(["Amount"])
    state.bookmark.setdefault("version", next(_versions))
    version = state.bookmark["version"]
    yield state.message()
    yield activate_version(STREAM, version)
    since = state.bookmark.get("replication_key_value")
    for number, row in enumerate((row for row in rows if since is None or row["Amount"] >= since), start=1):
        yield record(row, version)
        state.bookmark["replication_key_value"] = row["Amount"]
        if number % EVERY == 0:
            yield state.message()
    state.syncing(is_under_way=False)
    yield state.message()


def pipelinewise_postgres_log_based(rows, given=None):
    """The first run is a full table; later ones are what happened since, here: to the last row."""
    state = SingerState(given, "shop-public-customers")
    state.bookmark["last_replication_method"] = "LOG_BASED"
    if state.bookmark.get("lsn") is None or state.bookmark.get("xmin"):
        state.syncing(is_under_way=True)
        state.bookmark.setdefault("lsn", 37125976)
        yield described([])
        yield from _pipelinewise_table(rows, state)
        state.syncing(is_under_way=False)
        yield state.message()
        return
    message = described(["lsn"])
    message["schema"]["properties"]["_sdc_deleted_at"] = {"type": ["null", "string"], "format": "date-time"}
    yield message
    for row in rows[-1:]:
        yield record({**row, "_sdc_deleted_at": None}, state.bookmark["version"])
        state.bookmark["lsn"] += 56
    yield state.message()


LOG_START = 25_311_904


def lsn_of(place):
    """Return where the event at a place stands in PostgreSQL's log."""
    return LOG_START + 56 * place


def pipelinewise_postgres_log(events, given=None):
    """What wal2json told of a table: kind (I, U, D) and row; of a deleted one, the identity alone.

    It begins again with the last event of the run before: a position is confirmed only by the next one.
    """
    state = SingerState({"bookmarks": {"shop-public-customers": {"lsn": LOG_START, "version": 1}}}, "")
    state = SingerState(given or state.value, "shop-public-customers")
    state.bookmark["last_replication_method"] = "LOG_BASED"
    yield _with_deletions(described(["lsn"]))
    count_since = 0
    for place, (kind, row) in enumerate(events):
        if lsn_of(place) >= state.bookmark["lsn"]:
            deleted_at = "2026-11-29T10:11:12.345678Z" if kind == "D" else None
            yield record({**row, "_sdc_deleted_at": deleted_at}, state.bookmark["version"])
            state.bookmark["lsn"] = lsn_of(place)
            count_since += 1
            if count_since % EVERY == 0:
                yield state.message()
    yield state.message()


def meltanolabs_postgres_log(events, given=None):
    """Likewise; no version, the position in each row, and none of what was there before the log began."""
    state = SingerState(given, "public-customers")
    message = _with_deletions(described())
    message["schema"]["properties"]["_sdc_lsn"] = {"type": ["integer", "null"]}
    yield message
    since = state.bookmark.get("replication_key_value", 0)
    for number, (place, (kind, row)) in enumerate(enumerate(events), start=1):
        if lsn_of(place) < since:
            continue
        deleted_at = "2026-11-29T10:11:12.345678+00:00" if kind == "D" else None
        yield record({**row, "_sdc_deleted_at": deleted_at, "_sdc_lsn": lsn_of(place)})
        state.bookmark.update(replication_key="_sdc_lsn", replication_key_value=lsn_of(place))
        if number % EVERY == 0:
            yield state.message()
    yield state.message()


def _with_deletions(message):
    message["schema"]["properties"]["_sdc_deleted_at"] = {"type": ["null", "string"], "format": "date-time"}
    return message


def mysql_full(rows, given=None):
    """Goes on by primary key; the state before the first row says so."""
    state = SingerState(given, "shop-customers")
    state.syncing(is_under_way=True)
    yield state.message()
    is_first_run = "version" not in state.bookmark
    if not state.bookmark.get("last_pk_fetched"):
        state.bookmark["version"] = next(_versions)
    version = state.bookmark["version"]
    yield described([])
    if is_first_run:
        yield activate_version(STREAM, version)
    last = (state.bookmark.get("last_pk_fetched") or {}).get("id", 0)
    state.bookmark["max_pk_values"] = {"id": len(rows)}
    for number, row in enumerate(rows[last:], start=last + 1):
        yield record(row, version)
        state.bookmark["last_pk_fetched"] = {"id": number}
        if number % EVERY == 0:
            yield state.message()
    del state.bookmark["max_pk_values"]
    state.bookmark.pop("last_pk_fetched", None)
    yield activate_version(STREAM, version)
    state.syncing(is_under_way=False)
    yield state.message()


def mongodb_full(rows, given=None):
    state = SingerState(given, "shop-customers")
    state.syncing(is_under_way=True)
    state.bookmark["last_replication_method"] = "FULL_TABLE"
    yield described()
    is_first_run = "version" not in state.bookmark
    if not state.bookmark.get("last_id_fetched"):
        state.bookmark["version"] = next(_versions)
    version = state.bookmark["version"]
    yield state.message()
    if is_first_run:
        yield activate_version(STREAM, version)
    state.bookmark["max_id_value"], state.bookmark["max_id_type"] = str(len(rows)), "int"
    start = max(0, int(state.bookmark.get("last_id_fetched") or 0) - 1)
    for number, row in enumerate(rows[start:], start=start + 1):
        yield record(row, version)
        state.bookmark["last_id_fetched"], state.bookmark["last_id_fetched_type"] = str(number), "int"
        if number % EVERY == 0:
            yield state.message()
    for name in ("max_id_value", "max_id_type", "last_id_fetched", "last_id_fetched_type"):
        state.bookmark.pop(name, None)
    state.bookmark["initial_full_table_complete"] = True
    yield activate_version(STREAM, version)
    state.syncing(is_under_way=False)
    yield state.message()


def mongodb_oplog(rows, given=None):
    """Behind the first full table: what the log of operations tells, without bookmark_properties."""
    state = SingerState(given, "shop-customers")
    if not state.bookmark.get("initial_full_table_complete"):
        state.bookmark.update(oplog_ts_time=1_790_000_000, oplog_ts_inc=1)
        yield from mongodb_full(rows, state.value)
        return
    yield described()
    state.bookmark["last_replication_method"] = "LOG_BASED"
    for row in rows[-1:]:
        yield record(row, state.bookmark["version"])
        state.bookmark["oplog_ts_inc"] += 1
    yield state.message()


def s3_csv(rows, given=None):
    """One file per `EVERY` rows; says no bookmark_properties, no version, and sends only newer files the next time."""
    state = SingerState(given, STREAM)
    yield described()
    since = state.bookmark.get("modified_since") or "2026-01-01T00:00:00+00:00"
    for start in range(0, len(rows), EVERY):
        modified = f"2026-01-{start // EVERY + 2:02}T00:00:00+00:00"
        if modified < since:
            continue
        yield from map(record, rows[start : start + EVERY])
        state.bookmark["modified_since"] = modified
        yield state.message()


def sdk_full(rows, given=None):
    """A tap of the Meltano SDK without replication key and without versions, as most are."""
    state = SingerState(given, "public-customers")
    yield described()
    state.bookmark.clear()
    yield state.message()
    yield from map(record, rows)
    yield state.message()


def sdk_full_with_versions(rows, given=None):
    """The same with `emit_activate_version_messages`: the version is activated before the rows, not behind them.

    So nothing says that all came, though they did.
    """
    state = SingerState(given, STREAM)
    version = next(_versions) // 1000
    yield described()
    yield activate_version(STREAM, version)
    yield from (record(row, version) for row in rows)
    state.bookmark["starting_replication_value"] = None
    yield state.message()


def sdk_incremental(rows, given=None):
    state = SingerState(given, "public-customers")
    yield described(["Amount"])
    since = state.bookmark.get("replication_key_value")
    state.bookmark["starting_replication_value"] = since
    for number, row in enumerate((row for row in rows if since is None or row["Amount"] >= since), start=1):
        yield record(row)
        state.bookmark["progress_markers"] = {
            "Note": "Progress is not resumable if interrupted.",
            "replication_key": "Amount",
            "replication_key_value": row["Amount"],
        }
        if number % EVERY == 0:
            yield state.message()
    markers = state.bookmark.pop("progress_markers", {})
    state.bookmark.update({name: value for name, value in markers.items() if name != "Note"})
    yield state.message()


def sdk_child(rows, given=None):
    """Read whole for each parent, but only for parents that changed: its state says no more than which parents."""
    state = SingerState(given, STREAM)
    yield described()
    known = {"orders": {"replication_key": "updated_at", "replication_key_value": "2026-01-05"}}
    parents = (2,) if state.value["bookmarks"].get("orders") else (1, 2)
    state.value["bookmarks"].update(known)
    for parent in parents:
        yield from map(record, rows[parent - 1 :: 2])
        state.bookmark.setdefault("partitions", []).append({"context": {"order_id": parent}})
        yield state.message()


def by_one_date(rows, given=None):
    """As Singer's own example, tap-exchangeratesapi: one date for everything, outside of any bookmark."""
    since = (given or {}).get("start_date", 0)
    yield described()
    for row in rows:
        if row["Amount"] > since:
            yield record(row)
    yield {"type": "STATE", "value": {"start_date": rows[-1]["Amount"]}}


FULL = (pipelinewise_postgres_full, mysql_full, mongodb_full, sdk_full)
"""Read the table whole in every run that was not interrupted before."""

LOGS = (pipelinewise_postgres_log, meltanolabs_postgres_log)
"""Send what happened to a table, deletions among it, and never the table."""

PARTIAL = (
    pipelinewise_postgres_incremental,
    pipelinewise_postgres_log_based,
    mongodb_oplog,
    s3_csv,
    sdk_incremental,
    sdk_child,
    sdk_full_with_versions,
    by_one_date,
)
"""Send only some rows in later runs, or do not say that they send all."""
