"""What a careful person writes with `requests`. `careful_write.py URL TABLE < messages`; the title is the key.

The table is read once, in pages of the 1,000 records that are known to be honoured; what differs is posted, 100 records
at a time, as public clients do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import requests

FIELD_IDS = "ABCDEFGHIJ"
PAGE, BATCH = 1000, 100


def main(database_url: str, table: str) -> None:
    """Update the records of the messages on standard input, and create those that are not there."""
    session = requests.Session()
    session.headers["Authorization"] = "Bearer simulator-key"
    url = f"{database_url}/tables/{table}/records"
    known = {record["fields"]["A"]: record for record in _records(session, url)}
    writes = []
    for fields in _rows():
        record = known.get(fields["A"], {"fields": {}})
        changes = {key: value for key, value in fields.items() if record["fields"].get(key) != value}
        if changes:
            writes.append({**({"id": record["id"]} if "id" in record else {}), "fields": changes})
    for start in range(0, len(writes), BATCH):
        session.post(url, json=writes[start : start + BATCH], timeout=60).raise_for_status()


def _records(session: requests.Session, url: str) -> Iterator[dict[str, Any]]:
    query: dict[str, str | int] = {"sinceId": 0, "perPage": PAGE, "ids": "true"}
    while page := session.get(url, params=query, timeout=60).json():
        yield from page
        query["sinceId"] = page[-1]["id"]


def _rows() -> Iterator[dict[str, Any]]:
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message["type"] == "RECORD":
            row = message["record"]
            row["stage"] = row["stage"].removeprefix("Stage ")
            yield dict(zip(FIELD_IDS, row.values(), strict=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
