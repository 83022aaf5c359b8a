"""Keys, passwords and values of records: searched for in everything that is told."""

from __future__ import annotations

import copy

from ninox_api import ConnectionConfig, DatabaseName, NinoxClient
from ninox_simulator.server import Simulator
from tests.builders import DATABASE_ID, TEAM_ID
from tests.reliability import canaries
from tests.reliability.tap_cells import shop


def test_values_in_a_query_are_not_logged_by_any_library_at_any_level():
    with Simulator(seed=copy.deepcopy(shop()), token=canaries.KEY) as simulator, canaries.listening() as log:
        config = ConnectionConfig(api_url=simulator.url, auth_token=canaries.KEY)
        reader = NinoxClient(config).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))
        assert len(reader.get_records("A", filters={"A": f"{canaries.VALUE} 1"})) == 1
    assert simulator.log.entries[0].query["filters"] == f'{{"A":"{canaries.VALUE} 1"}}'
    assert canaries.told_in("\n".join(log)) == []
