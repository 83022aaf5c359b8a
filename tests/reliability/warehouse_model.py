"""A target as small as possible: what an upserting warehouse holds after some Singer messages."""

from __future__ import annotations

import json
from decimal import Decimal

import fsspec


class WarehouseModel:
    """Rows by stream and id; a tombstone marks a row, `ACTIVATE_VERSION` removes those of older versions."""

    def __init__(self):
        self._rows = {}
        self._versions = {}

    def load(self, messages):
        for message in messages:
            if message["type"] == "RECORD":
                self._upsert(message)
            elif message["type"] == "BATCH":
                for row in _rows_of(message):
                    self._upsert({"stream": message["stream"], "record": row, "version": row["_sdc_table_version"]})
            elif message["type"] == "ACTIVATE_VERSION":
                self._activate(message["stream"], message["version"])

    def rows(self, stream):
        """Rows that are not marked as deleted, by id, without the loader's own columns."""
        rows = self._rows.get(stream, {}).values()
        return {row["_id"]: row for row in rows if not row.get("_sdc_deleted_at")}

    def all_rows(self, stream):
        """Return every row that came, whatever its key."""
        return list(self._rows.get(stream, {}).values())

    def _upsert(self, message):
        record, stream = message["record"], message["stream"]
        key = record.get("_id", repr(record))
        row = self._rows.setdefault(stream, {}).setdefault(key, {})
        row.update({"_sdc_deleted_at": None, **record})
        self._versions[stream, key] = message.get("version")

    def _activate(self, stream, version):
        rows = self._rows.setdefault(stream, {})
        for key in list(rows):
            if (self._versions[stream, key] or 0) < version:
                del rows[key]


def _rows_of(message):
    for url in message["manifest"]:
        with fsspec.open(url, compression="infer") as file:
            yield from (json.loads(line, parse_float=Decimal) for line in file)
