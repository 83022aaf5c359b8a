"""The limit: `requests`, pages by record id, a line per record. `bare_read.py URL TABLES json|msgspec`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import requests


def main(database_url: str, tables: str, library: str) -> None:
    """Write the records of all tables to standard output."""
    decode, encode_page = _msgspec() if library == "msgspec" else _json()
    session = requests.Session()
    session.headers["Authorization"] = "Bearer simulator-key"
    for table in tables.split(","):
        after = 0
        while page := _page(session, f"{database_url}/tables/{table}/records", after, decode):
            sys.stdout.buffer.write(encode_page(page))
            after = page[-1]["id"]


def _page(session: requests.Session, url: str, after: int, decode: Callable[[bytes], Any]) -> list[dict[str, Any]]:
    query: dict[str, str | int] = {"sinceId": after, "perPage": 1000, "ids": "true", "choiceStyle": "ids"}
    response = session.get(url, params=query, timeout=60)
    response.raise_for_status()
    return list(decode(response.content))


def _json() -> tuple[Callable[[bytes], Any], Callable[[list[Any]], bytes]]:
    import json  # noqa: PLC0415 (each run loads one of the two)

    def encode_page(page: list[Any]) -> bytes:
        return "".join(json.dumps(record) + "\n" for record in page).encode()

    return json.loads, encode_page


def _msgspec() -> tuple[Callable[[bytes], Any], Callable[[list[Any]], bytes]]:
    import msgspec  # noqa: PLC0415 (each run loads one of the two)

    return msgspec.json.decode, msgspec.json.Encoder().encode_lines


if __name__ == "__main__":
    main(*sys.argv[1:])
