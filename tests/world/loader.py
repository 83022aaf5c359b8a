"""A loader as small as possible: folds Singer messages into rows as target-postgres does, or as worse ones do.

Rows wait in a batch per stream. A batch is written when it is full, when its stream gets another schema or version, and
before a STATE goes out: what a STATE speaks of is durable. A crash loses what waits; the next run starts from the STATE
that went out last.
"""

from __future__ import annotations

import json


class Loader:
    """What a warehouse holds after some runs, crashes included.

    Attributes:
        state: The last one that went out; the tap's next run starts from it.
        unfollowed: Streams with rows of a run that left no bookmark behind: what of them was deleted before the next
            run is known to nobody, and only an activation takes it away.
    """

    def __init__(self, *, batch_size, states_between, hard_delete, replaces_schemas=False, takes_versions=True):
        """Start empty.

        Args:
            batch_size: Rows of a stream that wait at most.
            states_between: How many STATE messages are kept back until one goes out; the last of a run always does.
            hard_delete: Whether deleted rows are taken out, or marked with `_sdc_deleted_at`.
            replaces_schemas: Whether rows that wait are written under the schema that came last, with null in columns
                that they lack and without those that it lacks.
            takes_versions: Whether ACTIVATE_VERSION takes away what has an older version.
        """
        self.state, self.unfollowed = None, set()
        self.replaces_schemas, self.takes_versions, self._columns = replaces_schemas, takes_versions, {}
        # Full among the tombstones, the batch of such a loader would be written under their schema: it is large.
        self._batch_size = 1000 if replaces_schemas else batch_size
        self._states_between, self._hard_delete = states_between, hard_delete
        self._keys, self._rows, self._waiting = {}, {}, {}

    def load(self, messages, *, crashes=False):
        """Take the messages of a run, to the end of the input or to a crash after the last of them."""
        self._waiting, states = {}, []
        bookmarks = (self.state or {}).get("bookmarks", {})
        self.unfollowed |= {stream for stream, rows in self._rows.items() if rows and not _is_begun(bookmarks, stream)}
        for message in messages:
            kind, stream = message["type"], message.get("stream")
            if kind == "SCHEMA":
                if not self.replaces_schemas:
                    self._flush(stream)
                self._keys[stream] = message["key_properties"]
                self._columns[stream] = list(message["schema"]["properties"])
            elif kind == "RECORD":
                self._waiting.setdefault(stream, []).append(message)
                if len(self._waiting[stream]) >= self._batch_size:
                    self._flush(stream)
            elif kind == "ACTIVATE_VERSION" and self.takes_versions:
                self._flush(stream)
                self._activate(stream, message["version"])
                self.unfollowed.discard(stream)
            elif kind == "STATE":
                states.append(message["value"])
                if len(states) > self._states_between:
                    self._confirm(states)
        if not crashes:
            self._confirm(states)

    def live(self, stream):
        """Return the rows that are not deleted, by key."""
        return {key: row for key, row in self._rows.get(stream, {}).items() if not row["_sdc_deleted_at"]}

    def is_marked(self, stream, *key):
        """Tell whether a row is there and deleted."""
        row = self._rows.get(stream, {}).get(key)
        return row is not None and bool(row["_sdc_deleted_at"])

    def _confirm(self, states):
        for stream in list(self._waiting):
            self._flush(stream)
        if states:
            self.state = json.loads(json.dumps(states[-1]))
            states.clear()

    def _flush(self, stream):
        for message in self._waiting.pop(stream, None) or ():
            record, rows = message["record"], self._rows.setdefault(stream, {})
            key = tuple(record[name] for name in self._keys[stream])
            row = rows.setdefault(key, {})
            if self.replaces_schemas:
                record = {name: record.get(name) for name in self._columns[stream]}
            row.update({"_sdc_deleted_at": None, **record})
            if "version" in message:
                row["_sdc_table_version"] = message["version"]
            if self._hard_delete and row["_sdc_deleted_at"]:
                del rows[key]

    def _activate(self, stream, version):
        rows = self._rows.get(stream, {})
        for key, row in list(rows.items()):
            if row.get("_sdc_table_version", 0) < version:
                row["_sdc_deleted_at"] = row["_sdc_deleted_at"] or "activated"
                if self._hard_delete:
                    del rows[key]


def _is_begun(bookmarks, stream):
    bookmark = bookmarks.get(stream) or {}
    return bookmark.get("replication_key_value") is not None or bool(bookmark.get("snapshot"))
