"""What a careful person writes with `requests`. `careful_read.py URL TABLES STATE`; the state is a file, made at first.

With names (`TEAM DATABASE` behind), the ids in URL are looked up. One call for the schema, one for the
changes; then either pages by record id, of the 1,000 records that are known to be honoured, until the feed's next id or
an empty page, or the changed records of the tables that the feed names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import requests

PAGE = 1000
BEYOND = 2**31 - 1
Query = dict[str, str | int]


def main(database_url: str, tables: str, state: str, *names: str) -> None:
    """Write records to standard output, and the sequence up to which they are known to the state."""
    session = requests.Session()
    session.headers["Authorization"] = "Bearer simulator-key"
    place = Path(state)
    if names:
        database_url = _look_up(session, database_url.partition("/teams/")[0], *names)
    since = json.loads(place.read_text(encoding="utf-8")) if place.exists() else None
    _get(session, database_url)
    feed = _get(session, f"{database_url}/changes", sinceSq=BEYOND if since is None else since)
    changed = {key.rstrip("0123456789") for key in feed["updates"]}
    for table in tables.split(","):
        url = f"{database_url}/tables/{table}/records"
        if since is None:
            _write_pages(session, url, end=feed["nextRids"].get(table), query={})
        elif table in changed:
            _write_pages(session, url, end=None, query={"sinceSq": since})
    place.write_text(json.dumps(feed["seq"]), encoding="utf-8")


def _look_up(session: requests.Session, url: str, *names: str) -> str:
    for kind, name in zip(("teams", "databases"), names, strict=True):
        [found] = [item["id"] for item in _get(session, f"{url}/{kind}") if item["name"] == name]
        url += f"/{kind}/{found}"
    return url


def _write_pages(session: requests.Session, url: str, *, end: int | None, query: Query) -> None:
    after = 0
    while page := _get(session, url, sinceId=after, perPage=PAGE, ids="true", **query):
        sys.stdout.write("".join(json.dumps(record) + "\n" for record in page))
        after = page[-1]["id"]
        if end is not None and after + 1 == end:
            return


def _get(session: requests.Session, url: str, **query: str | int) -> Any:
    response = session.get(url, params=query, timeout=60)
    response.raise_for_status()
    return response.json()


if __name__ == "__main__":
    main(*sys.argv[1:])
