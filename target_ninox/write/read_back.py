"""Reading first records back: are their key and what was written shown, and do scripts override what was sent?"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Hashable, Sequence

from ninox_api.errors import NinoxError
from ninox_singer.wording import in_number, pasted
from target_ninox.account import StreamAccount
from target_ninox.mapping.encode import WritePlan
from target_ninox.records.destination import Destination
from target_ninox.write.answers import Intent, Outcome

logger = logging.getLogger(__name__)

_LARGEST_EXACT = 2**53
"""Whole numbers beyond it lose digits in doubles, in which Ninox computes (assumed)."""


class KeyNotShownError(NinoxError):
    """Records cannot be found again by the key that they were written with."""

    def __init__(self, plan: WritePlan, record_id: int, *, is_shown: bool) -> None:
        """Name the fields and a record to look at."""
        names = ", ".join(repr(field.name) for field in plan.table.fields if field.id in plan.match_field_ids)
        if is_shown:
            super().__init__(
                f"{plan.stream}: record {record_id} of table {plan.table.name!r} was created and holds another number "
                f"in {names} than the one that was sent: it has more digits than Ninox keeps. No record can be found "
                "by it, and each run would create all of them again. Stopped; delete that record, and let a text field "
                "be the key."
            )
            return
        super().__init__(
            f"{plan.stream}: record {record_id} of table {plan.table.name!r} was created and shows no {names}, nor "
            "does any record that was there before. Either the role of the key may not read that field, or a script of "
            "the table empties it: no record can be found by it, and each run would create all of them again. Stopped; "
            "delete that record, and give the role the right to read the field, or match by another one."
        )


class KeyChangedError(NinoxError):
    """A record does not have the key that it was written with: it ends the stream, and no other."""

    def __init__(self, plan: WritePlan, record_id: int) -> None:
        """Name the fields, a record to look at, and what to do."""
        names = ", ".join(repr(field.name) for field in plan.table.fields if field.id in plan.match_field_ids)
        super().__init__(
            f"record {record_id} of table {plan.table.name!r} does not hold in {names} the key that was sent: a script "
            "of the table changes it, or Ninox keeps it in another form. The next run would not find it by its key, "
            f"and create it again, so no more rows are loaded. Send {names} as the script leaves it, or match by "
            "another field (match_on), and delete in Ninox the records that are there twice"
        )


class ReadBack:
    """Reads the first records of a stream that were written, a call each: is in them what was sent?"""

    def __init__(self, plan: WritePlan, account: StreamAccount, destination: Destination) -> None:
        self._plan = plan
        self._account = account
        self._destination = destination
        self._table = destination.table(plan.table.id)
        self._has_checked_key = False
        self._has_number_key = any(
            field.type == "number" and field.id in plan.match_field_ids for field in plan.table.fields
        )

    def find_doubtful_key(self, intents: Sequence[Intent]) -> Intent | None:
        """Return, once for a stream, the record to create first where keys may not be found again; None if they are.

        Either the table has records of which none shows a key, or a key is a number that doubles cannot hold, in which
        Ninox computes (assumed).
        """
        plan = self._plan
        if self._has_checked_key or self._account.preview or not (plan.needs_key and plan.match_field_ids):
            return None
        creations = [intent for intent in intents if intent.creates]
        large = (item for item in creations if self._has_number_key and _is_beyond_doubles(item.row.encoded.key))
        first = next(large, None)
        if first is None and self._destination.matcher_of(plan).has_seen_no_key:
            first = creations[0]
        self._has_checked_key = first is not None
        return first

    def check_key(self, made: Sequence[int], key: Hashable) -> None:
        """Look at a new record; one call.

        A role may be allowed to write a field and not to read it: every run would then make all records again.

        Raises:
            KeyNotShownError: The key that was just written is not there, or is another number.
            KeyChangedError: It is another one.
        """
        record = self._table.find(made[0]) if made else None
        if record is None:
            return
        shown = self._plan.key_of(record.fields)
        if shown is None:
            raise KeyNotShownError(self._plan, record.id, is_shown=False)
        if shown != key:
            raise self._changed(record.id, key)

    def check_keys(self, outcomes: Sequence[Outcome], *, deleted_fields: Collection[str]) -> None:
        """Look at a record whose answer shows another key than that of its row; no call where none does.

        Raises:
            KeyChangedError: It has another one.
        """
        doubtful = next((outcome for outcome in outcomes if outcome.shows_other_key), None)
        if doubtful is None or not self._has_key(deleted_fields):
            return
        key, record = doubtful.intent.row.encoded.key, self._table.find(doubtful.record_id)
        if record is not None and self._plan.key_of(record.fields) != key:  # else answers spell in a way of their own
            raise self._changed(record.id, key)

    def _changed(self, record_id: int, key: Hashable) -> NinoxError:
        """Return the error about a record that holds another key than the one that was sent."""
        if _is_beyond_doubles(key):
            return KeyNotShownError(self._plan, record_id, is_shown=True)
        return KeyChangedError(self._plan, record_id)

    def _has_key(self, deleted_fields: Collection[str]) -> bool:
        """Return whether records are found by fields that are all there."""
        plan = self._plan
        return plan.needs_key and bool(plan.match_field_ids) and set(plan.match_field_ids).isdisjoint(deleted_fields)

    def look_for_overrides(self, outcomes: Sequence[Outcome], *, deleted_fields: Collection[str]) -> None:
        """Read the first records that were created, and the first changed: do scripts put other values into them?

        One call each, if the table has scripts. Ninox stores what is sent, runs the table's scripts, and answers with
        either (observed). A field that a script overrides differs from the row again in the next run, which writes it
        and sets off the scripts once more, every time.

        Raises:
            KeyChangedError: A script has changed the key.
        """
        if not (self._plan.table.may_have_scripts and self._plan.needs_key):
            return
        for creates in (True, False):
            if creates in self._account.looked_at:
                continue
            written = [outcome for outcome in outcomes if outcome.error is None and outcome.intent.creates is creates]
            if written:
                self._account.looked_at.add(creates)
                self._compare(written, deleted_fields)

    def look_for_unshown(self, outcomes: Sequence[Outcome], *, deleted_fields: Collection[str]) -> None:
        """Read the first records in which a field was changed that no record had shown before: is it shown now?

        A field that the key's role may write and not read is absent in every record, as an empty one is: each run would
        write it again. One call, and another for fields that none of those records was sent; none where all are shown.
        """
        account = self._account
        for _ in self._unshown if self._plan.needs_key else ():  # at most a call for each
            wanted = self._unshown.difference(account.looked_for, deleted_fields)
            written = [
                outcome
                for outcome in outcomes
                if wanted
                and outcome.error is None
                and outcome.record_id not in account.created  # or a first load would cost a call
                and not wanted.isdisjoint(outcome.intent.write.fields)
            ]
            if not written:
                return
            self._compare(written, deleted_fields, is_about_scripts=False)
            if wanted <= self._unshown - account.looked_for:  # a server without keyset has sent other records
                account.looked_for |= wanted

    @property
    def _unshown(self) -> frozenset[str]:
        return self._destination.matcher_of(self._plan).unshown

    def _compare(
        self, written: Sequence[Outcome], deleted_fields: Collection[str], *, is_about_scripts: bool = True
    ) -> None:
        """Log and count the fields of records that hold something else than what was sent; or that none has shown."""
        plan = self._plan
        ids = {outcome.record_id for outcome in written}
        certain = {outcome.record_id: outcome.intent.row.encoded for outcome in written if outcome.is_certain}
        by_key = {outcome.intent.row.encoded.key: outcome.intent.row.encoded for outcome in written}
        page = self._table.page_from(min(ids))
        self._destination.matcher_of(plan).note_shown(page)
        records = [record for record in page if record.id in ids]
        differing = Counter[str]()
        changed_key: int | None = None
        for record in records:
            row = certain.get(record.id) or by_key.get(plan.key_of(record.fields))  # where answers did not say whose
            if row is not None:
                # also what was equal, and so not sent: a script may have changed it since
                fields = {field_id: value for field_id, value in row.fields.items() if field_id not in deleted_fields}
                differing.update(plan.differing(fields, record.fields))
            if row is None or (row.key != plan.key_of_record(record.id, record.fields)):
                changed_key = changed_key or record.id
        if changed_key is not None and is_about_scripts and self._has_key(deleted_fields):
            raise KeyChangedError(plan, changed_key)
        unshown = self._unshown
        for field_id, count in differing.items():
            if field_id not in unshown:
                if is_about_scripts:
                    self._tell_overridden(field_id, count, of=len(records))
            elif field_id not in self._account.looked_for:  # as creations and changes are looked at
                self._account.looked_for.add(field_id)
                self._tell_not_shown(field_id, count)

    def _tell_overridden(self, field_id: str, count: int, *, of: int) -> None:
        caption = self._count(field_id, count, self._account.report.overridden)
        logger.warning(
            "%s: field %r of table %r holds something else than what was sent in %d of %s just written: a script "
            "of the table may override it. Each run will write these rows again, and set off the scripts again. To "
            "leave the field out: streams.%s.fields: %s.",
            self._plan.stream,
            caption,
            self._plan.table.name,
            count,
            in_number(of, "record"),
            self._plan.stream,
            pasted({self._plan.property_of(field_id): None}),
        )

    def _tell_not_shown(self, field_id: str, count: int) -> None:
        caption = self._count(field_id, count, self._account.report.not_shown)
        logger.warning(
            "%s: field %r of table %r was written, but is not shown in %s just written, nor in any record before: the "
            "role of the key may not read it, or a script of the table empties it. Each run will write these rows "
            "again, and set off triggers. To leave the field out: streams.%s.fields: %s.",
            self._plan.stream,
            caption,
            self._plan.table.name,
            in_number(count, "record"),
            self._plan.stream,
            pasted({self._plan.property_of(field_id): None}),
        )

    def _count(self, field_id: str, count: int, counts: dict[str, int]) -> str:
        """Add to the count of a field, and return its name."""
        caption = next(field.name for field in self._plan.table.fields if field.id == field_id)
        counts[caption] = counts.get(caption, 0) + count
        return caption


def _is_beyond_doubles(key: Hashable) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, int) and abs(part) > _LARGEST_EXACT for part in parts)
