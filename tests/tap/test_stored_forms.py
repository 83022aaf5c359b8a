"""Values in the forms in which Ninox stores them: read right where that is certain, else null and counted."""

from __future__ import annotations

import io

import pytest
from starlette.responses import Response

from ninox_simulator.seeds import RecordDocument
from tests.helpers import limits
from tests.helpers.run import discover, run_tap
from tests.helpers.seeds import DATABASE_ID, customers, database, field, team

STREAM = "shop__customers"
FIELDS = {
    "C": field("multi", "Tags", values={"1": {"caption": "x"}, "3": {"caption": "y, z"}}),
    "D": field("boolean", "Paid"),
    "E": field("date", "Due"),
    "F": field("dchoice", "Month"),
    "G": field("dmulti", "Months"),
}
ROWS = (
    {"C": ["1", "3"], "D": True, "E": "2026-01-31", "F": 7, "G": [1, 4]},
    {"C": [], "D": False, "E": "2026-02-01", "G": []},
)


def loaded(simulate, **switches):
    rows = [RecordDocument(number, {"A": "a", **row}, number) for number, row in enumerate(ROWS, start=1)]
    run = run_tap(simulate(team(database({"A": customers(**FIELDS)}, {"A": rows})), **switches))
    assert run.error is None
    names = ("tags", "tags_ids", "paid", "due", "month", "months")
    return run, [tuple(row[name] for name in names) for row in run.rows(STREAM)]


PLAIN = [(["x", "y, z"], ["1", "3"], True, "2026-01-31", 7, [1, 4]), (None, None, False, "2026-02-01", None, None)]


@pytest.mark.parametrize("switches", [{}, {"multi": "text"}, {"multi": "object"}, {"booleans": "numbers"}], ids=str)
def test_what_is_certain_is_read(simulate, switches):
    run, rows = loaded(simulate, **switches)
    assert rows == PLAIN
    assert run.report["streams"][STREAM]["nulled"] == {}


def test_milliseconds_are_no_date_and_a_mask_is_no_id(simulate, caplog):
    run, rows = loaded(simulate, dates="milliseconds", dynamic_choices="stored")
    assert [row[3:] for row in rows] == [(None, 7, None), (None, None, None)]
    told = run.report["streams"][STREAM]
    assert (told["nulled"], told["bad_records"]) == ({"due": 2, "months": 2}, {"due": [1, 2], "months": [1, 2]})
    assert f"{STREAM}: 2 values of due did not fit its type and became null: in record 1, 2." in caplog.messages


DAMAGE = {
    "the first half of an emoji": rb"a\ud83d",
    "the second half": rb"\uDE00a",
    "halves in the wrong order": rb"\ude00\ud83da",
    "two first halves": rb"\ud83d\ud83da",
    "half an emoji before a whole one": rb"\ud83d\ud83d\ude00a",
    "a byte that is no UTF-8": b"\xffa",
    "half an emoji in UTF-8": b"\xed\xa0\xbda",
    "NUL": rb"a\u0000b",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_half_a_character_costs_itself_and_no_row(simulate, damage, caplog):
    rows = [RecordDocument(number, {"A": "x", "B": 10}, number) for number in (1, 2, 3)]
    rows[1].fields.update(A="damaged", B="damaged")
    rows[2].fields["A"] = "whole 😀 \\ud83d \\\\u0000"
    simulator = simulate(team(database({"A": customers()}, {"A": rows})))

    def damaged(answer):
        body = answer.body.replace(b"damaged", DAMAGE[damage])
        return Response(body, media_type="application/json") if body != answer.body else answer

    with limits.damaged_answers(damaged):
        run = run_tap(simulator)
    assert run.error is None
    names = {row["_id"]: row["name"] for row in run.rows(STREAM)}
    assert (names[1], names[3]) == ("x", "whole 😀 \\ud83d \\\\u0000")
    assert "\ufffd" in names[2]
    assert "\0" not in names[2]
    names[2].encode()  # no half is left
    assert ("😀" in names[2]) == ("whole one" in damage)
    told = run.report["streams"][STREAM]
    assert (told["repaired"], told["nulled"]) == ({"name": 1}, {"amount": 1}), "each once"
    assert told["bad_records"] == {"name": [2], "amount": [2]}
    assert f"{STREAM}: 1 text of name had characters that no database stores" in caplog.text


def test_half_a_character_in_a_caption_costs_itself(simulate):
    simulator = simulate(team(database({"A": customers(C=field("string", "damaged"))})))

    def damaged(answer):
        body = answer.body.replace(b"damaged", rb"a\ud83d")
        return Response(body, media_type="application/json") if body != answer.body else answer

    with limits.damaged_answers(damaged):
        catalog = discover(simulator)
    (stream,) = (stream for stream in catalog["streams"] if stream["stream"] == STREAM)
    assert stream["schema"]["properties"]["a"]["title"] == "a\ufffd"


@pytest.mark.parametrize("fetched", ["metadata", "a store"])
@pytest.mark.parametrize("damage", ["the first half of an emoji", "NUL"])
def test_half_a_character_in_a_file_s_name_costs_itself(simulate, damage, fetched, tmp_path, caplog):
    """What is fetched under a name that nobody knows is not there; the file is not taken for deleted."""
    simulator = simulate(team(database({"A": customers()}, {"A": [RecordDocument(1, {"A": "x"}, 1)]})))
    for name in ("damaged.txt", "whole.txt"):
        simulator.edit.put_file("A", 1, name, io.BytesIO(b"content"), moves_record=False)

    def damaged(answer):
        body = getattr(answer, "body", b"").replace(b"damaged", DAMAGE[damage])
        return Response(body, media_type="application/json") if body != getattr(answer, "body", b"") else answer

    where = "metadata" if fetched == "metadata" else str(tmp_path)
    with limits.damaged_answers(damaged), limits.no_pauses():
        run = run_tap(simulator, files={STREAM: where})
    rows = {row["name"]: row["sha256"] is not None for row in run.rows("ninox_files")}
    name = next(name for name in rows if name != "whole.txt")
    assert "\ufffd" in name
    assert "\0" not in name
    assert rows == {name: False, "whole.txt": fetched == "a store"}
    assert run.report["streams"]["ninox_files"]["repaired"] == {"name": 1}
    assert run.report["streams"]["ninox_files"]["bad_records"] == {"name": [1]}
    assert (run.error is None) is (fetched == "metadata")


def test_half_a_character_in_an_answer_of_a_query_or_a_database_s_name_costs_itself(simulate):
    shop = database({"A": customers()}, {"A": [RecordDocument(1, {"A": "damaged"}, 1)]}, name="damaged")
    simulator = simulate(team(shop))

    def damaged(answer):
        body = answer.body.replace(b"damaged", rb"a\ud83d")
        return Response(body, media_type="application/json") if body != answer.body else answer

    query = {"database": DATABASE_ID, "query": "for r in select Customers do {damaged: r.Name} end"}
    with limits.damaged_answers(damaged):
        run = run_tap(simulator, queries={"q": query})
    assert run.error is None
    assert [row["a\ufffd"] for row in run.rows("q")] == ["a\ufffd"]
    assert run.report["streams"]["q"]["repaired"] == {"a\ufffd": 1}
    assert [row["name"] for row in run.rows("ninox_databases")] == ["a\ufffd"]
