"""What must hold in the world, whatever was drawn: one function per promise, which fails with what it saw."""

from __future__ import annotations

import copy

from tests.helpers.oracle import expected_rows
from tests.helpers.seeds import TEAM_ID
from tests.world.strategies import EMPTY, computed, has_certain_name

SYSTEM_STREAMS = (
    "ninox_choices",
    "ninox_databases",
    "ninox_deleted_records",
    "ninox_fields",
    "ninox_files",
    "ninox_tables",
)


def every_message_is_announced(run):
    """A row, a version or a tombstone comes under a schema that names its key, and every row has one."""
    keys = {}
    for message in run.messages:
        if message["type"] == "SCHEMA":
            keys[message["stream"]] = message["key_properties"]
        elif message["type"] in {"RECORD", "ACTIVATE_VERSION"}:
            assert message["stream"] in keys, message
        if message["type"] == "RECORD":
            missing = [name for name in keys[message["stream"]] if message["record"].get(name) is None]
            assert not missing, message


def no_row_comes_with_its_tombstone(run):
    """One run does not say of a record that it is there and that it is gone."""
    for stream in {message["stream"] for message in run.of_type("SCHEMA")} - set(SYSTEM_STREAMS):
        dead = [row["_id"] for row in run.tombstones(stream) if row["_sdc_deleted_at"]]
        alive = {row["_id"] for row in run.rows(stream)}
        assert not alive & set(dead), (stream, alive & set(dead))
        assert len(dead) == len(set(dead)), (stream, dead)


def every_stream_is_in_the_report(world, run):
    """A run that read anything reports each selected stream, whatever became of it."""
    if run.report is None or not run.report["streams"]:
        assert run.error is not None, "a run without a report ended well"
        return
    missing = {table.stream for table in world.tables()} - run.report["streams"].keys()
    assert run.error is not None or not missing, missing


def an_error_is_told(run):
    """A run that failed says why, and its report does not claim success."""
    if run.error is not None:
        assert str(run.error).strip()
        assert run.report is None or not run.report["succeeded"]
    else:
        assert run.report["succeeded"], run.report
        assert not [name for name, stream in run.report["streams"].items() if stream["error"]]


def what_lives_is_not_marked_deleted(world):
    """A record that was never deleted is not marked so in the warehouse, nor taken out of it."""
    for table in world.tables():
        mortal = world.people.gone(table.database, table.table_id)
        for record in table.records:
            if record.id not in mortal:
                assert not world.loader.is_marked(table.stream, record.id), (table.stream, record.id)


def no_name_moves(world):
    """A table that was read goes on under its name, and nobody else gets that name."""
    for name, bookmark in ((world.loader.state or {}).get("bookmarks") or {}).items():
        if bookmark.get("table_id"):
            key = bookmark["database_id"], bookmark["table_id"]
            assert world.names.setdefault(key, name) == name, (key, world.names[key], name)
    for table in world.tables():
        key = table.database.id, table.table_id
        if key in world.names:
            assert world.names[key] == table.stream, (key, world.names[key], table.stream)
    streams = [table.stream.casefold() for table in world.tables()]
    assert len(streams) == len(set(streams)), streams


def no_column_changes_its_type(world, run):
    """What a loader has made a column of stays so, and names are unique as loaders see them that fold case and cut.

    A property counts once the state knows its field: before, a run that was killed behind its SCHEMA has left no trace.
    """
    bookmarks = (world.loader.state or {}).get("bookmarks") or {}
    for message in run.of_type("SCHEMA"):
        properties = message["schema"]["properties"]
        assert len({name.casefold() for name in properties}) == len(properties), sorted(properties)
        assert all(len(name.encode()) <= 62 for name in (*properties, message["stream"])), sorted(properties)
        for name, described in properties.items():
            kind = {key: described.get(key) for key in ("type", "format", "items")}
            key = message["stream"], name.casefold()
            known = world.columns.get(key, kind)
            fields = {item.partition(" ")[0] for item in (bookmarks.get(message["stream"]) or {}).get("fields") or ()}
            field_id = described.get("x-ninox", {}).get("field", "")
            if field_id in fields or (fields and not field_id) or message["stream"].startswith("ninox_"):
                world.columns[key] = known
            assert known == kind, (message["stream"], name, known, kind)


def identity_travels(world, run):
    """Catalog and SCHEMA say which table and field is meant, and the catalog what a tool needs to know of them.

    Asked where nobody has worked since the run began.
    """
    for table in world.tables():
        definition = table.database.tables[table.table_id]
        ids = {
            "team": TEAM_ID, "database": table.database.id, "table": table.table_id, "stream": table.stream,
        }  # fmt: skip
        fields = {}
        for item in table.entry["metadata"]:
            ninox = item["metadata"].get("ninox")
            if item["breadcrumb"] and ninox and ninox["field_id"] in definition.fields:
                raw = definition.fields[ninox["field_id"]]
                fields[item["breadcrumb"][-1]] = ninox["field_id"], raw["caption"]
                assert (ninox["field"], ninox["type"]) == (raw["caption"], raw["base"]), (table.stream, item)
                choices = {key: option["caption"] for key, option in raw.get("values", {}).items()}
                assert ninox.get("choices", {}) == (choices if raw["base"] in {"choice", "multi"} else {}), item
                assert ninox.get("formula") == (raw["fn"] if raw["base"] == "fn" else None), item
                target = raw["refTypeId"] if raw["base"] == "ref" else None
                assert ninox.get("target_table_id") == (target if target in table.database.tables else None), item
        for schema in (table.entry["schema"], *(m["schema"] for m in run.of_type("SCHEMA", table.stream))):
            told = {key: value for key, value in schema["x-ninox"].items() if key != "rows"}
            assert (schema["title"], told) == (definition.caption, ids), (table.stream, schema)
            for name, described in schema["properties"].items():
                if name in fields:
                    assert (described["x-ninox"]["field"], described["title"]) == fields[name], (table.stream, name)
                else:
                    field_id = described.get("x-ninox", {}).get("field")
                    assert name.startswith("_") or field_id not in {None, *definition.fields}, (table.stream, name)


def the_warehouse_is_exact(world, *, streams=None):
    """Live rows are the records of the source: each one, once, with each value, and no others.

    Args:
        world: The source and the warehouse.
        streams: Those of which it is asked; default: all.
    """
    for table in world.tables():
        if world.is_overtaken(table) or (streams is not None and table.stream not in streams):
            continue
        rows = {key[0]: row for key, row in world.loader.live(table.stream).items()}
        records = {record.id: record for record in table.records}
        gone = set() if world.sees_versions else world.people.unmade(table.database, table.table_id)
        if table.stream in world.loader.unfollowed:
            gone = world.people.gone(table.database, table.table_id) | world.strangers(table)
        if gone:
            rows = {number: row for number, row in rows.items() if number in records or number not in gone}
        assert rows.keys() == records.keys(), f"{table.stream}: rows {sorted(rows)}, records {sorted(records)}"
        if not world.is_reshaped(table):
            for expected in expected_rows(records.values(), _entry_now(table), zone=world.settings.get("timezone")):
                expected.update(_formulas(table, expected["_id"]))
                _compare(table.stream, expected, rows[expected["_id"]])


def _formulas(table, record_id):
    """Return property → value of the formulas that are read; null where no script can name them for certain."""
    fields = table.database.tables[table.table_id].fields
    tables = {key: other.caption for key, other in table.database.tables.items()}
    captions = {key: raw["caption"] for key, raw in fields.items()}
    values = {}
    for item in table.entry["metadata"]:
        ninox = item["metadata"].get("ninox")
        if item["breadcrumb"] and ninox and ninox.get("computed_as") and ninox["field_id"] in fields:
            key = ninox["field_id"]
            is_asked = has_certain_name(table.table_id, tables) and has_certain_name(key, captions)
            value = computed(fields[key], ninox["computed_as"], record_id) if is_asked else None
            values[item["breadcrumb"][-1]] = value
    return values


def the_files_are_listed(world):
    """Each file of a record has its row, as it is now; a row of none is of one that was deleted."""
    rows = world.loader.live("ninox_files")
    assert rows.keys() <= world.people.uploaded, sorted(rows.keys() - world.people.uploaded)
    for table in world.tables():
        for record in () if (table.database.id, table.table_id) in world.files_of_another_time else table.records:
            for file in table.database.files.listed(table.table_id, record.id):
                row = rows.get((table.database.id, table.table_id, record.id, file["name"]))
                assert row is not None, (table.stream, record.id, file)
                assert (row["size"], row["sequence"]) == (file["size"], file["seq"]), (row, file)


def _compare(stream, expected, row):
    for name, value in expected.items():
        if name.startswith("_") and name in {"_sequence", "_created_at", "_created_by", "_modified_at", "_modified_by"}:
            continue
        assert name in row, f"{stream} {expected['_id']}: no {name}"
        assert row[name] == value, f"{stream} {expected['_id']} {name}: {row[name]!r}, not {value!r}"


def _entry_now(table):
    """Return a stream's entry without columns whose field is gone, and with the options' captions as they are now."""
    entry, fields = copy.deepcopy(table.entry), table.database.tables[table.table_id].fields
    kept = []
    for item in entry["metadata"]:
        ninox = item["metadata"].get("ninox")
        if not item["breadcrumb"] or not ninox:
            continue
        raw = fields.get(ninox["field_id"])
        if raw is None:
            continue
        if "choices" in ninox:
            ninox["choices"] = {key: option["caption"] for key, option in raw["values"].items()}
        kept.append(item)
    return {**entry, "metadata": kept}


def nothing_changed_costs_next_to_nothing(world, run):
    """A run after which nothing changed reads no row, and asks for teams, databases, each schema and each feed."""
    for table in world.tables():
        assert run.of_type("RECORD", table.stream) == [], table.stream
    assert len(world.calls) <= 2 + 2 * len(world.people.databases), world.calls


def the_store_is_as_the_model_says(world, expected, *, but_for=None):
    """Each table of each database holds what the model says, and nothing else: no row twice, none of another table.

    Args:
        world: The databases.
        expected: What they must hold.
        but_for: A field whose values are not compared.
    """
    for database in world.people.databases:
        for table_id in database.tables:
            table, now = expected[database.id, table_id], list(database.records(table_id))
            held = {record.id: record.fields for record in now}
            assert table.equals(now, but_for=but_for), (
                f"{table_id}: holds {held}, not {table.existing} and {table.made}"
            )


def what_a_script_overrides_is_told(world, run, events):
    """The field that a script sets is told where rows were created or changed, and never another one.

    A server without keyset, or with another order, hands out other records than those that are looked at.
    """
    told, counts = run.report["streams"]["input"]["overridden"], run.counts("input")
    assert told.keys() <= {world.people.SCRIPTED}, told
    assert all(0 < count <= counts.get("created", 0) + counts.get("updated", 0) for count in told.values()), told
    is_due = ("afterCreate" in events and counts.get("created")) or ("afterUpdate" in events and counts.get("updated"))
    switches = world.simulator.switches
    if is_due and (switches["records_since_id"], switches["default_order"]) == ("honoured", "id"):
        assert told, (counts, events)
    assert is_due or not told, (told, counts)


def rejected_rows_and_nothing_else_fail_a_load(run, table, *, is_rest):
    """An undisturbed load fails if and only if rows were rejected or would go along, and says how many."""
    counts = run.counts("input")
    assert (run.error is not None) == (bool(counts.get("rejected")) or table.is_refused), (run.error, counts)
    if not is_rest:
        fewest = len(table.rejected) - table.superseded
        assert fewest <= counts.get("rejected", 0) <= len(table.rejected), (counts, table.rejected)


def each_state_stands_behind_its_rows(seen, load):
    """When a state goes out, every row before it is in Ninox: nobody sends one again.

    Args:
        seen: State → fields of the records at that moment.
        load: What is loaded.
    """
    if load.mode not in {"upsert", "insert"}:
        return
    for value, held in seen:
        keys = [fields.get(load.key) for fields in held]
        for row in load.stored_rows[: value.get("rows", 0)]:
            assert load.key not in row or row[load.key] is EMPTY or row[load.key] in keys, (value, row, held)


def no_state_passes_a_rejected_row(run, table):
    """A state goes out only behind rows that were loaded, so that one that was rejected comes again."""
    if run is not None and table.rejected and run.state and "rows" in run.state:
        assert run.state["rows"] < table.rejected[0], (run.state, table.rejected)


def each_row_has_one_outcome(run):
    """Rows created, updated, unchanged, deleted, skipped and rejected add up to those read."""
    counts = run.counts("input")
    outcomes = ("created", "updated", "unchanged", "deleted", "skipped", "rejected")
    assert sum(counts.get(name, 0) for name in outcomes) == counts.get("read", 0), counts


def a_dry_run_says_what_a_run_does(dry, run):
    """The counts of a dry run are those of the run behind it, it ends as that does, and writes no state."""
    assert dry.counts("input") == run.counts("input"), (dry.counts("input"), run.counts("input"), run.error)
    assert (dry.error is None) == (run.error is None), (dry.error, run.error)
    assert dry.report["streams"]["input"]["skipped_because"] == run.report["streams"]["input"]["skipped_because"]
    assert dry.states == []


def a_dry_run_says_what_goes_along(dry, run):
    """What a dry run says is deleted, and along with it, is what the run behind it deletes."""
    for name in ("deleted", "deleted_along", "rejected", "skipped"):
        assert dry.report["total"][name] == run.report["total"][name], (name, dry.report["total"], run.report["total"])


def rejected_rows_are_named(run, table):
    """Each rejected row stands in the file of rejects: its number, and at least one fault with a reason."""
    rows = [message for message in run.rejects if message["type"] == "RECORD"]
    assert len(rows) == run.counts("input").get("rejected", 0)
    assert {row["row"] for row in rows} <= set(table.rejected), (rows, table.rejected)
    assert all(fault["reason"] and fault["code"] for row in rows for fault in row["faults"])


def announced(run):
    """Return how many records a run says are gone."""
    told = run.report["total"]
    return told["deleted"] + told["removed"] + sum(told["deleted_along"].values())


def records_gone_are_those_announced(run, before, now):
    """What is gone from all tables is what the report says was deleted, removed, or deleted along.

    Args:
        run: A run of the target.
        before: What there was before it: the ids of all records, and how many there have ever been.
        now: The same behind it. A record that the run itself made and deleted is gone, too.
    """
    gone = _count_gone(before, now)
    assert gone == announced(run), (sorted(before.ids - now.ids), gone, run.report["total"])


def no_more_is_announced_than_is_gone(run, before, now):
    """A run that failed may have deleted what it cannot know of, and says nothing of records that are there."""
    assert announced(run) <= _count_gone(before, now), (sorted(before.ids - now.ids), run.report["total"])


def _count_gone(before, now):
    return len(before.ids) + now.ever - before.ever - len(now.ids)


def these_are_still_there(world, places):
    """Records by (database, table, id): none of them was deleted, and made again as another one."""
    assert places <= world.record_keys(), sorted(places - world.record_keys())


def what_may_mean_two_things_is_refused(world, run, names):
    """A name in a setting that is the id of one thing and the name of another ends the run, and says what to give."""
    assert any(f"by {name!r}" in str(run.error) or f"{name!r} may mean several" in str(run.error) for name in names)
    assert ("give" in str(run.error)) or "say which by its id" in str(run.error), run.error
    nothing_was_written(world)


def nothing_was_written(world):
    """The same input once more asks Ninox to change nothing."""
    changing = [call for call in world.calls if call.startswith(("POST", "PUT", "DELETE"))]
    assert not changing, changing
