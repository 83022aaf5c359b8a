"""A table kept equal to a list: what left the list is deleted, but only behind lists that came whole."""

from __future__ import annotations

import pytest

from tests.helpers.run import run_target, stored, writes
from tests.helpers.seeds import database, field, table, team
from tests.tabular.reading import run_tabular

MIRROR = {"streams": {"kunden": {"mode": "mirror"}}}
ENTRY = {"path": "*.csv", "stream": "kunden", "key_properties": ["Nr"]}


@pytest.fixture
def simulator(simulate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("Nr;Name\n1;Anna\n2;Bert\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("Nr;Name\n3;Cora\n4;Dora\n", encoding="utf-8")
    fields = table("Kunden", A=field("string", "Nr"), B=field("string", "Name"))
    simulator = simulate(team(database({"A": fields}, {"A": []})))
    assert run_target(simulator, run_tabular(ENTRY).messages, **MIRROR).error is None
    assert names(simulator) == ["Anna", "Bert", "Cora", "Dora"]
    simulator.log.clear()
    return simulator


def names(simulator):
    return [row["B"] for row in stored(simulator).values()]


def test_what_left_the_list_is_deleted(simulator, tmp_path):
    (tmp_path / "b.csv").write_text("Nr;Name\n4;Dora\n", encoding="utf-8")
    run = run_target(simulator, run_tabular(ENTRY).messages, **MIRROR)
    assert run.counts("kunden") == {"read": 3, "unchanged": 3, "removed": 1}
    assert names(simulator) == ["Anna", "Bert", "Dora"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ('3;Cora\n4;"Do', "Is a quotation mark missing"),
        ('3;"Cora\n4;Dora"\n', "Look for a quotation mark that is missing"),
    ],
    ids=["cut off", "a row in another"],
)
def test_a_file_that_cannot_be_read_to_its_end_deletes_nothing(simulator, tmp_path, rows, problem):
    (tmp_path / "b.csv").write_text(f"Nr;Name\n{rows}", encoding="utf-8")
    read = run_tabular(ENTRY)
    assert problem in str(read.error)
    assert read.messages == []
    run_target(simulator, read.messages, **MIRROR)
    assert writes(simulator) == []


@pytest.mark.parametrize("kept", range(1, 6))
def test_messages_that_end_before_the_last_deletes_nothing(simulator, tmp_path, kept):
    """However a run is cut off: the end of the stream is not said before its last row is out."""
    (tmp_path / "b.csv").write_text("Nr;Name\n4;Dora\n", encoding="utf-8")
    messages = run_tabular(ENTRY).messages
    assert [message["type"] for message in messages[-2:]] == ["ACTIVATE_VERSION", "STATE"]
    run_target(simulator, messages[: min(kept, len(messages) - 2)], **MIRROR)
    assert names(simulator) == ["Anna", "Bert", "Cora", "Dora"]


def test_a_list_that_lost_all_its_rows_deletes_nothing(simulator, tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("Nr;Name\n", encoding="utf-8")
    run_target(simulator, run_tabular(ENTRY).messages, **MIRROR)
    assert writes(simulator) == []
