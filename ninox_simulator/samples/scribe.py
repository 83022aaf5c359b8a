"""Changes the served company through its store, by captions, and keeps the day book."""

from __future__ import annotations

from functools import cache
from typing import Any

from ninox_simulator.database import Database
from ninox_simulator.samples.blattwerk import BUERO_ID, NURSERY_ID, TEAM_ID, build
from ninox_simulator.samples.day_book import DayBook
from ninox_simulator.samples.notation import Json, captions_to_ids
from ninox_simulator.store import Store


@cache
def schema_of(database_id: str) -> Json:
    """The schema as seeded: the script speaks of fields by the captions of the first day."""
    databases = {database.id: database for database in build("s")[0].databases}
    return databases[database_id].schema


def field_id_of(database_id: str, table_id: str, caption: str) -> str:
    """The id of a field, by its caption of the first day."""
    return captions_to_ids(schema_of(database_id)["types"][table_id])[caption]


class Scribe:
    """One database, its day book, and the writes of the script."""

    def __init__(self, store: Store, database_id: str, book: DayBook) -> None:
        """Open a database of the sample company."""
        self.database: Database = store.database(TEAM_ID, database_id)
        self.database_id = database_id
        self.book = book

    def ids(self, table_id: str) -> list[int]:
        """Ids of a table's records, ascending."""
        return list(self.database.tables[table_id].ids())

    def value(self, table_id: str, rid: int, caption: str) -> Any:
        """The stored value of a field, None if it is empty."""
        fields = self.database.tables[table_id].records[rid].fields
        return fields.get(field_id_of(self.database_id, table_id, caption))

    def create(self, table_id: str, values: Json) -> int:
        """A new record, and its id."""
        rid = self.database.create(table_id, self._by_id(table_id, values)).id
        self.book.note_created((self.database_id, table_id), rid)
        return rid

    def update(self, table_id: str, rid: int, values: Json) -> None:
        """Write some fields of a record."""
        self.database.update(table_id, rid, self._by_id(table_id, values))
        self.book.note_updated((self.database_id, table_id), rid)

    def delete(self, table_id: str, rid: int) -> None:
        """Delete a record, and with it its parts."""
        parts = schema_of(self.database_id)["types"][table_id].get("children", [])
        before = {part: set(self.ids(part)) for part in parts}
        self.database.delete(table_id, rid)
        self.book.note_deleted((self.database_id, table_id), [rid])
        for part, rids in before.items():
            self.book.note_deleted((self.database_id, part), rids.difference(self.ids(part)))

    def _by_id(self, table_id: str, values: Json) -> Json:
        return {field_id_of(self.database_id, table_id, caption): value for caption, value in values.items()}


class Office:
    """Both working databases of the company, and the day's book."""

    def __init__(self, store: Store, day: int) -> None:
        """Open both databases."""
        self.book = DayBook(day=day)
        self.buero = Scribe(store, BUERO_ID, self.book)
        self.nursery = Scribe(store, NURSERY_ID, self.book)

    @property
    def scribes(self) -> tuple[Scribe, Scribe]:
        """Büro first."""
        return self.buero, self.nursery
