"""Several rows about one record, taken together: the last one wins, as if they had been written one after another."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from target_ninox.mapping.rows import EncodedRow
from target_ninox.reporting.rejects import StreamSchema


class Row(msgspec.Struct, frozen=True):
    """A row with the record it was made of, kept until its outcome is known.

    Attributes:
        encoded: In Ninox's terms.
        record: As it came.
        since: Number of the earliest row whose values are in it.
        described: The schema that it came under: while it waits, another may come.
    """

    encoded: EncodedRow
    record: Mapping[str, Any]
    since: int
    described: StreamSchema

    @property
    def identity(self) -> Hashable:
        """What rows about the same record have in common; a row without a key stands for itself."""
        key = self.encoded.key
        return ("row", self.encoded.number) if key is None else ("key", key)

    def then(self, later: Row) -> Row:
        """Return both rows as one."""
        since = min(self.since, later.since)
        if self.encoded.deleted or later.encoded.deleted:
            return replace(later, since=since)
        first, last = self.encoded, later.encoded
        references = {key: value for key, value in first.references.items() if key not in last.fields}
        fields = {key: value for key, value in first.fields.items() if key not in last.references}
        encoded = replace(
            last,
            fields={**fields, **last.fields},
            references={**references, **last.references},
            files={**first.files, **last.files},
        )
        return Row(encoded, {**self.record, **later.record}, since, later.described)


def merged(rows: Iterable[Row]) -> list[Row]:
    """Return one row per record, in the order of the first row about it."""
    by_identity: dict[Hashable, Row] = {}
    for row in rows:
        earlier = by_identity.get(row.identity)
        by_identity[row.identity] = row if earlier is None else earlier.then(row)
    return list(by_identity.values())
