"""Whatever people do between two requests of a load, nothing is lost: any interleaving, against a real server."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ninox_simulator.server import Simulator
from tests.helpers.run import replay, run_tap
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, shop

STREAM = "shop__customers"
ROWS = 12
PAGE = 3

EDITS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=14),
        st.sampled_from(["update", "delete", "create", "recreate"]),
        st.integers(min_value=1, max_value=ROWS + 4),
    ),
    max_size=25,
)
SWITCHES = st.fixed_dictionaries(
    {
        "since_sq_bound": st.sampled_from(["exclusive", "inclusive"]),
        "since_id_bound": st.sampled_from(["exclusive", "inclusive"]),
        "removes": st.sampled_from(["strings", "objects"]),
        "feed_record_sq": st.sampled_from(["present", "absent"]),
        "records_since_sq": st.sampled_from(["honoured", "ignored"]),
        "recreated_in_removes": st.sampled_from(["yes", "no"]),
    }
)


def _play(database, action, record_id):
    exists = record_id in {record.id for record in database.records("A")}
    if action == "create":
        database.create("A", {"A": "new", "B": record_id})
    elif action == "update" and exists:
        database.update("A", record_id, {"A": f"edit {database.sequence}"})
    elif action == "delete" and exists:
        database.delete("A", record_id)
    elif action == "recreate" and not exists:
        database.create("A", {"A": "again"}, id=record_id)


def _live(rows):
    return {key: row["name"] for key, row in rows.items() if not row.get("_sdc_deleted_at")}


def _apply(rows, run):
    """Load a run as an upserting target does: a row that comes again is alive again."""
    for message in run.of_type("RECORD", STREAM):
        record = {"_sdc_deleted_at": None, **message["record"]}
        replay_row = rows.setdefault(record["_id"], {})
        replay_row.update(record)
    return rows


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(during_load=EDITS, during_follow=EDITS, switches=SWITCHES, parallel=st.sampled_from([1, 3]))
def test_load_then_two_runs_equal_the_source_for_any_interleaving(during_load, during_follow, switches, parallel):
    with Simulator(seed=shop(ROWS), switches=switches) as simulator:
        database = simulator.store.database(TEAM_ID, DATABASE_ID)
        script = [during_load]

        def act(index, _method, _path):
            for at, action, record_id in script[0]:
                if at == index:
                    _play(database, action, record_id)

        simulator.on_request.append(act)
        settings = {"page_size": PAGE, "max_parallel_requests": parallel}
        first = run_tap(simulator, **settings)
        assert first.error is None
        rows = _apply({}, first)
        simulator.log.clear()
        script[0] = during_follow
        second = run_tap(simulator, **settings, state=first.state)
        assert second.error is None
        _apply(rows, second)
        script[0] = []
        third = run_tap(simulator, **settings, state=second.state)
        _apply(rows, third)
        assert _live(rows) == {record.id: record.fields.get("A") for record in database.records("A")}
        assert {row["_id"] for row in second.rows(STREAM)}.isdisjoint(row["_id"] for row in second.tombstones(STREAM))


def test_replay_is_what_an_upserting_target_does():
    class Run:
        @staticmethod
        def of_type(_kind, _stream):
            return [{"record": {"_id": 1, "a": 1, "b": 2}}, {"record": {"_id": 1, "b": 3}}]

    assert replay({}, Run, STREAM) == {1: {"_id": 1, "a": 1, "b": 3}}
