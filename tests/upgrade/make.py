"""Make the fixtures of a version anew: `python -m tests.upgrade.make 0.1.0 <bin folder with its commands>`.

What of it is for which test, and how the commands of an old version are installed: `0.1.0/README.md`.
"""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import psycopg

from devtools.postgres import running_postgres
from ninox_simulator.seeds import RecordDocument
from tests.golden.stages import EVERY_TYPE, VALUES
from tests.helpers.loaders import SCHEMA, PostgresLoader
from tests.helpers.run import activate_version, records, schema, state
from tests.helpers.seeds import DATABASE_ID, customer_records, customers, database, field, table, team
from tests.upgrade.stage import FOLDER, first_day, ninox, path_of, second_day, whole_readings

LONGEST_LINE = 200

EVERY_SETTING = {
    "team": "Team",
    "database_passwords": {"Shop": "sesame"},
    "request_timeout": 30.5,
    "max_retries": 2,
    "max_parallel_requests": 2,
    "requests_per_second": 900,
    "max_api_calls": 5000,
    "user_agent": "upgrade/1",
    "allow_http": True,
    "databases": ["Sh*"],
    "tables": ["Auf*", "Customers", "C"],
    "stream_name_format": "{database}_{table_id}_{table}",
    "field_name_style": "slug",
    "aliases": {f"{DATABASE_ID}.A.D": "amount_due", f"{DATABASE_ID}.C": "purchases"},
    "follow_names": True,
    "on_bad_value": "null",
    "formulas": {"*.gross": "number", f"{DATABASE_ID}.B.G": "string"},
    "queries": [
        {
            "name": "totals",
            "database": "Shop",
            "query": "for c in select Customers do {id: number(c), amount: c.Amount} end",
            "key_properties": ["id"],
            "schema": {"id": "integer", "amount": "number"},
        }
    ],
    "files": "download",
    "file_tables": ["shop_A*"],
    "file_store": "memory://upgrade",
    "timezone": "Europe/Berlin",
    "deletes": "both",
    "tombstone_schema": "full",
    "full_refresh_interval_hours": 800_000,
    "page_size": 4,
    "emit_activate_version_messages": True,
    "stream_maps": {"shop_B_customers": {"name_upper": "name and name.upper()"}},
    "stream_map_config": {"hash_seed": "x"},
    "flattening_enabled": True,
    "flattening_max_depth": 1,
}
NOT_IN_A_RUN = {
    "choice_style": "ids",
    "expand_composites": False,
    "auth_token": "a-key",
    "api_url": "https://api.ninox.com/v1",
    "teams": ["Team", "Oth*"],
    "ca_bundle": "ca.pem",
    "refresh": ["shop__customers"],
    "report_path": "report.json",
    "batch_config": {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "file:///tmp/batches", "prefix": "ninox-"},
        "batch_size": 1000,
    },
}
TARGET_SETTINGS = {
    "auth_token": "a-key",
    "api_url": "https://api.ninox.com/v1",
    "team": "Team",
    "database_passwords": {"Shop": "sesame"},
    "ca_bundle": "ca.pem",
    "request_timeout": 30.5,
    "max_retries": 2,
    "requests_per_second": 900,
    "max_api_calls": 5000,
    "user_agent": "upgrade/1",
    "allow_http": True,
    "database": "Shop",
    "load_method": "upsert",
    "streams": {
        "orders": {
            "table": "Aufträge",
            "mode": "upsert",
            "match_on": ["No"],
            "on_duplicate_match": "first",
            "fields": {"No": "Nr", "Amount": "D", "internal": None},
            "references": {"Vorgänger": {"match_on": "Nr", "on_missing": "null"}},
            "on_unknown_choice": "null",
            "null": "keep",
            "number_format": "de",
            "date_format": "de",
            "timezone": "Europe/Berlin",
            "files": {"photo": "Foto"},
        }
    },
    "batch_size_rows": 50,
    "skip_unchanged": True,
    "dry_run": False,
    "on_reject": "continue",
    "rejects_path": "rejects.jsonl",
    "report_path": "report.json",
    "max_creates": 100,
    "max_updates": 100,
    "max_deletes": 100,
    "hard_delete": False,
    "after_load_script": "cnt(select Customers)",
    "file_folder": "files",
    "max_file_size_mib": 5.5,
    "trusted_file_hosts": ["files.example.org"],
    "process_activate_version_messages": True,
    "stream_maps": {"orders": {"Amount": "Amount"}},
    "stream_map_config": {"hash_seed": "x"},
    "flattening_enabled": True,
    "flattening_max_depth": 1,
}

FINISHED = [{}, first_day, {}]
"""Runs with their settings, and what happens between them."""

SITUATIONS = {
    "a finished first load": {"runs": [{}]},
    "later runs": {"runs": FINISHED},
    "a saved catalog": {"runs": FINISHED, "has_catalog": True},
    "an interrupted first load": {"runs": [{"page_size": 3, "max_api_calls": 7}]},
    "an interrupted first load in parallel": {
        "runs": [{"page_size": 2, "max_parallel_requests": 3, "max_api_calls": 10}]
    },
    "a merged state": {
        "runs": [{"page_size": 3, "max_api_calls": 7}, {}, first_day, {}],
        "is_merged": True,
    },
    "a merged state without a feed": {
        "runs": [{"page_size": 3, "max_api_calls": 9}, {}, first_day, {}],
        "is_merged": True,
        "switches": {"feed": "missing"},
    },
    "deletions as a stream": {"settings": {"deletes": "both"}, "runs": FINISHED},
    "files that are listed": {"settings": {"files": "metadata"}, "runs": FINISHED},
    "files that are half listed": {"settings": {"files": "metadata"}, "runs": [{"max_api_calls": 16}]},
    "a file that could not be fetched": {
        "settings": {"files": "download", "file_store": "memory://upgrade"},
        "runs": FINISHED,
        "fault": {"kind": "truncate", "path": "/files/added"},
    },
    "a server without a feed": {"runs": FINISHED, "switches": {"feed": "missing"}},
    "formulas": {
        "settings": {"formulas": {"*.gross": "number", "*.label": "string"}, "full_refresh_interval_hours": 800_000},
        "runs": FINISHED,
    },
    "every setting": {"settings": EVERY_SETTING, "runs": FINISHED},
}


def seed():
    """One database: a field of each type, customers with formulas, and their orders."""
    misfit = {"A": "R-3", "B": "9", "D": "viel", "E": "morgen", "F": "ja", "J": "2026-03-28", "S": "x"}
    tables = {
        "A": table("Aufträge", **EVERY_TYPE),
        "B": customers(F=field("fn", "Gross", fn="Amount * 1.19"), G=field("fn", "Label", fn='Name + " 🌱"')),
        "C": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="B", cascade=True)),
    }
    rows = {
        "A": [RecordDocument(1, VALUES, 1), RecordDocument(2, {}, 2), RecordDocument(3, misfit, 3)],
        "B": [record._replace(sequence=record.id + 3) for record in customer_records(12)],
        "C": [RecordDocument(n, {"A": f"o{n}", "B": n}, 15 + n) for n in range(1, 7)],
    }
    return team(database(tables, rows))


class Commands:
    """The commands of the version."""

    def __init__(self, bin_folder, folder):
        self._bin = Path(bin_folder)
        self._folder = Path(folder)
        self._env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # its own code alone

    def tap(self, simulator, settings, *, state=None, catalog=None, arguments=()):
        """Run the tap; return the messages, also of a run that fails."""
        given = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0, **settings}
        command = [self._bin / "tap-ninox", "--config", self._written("config", given), *arguments]
        for name, value in (("state", state), ("catalog", catalog)):
            command += [f"--{name}", self._written(name, value)] if value is not None else []
        done = subprocess.run(command, capture_output=True, env=self._env, check=False, encoding="utf-8")
        print(f"tap-ninox {settings} → {done.returncode}")  # noqa: T201 (it is a command)
        if done.returncode:
            print(done.stderr[-300:])  # noqa: T201
        return done.stdout

    def target(self, simulator, settings, messages):
        given = {"api_url": simulator.url, "auth_token": simulator.token, "max_retries": 0, **settings}
        command = [self._bin / "target-ninox", "--config", self._written("config", given)]
        lines = "".join(json.dumps(message) + "\n" for message in messages)
        done = subprocess.run(command, input=lines, capture_output=True, env=self._env, check=False, encoding="utf-8")
        print(f"target-ninox → {done.returncode}")  # noqa: T201

    def _written(self, name, value):
        path = self._folder / f"{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return path


def situation(version, commands, *, runs, settings=None, switches=None, has_catalog=False, is_merged=False, fault=None):
    """Run the version as often as the situation wants; return its state, schemas and rows."""
    settings, saved, output = settings or {}, None, []
    with ninox(version, switches or {}) as simulator:
        if fault:
            simulator.faults.add(**fault, times=None)
        catalog = json.loads(commands.tap(simulator, settings, arguments=["--discover"])) if has_catalog else None
        for step in runs:
            if callable(step):
                step(simulator.edit)
                continue
            text = commands.tap(simulator, {**settings, **step}, state=saved, catalog=catalog)
            messages = [json.loads(line) for line in text.splitlines()]
            output += messages
            last = [message["value"] for message in messages if message["type"] == "STATE"][-1]
            saved = deeply_merged(saved, last) if is_merged and saved else last
        second_day(simulator.edit)
        simulator.log.clear()
        commands.tap(simulator, settings, state=saved, catalog=catalog)
        whole = whole_readings(simulator)
    return {
        "settings": settings,
        "switches": switches or {},
        "had_a_first_day": first_day in runs,
        "whole_readings_of_the_next_run": whole,
        "state": saved,
        "catalog": catalog,
        "schemas": {m["stream"]: m for m in reversed(output) if m["type"] == "SCHEMA"},  # not those of tombstones
        "messages": [_without_time(m) for m in output if m["type"] in {"RECORD", "ACTIVATE_VERSION"}],
    }


def _without_time(message):
    return {name: value for name, value in message.items() if name not in {"type", "time_extracted"}}


def deeply_merged(old, new):
    """Merge states as Meltano does on `--full-refresh`, with `--state-strategy=merge` and `meltano state merge`."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return copy.deepcopy(new)
    return {name: deeply_merged(old.get(name), new.get(name, old.get(name))) for name in {**old, **new}}


def loaded(version, commands, folder):
    """Return what the runs of `a saved catalog` put into PostgreSQL: tables with columns, keys and rows."""
    with running_postgres() as postgres, ninox(version, {}) as simulator:
        loader = PostgresLoader(postgres, folder)
        catalog = json.loads(commands.tap(simulator, {}, arguments=["--discover"]))
        first = commands.tap(simulator, {}, catalog=catalog)
        loader.load(first)
        first_day(simulator.edit)
        saved = json.loads([line for line in first.splitlines() if '"type":"STATE"' in line][-1])["value"]
        second = commands.tap(simulator, {}, state=saved, catalog=catalog)
        loader.load(second)
        saved = json.loads([line for line in second.splitlines() if '"type":"STATE"' in line][-1])["value"]
        with psycopg.connect(loader.dsn) as connection:
            return {"catalog": catalog, "state": saved, "tables": dumped(connection)}


def dumped(connection):
    """Return table → columns with types, key, rows as JSON."""
    tables = {}
    for name, column, kind in connection.execute(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a JOIN pg_class c "
        "ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind = 'r' "
        "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum",
        [SCHEMA],
    ):
        tables.setdefault(name, {"columns": {}, "key": [], "rows": []})["columns"][column] = kind
    for name, found in tables.items():
        relation = f'"{SCHEMA}"."{name}"'
        found["key"] = [
            column
            for (column,) in connection.execute(
                "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
                "AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary",
                [relation],
            )
        ]
        found["rows"] = [row for (row,) in connection.execute(f"SELECT to_jsonb(t) FROM {relation} t ORDER BY 1")]  # noqa: S608
    return tables


def rejected(version, commands, folder):
    """Let the target put rows aside and report; the tap reports, too."""
    paths = {"rejects_path": f"{folder}/rejects.jsonl", "report_path": f"{folder}/report.target.json"}
    described = schema("customers", key=["Name"], Name="string", Amount="number", Day="string")
    given = [
        {"Name": "name 1", "Amount": 5},
        {"Name": "new", "Amount": "x"},
        {"Name": None, "Amount": 2},
        {"Name": "new 2", "Amount": 7},
    ]
    messages = [described, *records("customers", given), activate_version("customers"), state({"a": 1})]
    with ninox(version, {}) as simulator:
        commands.target(simulator, {"database": "Shop", "on_reject": "continue", **paths}, messages)
        commands.tap(simulator, {"report_path": f"{folder}/report.tap.json"})


def main(version, bin_folder, *names):
    folder = FOLDER / version
    (folder / "situations").mkdir(parents=True, exist_ok=True)
    teams = msgspec.json.encode(_with_named_records(seed()))
    (folder / "ninox.json").write_bytes(msgspec.json.format(teams, indent=1) + b"\n")
    write(folder / "config.tap.json", {**NOT_IN_A_RUN, **EVERY_SETTING})
    write(folder / "config.target.json", TARGET_SETTINGS)
    with tempfile.TemporaryDirectory(prefix="ninox-upgrade-") as temporary:
        commands = Commands(bin_folder, temporary)
        for name, wanted in SITUATIONS.items():
            if not names or name in names:
                write(path_of(version, name), situation(version, commands, **wanted))
        if names:
            return
        write(folder / "postgres.json", loaded(version, commands, Path(temporary)))
        rejected(version, commands, temporary)
        for name in ("rejects.jsonl", "report.target.json", "report.tap.json"):
            text = (Path(temporary) / name).read_text(encoding="utf-8")
            (folder / name).write_text(text, encoding="utf-8")


def _with_named_records(teams):
    """Records as objects: as tuples they would be arrays, which a seed file does not take."""
    for one in teams:
        for held in one.databases:
            held.records = {key: [row._asdict() for row in rows] for key, rows in held.records.items()}
    return teams


def write(path, value):
    """Write an object as JSON: a line for each member, or for each of its members if it has many."""
    lines = []
    for name, part in value.items():
        text = json.dumps(part, ensure_ascii=False)
        if len(text) > LONGEST_LINE and isinstance(part, list):
            text = "[\n" + ",\n".join(f"  {json.dumps(item, ensure_ascii=False)}" for item in part) + "\n ]"
        elif len(text) > LONGEST_LINE:
            members = (f"  {json.dumps(key)}: {json.dumps(item, ensure_ascii=False)}" for key, item in part.items())
            text = "{\n" + ",\n".join(members) + "\n }"
        lines.append(f" {json.dumps(name)}: {text}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
