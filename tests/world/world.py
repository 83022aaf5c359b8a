"""One random world: people edit, runs fail and are killed, and what the invariants say holds all the same.

`World` has the people and the weather, `TapWorld` (`tap_world.py`) the way out of Ninox into a warehouse, `TargetWorld`
(`target_world.py`) the way in. A new rule is a method: what may happen, drawn by its arguments. A new promise is a
function in `invariants`, called where it must hold.
"""

from __future__ import annotations

from contextlib import contextmanager

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ninox_simulator.seeds import TeamDocument
from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.seeds import TEAM_ID
from tests.world import strategies as draw
from tests.world.people import People

MOST_RETRIES = 3


class World(RuleBasedStateMachine):
    """A team with databases, people who work in them, and a server that nobody outside knows all about."""

    def __init__(self):
        super().__init__()
        self.simulator = self.people = None

    def open(self, database, switches, names):
        self.simulator = Simulator(
            seed=[TeamDocument(id=TEAM_ID, name="Team", databases=[database])], switches=switches
        ).__enter__()
        self.people = People(self.simulator, TEAM_ID, names)

    def teardown(self):
        try:
            if self.simulator is not None:
                self.last_day()
        finally:
            if self.simulator is not None:
                self.simulator.__exit__()

    def last_day(self):
        """Look whether all is well in the end."""

    @rule(edits=st.lists(draw.record_edits, min_size=1, max_size=5))
    def people_work(self, edits):
        for edit in edits:
            self.people.play(edit)

    @rule(edit=draw.schema_edits)
    def somebody_changes_the_schema(self, edit):
        self.people.play(edit)

    @rule(is_smaller=st.booleans(), has_the_same_name=st.booleans())
    def somebody_copies_the_database(self, is_smaller, has_the_same_name):
        if new_id := self.people.new_database_id(is_smaller=is_smaller):
            original = self.people.databases[0]
            name = original.name if has_the_same_name else f"{original.name} copy"
            self.people.copy_database(original, new_id, name)

    @contextmanager
    def happening(self, edits, faults, meanwhile=None):
        """Let people work between the requests of a run, and requests fail."""
        self.simulator.log.clear()
        for fault in faults:
            self.simulator.faults.add(**fault)

        def work(index, _method, _path):
            for number, edit in edits:
                if number == index:
                    self.people.play(edit)
            if meanwhile is not None:
                meanwhile(index)

        self.simulator.on_request[:] = [work]
        with limits.no_pauses():
            yield
        self.calls = [f"{call.method} {call.path}" for call in self.simulator.log.entries]
        self.simulator.faults.clear()
        self.simulator.on_request.clear()
