"""The limit: `requests`, a batch of lines per request. `bare_write.py URL TABLE BATCH < messages`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import requests

FIELD_IDS = "ABCDEFGHIJ"
STAGE = "stage"


def main(database_url: str, table: str, batch: str) -> None:
    """Post the records of the messages on standard input."""
    session = requests.Session()
    session.headers["Authorization"] = "Bearer simulator-key"
    records = _records()
    while page := list(islice(records, int(batch))):
        session.post(f"{database_url}/tables/{table}/records", json=page, timeout=60).raise_for_status()


def _records() -> Iterator[dict[str, Any]]:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message["type"] == "RECORD":
            row = message["record"]
            row[STAGE] = row[STAGE].removeprefix("Stage ")
            yield {"fields": dict(zip(FIELD_IDS, row.values(), strict=True))}


if __name__ == "__main__":
    main(*sys.argv[1:])
