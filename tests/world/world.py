"""One random world: people edit, runs fail and are killed, and what the invariants say holds all the same.

`World` has the people and the weather, `TapWorld` the way out of Ninox into a warehouse, `TargetWorld` the way in.
A new rule is a method: what may happen, drawn by its arguments. A new promise is a function in `invariants`, called
where it must hold.
"""

from __future__ import annotations

import io
import tempfile
from contextlib import contextmanager, nullcontext, redirect_stderr
from itertools import cycle
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ninox_simulator.seeds import TeamDocument
from ninox_simulator.server import Simulator
from tap_ninox.sync.state import known_sequence
from tests.helpers import limits
from tests.helpers.run import activate_version, discover, records, run_tap, run_target, schema, state
from tests.helpers.seeds import TEAM_ID
from tests.world import invariants, model
from tests.world import strategies as draw
from tests.world.family import Family
from tests.world.loader import Loader
from tests.world.people import People

MOST_RETRIES = 3
SCRIPTED = (("afterCreate",), ("afterUpdate",), ("afterCreate", "afterUpdate"))


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


class SourceTable(NamedTuple):
    """A table that the tap offers as a stream."""

    stream: str
    entry: dict
    database: object
    table_id: str

    @property
    def records(self):
        return list(self.database.records(self.table_id))


class TapWorld(World):
    """The tap runs into a warehouse again and again; its state goes from run to run."""

    @initialize(data=st.data())
    def begin(self, data):
        self.settings, self.formulas = data.draw(tap_settings), data.draw(st.sampled_from([*draw.FORMULA_TYPES, None]))
        names = draw.captions()
        shapes = data.draw(draw.shapes(names, more=["fn"] * 16))
        database = draw.database_of(shapes, data.draw(st.sampled_from(["Shop", "Büro & Lager"])))
        self.open(database, data.draw(draw.switches()), data.draw(st.lists(names, min_size=3, max_size=8, unique=True)))
        self.loader = Loader(**data.draw(loaders))
        self.catalog_is = data.draw(st.sampled_from(["none", "saved", "discovered anew"]))
        self.saved_catalog = None
        self.saved_catalog = self.offer = self.discovered()
        self.names, self.columns = {}, {}
        self.set_back, self.overtaken = {}, set()
        self.people.back_up()

    @rule(edits=draw.edits_between_requests)
    def tap_runs_while_people_work(self, edits):
        self.run(edits=edits)

    @rule(faults=draw.faults)
    def tap_runs_while_requests_fail(self, faults):
        run = self.run(faults=faults)
        invariants.the_warehouse_is_exact(self, streams=claimed_complete(run))
        if "ninox_files" in claimed_complete(run):
            invariants.the_files_are_listed(self)

    @rule(edits=draw.edits_between_requests, faults=draw.faults, ending=draw.endings, refreshes=st.booleans())
    def tap_or_loader_is_killed(self, edits, faults, ending, refreshes):
        self.run(edits=edits, faults=faults, ending=ending, **({"refresh": ["*"]} if refreshes else {}))

    @rule()
    def somebody_loses_the_state(self):
        self.loader.state = None
        self.names, self.columns = {}, {}  # nobody knows them any more

    @rule(
        work=st.lists(draw.record_edits, min_size=2, max_size=6),
        faults=draw.faults,
        database=draw.picks,
        backup=draw.picks,
        edits=st.lists(draw.record_edits, max_size=2),
        ending=st.just(draw.WELL) | draw.endings,
    )
    def somebody_sets_a_database_back(self, work, faults, database, backup, edits, ending):
        """To what it was before the last work, or earlier, when the tap has read that work, or some of it."""
        for edit in work:
            self.people.play(edit)
        self.run(faults=faults)
        database, backup = self.backup_of(database, backup)
        for table in self.tables():
            before = self.bookmark_of(table)
            key, position = (table.database.id, table.table_id), known_sequence(before)
            if table.database is database and position is not None and backup.sequence < database.sequence:
                # Where the tap has not come so far, only rows of a killed run tell of what never was.
                noticeable = position > backup.sequence
                self.set_back[key] = (position if noticeable else 0, version_of(before))
        self.people.set_back(database, backup)
        for edit in edits:
            self.people.play(edit)
        run = self.run(ending=ending)
        if ending.who == "nobody":
            invariants.the_warehouse_is_exact(self, streams=claimed_complete(run))

    @rule(
        work=st.lists(draw.record_edits | draw.schema_edits, min_size=2, max_size=6),
        database=draw.picks,
        backup=draw.picks,
        is_smaller=st.booleans(),
        has_the_same_name=st.booleans(),
        original=st.sampled_from(["stays", "goes", "is replaced"]),
    )
    def somebody_restores_a_database_as_a_new_one(
        self, work, database, backup, is_smaller, has_the_same_name, original
    ):
        new_id = self.people.new_database_id(is_smaller=is_smaller)
        if new_id is None:
            return
        for edit in work:
            self.people.play(edit)
        self.run()
        database, backup = self.backup_of(database, backup)
        name = database.name if has_the_same_name else f"{database.name} restored"
        self.people.restore_as_new(database, backup, new_id, name)
        if original == "stays":
            return
        streams = {
            table_id: stream for (database_id, table_id), stream in self.names.items() if database_id == database.id
        }
        self.people.remove_database(database)
        if original == "goes":
            rows = {stream: self.loader.live(stream) for stream in streams.values()}
            run = self.run()
            assert not streams or database.id in str(run.error) or database.id in str(run.report), run.error
            assert rows == {stream: self.loader.live(stream) for stream in streams.values()}
        else:
            aliases = self.settings.get("aliases", {})
            aliases = {key: name for key, name in aliases.items() if not key.startswith(database.id)}
            left = {table_id: stream for table_id, stream in streams.items() if table_id in backup.records}
            aliases |= {f"{new_id}.{table_id}": stream for table_id, stream in left.items()}
            self.settings = {**self.settings, "aliases": aliases}
            for table_id in streams:
                del self.names[database.id, table_id]
            self.names |= {(new_id, table_id): stream for table_id, stream in left.items()}
        self.settings = {**self.settings, "databases": [*self.settings.get("databases", ()), f"!{database.id}"]}
        self.saved_catalog = self.discovered()
        invariants.the_warehouse_is_exact(self, streams=claimed_complete(self.run()))

    def backup_of(self, database, backup):
        """Return a database and a backup of it."""
        database = self.people.databases[database % len(self.people.databases)]
        backups = [taken for of, taken in self.people.backups if of is database] or [database.snapshot()]
        backups = [taken for taken in backups if taken.sequence < database.sequence] or backups
        return database, backups[backup % len(backups)]

    @rule()
    def tap_runs_on_a_quiet_day(self):
        run = self.run()
        assert run.error is None, run.error
        invariants.the_warehouse_is_exact(self)
        if self.settings["files"]:
            invariants.the_files_are_listed(self)

    @rule(edits=st.lists(draw.file_edits, min_size=1, max_size=4))
    def people_upload_files(self, edits):
        for edit in edits:
            self.people.play(edit)

    @rule(edit=draw.formula_edits)
    def somebody_writes_a_formula(self, edit):
        self.people.play(edit)

    @rule(edit=draw.formula_edits, kind=st.sampled_from([*draw.FORMULA_TYPES, "another", None]))
    def somebody_sets_what_formulas_are_read_as(self, edit, kind):
        """Before a night and behind it, so that what was read as one type is read as another one."""
        if kind is not None and not self.has_formulas:
            self.people.play(edit._replace(action="add_formula"))
        for given in {"another": draw.FORMULA_TYPES}.get(kind, [kind]):
            self.formulas = given
            self.reshape_all()
            self.run()

    @rule(table=st.integers(0, 5), record=st.integers(0, 40), pick=draw.picks)
    def somebody_retypes_a_field(self, table, record, pick):
        self.people.play(draw.Edit("retype_field", table, record, pick))

    @rule(zone=st.sampled_from(["Europe/Berlin", "America/New_York", None]))
    def somebody_sets_the_time_zone(self, zone):
        self.settings = {**self.settings, "timezone": zone}
        self.reshape_all()

    @rule(given=st.sampled_from(["{database}__{table}", "{table}", "{table_id}_of_{database}", "x_{table}"]))
    def somebody_sets_the_names_of_streams(self, given):
        """What was read goes on under its name, whatever a catalog that was made without the state calls it now."""
        self.settings = {**self.settings, "stream_name_format": given}

    def last_day(self):
        self.refresh()
        invariants.the_warehouse_is_exact(self)
        if self.settings["files"]:
            invariants.the_files_are_listed(self)
        if self.settings["full_refresh_interval_hours"] is None:
            if self.simulator.switches["huge_since_sq"] != "normal":
                self.run()  # no table's first reading learned where the database stands: the first changes tell it
            invariants.nothing_changed_costs_next_to_nothing(self, self.run())

    def run(self, *, edits=(), faults=(), ending=draw.WELL, **more):
        """Run the tap into the loader, check what always holds, and return the run."""
        catalog = self.catalog()
        with self.happening(edits, faults):
            settings = {**self.given, "max_retries": MOST_RETRIES, **more}
            run = run_tap(self.simulator, state=self.loader.state, catalog=catalog, **settings)
        invariants.every_message_is_announced(run)
        invariants.no_row_comes_with_its_tombstone(run)
        invariants.an_error_is_told(run)
        count = len(run.messages) if ending.who == "nobody" else round(ending.share * len(run.messages))
        self.loader.load(run.messages[:count], crashes=ending.who == "loader")
        self.offer = run.catalog if run.tap else self.discovered(catalog=catalog)
        invariants.no_name_moves(self)
        invariants.no_column_changes_its_type(self, run)
        invariants.every_stream_is_in_the_report(self, run)
        invariants.what_lives_is_not_marked_deleted(self)
        uncomputed = {
            name for name, stream in (run.report or {"streams": {}})["streams"].items() if stream["uncomputed"]
        }
        self.people.reshaped |= {(t.database.id, t.table_id) for t in self.tables() if t.stream in uncomputed}
        self.look_who_was_overtaken()
        self.people.back_up()
        return run

    def look_who_was_overtaken(self):
        """Note the tables whose database was set back and has come to where it was before the tap has looked.

        Nothing tells the tap of that: rows of a time that never was stay in the warehouse, until a refresh.
        """
        for table in self.tables():
            key = table.database.id, table.table_id
            position, version = self.set_back.get(key, (None, None))
            if position is not None and version_of(self.bookmark_of(table)) > version:
                del self.set_back[key]
                self.people.forget_removals(table.database, table.table_id)  # since then, and no feed names them
                self.overtaken |= set() if table.records else {key}  # that nothing is left is not believed
            elif position is not None and table.database.sequence >= position:
                self.overtaken.add(key)

    def bookmark_of(self, table):
        return ((self.loader.state or {}).get("bookmarks") or {}).get(table.stream) or {}

    def is_overtaken(self, table):
        return (table.database.id, table.table_id) in self.overtaken

    @property
    def sees_versions(self):
        """Whether the end of a full refresh takes away what is not there any more."""
        return self.loader.takes_versions and self.settings["emit_activate_version_messages"]

    def refresh(self):
        """Run once more, reading whole what was reshaped, as the report tells users to."""
        self.offer = self.discovered(catalog=self.catalog())
        stale = [table.stream for table in self.tables() if self.is_reshaped(table) or self.is_overtaken(table)]
        run = self.run(refresh=stale) if stale else self.run()
        assert run.error is None, run.error
        self.people.reshaped.clear()
        self.overtaken = {(t.database.id, t.table_id) for t in self.tables() if self.is_overtaken(t) and not t.records}
        self.set_back.clear()

    def tables(self):
        """Return the tables that the tap offers now, as its catalog names them."""
        databases = {database.id: database for database in self.people.databases}
        offered = []
        for entry in self.offer["streams"]:
            ninox = next(item["metadata"] for item in entry["metadata"] if not item["breadcrumb"]).get("ninox")
            database = databases.get(ninox["database_id"]) if ninox else None
            if database and ninox["table_id"] in database.tables:  # else it is gone
                offered.append(SourceTable(entry["tap_stream_id"], entry, database, ninox["table_id"]))
        return offered

    def is_reshaped(self, table):
        return (table.database.id, table.table_id) in self.people.reshaped

    @property
    def given(self):
        """The settings; formulas are named where there are any to name, or it would be a mistake."""
        is_meant = self.formulas is not None and self.has_formulas
        return {**self.settings, "formulas": {"*": self.formulas} if is_meant else {}}

    @property
    def has_formulas(self):
        """Whether there are any, or were when the catalog was saved."""
        fields = (
            raw["base"]
            for database in self.people.databases
            for t in database.tables.values()
            for raw in t.fields.values()
        )
        if self.catalog_is == "saved" and self.saved_catalog:
            metadata = (item["metadata"] for stream in self.saved_catalog["streams"] for item in stream["metadata"])
            fields = (item["ninox"].get("type") for item in metadata if "ninox" in item)
        return "fn" in fields

    def reshape_all(self):
        """Note that all rows so far have values of another form."""
        self.people.reshaped.update(
            (database.id, table_id) for database in self.people.databases for table_id in database.tables
        )

    def discovered(self, **more):
        return discover(self.simulator, state=self.loader.state, **more, **self.given)

    def catalog(self):
        """Return the catalog for a run: none, one that was saved on the first day, or one made now, as Meltano does."""
        if self.catalog_is == "discovered anew":
            return discover(self.simulator, **self.given)
        return self.saved_catalog if self.catalog_is == "saved" else None


def version_of(bookmark):
    """Return which reading of a table a bookmark knows of, be it under way."""
    return (bookmark.get("snapshot") or [bookmark])[0].get("table_version") or 0


tap_settings = st.fixed_dictionaries(
    {
        "deletes": st.sampled_from(["tombstone", "full"]),
        "full_refresh_interval_hours": st.sampled_from([None, None, None, 0]),
        "page_size": st.sampled_from([1000, 3, 1, 2]),
        "emit_activate_version_messages": st.sampled_from([True, True, True, False]),
        "files": st.sampled_from([None, {"*": "metadata"}]),
    }
)
loaders = st.fixed_dictionaries(
    {
        "batch_size": st.sampled_from([1000, 1, 3]),
        "states_between": st.sampled_from([0, 2, 1000]),
        "hard_delete": st.booleans(),
        "replaces_schemas": st.sampled_from([False, False, True]),
        "takes_versions": st.sampled_from([True, True, False]),
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


class Load:
    """A stream as the target gets it, and what it means."""

    @classmethod
    def of(cls, database, stream, *, always=None):
        """Return the load of a stream, or None if its table has no field any more that could be its key.

        Args:
            database: Where it goes.
            stream: What was drawn.
            always: Field id → value that each row has, whatever was drawn for it.
        """
        table_ids = list(database.tables)
        table_id = table_ids[stream.table % len(table_ids)]
        fields = {key: raw for key, raw in database.tables[table_id].fields.items() if raw["base"] in draw.LOADED}
        keys = (key for key, raw in fields.items() if raw["base"] in draw.KEYS and key not in (always or ()))
        key = next(keys, None)
        if key is None:
            return None
        return cls(database, table_id, {key: fields.pop(key), **fields}, stream, always or {})

    def __init__(self, database, table_id, fields, stream, always):
        self.database, self.mode, self.key = database, stream.mode, next(iter(fields))
        self.place = database.id, table_id
        drawn = (draw.row_of(fields, pick) for pick in stream.rows)
        rows = [({**sent, **always}, {**stored, **always}) for sent, stored in drawn]
        self.stored_rows = [stored for _, stored in rows]
        tables = {key: table.caption for key, table in database.tables.items()}
        columns = {key: raw["caption"] for key, raw in database.tables[table_id].fields.items()}
        named_fields = {f"p_{key.lower()}": draw.name_of(key, columns) for key in fields}
        named_table = draw.name_of(table_id, tables)
        self.ambiguous = [
            name
            for name, known in ((named_table, tables), *((name, columns) for name in named_fields.values()))
            if not draw.is_clear(name, known)
        ]
        self.settings = {"input": {"table": named_table, "mode": stream.mode, "fields": named_fields}}
        described = schema("input", key=[f"p_{self.key.lower()}"], **{f"p_{key.lower()}": {} for key in fields})
        sent_rows = [{f"p_{key.lower()}": value for key, value in sent.items()} for sent, _ in rows]
        self.tap, self.is_whole = stream.tap, stream.tap in draw.WHOLE_TAPS
        knows_versions = stream.mode == "mirror" and self.tap in {"activates", "went on", "is cut off"}
        self._rows = records("input", sent_rows, version=1 if knows_versions else None)
        self._described, self._states_after = described, stream.states_after

    def held(self):
        """Return the fields of all records of its table, as they are now."""
        return [dict(record.fields) for record in self.database.records(self.place[1])]

    @property
    def has_each_key_once(self):
        keys = [row.get(self.key) for row in self.stored_rows]
        return len(keys) == len(set(keys))

    @property
    def keys(self):
        """The keys of rows that can be loaded."""
        rows = [row for row in self.stored_rows if draw.BAD not in row.values()]
        return [row[self.key] for row in rows if row.get(self.key, draw.EMPTY) is not draw.EMPTY]

    @property
    def messages(self):
        return self.messages_from(0)

    def messages_after(self, run):
        """Return what a tap sends that begins at the last state of a run."""
        return self.messages_from(run.state.get("rows", 0) if run is not None and run.state else 0)

    def messages_from(self, count):
        if self.mode == "mirror":
            return self._as_mirrored()
        messages = [self._described]
        for number, row in enumerate(self._rows[count:], start=count + 1):
            messages.append(row)
            if self.mode != "mirror" and self._states_after and number % self._states_after == 0:
                messages.append(state({"rows": number}))
        return [*messages, state({"rows": len(self._rows)})]

    def _as_mirrored(self):
        """Return what the stream's tap sends: by some it is certain that all came, by others it is not."""
        messages, activated = [self._described, *self._rows], activate_version("input")
        match self.tap:
            case "activates":
                return [*messages, activated, state({"rows": 0})]
            case "has no state":
                return [*messages, state({"bookmarks": {"input": {}}})]
            case "went on":
                return [state({"bookmarks": {"shop-input": {"xmin": 7, "version": 1}}}), *messages, activated]
            case "follows":
                return [*messages, state({"bookmarks": {"elsewhere": {"since": "2026-01-01"}}})]
            case "is cut off":
                return messages
            case "filters dates":
                return [{**self._described, "bookmark_properties": ["since"]}, *self._rows, state({})]
            case "activates before":
                return [self._described, activated, *self._rows]


target_settings = st.fixed_dictionaries(
    {
        "batch_size_rows": st.sampled_from([100, 1, 2, 3]),
        "max_deletes": st.sampled_from([1000, None]),
        "page_size_of_target": st.sampled_from([None, 2, 3]),
    }
)


class Clearing:
    """A stream of rows for some records of a table, and of deletions of the others, told or left to a mirror."""

    mode = "clearing"

    @classmethod
    def of(cls, database, table, keeps, way):
        """Return it, None if the table has no record that a key tells from the others."""
        table_id = list(database.tables)[table % len(database.tables)]
        fields = database.tables[table_id].fields
        key = next((key for key, raw in fields.items() if raw["base"] in draw.KEYS), None)
        names = [(table_id, {i: t.caption for i, t in database.tables.items()})]
        names += [(key, {i: raw["caption"] for i, raw in fields.items()})]
        if key is None or not all(draw.is_clear(*pair) for pair in names):
            return None
        found = {}
        for record in database.records(table_id):
            found.setdefault(record.fields.get(key), []).append(record.id)
        known = {value: ids[0] for value, ids in found.items() if len(ids) == 1 and str(value or "").strip()}
        return cls(database, table_id, key, known, keeps, way) if known else None

    def __init__(self, database, table_id, key, known, keeps, way):
        self.database, self._table_id, self._way = database, table_id, way
        self._living = {number for (value, number), keep in zip(known.items(), cycle(keeps), strict=False) if keep}
        self._dead = set(known.values()) - self._living
        mark = {"_sdc_deleted_at": "2026-01-01T00:00:00Z"}
        rows = [{"p_key": value} for value, number in known.items() if number in self._living]
        marks = [{"p_key": value, **mark} for value, number in known.items() if number in self._dead]
        described = schema(
            "input", key=["p_key"], p_key={}, **({"_sdc_deleted_at": "string"} if way != "mirror" else {})
        )
        sent = rows if way == "mirror" else [*marks, *rows]
        self.messages = [described, *records("input", sent), state({"bookmarks": {}})]
        mode = "mirror" if way == "mirror" else "upsert"
        self.settings = {"input": {"table": table_id, "fields": {"p_key": key}, "mode": mode}}

    def touch(self, picks):
        """Let somebody edit records that are to be deleted: a server may list those last."""
        for number in sorted(self._dead & self._now()):
            if number % 9 in picks:
                self.database.update(self._table_id, number, {})

    @property
    def is_certain(self):
        """Whether something is to be deleted that nothing keeps from it."""
        return self._way != "mirror" and bool(self._dead & self._now()) and not self._closure(self._dead) & self.kept()

    def kept(self):
        """Return (database, table, record id) of the records for which rows come."""
        return {(self.database.id, self._table_id, number) for number in self._living}

    def mortal(self):
        """Return (database, table, record id) of what may be deleted, with all that Ninox deletes along."""
        return self._closure(self._dead if self._way != "mirror" else self._now() - self._living)

    def _now(self):
        return {record.id for record in self.database.records(self._table_id)}

    def _closure(self, numbers):
        todo = [(self._table_id, number) for number in numbers]
        found = set(todo)
        while todo:
            parent_table, parent = todo.pop()
            for child_table, table in self.database.tables.items():
                for field_id, raw in table.fields.items():
                    if raw["base"] == "ref" and raw.get("refTypeId") == parent_table and raw.get("cascade"):
                        children = {
                            (child_table, record.id)
                            for record in self.database.records(child_table)
                            if record.fields.get(field_id) == parent
                        }
                        todo += children - found
                        found |= children
        return {(self.database.id, *place) for place in found}

    def held(self):
        """Return the fields of all records of its table, as they are now."""
        return [dict(record.fields) for record in self.database.records(self._table_id)]


def claimed_complete(run):
    """Return the streams that a run says it brought up to date."""
    if run.report is None:
        return set()
    return {name for name, stream in run.report["streams"].items() if stream["outcome"] == "complete"}
