"""What is to be done for a row, and what became of it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from ninox_api.client import RecordWrite
from target_ninox.mapping.rows import RowRejectedError
from target_ninox.write.merging import Row


class Intent(msgspec.Struct, frozen=True):
    """What is to be done for one row.

    Attributes:
        creates: Whether there is no record for it yet; with an id in `write`, it is to be made under that id.
    """

    row: Row
    write: RecordWrite
    creates: bool


class Outcome(NamedTuple):
    """What became of an intent: a record id, or an error.

    Attributes:
        recovered: Whether it was found in Ninox, and not told by an answer.
        is_certain: Whether the record is that of the row; if not, it is one of those that were made with it.
    """

    intent: Intent
    record_id: int = 0
    error: RowRejectedError | None = None
    recovered: bool = False
    is_certain: bool = True
