"""People edit without a pause while the tap runs into PostgreSQL again and again, and half of the runs are killed.

At the end the warehouse must equal the source, rows marked as deleted aside.
`make prove PARTS=soak` runs fifty of them.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from demo.postgres import running_postgres
from ninox_simulator.server import Simulator
from tests.helpers.loaders import postgres_settings
from tests.helpers.run import discover
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customer_records, customers, database, field, table, team
from tests.helpers.warehouse import assert_equal_to_store, fresh_database
from tests.reliability.pipeline import Pipeline

RUNS = 10
ROWS = 240
ORDERS = 90


def shop_with_orders():
    tables = {
        "A": customers(),
        "B": table("Orders", A=field("string", "No"), B=field("ref", "Customer", refTypeId="A", cascade=True)),
        "C": table("Notes", A=field("string", "Text")),
    }
    orders = [
        customer_records(1)[0]._replace(id=n, fields={"A": f"order {n}", "B": 1 + n * 7 % ROWS}, sequence=ROWS + n)
        for n in range(1, ORDERS + 1)
    ]
    return team(database(tables, {"A": customer_records(ROWS), "B": orders}))


class Writer:
    """Edits at random, a few times before every request is answered."""

    def __init__(self, simulator, chance):
        self._edit = simulator.store.database(TEAM_ID, DATABASE_ID)
        self._chance = chance
        self.is_at_work = True
        self.edits = Counter()
        simulator.on_request.append(self._hook)

    def _hook(self, _index, _method, _path):
        if self.is_at_work:
            for _ in range(self._chance.randrange(4)):
                self._edit_something()

    def _edit_something(self):
        table_id = self._chance.choice("AAABBC")
        ids = [record.id for record in self._edit.records(table_id)]
        action = self._chance.choices(["update", "create", "delete", "recreate"], [6, 3, 2, 1])[0]
        number = self._chance.choice(ids) if ids else 0
        if action == "create":
            self._edit.create(table_id, self._fields(table_id))
        elif action == "update" and ids:
            self._edit.update(table_id, number, self._fields(table_id))
        elif action == "delete" and ids:
            self._edit.delete(table_id, number)
        elif action == "recreate" and ids:
            self._edit.delete(table_id, number)
            self._edit.create(table_id, self._fields(table_id), id=number)
        self.edits[action] += 1

    def _fields(self, table_id):
        text = f"{self._chance.random():.6f}"
        if table_id == "A":
            return {"A": text, "B": self._chance.randrange(10**6)}
        if table_id == "C":
            return {"A": text}
        customers_now = [record.id for record in self._edit.records("A")]
        return {"A": text, "B": self._chance.choice(customers_now)} if customers_now else {"A": text}


def switches_for(chance):
    return {
        "since_sq_bound": chance.choice(["exclusive", "inclusive"]),
        "since_id_bound": chance.choice(["exclusive", "inclusive"]),
        "removes": chance.choice(["strings", "objects"]),
        "feed_record_sq": chance.choice(["present", "absent"]),
        "records_since_sq": chance.choice(["honoured", "ignored"]),
        "recreated_in_removes": chance.choice(["yes", "no"]),
        "huge_since_sq": chance.choice(["normal", "echo", "everything"]),
    }


def soak(seed, postgres, directory, *, runs=RUNS):
    """Play one seed; return what happened. Raises AssertionError where the warehouse differs from the source."""
    chance = random.Random(seed)  # what runs do; edits have their own, so that their number changes no run
    told = Counter()
    with Simulator(seed=shop_with_orders(), switches=switches_for(chance)) as simulator:
        simulator.faults.configure({"latency_s": 0.002})
        warehouse = fresh_database(postgres)
        catalog = discover(simulator)
        writer = Writer(simulator, random.Random(f"{seed} edits"))
        state = None
        for number in range(runs):
            settings = _settings(simulator, chance)
            batch_size = chance.choice([20, 100, 10000])
            victims = (
                chance.choice((["tap"], ["target"], ["tap", "target"])) if number % 2 == chance.randrange(2) else ()
            )
            pipeline = Pipeline(
                directory, settings, postgres_settings(warehouse, batch_size_rows=batch_size), state=state
            )
            if victims:
                _kill(pipeline, victims, simulator, chance)
            ending = pipeline.end()
            state = ending.state
            told["killed"] += ("tap" in victims and ending.tap < 0) or ("target" in victims and ending.target < 0)
            if not victims:
                assert (ending.tap, ending.target) == (0, 0), pipeline.told()[-4000:]
        writer.is_at_work = False
        settings = _settings(simulator, chance) | {"full_refresh_interval_hours": None}
        pipeline = Pipeline(directory, settings, postgres_settings(warehouse), state=state)
        ending = pipeline.end()
        assert (ending.tap, ending.target) == (0, 0), pipeline.told()[-4000:]
        told["rows"] = assert_equal_to_store(warehouse, simulator.store, catalog)
        told["requests"] = len(simulator.log.entries)
        return told + writer.edits


def _settings(simulator, chance):
    return {
        "api_url": simulator.url,
        "auth_token": simulator.token,
        "page_size": chance.choice([7, 40, 1000]),
        "max_parallel_requests": chance.choice([1, 1, 4]),
        "full_refresh_interval_hours": chance.choice([None, None, None, 0]),
    }


def _kill(pipeline, victims, simulator, chance):
    """Kill after a random number of requests and a random moment more."""
    until = len(simulator.log.entries) + chance.randrange(25)
    deadline = time.monotonic() + chance.uniform(0.5, 3)
    while pipeline.is_running() and len(simulator.log.entries) < until and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.3) if chance.random() < 0.5 else 0)
    pipeline.kill(victims)


def run_soak(options):
    """Play `options.soaks` seeds; print what was survived."""
    total, failed = Counter(), 0
    with running_postgres() as postgres:
        for seed in range(options.first, options.first + options.soaks):
            with tempfile.TemporaryDirectory(prefix="ninox-soak-") as directory:
                try:
                    total += soak(seed, postgres, Path(directory))
                except AssertionError as error:
                    failed += 1
                    sys.stderr.write(f"soak, seed {seed}: {error}\n")
    sys.stdout.write(f"{options.soaks - failed} of {options.soaks} seeds equal; {dict(total)}\n")
    return failed
