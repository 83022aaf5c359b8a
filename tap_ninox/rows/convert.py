"""Ninox records → Singer records: one converter per table, made once from its selected columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ninox_api.body import DAMAGE, repair_text
from ninox_api.client import NinoxRecord
from ninox_api.schema import check_keys
from ninox_singer.types.base import BadValueError, Read, ReadColumn
from ninox_singer.types.choice import find_mistakable_options, list_options, read_ids_of_captions
from ninox_singer.types.text import read_text, read_texts
from tap_ninox.rows.columns import Column
from tap_ninox.rows.fast_path import ConvertedPage, RecordForm, attributes_of

AskForCaptions = Callable[[NinoxRecord, str, Any], "bool | None"]
"""Finds out whether the server answers captions of options where ids were asked for, given a record, one of its fields
and the value that came; None if this record does not show it."""


MOST_IDS = 10
"""Of records with bad values, so many are named."""

ROWS_AT_ONCE = 500
"""So many rows of some fields stay in the processor's cache on their way to the output; a page of 10,000 does not."""

VALUES_AT_ONCE = 50_000
"""Of a table of 2,000 fields a page has half a million; on their way to the output, each exists three times."""


@dataclass(slots=True)
class BadValues:
    """Property → number of values that could not be sent as they are, and in which records.

    Attributes:
        nulled: Those that did not fit the type of their field.
        repaired: Texts with characters that no database stores: halves of emojis, and NUL.
        records: Property → ids of the first records with any of them.
    """

    nulled: Counter[str] = field(default_factory=Counter)
    repaired: Counter[str] = field(default_factory=Counter)
    records: dict[str, list[int]] = field(default_factory=dict)

    def note_nulled(self, name: str, record_id: int) -> None:
        """Count a value that became null."""
        self.nulled[name] += 1
        self._note(name, record_id)

    def note_repaired(self, name: str, record_id: int) -> None:
        """Count a text that was repaired."""
        self.repaired[name] += 1
        self._note(name, record_id)

    def _note(self, name: str, record_id: int) -> None:
        records = self.records.setdefault(name, [])
        if len(records) < MOST_IDS and record_id not in records:
            records.append(record_id)


def is_damaged(value: Any) -> bool:
    """Return whether a text, or one of a list, has characters that no database stores."""
    if isinstance(value, list):
        return any(isinstance(item, str) and DAMAGE in item for item in value)
    return isinstance(value, str) and DAMAGE in value


def _as_text(read: Read) -> Read:
    def spelled(value: Any) -> str | None:
        known = read(value)
        return None if known is None else read_text(known)

    return spelled


class _Reader(NamedTuple):
    """How one property is read: a page's values at once, or each on its own where that is not possible.

    Attributes:
        mistakable: Options that may be ids or captions; see `find_mistakable_options`.
    """

    column: Column
    read: Read
    read_column: ReadColumn | None
    mistakable: frozenset[str]


class Converter:
    """Converts the records of one table, a page at a time and in it a field at a time.

    Attributes:
        bad: Values that did not fit, or had to be repaired.
        rows_at_once: Of a page, so many rows are to be converted and written at a time.
    """

    def __init__(
        self,
        columns: Iterable[Column],
        *,
        zone: ZoneInfo | None,
        selected: Iterable[str],
        empty: Sequence[str] = (),
        as_text: Collection[str] = (),
        ask_for_captions: AskForCaptions = lambda *_: False,
    ) -> None:
        """Compile the readers of the selected columns; the other values are not even looked at.

        Args:
            columns: All of the table.
            zone: Zone of date-times; None leaves them as they are sent.
            selected: Names of the properties to send.
            empty: Further properties of lines, null in each of them.
            as_text: Names of those whose values are spelled out, as a catalog's schema asks for.
            ask_for_captions: Called where an option may be meant by its id or by its caption.
        """
        columns = list(columns)
        wanted = set(selected)
        chosen = [column for column in columns if column.name in wanted and column.is_readable]
        self._readers = []
        for column in chosen:
            read, read_column = column.readers(zone)
            if column.name in as_text:
                read, read_column = _as_text(read), None
            mistakable = find_mistakable_options(column.captions if column.is_stored else {})
            self._readers.append(_Reader(column, read, read_column, mistakable))
        self._ask_for_captions = ask_for_captions
        self._attributes = attributes_of(chosen)
        self._system = [read for name, read in _SYSTEM.items() if name in wanted]
        names = [name for name in _SYSTEM if name in wanted] + [column.name for column in chosen]
        self._form = RecordForm(names, empty=empty)
        self._field_ids = {column.field_id for column in columns if column.is_stored}
        self._joined_ids = {column.field_id for column in columns if not column.is_stored}
        self._captions = {column.title for column in columns} if self._field_ids else set[str]()
        self.bad = BadValues()
        self.rows_at_once = max(1, min(ROWS_AT_ONCE, VALUES_AT_ONCE // max(1, len(names))))

    def convert(self, page: Sequence[NinoxRecord]) -> ConvertedPage:
        """Return the Singer records; every selected property is present, empty ones as null."""
        self._check_keys(page)
        fields = [record.fields for record in page]
        columns: list[Sequence[Any]] = [read(page) for read in self._system]
        for reader in self._readers:
            sent = self._sent(fields, reader.column.field_id)
            if reader.mistakable and self._are_captions(page, reader, sent):
                sent = list(map(read_ids_of_captions(reader.column.captions), sent))
            values = reader.read_column(sent) if reader.read_column else None
            if values is None:
                values = [self._value(reader, value, record) for value, record in zip(sent, page, strict=True)]
            columns.append(values)
        return ConvertedPage(self._form, columns, len(page))

    def _sent(self, fields: Sequence[Any], field_id: str) -> list[Any]:
        """Return the values of one field, from mappings or from what `SelectedFieldsDecoder` makes."""
        if fields and not isinstance(fields[0], dict):
            attribute = self._attributes.get(field_id)  # none for a formula that no script can name
            return list(map(attrgetter(attribute), fields)) if attribute else [None] * len(fields)
        return [values.get(field_id) for values in fields]

    def _are_captions(self, page: Sequence[NinoxRecord], reader: _Reader, sent: Sequence[Any]) -> bool:
        """Return whether a page has captions of options, as far as that makes a difference."""
        for record, value in zip(page, sent, strict=True):
            if not reader.mistakable.isdisjoint(filter(_is_text, list_options(value, reader.column.captions))):
                verdict = self._shown_style(page)
                if verdict is None:
                    verdict = self._ask_for_captions(record, reader.column.field_id, value)
                if verdict is not None:
                    return verdict
        return False

    def _shown_style(self, page: Sequence[NinoxRecord]) -> bool | None:
        """Return whether a page has captions of options, by one that is the id of none, or the other way round."""
        fields = [record.fields for record in page]
        for column in (reader.column for reader in self._readers if reader.column.is_stored):
            ids, captions = column.captions.keys(), set(column.captions.values())
            for value in self._sent(fields, column.field_id) if captions else ():
                for option in filter(_is_text, list_options(value, column.captions)):
                    if (option in ids) != (option in captions):
                        return option in captions
        return None

    def _value(self, reader: _Reader, value: Any, record: NinoxRecord) -> Any:
        if value is None or value == "":
            return None
        name, was_damaged = reader.column.name, is_damaged(value)
        if was_damaged:
            value = [repair_text(v) for v in value] if isinstance(value, list) else repair_text(value)
        try:
            read = reader.read(value)
        except BadValueError:
            self.bad.note_nulled(name, record.id)
            return None
        if was_damaged:
            self.bad.note_repaired(name, record.id)
        return read

    def _check_keys(self, records: Iterable[NinoxRecord]) -> None:
        """Refuse a page whose fields are keyed by captions: read as ids they would all seem empty.

        Raises:
            NinoxProtocolError: The server ignored `ids=true`.
        """
        filled: Iterator[Any] = (record.fields for record in records if record.fields)
        for fields in filled:
            if not isinstance(fields, dict):
                return
            if answered := fields.keys() - self._joined_ids:  # those were put there under their ids, whatever came
                check_keys(answered, ids=self._field_ids, captions=self._captions)
                return


def _is_text(option: Any) -> bool:
    return isinstance(option, str)


def utc_moments(sent: Sequence[str | None]) -> list[str | None]:
    """Return Ninox's own timestamps with their zone: they are UTC without saying so (documented)."""
    together = "".join(filter(None, sent))
    if "Z" not in together and "+" not in together:  # one look at all of them, as a rule
        return [f"{text}Z" if text else None for text in sent]
    return [f"{text}Z" if text and text[-1] != "Z" and "+" not in text else text or None for text in sent]


def _people(sent: list[str | None]) -> list[Any]:
    texts = read_texts(sent)
    return [repair_text(text or "") or None for text in sent] if texts is None else texts


_SYSTEM: dict[str, Callable[[Sequence[NinoxRecord]], list[Any]]] = {
    "_id": lambda page: [record.id for record in page],
    "_sequence": lambda page: [record.sequence for record in page],
    "_created_at": lambda page: utc_moments([record.created_at for record in page]),
    "_created_by": lambda page: _people([record.created_by for record in page]),
    "_modified_at": lambda page: utc_moments([record.modified_at for record in page]),
    "_modified_by": lambda page: _people([record.modified_by for record in page]),
}
