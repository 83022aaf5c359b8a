"""What somebody may write who wants to talk to Ninox from Python: with every public name of `ninox_api`.

`test_public_names.py` checks its types as strictly as mypy can, and runs it against a simulator.
"""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ninox_api import (
    BodyTooLargeError,
    Choice,
    ConnectionConfig,
    DatabaseClient,
    DatabaseName,
    DatabaseSchema,
    Download,
    FeedChanges,
    Field,
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxClient,
    NinoxConfigError,
    NinoxDamagedError,
    NinoxError,
    NinoxFile,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxRecord,
    NinoxRedirectError,
    NinoxRequestError,
    NinoxScriptError,
    NinoxServerError,
    NinoxSizeError,
    NinoxTimeoutError,
    NinoxTlsError,
    NinoxTooLargeError,
    NinoxTransportError,
    Purpose,
    RecordWrite,
    SavedRecord,
    Table,
    TableChanges,
    Team,
    Upload,
    iter_pages,
)


def main(api_url: str, key: str) -> dict[str, Any]:
    """Look around, read, change and write; return what came of it."""
    client = NinoxClient(ConnectionConfig(auth_token=key, api_url=api_url))
    try:
        team: Team = client.list_teams()[0]
        name: DatabaseName = client.list_databases(team.id)[0]
        shop: DatabaseClient = client.database(team.id, name)
        schema: DatabaseSchema = shop.get_schema()
        table: Table = schema.tables[0]
        said: dict[str, Any] = {
            "places": [client.get_team(team.id).name, name.name, table.name, table.kind],
            "same tables": [one.name for one in shop.list_tables().tables],
            "fields": {field.name: describe(field) for field in table.fields},
            **read(shop, table),
            **write(shop, table),
            **files(shop, table),
        }
        calls: Counter[Purpose] = client.calls_by_purpose
        said["pages"] = calls[Purpose.PAGES]
        said["calls add up"] = calls.total() == client.calls_used
        said["errors"] = list(errors(client, shop, table))
    finally:
        client.close()
    return said


def describe(field: Field) -> str:
    """Return what a field is, with its options."""
    options: tuple[Choice, ...] = field.choices
    return " ".join([field.type, *(option.caption for option in options)])


def read(shop: DatabaseClient, table: Table) -> dict[str, Any]:
    """Read all records, one of them, some of them, and what a script says."""
    records: list[NinoxRecord] = [
        record
        for page in iter_pages(lambda after_id: shop.get_records(table.id, since_id=after_id, per_page=2))
        for record in page
    ]
    second: NinoxRecord | None = shop.find_record(table.id, 2)
    return {
        "ids": [record.id for record in records],
        "second": second.fields if second else None,
        "found": [record.id for record in shop.get_records(table.id, filters={"A": "name 3"})],
        "none": shop.find_record(table.id, 4711),
        "count": shop.query("cnt(select Customers)"),
    }


def write(shop: DatabaseClient, table: Table) -> dict[str, Any]:
    """Create, update and delete records; see it in the changes."""
    before: FeedChanges = shop.get_changes(0, table_ids=[table.id])
    saved: list[SavedRecord] = shop.save_records(
        table.id, [RecordWrite(fields={"A": "new"}), RecordWrite(fields={"A": "renamed"}, id=1)]
    )
    shop.delete_records(table.id, [2])
    changes: TableChanges = shop.get_changes(before.sequence, table_ids=[table.id]).of(table.id)
    return {
        "saved": [record.id for record in saved],
        "updated": sorted(changes.updated),
        "removed": sorted(changes.removed),
        "deleted again": shop.delete_record(table.id, 2),
        "executed": shop.execute("1 + 1"),
    }


def files(shop: DatabaseClient, table: Table) -> dict[str, Any]:
    """Put a file on a record, and take it back."""
    shop.upload_file(table.id, 1, Upload(name="logo.svg", content=b"<svg/>", media_type="image/svg+xml"))
    listed: list[NinoxFile] = shop.list_files(table.id, 1) or []
    content = io.BytesIO()
    download = Download(content)
    return {
        "files": {file.name: file.size for file in listed},
        "came": shop.download_file(table.id, 1, "logo.svg", download),
        "content": content.getvalue().decode(),
        "size": download.size,
    }


def errors(client: NinoxClient, shop: DatabaseClient, table: Table) -> Iterator[str]:
    """Yield what some mistakes come to; a caller decides by class."""
    mistakes: list[Callable[[], object]] = [
        lambda: NinoxClient(ConnectionConfig(auth_token="key", api_url="ftp://ninox")),
        lambda: NinoxClient(ConnectionConfig(auth_token="wrong", api_url=client.api_url)).list_teams(),
        lambda: shop.get_records("ZZ"),
        lambda: shop.query("nonsense(", tries_of_500=1),
        lambda: shop.save_records(table.id, [RecordWrite(fields={"A": "x"})], max_bytes=1),
    ]
    for mistake in mistakes:
        try:
            mistake()
        except NinoxError as error:
            yield advise(error)


ADVICE: list[tuple[tuple[type[Exception], ...], str]] = [
    ((NinoxConfigError, BodyTooLargeError), "nothing was sent"),
    ((NinoxBudgetError,), "go on next time"),
    ((NinoxTlsError, NinoxRedirectError), "look at the address"),
    ((NinoxTimeoutError, NinoxSizeError, NinoxTooLargeError), "ask for less"),
    ((NinoxDamagedError, NinoxTransportError, NinoxRateLimitError, NinoxServerError), "try later"),
    ((NinoxAuthenticationError, NinoxPermissionError), "look at the key"),
    ((NinoxNotFoundError,), "it is gone"),
    ((NinoxScriptError, NinoxRequestError), "look at what was asked"),
    ((NinoxProtocolError, NinoxAPIError, NinoxError), "report it"),
]
"""What to do about an error: the narrower classes stand first."""


def advise(error: Exception) -> str:
    """Return what to do about an error."""
    place = f" ({error.method} {error.status})" if isinstance(error, NinoxAPIError) else ""
    return next(advice for kinds, advice in ADVICE if isinstance(error, kinds)) + place


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2]), default=str))
