"""Names that people give to files, tables and fields: in a store, a script or a form never more than a name."""

from __future__ import annotations

import base64
import io
import re
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from ninox_api.errors import NinoxError
from ninox_simulator.server import Simulator
from target_ninox.write.files import safe_name
from tests.helpers import limits
from tests.helpers.run import discover, records, run_tap, run_target, schema
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, table, team
from tests.reliability import canaries

PIECES = [
    "'", '"', "\\", "\n", "\r\n", "\t", "\0", "//", "/*", "*/", " end", "; delete this;", " do ", ":= 1", "{0}", "}}",
    "{r.x}", "{0.__class__}", "${x}", "%s", "%2e%2e%2f", "../", "..\\", "/", "C:", "CON", "nul.txt", "\u202e", "\u2028",
    "é", "e\u0301", "ﬁ", "ẞ", "SS", "ss", "𝔘", " ", ".", "~", "Id", "A", "F", "this", "select", "<b>", "</script>", "&",
    "?", "#", ";", "x" * 140, ".pdf", ".PDF", "fieldName", "\r\n\r\n", "--",
]  # fmt: skip
PARTS = st.sampled_from(PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NO_SHRINKING = (Phase.explicit, Phase.generate)
NAMES = st.lists(PARTS, max_size=5).map("".join)
SOME = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=NO_SHRINKING
)


@pytest.fixture(scope="module")
def simulator():
    with Simulator(seed=team(database({"A": customers()}))) as running:
        yield running


def started(simulator, tables, rows=3, **more):
    """Return the one database of a simulator that begins anew."""
    simulator.reset(seed=team(database(tables, {"A": customer_records(rows)}, **more)))
    simulator.log.clear()
    return simulator.store.database(TEAM_ID, DATABASE_ID)


def contents(edit):
    return {key: {record.id: dict(record.fields) for record in edit.records(key)} for key in edit.tables}


def repaired(name):
    """Return a name as it is told: no warehouse takes NUL."""
    return name.replace("\0", "\ufffd")


@SOME
@given(names=st.lists(NAMES.map(lambda name: canaries.VALUE + name) | NAMES, unique=True, min_size=1, max_size=4))
@example(names=["../../outside.txt", "..", "/etc/outside.txt", "a/../../../outside.txt"])
@example(names=["Straße.PDF", "STRASSE.pdf", "Stra\u00dfe.pdf", "strasse.pdf"])
@example(names=["é.txt", "e\u0301.txt", "É.txt", "\uff45.txt"])
@example(names=["nul", "NUL.txt", "con.", "aux "])
def test_any_names_of_files_are_stored_inside_their_folder_and_apart(simulator, names):
    assume(len(set(map(repaired, names))) == len(names))
    edit = started(simulator, {"A": customers(C=field("file", "Plan"))})
    for number, name in enumerate(names):
        edit.put_file("A", 1, name, io.BytesIO(f"content {number}".encode()), moves_record=False)
    before = contents(edit)
    with tempfile.TemporaryDirectory() as parent, canaries.listening() as log:
        store = Path(parent) / "store"
        run = run_tap(simulator, files={"*": str(store)})
        assert [path.name for path in Path(parent).iterdir()] in (["store"], [])
        rows = {row["name"]: row for row in run.rows("ninox_files")}
        paths = [row["stored_path"] for row in rows.values() if row["stored_path"]]
        for number, name in enumerate(map(repaired, names)):
            if rows[name]["stored_path"]:
                assert (store / rows[name]["stored_path"]).read_bytes() == f"content {number}".encode()
        written = [path for path in store.rglob("*") if path.is_file() and path.suffix != ".json"]
        assert len(written) >= len(paths) - sum(path.endswith(".json") for path in paths)
    assert run.error is None or isinstance(run.error, NinoxError)
    assert {name for name in map(repaired, names) if not rows[name]["stored_path"]} <= {"", ".", ".."}
    assert len({path.casefold() for path in paths}) == len(paths)
    assert all(re.fullmatch(rf"{DATABASE_ID}/A/1/[^/\\]+", path) for path in paths)
    assert canaries.told_in("\n".join([*log, str(run.error)])) == []
    assert contents(edit) == before


@pytest.fixture
def scripts():
    """Every script that reaches the server."""
    with limits.scripts_that_arrive() as taken:
        yield taken


PLAIN = re.compile(r"[\w\s(){}\[\].,:;<>=+\"-]*")
"""What a script of ours is made of, beside names."""
FORMATS = st.sampled_from(["{database}__{table}", "{team}__{database_id}__{table}__{table_id}", "x-{table}"])


@SOME
@given(captions=st.lists(NAMES, min_size=4, max_size=4), name=NAMES, stream_names=FORMATS)
@example(captions=["T' end; delete select T", "f'", "'", ""], name="D", stream_names="{database}__{table}")
@example(captions=["Id", "Id", "Id", "A"], name="{0}", stream_names="{database}__{table}")
@example(captions=["{table.__class__}", "{0}", "//", "/*"], name="{team}", stream_names="{database}__{table}")
def test_any_captions_are_only_names_in_scripts(simulator, scripts, captions, name, stream_names):
    of_table, of_formula, of_field, of_other = captions
    fields = {"A": field("number", of_field), "F": field("fn", of_formula, fn="A + A"), "G": field("string", of_other)}
    edit = started(simulator, {"A": table(of_table, **fields), "B": table(of_other)}, name=name)
    for record in edit.records("A"):
        edit.update("A", record.id, {"A": record.id})
    before, scripts[:] = contents(edit), []
    options = {"formulas": {"*.*": "number"}, "stream_name_format": stream_names, "team": TEAM_ID}
    catalog = discover(simulator, **options)
    run = run_tap(simulator, catalog=catalog, **options)
    assert run.error is None, run.error
    assert contents(edit) == before
    streams = [entry["tap_stream_id"] for entry in catalog["streams"]]
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", stream) for stream in streams)
    for script in scripts:
        assert {*re.findall("'([^']*)'", script)} <= {*captions, *map(repaired, captions), "A", "B", "F"}
        assert PLAIN.fullmatch(re.sub("'[^']*'", "", script))
    assert sum(len(run.rows(stream)) for stream in streams if not stream.startswith("ninox_")) == 3


@SOME
@given(name=NAMES, caption=NAMES.filter(str.strip), content=st.binary(max_size=40))
@example(name='x"; filename="y', caption='F"\r\nX: y', content=b"")
@example(name="x\r\n\r\n--", caption="Photo", content=b"\r\n--")
@example(name="../../x.txt", caption="../", content=b"x")
def test_any_name_of_a_file_of_a_row_arrives_as_a_name_on_its_record(simulator, name, caption, content):
    edit = started(simulator, {"A": customers(C=field("file", caption), D=field("file", "Other"))})
    before = contents(edit)
    address = f"data:text/plain;name={quote(name, safe='')};base64,{base64.b64encode(content).decode()}"
    rows = [{"Name": "name 2", "photo": address}]
    with canaries.listening():
        run = run_target(
            simulator,
            [schema("customers", ["Name"], Name="string", photo="string"), *records("customers", rows)],
            streams={"customers": {"fields": {"photo": "C"}}},
        )
    assert run.error is None, run.error
    (file,) = edit.files.listed("A", 2)
    stored = file["name"]
    assert edit.files.path(edit.files.find("A", 2, stored)).read_bytes() == content
    if name:
        assert stored == safe_name(name)
    assert not {*stored} & {*'/\\"\r\n\0'}
    before["A"][2]["C"] = stored
    assert contents(edit) == before
    assert edit.files.listed("A", 1) == edit.files.listed("A", 3) == []
