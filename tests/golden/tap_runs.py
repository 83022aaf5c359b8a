"""The standard runs of tap-ninox: first load, what comes after it, and every door of the settings."""

from __future__ import annotations

from fsspec.implementations.memory import MemoryFileSystem

from tests.golden.stages import a_day_of_work, every_type, put_file, sample, trade
from tests.helpers.run import discover, scripts
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, shop, table, team

FORMULAS = {"*.gross": "number", "*.label": "string"}
TOTALS = {
    "name": "totals",
    "database": "Shop",
    "query": "for c in select Customers do {id: number(c), name: c.Name, amount: c.Amount} end",
    "key_properties": ["id"],
    "schema": {"id": "integer", "name": "string", "amount": "number"},
}


def selected(catalog, *, without):
    """Return a catalog without some streams and properties."""
    for stream in catalog["streams"]:
        for item in stream["metadata"]:
            if (item["breadcrumb"][-1] if item["breadcrumb"] else stream["tap_stream_id"]) in without:
                item["metadata"]["selected"] = False
    return catalog


def of_tables(catalog, *, without=()):
    """Return a catalog in which no stream of the catalogue is selected, nor some others."""
    catalogue = ["ninox_choices", "ninox_databases", "ninox_fields", "ninox_tables"]
    return selected(catalog, without=[*catalogue, *without])


def _sample(on, *tables, **settings):
    on.serve(sample())
    settings = {"databases": ["Büro*"], "tables": [*tables], **settings}
    on.tap(catalog=of_tables(discover(on.simulator, **settings)), **settings)


def sample_office(on):
    """Customers, projects, invoices and their lines: the awkward tables of the sample company."""
    _sample(on, "Kunden", "Ansprechpartner", "Projekte", "Rechnungen", "Rechnungspositionen", timezone="Europe/Berlin")


def sample_yard(on):
    """Working hours, visits, articles, movements: the tables of the yard."""
    _sample(on, "Zeiterfassung", "Termine", "Besuche / Fotodoku", "Artikel", "Lagerbewegungen", "Lieferanten")


def sample_people(on):
    """Unreadable salaries, unreadable fields of the staff, a table without a record, a hidden one, a page."""
    _sample(on, "Gehälter", "Mitarbeiter", "Leere Tabelle", "zz_Import (alt)", "Einstellungen", "*Dashboard")


def sample_nursery(on):
    """The English half of the sample company."""
    _sample(on, "*", databases=["Nursery*"])


def sample_catalogue(on):
    """What discovery says of a database of the sample, and what the streams of the catalogue do."""
    on.serve(sample())
    catalog = on.discover(databases=["Nursery*"])
    names = [stream["tap_stream_id"] for stream in catalog["streams"] if "ninox_" not in stream["tap_stream_id"]]
    on.tap(databases=["Nursery*"], catalog=selected(catalog, without=names))


def first_load(on):
    """Everything by default, and a second run with nothing new."""
    on.serve(shop(5))
    first = on.tap()
    on.tap(state=first.state)


def pages(on):
    """A first load in several pages, with states between them."""
    on.serve(shop(7))
    on.tap(page_size=3)


def every_field_type(on):
    """A field of each type: full, empty, and values that do not fit."""
    on.serve(every_type())
    on.discover()
    on.tap()


def names_and_zone(on):
    """Moments of a zone, streams named by a format, own names."""
    on.serve(every_type())
    on.tap(
        timezone="Europe/Berlin",
        stream_name_format="{database_id}_{table_id}",
        aliases={f"{DATABASE_ID}.A.D": "amount"},
    )


def changes(on):
    """Edits, deletions, a cascade and a record made again, with tombstones of a schema of their own."""
    on.serve(trade())
    first = on.tap()
    on.change("a day of work", a_day_of_work)
    second = on.tap(state=first.state)
    on.tap(state=second.state)


def tombstones_under_the_full_schema(on):
    """Deletions under the schema of the rows."""
    on.serve(trade())
    first = on.tap(deletes="full")
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state, deletes="full")


def deletions_as_a_stream(on):
    """Deletions in a stream of their own, and in both places."""
    on.serve(trade())
    first = on.tap(deletes="stream")
    on.change("a day of work", a_day_of_work)
    second = on.tap(state=first.state, deletes="both")
    on.change("one more", lambda edit: edit.delete("B", 2))
    on.tap(state=second.state, deletes="stream")


def deletions_ignored(on):
    """Deletions that nobody wants to know."""
    on.serve(trade())
    first = on.tap(deletes="ignore")
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state, deletes="ignore")


def full_refresh(on):
    """A whole reading that is too old, and streams that are read whole on demand."""
    on.serve(trade())
    first = on.tap()
    on.change("a day of work", a_day_of_work)
    second = on.tap(state=first.state, full_refresh_interval_hours=1e-9)
    on.tap(state=second.state, refresh=["shop__orders"])


def formulas(on):
    """Formulas with their types: at first, and of what changed."""
    on.serve(trade())
    on.discover(formulas=FORMULAS)
    first = on.tap(formulas=FORMULAS)
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state, formulas=FORMULAS)


def queries(on):
    """Scripts as streams, with a schema and with one that discovery finds."""
    on.serve(trade())
    untyped = {
        "name": "names",
        "database": DATABASE_ID,
        "query": "(select Customers).Name",
        "key_properties": ["value"],
    }
    on.discover(queries=scripts(untyped))
    first = on.tap(queries=scripts(TOTALS, untyped))
    on.tap(state=first.state, queries=scripts(TOTALS, untyped))


def with_files(on):
    on.serve(shop(4))
    put_file(on.edit, 1, "Plan Größe 100%.pdf", b"%PDF")
    put_file(on.edit, 1, "leer.txt", b"")
    put_file(on.edit, 3, "../../escape.txt", b"outside?")


def more_files(edit):
    put_file(edit, 2, "new.txt", b"new")
    put_file(edit, 1, "leer.txt", b"no longer empty")
    edit.delete("A", 3)


def files_listed(on):
    """Files as metadata: at first, and of changed records."""
    with_files(on)
    first = on.tap(files={"*": "metadata"})
    on.change("files come and go", more_files)
    second = on.tap(state=first.state, files={"*": "metadata"})
    on.tap(state=second.state, files={"*": "metadata"})


def files_downloaded(on):
    """Files with their contents, into a store."""
    MemoryFileSystem.store.clear()
    with_files(on)
    settings = {"files": {"*": "memory://golden"}}
    first = on.tap(**settings)
    on.change("files come and go", more_files)
    on.tap(state=first.state, **settings)
    for path, file in sorted(MemoryFileSystem.store.items()):
        on.note(f"{path} = {file.getvalue()}")


def catalogs(on):
    """A saved catalog pins names and selection; renamed columns keep theirs until names are followed."""
    on.serve(trade())
    catalog = of_tables(on.discover(), without=["amount", "tags_ids"])
    first = on.tap(catalog=catalog)
    on.change("Name is called Firm now", lambda edit: edit.rename_field("A", "A", "Firm"))
    on.change("a day of work", a_day_of_work)
    second = on.tap(state=first.state, catalog=catalog)
    on.tap(state=second.state, catalog=of_tables(on.discover(), without=["amount", "tags_ids"]))


def a_changed_schema(on):
    """Fields renamed, added, retyped, removed, options renamed, a table renamed, without a catalog."""

    def rebuild(edit):
        edit.rename_field("A", "A", "Firm")
        edit.add_field("A", "K", field("string", "Note"))
        edit.rename_choice("A", "C", "1", "open")
        edit.retype_field("A", "B", "string")
        edit.remove_field("A", "D")
        edit.rename_table("B", "Purchases")

    on.serve(trade())
    first = on.tap()
    on.change("another schema", rebuild)
    on.tap(state=first.state)


def a_deselected_stream(on):
    """A stream that is left out, and selected later."""
    on.serve(trade())
    first = on.tap(catalog=of_tables(on.discover(), without=["shop__orders"]))
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state, catalog=of_tables(on.discover()))


def parallel(on):
    """Several requests at once: databases, tables, ranges of ids, and the changes after."""
    others = [
        database({"A": customers()}, {"A": customer_records(4)}, id=f"db000000000{n}", name=f"D{n}") for n in (2, 3)
    ]
    on.serve(team(database({"A": customers()}, {"A": customer_records(25)}), *others))
    settings = {"max_parallel_requests": 3, "page_size": 5, "in_any_order": True}
    first = on.tap(**settings)
    on.change("edits", lambda edit: [edit.update("A", n, {"A": "x"}) for n in (2, 9)] and edit.delete("A", 4))
    on.tap(state=first.state, **settings)


def a_budget_of_calls(on):
    """A first load that is cut off by the permitted number of calls, and goes on."""
    on.serve(shop(9))
    first = on.tap(page_size=2, max_api_calls=5)
    on.change("an edit meanwhile", lambda edit: edit.update("A", 1, {"A": "edited"}))
    on.tap(page_size=2, state=first.state)


def a_broken_first_load(on):
    """A table that fails in the middle while the others are read, and the next run."""
    on.serve(trade())
    on.simulator.faults.add("status", status=503, path="tables/A/records$", after=1)
    first = on.tap(page_size=2)
    on.change("a day of work", a_day_of_work)
    on.tap(page_size=2, state=first.state)


def failing_streams(on):
    """Tables that the key may not read: the others are complete."""
    on.serve(trade(unreadable_tables=["B"], unreadable_fields={"A": ["B"]}))
    on.tap()


def a_limited_key(on):
    """A key that may not read schemas: the reduced list of tables, or none."""
    on.serve(trade(), schema_access="tables_only")
    catalog = on.discover()
    on.tap()
    on.simulator.switches.update({"schema_access": "forbidden"})
    on.tap(catalog=catalog)
    on.tap()


def without_a_feed(on):
    """A server without the feed of changes."""
    on.serve(trade(), feed="missing")
    first = on.tap()
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state)


def a_forgetful_feed(on):
    """A feed that has forgotten what is older than now."""
    on.serve(trade(), feed="too_old")
    first = on.tap()
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state)


def another_feed(on):
    """The other forms of the feed: removals as objects, keys by id, updates without values, bounds included."""
    on.serve(
        trade(), removes="objects", feed_keys="rid", feed_updates="delta", since_sq_bound="inclusive", multi="object"
    )
    first = on.tap()
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state)


def other_pages(on):
    """Filters that are ignored, small pages, the last of which is repeated, in another order."""
    on.serve(
        shop(5),
        records_since_id="ignored",
        records_since_sq="ignored",
        repeat_last_page="yes",
        default_order="shuffled",
    )
    first = on.tap(page_size=2)
    on.change("an edit", lambda edit: edit.update("A", 2, {"A": "edited"}))
    on.tap(page_size=2, state=first.state)


def without_sequences(on):
    """Records that do not say their sequence."""
    on.serve(shop(3), sequence_field="absent")
    first = on.tap()
    on.change("an edit", lambda edit: edit.update("A", 2, {"A": "edited"}))
    on.tap(state=first.state)


def set_back(on):
    """A database that was restored from a backup."""
    on.serve(trade())
    on.simulator.backup()
    on.change("a day of work", a_day_of_work)
    first = on.tap()
    on.simulator.restore()
    on.change("restored; one edit", lambda edit: edit.update("A", 2, {"A": "after"}))
    on.tap(state=first.state)


def several_teams(on):
    """Two teams with databases of the same name, one of them locked."""
    locked = database(
        {"A": table("Customers", A=field("string", "Name"))},
        {"A": customer_records(1)},
        id="db0000000002",
        password="sesame",
    )
    one, two = team(database({"A": customers()}, {"A": customer_records(2)})), team(locked)
    two[0].id, two[0].name = "tEamTeamTeam00002", "Other"
    on.serve([*one, *two])
    on.tap(team="*")
    on.tap(team="*", database_passwords={"Shop": "sesame"})


def a_private_cloud(on):
    """A server that lists no teams, and one that answers in pages for people."""
    on.serve(shop(2), teams_endpoint="missing", error_bodies="html")
    on.tap()
    on.tap(team="tEamTeamTeam00001")


def batch_files(on):
    """Rows in files."""
    on.serve(shop(5))
    storage = {"root": on.folder.as_uri(), "prefix": "x-"}
    encoding = {"format": "jsonl", "compression": "none"}
    on.tap(batch_config={"storage": storage, "batch_size": 2, "encoding": encoding})
    for path in sorted(on.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        on.file(path)


def stream_maps(on):
    """Streams and properties of another name, and nested values flattened."""
    on.serve(trade())
    maps = {"shop__customers": {"__alias__": "kunden", "name": "name.upper()", "amount": "__NULL__"}}
    settings = {"stream_maps": maps, "flattening_enabled": True, "flattening_max_depth": 2}
    first = on.tap(**settings)
    on.change("a day of work", a_day_of_work)
    on.tap(state=first.state, **settings)


def without_versions(on):
    """No word to the target of rows that are gone."""
    on.serve(shop(2))
    on.tap(emit_activate_version_messages=False)


TAP_RUNS = {
    run.__name__: run
    for run in (
        sample_office, sample_yard, sample_people, sample_nursery, sample_catalogue, first_load, pages,
        every_field_type, names_and_zone, changes, tombstones_under_the_full_schema,
        deletions_as_a_stream, deletions_ignored, full_refresh, formulas, queries, files_listed, files_downloaded,
        catalogs, a_changed_schema, a_deselected_stream, parallel, a_budget_of_calls, a_broken_first_load,
        failing_streams, a_limited_key, without_a_feed, a_forgetful_feed, another_feed, other_pages, without_sequences,
        set_back, several_teams, a_private_cloud, batch_files, stream_maps, without_versions,
    )
}  # fmt: skip
