"""A dlt custom destination. `dlt_write.py URL TABLE BATCH < messages`; its working files go to the current folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import dlt
import requests
from dlt.common import json

FIELD_IDS = {
    "title": "A", "note": "B", "contact": "C", "quantity": "D", "price": "E",
    "paid": "F", "due": "G", "packed_at": "H", "stage": "I", "place": "J",
}  # fmt: skip


def main(database_url: str, table: str, batch: str) -> None:
    """Load the records of the messages on standard input."""
    session = requests.Session()
    session.headers["Authorization"] = "Bearer simulator-key"

    def post(items: list[dict[str, Any]], _table: Any) -> None:
        page = [{"fields": _fields(row)} for row in items]
        session.post(f"{database_url}/tables/{table}/records", json=page, timeout=60).raise_for_status()

    ninox = dlt.destination(
        post, batch_size=int(batch), name="ninox", naming_convention="direct", skip_dlt_columns_and_tables=True
    )
    os.environ["LOAD__WORKERS"] = "1"
    pipeline = dlt.pipeline("bench", pipelines_dir=os.getcwd(), destination=ninox)  # noqa: PTH109
    pipeline.run(_records(), table_name="orders").raise_on_failed_jobs()


def _records() -> Iterator[dict[str, Any]]:
    for line in sys.stdin.buffer:
        message = json.loadb(line)
        if message["type"] == "RECORD":
            yield message["record"]


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    stage = row["stage"].removeprefix("Stage ")
    values = {**row, "stage": stage, "packed_at": _wall_clock(row["packed_at"]), "due": str(row["due"])[:10]}
    return {FIELD_IDS[name]: value for name, value in values.items()}


def _wall_clock(value: Any) -> str:
    """Undo what dlt makes of a date-time: Ninox wants no zone."""
    text = value if isinstance(value, str) else value.isoformat()
    return text.removesuffix("+00:00").removesuffix("Z")


if __name__ == "__main__":
    main(*sys.argv[1:])
