"""Ninox records → Singer records: one converter per table, made once from its selected columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.client import NinoxRecord
from ninox_api.errors import NinoxError, NinoxProtocolError
from tap_ninox.columns import Column
from tap_ninox.values import BadValueError, utc_moment


class UnfitValueError(NinoxError):
    """A value that does not fit the type of its field, where `on_bad_value` is `fail`. The value is not told."""

    def __init__(self, column: Column, *, record_id: int) -> None:
        """Say where the value is and what to do about it."""
        super().__init__(
            f"The value of field {column.title!r} ({column.field_id}) in record {record_id} is not a "
            f"{column.computed_as or column.type}, so it does not fit property {column.name}. Mend it in Ninox, or set "
            "on_bad_value to null."
        )


class Converter:
    """Converts the records of one table.

    Attributes:
        nulled: Property → number of values that did not fit its type and became null.
    """

    def __init__(
        self, columns: Iterable[Column], *, zone: ZoneInfo | None, selected: Iterable[str], fails: bool = False
    ) -> None:
        """Compile the readers of the selected columns; the other values are not even looked at.

        Args:
            columns: All of the table.
            zone: Zone of date-times; None leaves them as they are sent.
            selected: Names of the properties to send.
            fails: Whether a value that does not fit ends the reading, instead of becoming null.
        """
        columns = list(columns)
        wanted = set(selected)
        chosen = [column for column in columns if column.name in wanted and column.is_readable]
        self._readers = [(column.name, column.field_id, column.reader(zone)) for column in chosen]
        self._columns = {column.name: column for column in chosen}
        self._fails = fails
        self._system = [name for name in _SYSTEM if name in wanted]
        self._field_ids = {column.field_id for column in columns if column.is_stored}  # those a server answers itself
        self._id_by_title = {column.title: column.field_id for column in columns}
        self.nulled: Counter[str] = Counter()

    def convert(self, record: NinoxRecord) -> dict[str, Any]:
        """Return the Singer record; every selected property is present, empty ones as null.

        Raises:
            UnfitValueError: A value does not fit its type, and that was asked to be an error.
        """
        fields = record.fields
        row = {name: _SYSTEM[name](record) for name in self._system}
        for name, field_id, read in self._readers:
            value = fields.get(field_id)
            if value is None or value == "":
                row[name] = None
                continue
            try:
                row[name] = read(value)
            except BadValueError:
                if self._fails:
                    raise UnfitValueError(self._columns[name], record_id=record.id) from None
                row[name] = None
                self.nulled[name] += 1
        return row

    def check_keys(self, records: Iterable[NinoxRecord]) -> None:
        """Refuse a page whose fields are keyed by captions: read as ids they would all seem empty.

        Raises:
            NinoxProtocolError: The server ignored `ids=true`.
        """
        record = next((record for record in records if record.fields), None)
        if record is not None and _is_keyed_by_title(record.fields, self._field_ids, self._id_by_title):
            message = "The server ignores ids=true: it answers records keyed by captions, which cannot be trusted."
            raise NinoxProtocolError(message)


def _is_keyed_by_title(fields: Mapping[str, Any], ids: set[str], titles: Mapping[str, str]) -> bool:
    return not any(key in ids for key in fields) and any(key in titles for key in fields)


_SYSTEM: dict[str, Callable[[NinoxRecord], Any]] = {
    "_id": lambda record: record.id,
    "_sequence": lambda record: record.sequence,
    "_created_at": lambda record: utc_moment(record.created_at),
    "_created_by": lambda record: record.created_by or None,
    "_modified_at": lambda record: utc_moment(record.modified_at),
    "_modified_by": lambda record: record.modified_by or None,
}
