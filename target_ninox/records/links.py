"""References by a key of the linked table, or by ids of its records: found in batches, or waited for."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from ninox_api.errors import NinoxPermissionError
from ninox_singer.wording import list_ids
from target_ninox.account import StreamAccount
from target_ninox.mapping.encode import FindRecord, WritePlan
from target_ninox.records.destination import Destination
from target_ninox.records.index import ExistingRecord
from target_ninox.rows import Row, RowRejectedError

Wanted = tuple[str, Hashable]
"""Field id of the reference, and key of the linked record."""

LinkKey = tuple[str, str, Hashable]
"""Table id, field id and value by which a record is linked."""

_CIRCULAR = (
    "It is part of the key, and names a record that links back to this row, so that neither can be created first. "
    "Create one of them in Ninox, or choose another key (match_on)."
)


@dataclass(frozen=True, slots=True)
class Links:
    """Resolves the references of one stream's rows.

    Attributes:
        plan: How they are written.
        destination: Where the linked records are.
        account: What became of the rows.
    """

    plan: WritePlan
    destination: Destination
    account: StreamAccount

    def resolve(self, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        """Return the rows whose references are found, resolved, and those that must wait, unchanged."""
        rows = self._with_links_as_they_are(rows)
        found = self._find(rows)
        ready, waiting = [], []
        for row in rows:
            if not row.encoded.references:
                ready.append(row)
            elif all(found.get(wanted) for wanted in wanted_of(row)):
                ready += self._resolved(row, found)
            else:
                waiting.append(row)
        return ready, waiting

    def _with_links_as_they_are(self, rows: Sequence[Row]) -> list[Row]:
        """Return rows without what need not be looked for: ids that their record links by already, or of a deletion.

        Where the linked record was deleted, the link stays behind, and what a row repeats of it does no harm.
        """
        by_id = {field_id for field_id, reference in self.plan.references.items() if reference.match_field is None}
        some = [row for row in rows if not by_id.isdisjoint(row.encoded.references)]
        wanted = {row.encoded.key: row.encoded.fields for row in some if row.encoded.key is not None}
        matches = self.destination.matcher_of(self.plan).find_all(wanted) if wanted and self.plan.needs_key else {}
        return [self._as_it_is(row, matches.get(row.encoded.key, ()), by_id) for row in rows] if some else [*rows]

    def _as_it_is(self, row: Row, records: Sequence[ExistingRecord], by_id: Collection[str]) -> Row:
        encoded, current_fields = row.encoded, records[0].fields if len(records) == 1 else {}
        known = {
            field_id: keys[0]
            for field_id, keys in encoded.references.items()
            if field_id in by_id
            and keys
            and (encoded.deleted or self.plan.references[field_id].is_held(keys[0], current_fields))
        }
        if not known:
            return row
        left = {field_id: keys for field_id, keys in encoded.references.items() if field_id not in known}
        fields = {**encoded.fields, **known}
        key = encoded.key
        if key is None and left.keys().isdisjoint(self.plan.match_field_ids):
            key = self.plan.key_of_record(encoded.record_id, fields)
        return replace(row, encoded=replace(encoded, fields=fields, references=left, key=key))

    def give_up(self, rows: Sequence[Row], to_come: Collection[LinkKey]) -> tuple[list[Row], list[Row]]:
        """Return rows that name a record which is neither there nor to come; and those of them to load without it.

        The others are rejected.
        """
        unresolvable = {
            wanted for wanted, ids in self._find(rows).items() if not ids and not self._is_to_come(wanted, to_come)
        }
        given_up = [row for row in rows if not unresolvable.isdisjoint(wanted_of(row))]
        unlinked = []
        for row in given_up:
            fields = dict.fromkeys(field_id for field_id, key in wanted_of(row) if (field_id, key) in unresolvable)
            faults = [self.plan.references[name].missing() for name in fields if not self.plan.may_stay_empty(name)]
            if faults:
                self.account.reject(row, RowRejectedError.of(faults, key=row.encoded.key))
            else:
                unlinked.append(self._leave_empty(row, unresolvable))
        return given_up, unlinked

    def _is_to_come(self, wanted: Wanted, to_come: Collection[LinkKey]) -> bool:
        field_id, key = wanted
        reference = self.plan.references[field_id]
        return (reference.table.id, reference.match_field_id, key) in to_come

    def resolve_or_leave_empty(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows with their references; leave those empty, or reject their rows, whose record is missing."""
        rows = list(rows)
        found = self._find(rows)
        missing = {wanted for wanted, ids in found.items() if not ids}
        return [kept for row in rows for kept in self._resolved(self._leave_empty(row, missing), found)]

    def _leave_empty(self, row: Row, missing: Collection[Wanted]) -> Row:
        """Return a row that names the missing records no more, but for those without which it cannot be loaded."""
        left = {
            field_id: tuple(
                key for key in keys if (field_id, key) not in missing or not self.plan.may_stay_empty(field_id)
            )
            for field_id, keys in row.encoded.references.items()
        }
        emptied = sum(map(len, row.encoded.references.values())) - sum(map(len, left.values()))
        self.account.report.unlinked += emptied
        return replace(row, encoded=replace(row.encoded, references=left))

    def without_missing(self, rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
        """Return rows with the links that are found, and without a word about the others; and those that must wait on.

        These are the ones whose key waits for a linked record: without it, nobody knows whether theirs is there.
        """
        found = self._find(rows)
        keyless = [row for row in rows if self._missing_of_key(row, found)]
        known = [row for row in rows if not self._missing_of_key(row, found)]
        return [kept for row in known for kept in self._resolved(row, found, leaves_missing=True)], keyless

    def refuse_circular(self, rows: Sequence[Row]) -> None:
        """Reject rows whose keys wait for each other."""
        found = self._find(rows)
        for row in rows:
            names = [self.plan.references[field_id].property for field_id in self._missing_of_key(row, found)]
            faults = [RowRejectedError(property_name=name, code="circular_key", reason=_CIRCULAR) for name in names]
            self.account.reject(row, RowRejectedError.of(faults, key=row.encoded.key))

    def _missing_of_key(self, row: Row, found: dict[Wanted, list[int]]) -> list[str]:
        """Return the fields of a row's key that link to records which are not there."""
        wanted = (wanted for wanted in wanted_of(row) if not found.get(wanted))
        return list(dict.fromkeys(field_id for field_id, _ in wanted if self.plan.is_part_of_key(field_id)))

    def _resolved(self, row: Row, found: dict[Wanted, list[int]], *, leaves_missing: bool = False) -> list[Row]:
        """Return a row with its references; none if that shows that it cannot be written.

        Args:
            row: The row.
            found: The linked records.
            leaves_missing: Whether fields whose linked records are not all there are left as they are.
        """
        encoded = row.encoded
        try:
            if leaves_missing:
                known = {
                    field_id: keys
                    for field_id, keys in encoded.references.items()
                    if all(found.get((field_id, key)) for key in keys)
                }
                encoded = replace(encoded, references=known)
            else:
                self._refuse_ambiguous(row, found)
            return [replace(row, encoded=self.plan.resolve(encoded, _finder(found)))]
        except RowRejectedError as error:
            self.account.reject(row, error)
            return []

    def _refuse_ambiguous(self, row: Row, found: dict[Wanted, list[int]]) -> None:
        for field_id, key in wanted_of(row):
            ids = found.get((field_id, key), [])
            if len(ids) > 1:
                reference = self.plan.references[field_id]
                assert reference.match_field is not None  # noqa: S101 (an id has one record)
                raise RowRejectedError(
                    property_name=reference.property,
                    code="ambiguous_reference",
                    reason=f"{len(ids)} records of {reference.table.name!r} have this {reference.match_field.name!r}: "
                    f"{list_ids(ids)}.",
                )

    def _find(self, rows: Iterable[Row]) -> dict[Wanted, list[int]]:
        by_field: dict[str, set[Hashable]] = {}
        for row in rows:
            for field_id, key in wanted_of(row):
                by_field.setdefault(field_id, set()).add(key)
        found: dict[Wanted, list[int]] = {}
        for field_id, keys in by_field.items():
            reference = self.plan.references[field_id]
            matcher = self.destination.matcher_of_reference(reference)
            records_by_key: dict[Hashable, list[ExistingRecord]] = {}
            if reference.match_field is None:  # an id has one record: what is known needs no look
                records_by_key = {key: records for key, records in matcher.index.find(keys).items() if records}
            unknown = {key: {reference.match_field_id: key} for key in keys if key not in records_by_key}
            try:
                records_by_key |= matcher.find_all(unknown)
            except NinoxPermissionError:
                if reference.match_field is not None:
                    raise
                self.account.warn_once(
                    f"{self.plan.stream}: the key may not read table {reference.table.name!r}, and nobody "
                    f"knows whether the records exist that {reference.property!r} links to; they are written unseen."
                )
                records_by_key |= {key: [ExistingRecord(int(str(key)), {})] for key in unknown}
            is_by_id, handed_out = reference.match_field is None, matcher.table.handed_out
            for key, records in records_by_key.items():
                found[field_id, key] = [item.id for item in records if not (is_by_id and item.id in handed_out)]
        return found


def wanted_of(row: Row) -> list[Wanted]:
    """Return what a row waits for."""
    return [(field_id, key) for field_id, keys in row.encoded.references.items() for key in keys]


def _finder(found: dict[Wanted, list[int]]) -> FindRecord:
    return lambda field_id, key: next(iter(found.get((field_id, key), ())), None)
