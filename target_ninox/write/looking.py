"""Which rows of a failed request are in Ninox: looked for there, before anything is sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence

from ninox_api.errors import NinoxError
from ninox_singer.wording import counted
from target_ninox.matching.known_table import KnownTable
from target_ninox.matching.record_index import KeyOf
from target_ninox.write.intents import Intent, Outcome


class UncertainCreateError(NinoxError):
    """Records without a key may have been created, and nothing can tell which."""


class Looking:
    """Looks for the records of one stream's rows."""

    def __init__(self, table: KnownTable, key_of: KeyOf) -> None:
        """Remember where, and how the key of a record is told, comparable with that of a row."""
        self._table = table
        self._key_of = key_of

    def look(self, chunk: list[Intent]) -> tuple[list[Outcome], list[Intent]]:
        """Find out which rows of a failed request are saved; return them and the others, in order.

        Updates need no look: sending them again has the effect of sending them once.

        Raises:
            UncertainCreateError: Rows without a key may be saved or not.
        """
        if not chunk[0].creates:
            return [], chunk
        found = self._find_by_id(chunk) if chunk[0].write.upsert else self._find_new(chunk)
        saved = [Outcome(intent, found[place], recovered=True) for place, intent in enumerate(chunk) if place in found]
        return saved, [intent for place, intent in enumerate(chunk) if place not in found]

    def _find_by_id(self, chunk: Sequence[Intent]) -> dict[int, int]:
        wanted = {place: intent.write.id or 0 for place, intent in enumerate(chunk)}
        return {place: record_id for place, record_id in wanted.items() if self._table.find(record_id) is not None}

    def _find_new(self, chunk: Sequence[Intent]) -> dict[int, int]:
        """Return place in the chunk → id of the record that was not there before and has the row's key."""
        ids_by_key: dict[Hashable, deque[int]] = {}
        for record in self._table.read_new():
            ids_by_key.setdefault(self._key_of(record.id, record.fields), deque()).append(record.id)
        found = {}
        for place, intent in enumerate(chunk):
            ids = ids_by_key.get(intent.row.encoded.key)
            if intent.row.encoded.key is not None and ids:
                found[place] = ids.popleft()
        keyless = sum(intent.row.encoded.key is None for intent in chunk)
        if keyless and any(ids_by_key.values()):
            raise self._uncertain(keyless)
        return found

    def _uncertain(self, count: int) -> UncertainCreateError:
        numbers = f"table {self._table.id}, ids up to {self._table.highest_id}"
        return UncertainCreateError(
            f"The answer to the creation of {counted(count, 'record')} was lost, and without a key it is not known "
            f"what is saved. Nothing was sent again. Look at the newest records ({numbers}), delete those of this run "
            "or take the rows out of the input, and run again; with match_on this cannot happen."
        )
