"""How records are written. Sends, into the scratch table alone: about twenty requests, for up to seven records.

They become more where a server saves something although it answers with an error, as most saves are sent again then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ninox_api.files import Upload
from ninox_tools.probe.feed import look_at_feed
from ninox_tools.probe.question import QUESTIONS
from ninox_tools.probe.records import look_at_sample
from ninox_tools.probe.reply import OK, Record, Reply, is_id
from ninox_tools.probe.scratch import Scratch
from ninox_tools.probe.sight import EMPTY, Sight, Step, answers, sequence_of
from ninox_tools.probe.values import look_at_files

_PARTIAL, _SERVER_ERRORS = 206, 500
_BEYOND_DOUBLES = 2**53 + 1
_NO_FIELD = "no field is called so"
_MADE = 3
"""Records of the first request."""

_FAR = 1000
"""How far behind the last record the one is that the probe numbers itself."""


class Writing:
    """The steps, with what they share: ids of the records that the probe made."""

    def __init__(self, scratch: Scratch) -> None:
        """Start before the first write."""
        self._scratch = scratch
        self._ids: list[int] = []  # of the three records of the first request, or none
        self._given: int | None = None
        self._is_made_again = False
        self._before: Record | None = None
        self._statuses: dict[str, int] = {}

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in their order, up to where other questions look at what was written."""
        return (self.create, self.refused_batch, self.empty, self.given_id, self.look, self.upload)

    @property
    def last_steps(self) -> tuple[Step, ...]:
        """The steps that delete it again."""
        return (self.delete, self.look_again, self.delete_many)

    @answers(*(question.id for question in QUESTIONS.values() if question.group == "writes"))
    def create(self, sight: Sight) -> None:
        """Make three records, the third with a value in each kind of field, and read them; the others rest on that."""
        plain = [self._fields(number) for number in (1, 2, 3)]
        reply = self._scratch.save({"fields": plain[0]}, {"fields": plain[1]}, {"fields": plain[2] | self._values()})
        has_values = reply.status == OK
        if not has_values:  # one of them is none that this server takes
            reply = self._scratch.save(*({"fields": fields} for fields in plain))
        rows = self._scratch.look()
        look_at_sample(sight)
        ids = [row["id"] for number in (1, 2, 3) for row in rows if self._marked(sight, row, number)]
        self._ids = ids if len(ids) == _MADE else []
        saved = [each for each in reply.json if isinstance(each, dict)] if isinstance(reply.json, list) else []
        answered = [each.get("id") for each in saved]
        if not self._ids:  # they cannot be told, so nothing can be said of them
            return
        if set(answered) != set(ids) or not all(map(is_id, answered)):
            sight.say("write.answer", "other")
            return
        sight.say("write.ids_in_order", "yes" if answered == ids else "no")
        sight.say("write.answer", "records" if any("fields" in each for each in saved) else "ids")
        if sight.answer("write.answer") == "records":
            self._look_at_scripts(sight, next(each for each in saved if each["id"] == ids[0]))
        if has_values:
            self._look_at_numbers(sight)

    def _look_at_scripts(self, sight: Sight, answered: Record) -> None:
        """Compare the first record as answered with what is there: a script of the table may change it in between."""
        table_id, row = self._scratch.table.id, self._scratch.row(self._ids[0])
        if not sight.scripts.get(table_id) or row is None:
            return
        choices = {field.id for field in self._scratch.fields("choice", "multi")}  # here by caption, there by id
        before, after = (
            {key: value for key, value in sight.stored(table_id, each).items() if key not in choices}
            for each in (answered, row)
        )
        if before != after:
            sight.say("write.trigger", "before")
        elif after != self._fields(1):
            sight.say("write.trigger", "after")

    def _look_at_numbers(self, sight: Sight) -> None:
        row = self._scratch.row(self._ids[2])
        fields = sight.fields_of(self._scratch.table.id, row) if row else {}
        numbers = [fields.get(field.id) for field in self._scratch.fields("number")]
        found = [number for number in numbers if type(number) in {int, float}]
        if _BEYOND_DOUBLES in found:
            sight.say("write.doubles", "exact")
        elif float(_BEYOND_DOUBLES) in found:
            sight.say("write.doubles", "rounded")
        elif found and not sight.scripts.get(self._scratch.table.id):  # one may have overridden it
            sight.say("write.doubles", "other")

    def refused_batch(self, sight: Sight) -> None:  # noqa: ARG002 (as all steps)
        """Save a good record and one with a field that does not exist, in one request."""
        good, bad = {"fields": self._fields(4)}, {"fields": {**self._fields(5), _NO_FIELD: "x"}}
        self._statuses["batch"] = self._scratch.save(good, bad).status

    def empty(self, sight: Sight) -> None:  # noqa: ARG002 (likewise)
        """Send null for a field of the first record, and '' for one of the second, which is linked to the first."""
        if not self._ids:
            return
        first, second, _ = self._ids
        field, link = self._scratch.other.id, self._scratch.link_to_itself
        self._statuses["null"] = self._status_of(lambda: self._scratch.save({"id": first, "fields": {field: None}}))
        fields = {field: "", **({link.id: first} if link else {})}
        self._statuses["empty_text"] = self._status_of(lambda: self._scratch.save({"id": second, "fields": fields}))

    def given_id(self, sight: Sight) -> None:  # noqa: ARG002 (likewise)
        """Make a record under an id of the probe's choice."""
        if self._ids:
            self._given = max(self._ids) + _FAR
            element = {"_upsert": True, "_id": self._given, **self._fields(6)}
            self._statuses["upsert"] = self._status_of(lambda: self._scratch.save(element))

    @staticmethod
    def _status_of(send: Callable[[], Reply]) -> int:
        """Send what comes to the same when it is sent twice; a failure of the server may have been a hiccup."""
        status = send().status
        return status if status < _SERVER_ERRORS else send().status

    @answers("write.batch", "write.null", "write.empty_text", "write.upsert")
    def look(self, sight: Sight) -> None:
        """Read the table, and see what became of all that."""
        rows = self._scratch.look()
        look_at_sample(sight)
        if not self._ids:
            return
        if "batch" in self._statuses:
            is_saved = [any(self._marked(sight, row, number) for row in rows) for number in (4, 5)]
            if is_saved[1]:
                sight.say("write.batch", "accepted")
            elif self._statuses["batch"] != OK:
                sight.say("write.batch", "partial" if is_saved[0] else "atomic")
        for name, record_id in (("null", self._ids[0]), ("empty_text", self._ids[1])):
            row = self._scratch.row(record_id)
            if name in self._statuses and row is not None:
                value = sight.fields_of(self._scratch.table.id, row).get(self._scratch.other.id)
                cleared = "clears" if value in EMPTY else "ignored"
                sight.say(f"write.{name}", cleared if self._statuses[name] == OK else "refused")
        if "upsert" in self._statuses:
            others = [row["id"] for row in rows if self._marked(sight, row, 6)]
            if self._statuses["upsert"] != OK or not others:
                sight.say("write.upsert", "refused")
            else:
                sight.say("write.upsert", "creates" if others == [self._given] else "other_id")
        self._before = self._scratch.row(self._ids[2])
        self._scratch.keep_calls()

    @answers("files.upload_answer", "files.ranges")
    def upload(self, sight: Sight) -> None:
        """Put a small file on the third record, list it, and ask for it from its third byte on."""
        if self._before is None:
            return
        record_id = self._before["id"]
        file = Upload(name="probe.txt", content=b"singer-ninox probe", media_type="text/plain")
        reply = self._scratch.writer.upload(record_id, file)
        if reply.status != OK:
            return
        sight.say("files.upload_answer", reply.form)
        listed = sight.ask.get("tables", self._scratch.table.id, "records", str(record_id), "files")
        look_at_files(sight, listed.json)
        status = self._scratch.writer.download(record_id, file.name, first_byte=2)
        sight.say("files.ranges", "honoured" if status == _PARTIAL else "ignored")

    def delete(self, sight: Sight) -> None:  # noqa: ARG002 (likewise)
        """Delete the record with the given id and make it again; delete the first, to which the second is linked."""
        if self._given is not None and self._given in self._scratch.own and self._scratch.delete(self._given):
            self._scratch.gone.discard(self._given)
            again = self._scratch.save({"_upsert": True, "_id": self._given, **self._fields(6)})
            self._is_made_again = again.status == OK
        if self._ids:
            self._scratch.delete(self._ids[0])
        self._scratch.keep_calls()

    @answers("files.move_record", "feed.recreated", "feed.cascade")
    def look_again(self, sight: Sight) -> None:
        """Read the table, and what its feed says of all that."""
        self._scratch.look()
        self._scratch.keep_calls()
        after = self._scratch.row(self._before["id"]) if self._before else None
        if after and self._before and sight.answer("files.upload_answer"):
            sequences = (sequence_of(self._before), sequence_of(after))
            if None not in sequences:
                sight.say("files.move_record", "no" if len(set(sequences)) == 1 else "yes")
        reply = sight.ask.get("tables", self._scratch.table.id, "changes", sinceSq=0)
        if reply.status != OK or not self._ids:
            return
        start = len(sight.removals)
        look_at_feed(sight, reply, self._scratch.table.id)
        removed = {_number(removal, self._scratch.table.id) for _, removal in sight.removals[start:]}
        if self._ids[0] not in removed:  # in a form that cannot be read, or not at all
            return
        if self._is_made_again and self._scratch.row(self._given):
            sight.say("feed.recreated", "listed" if self._given in removed else "not_listed")
        link = self._scratch.link_to_itself
        if link and link.cascades and not self._scratch.row(self._ids[1]):
            sight.say("feed.cascade", "listed" if self._ids[1] in removed else "silent")

    @answers("delete.many")
    def delete_many(self, sight: Sight) -> None:
        """Delete what is left with one request, and look; not if there is a record that may be somebody else's."""
        ids = [row["id"] for row in self._scratch.rows]
        if not ids or self._scratch.others != 0:  # a server that ignores the list of ids may empty the table
            return
        status = self._status_of(lambda: self._scratch.writer.delete_many(ids))
        rows = {row["id"] for row in self._scratch.look()}
        if status != OK:
            sight.say("delete.many", "missing")
            return
        sight.say("delete.many", "ignored" if rows >= set(ids) else "served")
        self._scratch.gone |= set(ids) - rows  # `clean` looks once more

    # ------------------------------------------------------------------------------------------------ what is written

    def _fields(self, number: int) -> dict[str, Any]:
        """Return the fields of the n-th record: its mark, and something to be emptied."""
        mark = {self._scratch.text.id: f"{self._scratch.mark} {number}"}
        other = self._scratch.other
        if other is self._scratch.text or number not in {1, 2}:
            return mark
        return mark | {other.id: number if other.type == "number" else "to be emptied"}

    def _values(self) -> dict[str, Any]:
        """Return a value for each kind of field that answers a question."""
        makers: dict[str, Callable[[Any], Any]] = {
            "number": lambda _: _BEYOND_DOUBLES,
            "boolean": lambda _: True,
            "date": lambda _: "2020-02-29",
            "timestamp": lambda _: "2020-02-29T12:00:00",
            "choice": lambda field: field.choices[0].id,
            "multi": lambda field: [option.id for option in field.choices[:2]],
        }
        return {
            field.id: makers[field.type](field)
            for field in self._scratch.fields(*makers)
            if field.choices or field.type not in {"choice", "multi"}
        }

    def _marked(self, sight: Sight, row: Record, number: int) -> bool:
        value = sight.fields_of(self._scratch.table.id, row).get(self._scratch.text.id)
        return value == f"{self._scratch.mark} {number}"


def _number(removal: Any, table_id: str) -> int | None:
    """Return which record of a table a removal names, None if that cannot be told."""
    key = removal[0] if isinstance(removal, tuple) else removal.get("id") if isinstance(removal, dict) else removal
    digits = "".join(
        character if character.isdecimal() else " " for character in str(key).removeprefix(table_id)
    ).split()
    return int(digits[-1]) if digits else None
