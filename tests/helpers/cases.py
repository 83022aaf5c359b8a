"""Cases that are data: one JSON object a line in `tests/cases`, read by tests of functions and of whole runs alike.

* `reading.jsonl`: what Ninox has `stored` → what tap-ninox emits (`read`: part → value; `bad`: parts that do not fit).
* `writing.jsonl`: a Singer `value`, or `parts` of one → what Ninox has `stored` then ("" is an empty field), or the
  code with which it is `refused`; `refusals.jsonl` has the words of each code, a case its own `words` if it has others.
* `comparing.jsonl`: whether what Ninox has `stored` is `equal` to what is `sent`; some are `only` of the meaning of
  stored values, as no row can send what is compared.
* `names.jsonl`: captions of fields → names of properties. `file_names.jsonl`: names of files → names in a file store.
* `settings.jsonl`: settings that tap, target or both refuse → how what is `told` begins.

`options` names a line of `options.jsonl`; `settings` are the tap's, or a target stream's. `why` is for you.
"""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from pathlib import Path

import pytest

LINKS = {"ref": "refTypeId", "dchoice": "dynamicChoiceTypeId", "dmulti": "dynamicChoiceTypeId"}
"""Type → where its fields say which table they link to."""

FOLDER = Path(__file__).parents[1] / "cases"


def cases(name):
    """Return the cases of a file, in order; numbers with a fraction are decimals."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def each(name):
    """Return the cases of a file as parameters of a test, told by type and line."""
    return [
        pytest.param(case, id=f"{case.get('type', name)}-{number}") for number, case in enumerate(cases(name), start=1)
    ]


def options(case):
    """Return the options of the field that a case is about, id → caption."""
    return _options()[case["options"]] if "options" in case else {}


@functools.cache
def _options():
    return {line["name"]: line["options"] for line in cases("options")}


def grouped(name):
    """Return the cases of a file by their settings: pairs of settings and cases, one for each run."""
    groups = {}
    for case in cases(name):
        groups.setdefault(json.dumps(case.get("settings", {}), sort_keys=True), []).append(case)
    return [pytest.param(json.loads(settings), found, id=settings) for settings, found in groups.items()]


def words(case):
    """Return the words with which a case is refused: its own, or those of its code."""
    if "words" in case:
        return case["words"]
    fitting = [
        line
        for line in cases("refusals")
        if line["refused"] == case["refused"] and line.get("settings", {}).items() <= case.get("settings", {}).items()
    ]
    assert fitting, f"the words of {case['refused']}: a line in tests/cases/refusals.jsonl"
    return max(fitting, key=lambda line: len(line.get("settings", {})))["words"]


def stored_values(type_):
    """Return the values that a field of a type is known to hold, empty ones left out."""
    stored = (case.get("stored", "") for case in cases("writing") if case["type"] == type_)
    return [value for value in stored if value != ""]


def doubles(value):
    """Return a value as the simulator keeps it, with doubles for numbers that have a fraction."""
    if isinstance(value, dict):
        return {key: doubles(member) for key, member in value.items()}
    if isinstance(value, list):
        return [doubles(member) for member in value]
    return float(value) if isinstance(value, Decimal) else value


def survives_doubles(value):
    """Whether numbers in a value look alike when a double has come in between: not 1.10, and not twenty digits."""
    if isinstance(value, dict | list):
        return all(map(survives_doubles, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, Decimal) or repr(float(value)) == str(value).lower()


def field_of(case, caption):
    """Return a field of the simulator for the values of a case; links are to a table `B`."""
    field = {"base": case["type"], "caption": caption}
    if case["type"] in LINKS:
        field[LINKS[case["type"]]] = "B"
    if captions := options(case):
        field["values"] = {key: {"caption": text, "order": place} for place, (key, text) in enumerate(captions.items())}
    return field
