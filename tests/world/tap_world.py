"""The way out: the tap runs into a warehouse again and again, and what it read is there, whatever happens."""

from __future__ import annotations

from itertools import cycle
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tap_ninox.sync.state import known_sequence
from tests.helpers.run import discover, run_tap
from tests.world import invariants
from tests.world import strategies as draw
from tests.world.loader import Loader
from tests.world.world import MOST_RETRIES, World

tap_settings = st.fixed_dictionaries(
    {
        "deletes": st.sampled_from(["tombstone", "tombstone", "full", "tombstone"]),  # others keep formulas with rows
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
        self.loader = Loader(**data.draw(loaders))
        names = draw.captions()
        shapes = data.draw(draw.shapes(names, more=["fn"] * 16))
        database = draw.database_of(shapes, data.draw(st.sampled_from(["Shop", "Büro & Lager"])))
        self.open(database, data.draw(draw.switches()), data.draw(st.lists(names, min_size=3, max_size=8, unique=True)))
        self.catalog_is = data.draw(st.sampled_from(["none", "saved", "discovered anew"]))
        self.saved_catalog = None
        self.saved_catalog = self.offer = self.discovered()
        self.names, self.columns = {}, {}
        self.set_back, self.overtaken, self.left = {}, set(), {}
        self.files_of_another_time = set()  # of tables that were overtaken: only a run without a state lists them anew
        self.nights = cycle([False, True])
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
        for key, stream in self.names.items():
            self.left.setdefault(stream, set()).update((key, number) for number, *_ in self.loader.live(stream))
        self.names, self.columns = {}, {}  # nobody knows them any more
        self.files_of_another_time.clear()

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
        aliases = self.settings.get("aliases", {})
        aliases = {key: name for key, name in aliases.items() if not key.startswith(database.id)}
        if original == "goes":
            rows = {stream: self.loader.live(stream) for stream in streams.values()}
            run = self.run()
            assert not streams or database.id in str(run.error) or database.id in str(run.report), run.error
            assert rows == {stream: self.loader.live(stream) for stream in streams.values()}
        else:
            left = {table_id: stream for table_id, stream in streams.items() if table_id in backup.records}
            aliases |= {f"{new_id}.{table_id}": stream for table_id, stream in left.items()}
            for table_id in streams:
                del self.names[database.id, table_id]
            self.names |= {(new_id, table_id): stream for table_id, stream in left.items()}
        databases = [*self.settings.get("databases", ()), f"!{database.id}"]
        self.settings = {**self.settings, "aliases": aliases, "databases": databases}
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
        invariants.identity_travels(self, run)
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

    @rule(pick=draw.picks)
    def somebody_keeps_a_name_by_an_alias(self, pick):
        """The name under which a table is read is fixed, so that select rules hit it whatever it is called."""
        read = [table for table in self.tables() if (table.database.id, table.table_id) in self.names]
        if read:
            table = read[pick % len(read)]
            aliases = {**self.settings.get("aliases", {}), f"{table.database.id}.{table.table_id}": table.stream}
            self.settings = {**self.settings, "aliases": aliases}

    def last_day(self):
        self.refresh()
        invariants.the_warehouse_is_exact(self)
        if self.settings["files"]:
            invariants.the_files_are_listed(self)
        if self.settings["full_refresh_interval_hours"] is None:
            if self.simulator.switches["huge_since_sq"] != "normal":
                # No table's first reading learned where the database stands: the first changes tell it.
                self.run(is_same_day=True)
            invariants.nothing_changed_costs_next_to_nothing(self, self.run(is_same_day=True))

    def run(self, *, edits=(), faults=(), ending=draw.WELL, is_same_day=False, **more):
        """Run the tap into the loader, check what always holds, and return the run."""
        if next(self.nights) and not is_same_day:
            self.let_a_day_go_by()
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

    def let_a_day_go_by(self):
        """Let formulas be due, so that they come alone where they may."""
        for bookmark in ((self.loader.state or {}).get("bookmarks") or {}).values():
            if bookmark.get("full_refresh_at"):
                bookmark["full_refresh_at"] = "2020-01-01T00:00:00Z"

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
                self.files_of_another_time.add(key)

    def bookmark_of(self, table):
        return ((self.loader.state or {}).get("bookmarks") or {}).get(table.stream) or {}

    def is_overtaken(self, table):
        return (table.database.id, table.table_id) in self.overtaken

    def strangers(self, table):
        """Return the ids of rows that another table has left in the warehouse under the stream's name.

        Without a state names are given anew: those of a database that was restored as a new one may be the other's now.
        """
        key = table.database.id, table.table_id
        return {number for owner, number in self.left.get(table.stream, ()) if owner != key}

    @property
    def sees_versions(self):
        """Whether the end of a full refresh takes away what is not there any more."""
        return self.loader.takes_versions and self.settings["emit_activate_version_messages"]

    def refresh(self):
        """Run once more, reading whole what was reshaped, as the report tells users to."""
        self.offer = self.discovered(catalog=self.catalog())
        self.look_who_was_overtaken()  # people have worked since the last run
        stale = [table.stream for table in self.tables() if self.is_reshaped(table) or self.is_overtaken(table)]
        mixed = [t.stream for t in self.tables() if (t.database.id, t.table_id) in self.people.rewritten]
        is_under_way = any(self.bookmark_of(table).get("snapshot") for table in self.tables() if table.stream in mixed)
        run = self.run(refresh=stale) if stale else self.run()
        if is_under_way:  # rows that came before it was broken off have values of the formula of then
            run = self.run(refresh=mixed)
        self.people.rewritten.clear()
        assert run.error is None, run.error
        invariants.identity_travels(self, run)
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
        if self.formulas is None or not self.has_formulas:
            return {**self.settings, "formulas": {}}
        # As is documented: where formulas come alone, a loader with one schema per stream empties all other columns.
        deletes = {"deletes": "full"} if self.loader.replaces_schemas else {}
        return {**self.settings, **deletes, "formulas": {"*": self.formulas}}

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


def claimed_complete(run):
    """Return the streams that a run says it brought up to date."""
    if run.report is None:
        return set()
    return {name for name, stream in run.report["streams"].items() if stream["outcome"] == "complete"}
