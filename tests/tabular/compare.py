"""`python -m tests.tabular.compare`: what taps of the package registry make of ten of the lists, beside tap-tabular.

Others are given what tap-tabular finds by itself: sheet, delimiter, rows above the headings, and which property each
of their names stands for. Then target-ninox loads what they send, and what is stored is compared with what was typed.
"""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.peers import OUR_BIN, PEERS, peer_bin
from ninox_simulator.server import Simulator
from tests.helpers.run import run_target
from tests.helpers.seeds import database, table, team
from tests.helpers.stage import Stage
from tests.tabular.test_lists import LISTS, fields_of, typed
from tests.tabular.writing import write

CHOSEN = {
    "de_kunden": 0, "de_preisliste": 0, "de_rechnungen": 0, "en_customers": 0, "fr_tarifs_xls": 0, "fr_stock_ods": 0,
    "de_datev": ";", "de_artikel_utf8_bom": ";", "de_sep_zeile": ";", "en_bank_statement": ",",
}  # fmt: skip
"""List → the delimiter of its text."""


def _tabular(entry, _case, folder):
    return [str(OUR_BIN / "tap-tabular"), "--config", _config(folder, {"files": [entry]})]


def _spreadsheets(entry, case, folder):
    delimiter = CHOSEN[case["name"]]
    kind = {"format": "csv", "delimiter": delimiter} if delimiter else {"format": "excel"}
    if "sheet" in case["file"]:
        kind["worksheet"] = case["file"]["sheet"]
    given = {"path": entry["path"], "table_name": entry["stream"], "skip_rows": len(case["file"].get("above", []))}
    return [
        str(peer_bin("tap-spreadsheets") / "tap-spreadsheets"),
        "--config",
        _config(folder, {"files": [given | kind]}),
    ]


def _csv_folder(entry, case, folder):
    if not CHOSEN[case["name"]]:
        return None
    given = {"path": str(folder / "lists"), "read_mode": "merge", "stream_name": entry["stream"]}
    more = {"filesystem": "local", "delimiter": CHOSEN[case["name"]]}
    return [str(peer_bin("tap-csv-folder") / "tap-csv-folder"), "--config", _config(folder, given | more)]


TAPS = {"tap-tabular": _tabular, "tap-spreadsheets": _spreadsheets, "tap-csv-folder": _csv_folder}


def _config(folder, content):
    (folder / "config.json").write_text(json.dumps(content), encoding="utf-8")
    return "config.json"


def verdict(command, case, entry, folder):
    """Run a tap, load what it sends, and say how much of it is right."""
    if command is None:
        return "–"
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    rows = [message["record"] for message in messages if message["type"] == "RECORD"]
    if done.returncode or not rows:
        named = re.findall(r"^(?:\w+\.)*(\w+(?:Error|Exception|File))\b", done.stderr, re.MULTILINE)
        return f"fails ({named[-1] if named else 'no rows'})"
    ((caption, fields),) = case["table"].items()
    names = {name: _heading(name, fields) for row in rows for name in row if not name.startswith("_sdc_")}
    kept = sum(name == heading for name, heading in names.items())
    rows = [{names[name] or name: value for name, value in row.items() if name in names} for row in rows]
    properties = {name: {"type": ["number", "string", "boolean", "null"]} for row in rows for name in row}
    stream = entry["stream"]
    sent = [{"type": "SCHEMA", "stream": stream, "schema": {"properties": properties},
             "key_properties": entry["key_properties"]},
            *({"type": "RECORD", "stream": stream, "record": row} for row in rows)]  # fmt: skip
    settings = {"streams": {stream: case["target"]}} if "target" in case else {}
    with Simulator(seed=team(database({"A": table(caption, **fields_of(fields))}, {"A": []}))) as simulator:
        run_target(Stage(simulator), sent, **settings)
        stored = typed(Stage(simulator), fields)
    right = sum(record in stored for record in case["ninox"])
    if right == len(case["ninox"]) == len(stored) and kept == len(fields):
        return "right"
    return f"{right} of {len(case['ninox'])} rows right, {kept} of {len(fields)} headings"


def _heading(name, headings):
    def plain(text):
        return re.sub("[^a-z0-9]", "", text.lower())

    return name if name in headings else next((text for text in headings if plain(text) == plain(name)), None)


def main():
    """Print the table, in Markdown."""
    logging.disable()
    versions = {"tap-tabular": "", **{name: PEERS[name][0].partition("==")[2] for name in TAPS if name in PEERS}}
    out = sys.stdout
    out.write("| list | " + " | ".join(f"{name} {versions[name]}".strip() for name in TAPS) + " |\n")
    out.write("|---" * (len(TAPS) + 1) + "|\n")
    for name in CHOSEN:
        case = {**LISTS[name], "name": name}
        cells = []
        for tap in TAPS.values():
            with tempfile.TemporaryDirectory() as made:
                (folder := Path(made)).joinpath("lists").mkdir()
                write(case["file"], folder / "lists")
                entry = {"path": f"lists/{case['file']['name']}", **case["tap"]}
                cells.append(verdict(tap(entry, case, folder), case, entry, folder))
        out.write(f"| `{case['file']['name']}` | {' | '.join(cells)} |\n")
        out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
