"""What the probe has in sight: a database, its tables, some of their records, and what it has found out so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ninox_api.errors import NinoxProtocolError
from ninox_api.schema import DatabaseName, Field, Table
from ninox_tools.probe.question import SEEN, Certainty, Finding, Question, Reason
from ninox_tools.probe.wire import NotAnsweredError, Reply, Wire

Record = Mapping[str, Any]

SAMPLE = 100
"""Records that are read of a table to look at their values: one page as servers send it by default."""

EMPTY: tuple[Any, ...] = (None, "", [], {})


class Sight:
    """What the questions share. Records stay in this object's memory; a finding is a word of a question's table.

    Attributes:
        tables: What the schema shows; empty if the key may not read it.
        wanted_table: Id or name of the table to read, if the user gave one.
        scratch_name: Id or name of the table to write into, likewise.
        scripts: Table id → what runs when a record of it is written: its key in the schema, and its text.
        samples: Table id → its first page of records.
        next_ids: Table id → id of its next new record, as far as the feed says it.
        head: The database's sequence, once it is known.
        last_changed: The record of the main table that changed last, as far as that is known.
        removals: What the feeds have shown as removed, each with the table whose feed it was; None for the database's.
        files: What the feeds have shown as changed files.
        error_forms: What bodies of errors look like.
    """

    def __init__(self, wire: Wire, questions: Mapping[str, Question]) -> None:
        """Start with nothing in sight."""
        self.wire = wire
        self._questions = questions
        self.findings: dict[str, Finding] = {}
        self.team_id = ""
        self.database: DatabaseName | None = None
        self.tables: Sequence[Table] = ()
        self.wanted_table: str | None = None
        self.scratch_name: str | None = None
        self.has_full_schema = False
        self.scripts: dict[str, list[tuple[str, str]]] = {}
        self.samples: dict[str, list[Record]] = {}
        self.next_ids: dict[str, int] = {}
        self.head: int | None = None
        self.last_changed: Record | None = None
        self.removals: list[tuple[str | None, Any]] = []
        self.files: list[Any] = []
        self.error_forms: list[str] = []

    # ------------------------------------------------------------------------------------------------ findings

    def say(self, question: str, answer: str, certainty: Certainty = SEEN) -> None:
        """Note the answer to a question; the first one stays, unless it was only inferred."""
        if not self._questions[question].permits(answer):
            message = f"{answer!r} is no answer to {question}."
            raise ValueError(message)
        before = self.findings.get(question)
        if before is None or before.answer is None or (before.certainty != SEEN and certainty == SEEN):
            self.findings[question] = Finding(answer, certainty)

    def leave(self, question: str, reason: Reason, status: int | None = None) -> None:
        """Note why a question has no answer, if it has none."""
        if question not in self.findings:
            self.findings[question] = Finding(None, "not_seen", reason, status)

    def answer(self, question: str) -> str | None:
        """Return the answer found so far."""
        found = self.findings.get(question)
        return found.answer if found else None

    # ------------------------------------------------------------------------------------------------ requests

    @property
    def path(self) -> tuple[str, ...]:
        """Where the database is."""
        assert self.database is not None  # noqa: S101 (`run` asks nothing without one)
        return ("teams", self.team_id, "databases", self.database.id)

    @property
    def password(self) -> str | None:
        """What unlocks the database."""
        assert self.database is not None  # noqa: S101 (likewise)
        return self.wire.passwords.get(self.database.id, self.wire.passwords.get(self.database.name))

    def get(self, *segments: str, **query: str | int) -> Reply:
        """Ask for something of the database."""
        reply = self.wire.get(*self.path, *segments, password=self.password, **query)
        if reply.status >= 500:  # noqa: PLR2004 (it may have been a hiccup: only what comes twice is an answer)
            reply = self.wire.get(*self.path, *segments, password=self.password, **query)
        if reply.value is None and reply.status >= 400:  # noqa: PLR2004 (errors begin there)
            self.error_forms.append(reply.form)
        return reply

    def page(self, table_id: str, **query: str | int) -> list[Record]:
        """Return a page of records.

        Raises:
            NotAnsweredError: The server refuses it.
            NinoxProtocolError: The answer is no list of records.
        """
        answer = self.get("tables", table_id, "records", **query).json
        if not isinstance(answer, list) or not all(isinstance(one, dict) and is_id(one.get("id")) for one in answer):
            message = "The answer to a list of records is no list of records."
            raise NinoxProtocolError(message)
        return answer

    def query(self, script: str) -> Any:
        """Return what a script answers.

        Raises:
            NotAnsweredError: The server refuses it; 200 if it says so in an answer with `_err`.
        """
        answer = self.run(script).json
        if isinstance(answer, dict) and "_err" in answer:
            raise NotAnsweredError(200)
        return answer

    def run(self, script: str) -> Reply:
        """Return the reply to a script."""
        return self.wire.query(*self.path, "query", password=self.password, script=script)

    # ------------------------------------------------------------------------------------------------ what is there

    @property
    def main(self) -> str | None:
        """Id of the table that has the longest sample; the wanted one if there is one."""
        if self.wanted_table is not None and self.wanted_table in self.samples:
            return self.wanted_table
        return max(self.samples, key=lambda key: len(self.samples[key]), default=None)

    @property
    def smallest(self) -> str | None:
        """Id of a table that certainly has few records, but one at least."""
        few = {key: page for key, page in self.samples.items() if 0 < len(page) < SAMPLE}
        return min(few, key=lambda key: len(few[key]), default=None)

    def table(self, table_id: str | None) -> Table | None:
        """Return what the schema says about a table."""
        return next((table for table in self.tables if table.id == table_id), None)

    def fields_of(self, table_id: str, record: Record) -> dict[str, Any]:
        """Return field id → value, also where the server keyed the fields by captions."""
        table, fields = self.table(table_id), record.get("fields")
        if table is None or not isinstance(fields, dict):
            return {}
        by_caption = {field.name: field.id for field in table.fields}
        ids = {field.id for field in table.fields}
        return {key if key in ids else by_caption.get(key, str(key)): value for key, value in fields.items()}

    def stored(self, table_id: str, record: Record) -> dict[str, Any]:
        """Return field id → stored value, of none that is empty, a reverse reference, a formula, or 0 for no choice."""
        table = self.table(table_id)
        kinds = {field.id: field.type for field in table.fields} if table else {}
        return {
            key: value
            for key, value in self.fields_of(table_id, record).items()
            if value not in EMPTY and kinds.get(key) not in {"rev", "fn", None}
            and not (kinds[key] == "dchoice" and value == 0)
        }  # fmt: skip

    def values(self, *types: str) -> Iterator[tuple[str, Field, Record, Any]]:
        """Yield table id, field, record and value of all values of some types in the samples; None for absent ones."""
        for table_id, page in self.samples.items():
            table = self.table(table_id)
            fields = [field for field in table.fields if field.type in types] if table else []
            for record in page if fields else ():
                values = self.fields_of(table_id, record)
                for field in fields:
                    yield table_id, field, record, values.get(field.id)


class Step(NamedTuple):
    """A few requests that answer some questions.

    Attributes:
        ask: Sends them and says what it saw. What it leaves unsaid counts as not seen.
        questions: Ids of what it may answer.
    """

    ask: Callable[[Sight], None]
    questions: tuple[str, ...]


def is_id(value: Any) -> bool:
    """Return whether something is the id of a record."""
    return type(value) is int and value > 0


def sequence_of(record: Record) -> int | None:
    """Return a record's sequence, if the server says it."""
    sequence = record.get("sequence")
    return sequence if type(sequence) is int else None
