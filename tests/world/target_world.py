"""The way in: streams are loaded into the tables, and these hold what the model says, whatever happens."""

from __future__ import annotations

import io
import tempfile
from contextlib import nullcontext, redirect_stderr
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.helpers import limits
from tests.helpers.run import run_target
from tests.world import invariants, model
from tests.world import strategies as draw
from tests.world.family import Family
from tests.world.loads import Clearing, Load
from tests.world.world import MOST_RETRIES, World

SCRIPTED = (("afterCreate",), ("afterUpdate",), ("afterCreate", "afterUpdate"))
target_settings = st.fixed_dictionaries(
    {
        "batch_size_rows": st.sampled_from([100, 1, 2, 3]),
        "max_deletes": st.sampled_from([1000, None]),
        "page_size_of_target": st.sampled_from([None, 2, 3]),
    }
)


class Census(NamedTuple):
    """The ids of all records, and how many there have ever been."""

    ids: set
    ever: int


class TargetWorld(World):
    """Streams are loaded into the tables, each as a tap would send it again after a failure."""

    @initialize(data=st.data())
    def begin(self, data):
        names = draw.captions()
        shapes = [draw.loadable(shape) for shape in data.draw(draw.shapes(names))]
        database = draw.database_of(shapes, "Shop", for_target=True)
        self.open(database, data.draw(draw.switches(draw.NO_ANSWER)), data.draw(st.lists(names, min_size=3)))
        self.settings = data.draw(target_settings)
        self.rows_at_once = data.draw(st.sampled_from([5000, 1, 3]))

    @rule(stream=draw.input_streams)
    def target_loads(self, stream):
        self.play(stream)

    @rule(stream=draw.input_streams)
    def target_runs_dry_and_then_in_earnest(self, stream):
        load = Load.of(self.people.databases[0], stream)
        if load is None or load.ambiguous:
            return
        expected = self.expected(load)
        with redirect_stderr(io.StringIO()):
            dry = self.load(load.messages, load, dry_run=True)
        invariants.nothing_was_written(self)
        with tempfile.TemporaryDirectory(prefix="ninox-rejects-") as folder:
            run = self.load(load.messages, load, rejects_path=f"{folder}/rejects.jsonl")
        if not expected[load.place].is_over_limit:  # a dry run goes on beyond a limit, to show the whole plan
            invariants.a_dry_run_says_what_a_run_does(dry, run)
        invariants.rejected_rows_are_named(run, expected[load.place])
        invariants.the_store_is_as_the_model_says(self, expected)

    @rule(stream=draw.input_streams, faults=draw.faults_of_anything)
    def target_loads_while_requests_fail(self, stream, faults):
        self.play(stream, faults=faults)

    @rule(stream=draw.input_streams, faults=draw.faults_of_writes, lies=draw.saved_and_refused, hides=draw.empty_lists)
    def target_loads_while_writes_fail(self, stream, faults, lies, hides):
        self.play(stream, faults=[*lies, *faults, *hides])

    @rule(stream=draw.input_streams, kill=draw.kills)
    def target_is_killed(self, stream, kill):
        self.play(stream, kill=kill)

    @rule(family=draw.families)
    def target_loads_parents_and_children(self, family):
        self.play_family(family)

    @rule(family=draw.families, faults=draw.faults_of_writes)
    def target_loads_parents_and_children_while_writes_fail(self, family, faults):
        self.play_family(family, faults=faults)

    @rule(family=draw.families, kill=draw.kills)
    def target_is_killed_between_parents_and_children(self, family, kill):
        self.play_family(family, kill=kill)

    @rule(family=draw.families, at=st.sampled_from(["planning", "matching", "writing"]))
    def target_crashes_where_it_loads_the_parents(self, family, at):
        self.play_family(family, crash=limits.stream_crashes("parents", at, KeyError("a defect")))

    @rule(family=draw.families, deletions=st.lists(st.tuples(draw.picks, st.integers(0, 12)), min_size=1, max_size=4))
    def target_deletes_parents_as_rows_say(self, family, deletions):
        """No record of which a row came goes with another one, nor is it deleted and made again, in whatever order."""
        family = Family.of(self.people.databases[0], family)
        if family is None:
            return
        messages, alive = family.with_deletions(deletions)
        parents = family.ids_by_key(family.parent_id, family.parent_key)
        children = family.ids_by_key(family.child_id, family.child_key)
        named = {stored.get(family.child_key) for _, stored in family.children}
        before = self.census()
        with redirect_stderr(io.StringIO()):
            dry = self.load(messages, family, hard_delete=True, dry_run=True)
        assert self.census() == before
        run = self.load(messages, family, hard_delete=True)
        invariants.a_dry_run_says_what_goes_along(dry, run)
        invariants.records_gone_are_those_announced(run, before, self.census())
        if not family.cascades:  # then a deletion is done at once, and a row behind it makes the record anew
            alive -= family.marked(messages)
        kept = {(family.parent_id, parents[key]) for key in alive & parents.keys()}
        kept |= {(family.child_id, children[key]) for key in named & children.keys()}
        invariants.these_are_still_there(self, {(family.database.id, *place) for place in kept})

    @rule(
        table=st.integers(0, 2),
        keeps=st.lists(st.booleans(), min_size=9, max_size=9),
        way=st.sampled_from(["hard_delete", "mirror"]),
        faults=st.lists(draw.lies_about_deletions, max_size=2),
        kill=st.sampled_from([None, None, None, (3, True), (4, True), (5, False)]),
        order=st.sampled_from(["id", "sequence", "sequence", "shuffled"]),
        late=st.lists(st.integers(0, 8), max_size=2),
        denials=draw.denials,
    )
    def target_deletes_while_it_is_lied_to(self, table, keeps, way, faults, kill, order, late, denials):
        """Nothing goes that need not, whatever deletions are answered with; what is told is gone."""
        clearing = Clearing.of(self.people.databases[0], table, keeps, way)
        if clearing is None:
            return
        self.simulator.switches.update({"default_order": order})
        clearing.touch(late)
        for given in ({"faults": [*denials, *faults], "kill": kill}, {}):
            before, mortal, kept = self.census(), clearing.mortal(), clearing.kept()
            run = self.load(clearing.messages, clearing, **given, hard_delete=True)
            gone = before.ids - self.record_keys()
            assert gone <= mortal, (sorted(gone - mortal), run.error)
            assert not gone & kept, (sorted(gone & kept), run.error)
            if run.report is not None:
                invariants.no_more_is_announced_than_is_gone(run, before, self.census())
            if run.error is None:
                invariants.records_gone_are_those_announced(run, before, self.census())
                assert gone or not clearing.is_certain, (run.report["total"], mortal)

    @rule(stream=draw.input_streams, who=draw.picks, at=st.integers(1, 8))
    def somebody_else_loads_the_same_key(self, stream, who, at):
        """A key that comes to be there twice is told, unless the other one was the later."""
        load = Load.of(self.people.databases[0], stream._replace(mode="upsert"))
        keys = [] if load is None or load.ambiguous else load.keys
        if not keys:
            return
        key, others = keys[who % len(keys)], []

        def create(index):
            if index == at:
                others.append(load.database.create(load.place[1], {load.key: key}).id)

        before = self.record_keys()
        run = self.load(load.messages, load, meanwhile=create)
        assert before <= self.record_keys()
        held = {record.id: record.fields.get(load.key) for record in load.database.records(load.place[1])}
        made = [number for number, value in held.items() if (*load.place, number) not in before]
        twins = [number for number in made if number not in others and model.are_same(held[number], key)]
        is_told = run.error is not None and (
            "somebody else created records" in str(run.error) or "rejected" in str(run.error)
        )
        for value in load.keys:
            ours = [number for number in made if number not in others and model.are_same(held[number], value)]
            assert len(ours) <= 1, (value, ours)
        if others and twins and others[0] < max(number for number in made if number not in others):
            assert is_told, (run.error, others, made)

    @rule(stream=draw.input_streams, events=st.sampled_from(SCRIPTED))
    def a_script_overrides_what_is_loaded(self, stream, events):
        """Table, field and number are told, no other field is, each row lands, and accounts add up."""
        database = self.people.databases[0]
        table_id = list(database.tables)[stream.table % len(database.tables)]
        with self.people.scripted(database, table_id, events) as field_id:
            load = Load.of(database, stream._replace(mode="upsert"), always={field_id: 5})
            if load is None or load.ambiguous:
                return
            expected = self.expected(load)
            for _ in range(2):
                before = self.record_keys()
                run = self.load(load.messages, load)
                invariants.what_a_script_overrides_is_told(self, run, events)
                invariants.each_row_has_one_outcome(run)
                invariants.the_store_is_as_the_model_says(self, expected, but_for=field_id)
                values = {record.id: record.fields.get(field_id) for record in database.records(table_id)}
                made = {number: value for number, value in values.items() if (*load.place, number) not in before}
                if "afterCreate" in events and load.has_each_key_once:
                    assert set(made.values()) <= {4711}, made

    def play_family(self, drawn, *, crash=None, **trouble):
        """Load two streams, perhaps disturbed; then undisturbed, and all again."""
        family = Family.of(self.people.databases[0], drawn)
        if family is None:
            return
        expected = family.expected()
        if crash is not None:
            parents = list(family.held(family.parent_id))
            with crash:
                first = self.load(family.messages, family)
            assert "parents: a defect of target-ninox ended it (KeyError)" in str(first.error)
            assert first.states == []
            assert list(family.held(family.parent_id)) == parents
        elif trouble:
            self.load(family.messages, family, **trouble)
        run = self.load(family.messages, family)
        rejected = run.report["total"]["rejected"]
        assert (run.error is not None) == bool(rejected), (run.error, run.report["total"])
        assert bool(run.states) is not bool(rejected)
        family.check(expected)
        self.load(family.messages, family)
        family.check(expected)
        if family.has_each_key_once or self.rows_at_once > len(family.messages):
            invariants.nothing_was_written(self)

    def play(self, stream, *, faults=(), kill=None):
        """Load a stream, perhaps disturbed; then, undisturbed, what its last state has not passed; then all again."""
        is_disturbed = faults or kill
        if stream.mode == "insert" and is_disturbed:
            return  # a row that comes again after a failure is another record, as the documents say
        load = Load.of(self.people.databases[0], stream)
        if load is None:
            return
        if load.ambiguous:
            run = self.load(load.messages, load)
            invariants.what_may_mean_two_things_is_refused(self, run, load.ambiguous)
            return
        expected = self.expected(load)
        first = self.load(load.messages, load, faults, kill) if is_disturbed else None
        if first is not None and not expected[load.place].shows_keys:
            expected = self.expected(load)  # by now, records of this load may show one
        before = self.census()
        run = self.load(load.messages_after(first), load)
        invariants.records_gone_are_those_announced(run, before, self.census())
        invariants.no_state_passes_a_rejected_row(first, expected[load.place])
        invariants.no_state_passes_a_rejected_row(run, expected[load.place])
        invariants.rejected_rows_and_nothing_else_fail_a_load(run, expected[load.place], is_rest=first is not None)
        invariants.the_store_is_as_the_model_says(self, expected)
        if not expected[load.place].is_unwritten:
            invariants.each_row_has_one_outcome(run)
        if stream.mode != "insert":
            again = self.expected(load)  # a mirror that saw no key in its table sees those that it made
            self.load(load.messages, load)
            invariants.the_store_is_as_the_model_says(self, again)
            has_one_outcome = load.has_each_key_once or self.rows_at_once > len(stream.rows)
            if has_one_outcome and not again[load.place].unseen:
                invariants.nothing_was_written(self)  # else a record takes one row's values, then those of another

    def load(self, messages, load, faults=(), kill=None, meanwhile=None, **more):
        """Run the target, hit by faults and killed where that is asked; others may do something at its requests."""
        with self.happening((), faults, meanwhile), limits.small_batches(self.rows_at_once):
            settings = {key: value for key, value in self.settings.items() if value is not None}
            settings = {**settings, "max_retries": MOST_RETRIES, "database": load.database.id}
            seen = []
            with (
                limits.killed_at_request(kill[0], is_answered=kill[1]) if kill else nullcontext(),
                limits.watched_states(lambda value: seen.append((value, load.held()))),
            ):
                run = run_target(self.simulator, messages, streams=load.settings, **settings, **more)
        invariants.each_state_stands_behind_its_rows(seen, load)
        return run

    def expected(self, load):
        """Return (database, table) → what it must hold after a load."""
        tables = {
            (database.id, table_id): model.Table(database.records(table_id))
            for database in self.people.databases
            for table_id in database.tables
        }
        most = self.settings["max_deletes"]
        tables[load.place].load(
            load.stored_rows, mode=load.mode, key=load.key, is_whole=load.is_whole, may_replace=most is not None
        )
        own = {table_id: tables[load.database.id, table_id] for table_id in load.database.tables}
        definitions = {table_id: table.fields for table_id, table in load.database.tables.items()}
        model.delete_unseen(own, definitions, load.place[1], max_deletes=most)
        return tables

    def census(self):
        """Return what `records_gone_are_those_announced` compares."""
        tables = [table for database in self.people.databases for table in database.tables.values()]
        return Census(self.record_keys(), sum(table.next_rid - 1 for table in tables))

    def record_keys(self):
        """Return (database, table, record id) of all records."""
        return {
            (database.id, table_id, record.id)
            for database in self.people.databases
            for table_id in database.tables
            for record in database.records(table_id)
        }
