"""Lists as people keep them, loaded with no settings but file, stream and key: Ninox holds what a person would type.

What is expected was typed by hand into `lists/*.json`, and so were the lists. Again, nothing is written.

What `libreoffice` names there are the same lists as LibreOffice 7.4 saved them, in `files/libreoffice`. An .xls is not
among them where its formats or errors say something, since nobody sees them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.run import run_target, stored, writes
from tests.helpers.seeds import database, field, table, team
from tests.tabular.reading import run_tabular
from tests.tabular.writing import write

LISTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (Path(__file__).parent / "lists").glob("*.json")
}


def _saved_by_libreoffice(name, case, kind):
    """Return a list as LibreOffice saved it (`soffice --convert-to`): what is expected stays as it was typed."""
    before, after = case["file"]["name"], f"{Path(case['file']['name']).stem}.{kind}"
    other = {key: [text.replace(before, after) for text in case[key]] for key in ("rejects", "says") if key in case}
    return {**case, **other, "file": {"name": after, "by": "file", "from": f"libreoffice/{name}.{kind}"}}


LISTS |= {
    f"{name}_by_libreoffice.{kind}": _saved_by_libreoffice(name, case, kind)
    for name, case in LISTS.items()
    for kind in case.get("libreoffice", ())
}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_becomes_what_a_person_would_type(name, simulate, tmp_path, monkeypatch, caplog):
    case = LISTS[name]
    monkeypatch.chdir(tmp_path)
    write(case["file"], tmp_path)
    entry = {"path": case["file"]["name"], **case["tap"]}
    ((caption, fields),) = case["table"].items()
    simulator = simulate(team(database({"A": table(caption, **fields_of(fields))}, {"A": []})))
    stream_settings = {"streams": {entry["stream"]: case["target"]}} if "target" in case else {}

    read = run_tabular(entry)
    assert read.error is None
    first = run_target(simulator, read.messages, **stream_settings)
    assert typed(simulator, fields) == case["ninox"]
    for reject in case.get("rejects", []):
        assert reject in caplog.text
    for said in case.get("says", []):
        assert said in caplog.text
    assert (first.error is not None) == ("rejects" in case)
    assert first.counts(entry["stream"]).get("rejected", 0) == len(case.get("rejects", []))

    before = len(writes(simulator))
    again = run_target(simulator, run_tabular(entry).messages, **stream_settings)
    assert len(writes(simulator)) == before
    assert again.counts(entry["stream"])["unchanged"] == len(case["ninox"])


def fields_of(fields):
    """Field ids in order; a list of captions is a choice."""
    described = {}
    for number, (caption, kind) in enumerate(fields.items()):
        more = (
            {"values": {str(n): {"caption": text} for n, text in enumerate(kind, 1)}} if isinstance(kind, list) else {}
        )
        described[_id(number)] = field("choice" if more else kind, caption, **more)
    return described


def _id(number):
    return chr(ord("A") + number)


def typed(simulator, fields):
    """Records by caption, as a person sees them; empty fields are left out."""
    captions = {_id(number): item for number, item in enumerate(fields.items())}
    records = []
    for _, values in sorted(stored(simulator).items()):
        record = {}
        for field_id, (caption, kind) in captions.items():
            if values.get(field_id) not in {None, ""}:
                value = values[field_id]
                record[caption] = kind[int(value) - 1] if isinstance(kind, list) else value
        records.append(record)
    return records
