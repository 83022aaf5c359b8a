"""What the world is drawn from: captions, values per type, schemas, what people do, switches, faults and endings.

Values are drawn as small numbers that pick from a pool: an example stays short to read, and shrinks to first choices.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from ninox_simulator.seeds import DatabaseDocument, RecordDocument
from ninox_simulator.switches import SWITCHES
from tests.helpers.seeds import field, table
from tests.world.known import is_mended

CAPTIONS = (
    "Name", "name", "NAME ", "Größe", "Groesse", "No.", "a.b", 'say "so"', "x'; drop table y; --", "Kunden [alt]", "A",
    "B", "id", "_id", "_sequence", "sequence", "_sdc_table_version", "_sdc_deleted_at", "日本語", "😀", "1", "2nd  try",
    "tab\tand\nline", "*", "{table}", "$x", "a/b", "ninox_tables", "long " * 20, "é" * 70, "null", "-", "name_id",
)  # fmt: skip
"""Names that people give to tables and fields, and those that meet each other once they are slugs."""

OPTIONS = {
    "1": {"caption": "Open", "order": 0},
    "2": {"caption": "Done, sent", "order": 1},
    "10": {"caption": "1", "order": 2},
    "11": {"caption": "größe", "order": 3},
}
TEXTS = (
    "plain",
    "x",
    "1",
    "4711.0",
    "line\nline",
    "q\"'\\",
    "ümläut",
    "日本",
    "😀",
    " pad ",
    "NULL",
    "\u2028",
    "<b>&amp;",
)

VALUES = {
    "string": TEXTS,
    "html": ("<p>x</p>", "a &amp; b", "plain", "<br>\n"),
    "email": ("a@example.org", "b+c@example.org"),
    "phone": ("+49 30 1", "0"),
    "link": ("https://example.org/?a=b&c=d", "x"),
    "color": ("#ff0000", "#00FF00"),
    "number": (0, 1, -1, 4711, 0.1, 1.5, -2.25, 2**53 - 1, 1e-7, 123456.789),
    "boolean": (True, False),
    "date": ("2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31"),
    "time": ("12:30:00", "00:00:00", "23:59:59"),
    "timestamp": ("2024-02-29T12:30:00", "1970-01-01T00:00:00", "2026-03-29T02:30:00"),
    "timeinterval": ("01:30:00", "-00:15:00", "100:00:01"),
    "choice": tuple(OPTIONS),
    "multi": (["1"], ["2", "10"], ["11", "1", "2"]),
    "appointment": ("2024-02-29T12:30:00 - 2024-02-29T13:30:00",),
    "location": ("Here", "There\n<52.5,13.4>"),
    "user": ("kQ7hWmZ3pXc9RtB2u",),
}
"""Type → values as Ninox stores them; the first are the simple ones. A reference holds a number, drawn as it is."""


FORMULA_TYPES = ("number", "string")
"""What formulas are read as."""


def formula(pick):
    """Return a formula's text; its value follows from the record's id."""
    return f"number(Id) * {pick % 9 + 2}"


def computed(raw, kind, record_id):
    """Return what a formula is worth in a record, read as a type."""
    number = record_id * int(raw["fn"].rpartition("*")[2])
    return number if kind == "number" else str(number)


def has_certain_name(wanted, captions):
    """Tell whether some name in a script means one thing, for certain.

    Args:
        wanted: Its id.
        captions: Id → caption of all.
    """
    texts = [text for key, caption in captions.items() for text in {key, caption}]
    return any(texts.count(text) == 1 and not {"'", "\\"} & set(text) for text in (wanted, captions[wanted]))


def value_of(raw, pick):
    """Return a stored value for a field, or None to leave it empty.

    Args:
        raw: The field's raw definition.
        pick: Any number; the same one gives the same value.
    """
    if pick % 7 == 6 or raw["base"] == "fn":
        return None
    if raw["base"] == "ref":
        return pick % 9 + 1
    pool = VALUES[raw["base"]]
    return pool[pick % len(pool)]


def letters(number):
    """Return ids as Ninox counts them: A … Z, then A1, B1 …"""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


DATABASE_ID = "db0000000005"
"""In the middle, so that a copy may come before or behind it."""

picks = st.integers(0, 10_000)


def captions():
    """Names of tables and fields."""
    return st.sampled_from(CAPTIONS)


class FieldShape(NamedTuple):
    """A field; a reference goes to the table of this number."""

    base: str
    caption: str
    target: int = 0
    cascade: bool = False


class TableShape(NamedTuple):
    """A table with so many records, whose values follow from a number."""

    caption: str
    fields: list[FieldShape]
    records: int
    pick: int


def shapes(names, *, more=()):
    """Draw one to three tables, with fields of more types than those of `VALUES`."""
    fields = st.builds(FieldShape, st.sampled_from([*VALUES, "ref", *more]), names, st.integers(0, 2), st.booleans())
    tables = st.builds(TableShape, names, st.lists(fields, min_size=1, max_size=4), st.integers(0, 9), picks)
    return st.lists(tables, min_size=1, max_size=3)


def loadable(shape):
    """Return a table whose first field can be a key; every second one goes along with the records of another."""
    first, *others = shape.fields
    key = first._replace(base=KEYS[shape.pick % len(KEYS)])
    if shape.pick % 2:
        others.append(FieldShape("ref", "Parent", target=shape.pick // 2, cascade=True))
    return shape._replace(fields=[key, *others])


def database_of(shapes, name, *, for_target=False):
    """Return the database that shapes stand for."""
    options = {key: dict(option) for key, option in OPTIONS.items()}
    if for_target and not is_mended("choices"):
        options["10"]["caption"] = "one"
    types, records, sequence = {}, {}, 0
    for number, shape in enumerate(shapes):
        fields = {letters(n): raw_field(drawn, options, tables=len(shapes)) for n, drawn in enumerate(shape.fields)}
        types[letters(number)] = definition = table(shape.caption, **fields)
        records[letters(number)] = [
            RecordDocument(n, record_fields(definition, shape.pick + n), sequence + n)
            for n in range(1, shape.records + 1)
        ]
        sequence += shape.records
    schema = {"seq": 1, "version": 1, "types": types}
    return DatabaseDocument(id=DATABASE_ID, name=name, schema=schema, records=records, sequence=sequence)


def raw_field(shape, options, *, tables):
    """Return a field as Ninox describes it."""
    more = {}
    if shape.base in {"choice", "multi"}:
        more = {"values": {key: dict(option) for key, option in options.items()}}
    if shape.base == "ref":
        more = {"refTypeId": letters(shape.target % tables), "cascade": shape.cascade}
    if shape.base == "fn":
        more = {"fn": formula(shape.target)}
    return field(shape.base, shape.caption, **more)


def record_fields(definition, pick):
    """Return a record's fields as Ninox stores them, the same for the same number."""
    drawn = {key: value_of(raw, pick * 3 + n) for n, (key, raw) in enumerate(definition["fields"].items())}
    return {key: value for key, value in drawn.items() if value is not None}


class Edit(NamedTuple):
    """Something that somebody does; the numbers pick from what is there at that moment."""

    action: str
    table: int
    record: int
    pick: int


RECORD_EDITS = ("update", "create", "delete", "recreate", "clear")
SCHEMA_EDITS = (
    "rename_table", "rename_field", "rename_choice", "add_field", "remove_field", "add_table",
)  # fmt: skip

record_edits = st.builds(Edit, st.sampled_from(RECORD_EDITS), st.integers(0, 5), st.integers(0, 9), picks)
schema_edits = st.builds(Edit, st.sampled_from(SCHEMA_EDITS), st.integers(0, 5), st.integers(0, 9), picks)
file_edits = st.builds(
    Edit, st.sampled_from(("upload", "upload", "remove_file")), st.integers(0, 5), st.integers(0, 9), picks
)
formula_edits = st.builds(
    Edit, st.sampled_from(("add_formula", "rewrite_formula")), st.integers(0, 5), st.integers(0, 9), picks
)
edits_between_requests = st.lists(st.tuples(st.integers(0, 14), record_edits | file_edits), max_size=6)
"""(number of the request before which it happens, what happens)."""

NO_ANSWER = {
    "feed": ("missing", "forbidden", "too_old"),  # deletions are only seen by a full table
    "removes": ("unforeseen",),  # a feed that cannot be read: the run says so, and ends in an error
    "records_page": ("ignored",),  # with sinceId ignored, too, no second page can be had: likewise
    "ids_parameter": ("ignored",),  # the tap refuses to read, and says so
    "schema_access": ("tables_only", "forbidden"),  # hides formulas, or the database
    "teams_endpoint": ("missing",),  # needs the setting `team`
    "cascade": ("ignored",),  # the model knows what the schema says: tests/target/test_cascade.py
    "cascade_in_removes": ("silent",),  # what goes along is then seen by a full table alone
    "null_write": ("ignored",),  # a field then cannot be emptied by anyone who sends null
}
"""Values of switches under which a run cannot or need not do all that the invariants ask."""

NO_ANSWER_OF_THE_TAP = {
    **NO_ANSWER,
    "dates": ("milliseconds",),  # of which zone nobody knows: null, and counted
    "feed_files": ("names",),  # of which record nobody knows: told, and seen when the record changes
}


def switches(no_answer=NO_ANSWER_OF_THE_TAP):
    """Draw how the unknowns of the API are answered: a few of them in another way than by default."""
    drawn = {
        name: st.sampled_from([value for value in switch.values if value not in no_answer.get(name, ())])
        for name, switch in SWITCHES.items()
    }
    return st.lists(st.sampled_from(sorted(drawn)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: drawn[name] for name in names})
    )


LISTS = r"/records$"
_FAULTS = (
    *({"kind": "status", "status": status} for status in (429, 500, 502, 503, 504)),
    *({"kind": kind} for kind in ("drop_before", "drop_after", "cut", "truncate", "malformed", "html", "login_page")),
    {"kind": "wrong_shape"},
    {"kind": "repeat_page", "path": LISTS},
    {"kind": "empty_page", "path": LISTS},
    {"kind": "status", "status": 403, "path": LISTS},
)

faults = st.lists(
    st.builds(
        # A server that says twice of a table which was never read that it holds nothing has to be believed.
        lambda fault, after, times: {**fault, "after": after, "times": 1 if fault["kind"] == "empty_page" else times},
        st.sampled_from(_FAULTS), st.integers(0, 12), st.sampled_from([1, 2, None]),
    ),
    max_size=2,
)  # fmt: skip


class Ending(NamedTuple):
    """How a run of tap and loader ends.

    Attributes:
        who: Who is killed: "nobody", "tap" or "loader".
        share: After which part of the messages, 0 to 1.
    """

    who: str
    share: float


WELL = Ending("nobody", 1)

endings = st.builds(Ending, st.sampled_from(["tap", "loader"]), st.sampled_from([n / 12 for n in range(13)]))


EMPTY = object()
"""In place of a value: the field is cleared."""

LOADED = ("string", "number", "boolean", "date", "time", "timestamp", "choice", "multi", "email", "phone")
"""Types that the world loads by the target."""

KEYS = ("string", "number")
"""Types that rows are matched by."""

BAD = object()
"""In place of a value: what was sent is none, so that the row is rejected."""

BAD_VALUES = {
    "string": "a\ud800",
    "email": "a\ud800",
    "phone": "a\ud800",
    "number": "many",
    "boolean": "perhaps",
    "date": "2024-13-45",
    "time": "25:99",
    "timestamp": "yesterday",
    "choice": "no such option",
    "multi": ["no such option"],
}


class InputStream(NamedTuple):
    """A stream for the target, into a table, matched by its first field.

    Attributes:
        rows: Numbers that each stand for a row; see `row_of`.
        states_after: How many rows come between two states; 0 for one state at the end.
        tap: One of `TAPS`, by which a mirror is fed.
    """

    table: int
    mode: str
    rows: list[int]
    states_after: int
    tap: str = "activates"


MODES = ("upsert", "update", "insert", "mirror")

WHOLE_TAPS = ("activates", "has no state")
TAPS = (*WHOLE_TAPS, "went on", "follows", "is cut off", "filters dates", "activates before")
"""How a tap sends a stream: only behind the first two is it certain that all of it came."""

input_streams = st.builds(
    InputStream,
    st.integers(0, 2),
    st.sampled_from([*MODES, "mirror"]),
    st.lists(picks, min_size=1, max_size=8),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([*TAPS, *WHOLE_TAPS, *WHOLE_TAPS]),
)


def row_of(fields, pick):
    """Return a row twice: field id → value as it is sent, and as it must be stored.

    Args:
        fields: Field id → raw definition; the first is the key.
        pick: Any number; the same one gives the same row.
    """
    sent, stored = {}, {}
    for n, (key, raw) in enumerate(fields.items()):
        if n and (pick // 7 + n) % 5 == 0:
            continue
        pool = VALUES[raw["base"]]
        if n and (pick // 3 + n * 7) % 19 == 18:
            sent[key], stored[key] = BAD_VALUES[raw["base"]], BAD
            continue
        if (pick + n * 5) % 11 == 10:
            sent[key], stored[key] = ("" if raw["base"] == "string" and pick % 2 else None), EMPTY
        else:
            stored[key] = pool[(pick // (n + 1) + n) % len(pool)]
            sent[key] = _as_sent(raw, stored[key], pick)
    return sent, stored


def _as_sent(raw, value, pick):
    """Return a spelling of a value: another one does not make it another value, nor another key."""
    other = pick % 3
    if raw["base"] == "number" and other:
        return str(value) if other == 1 else float(value) if abs(value) < 2**50 else value
    if raw["base"] == "boolean" and other:
        return ("nein", "ja")[value] if other == 1 else int(value)
    if raw["base"] == "time" and other == 1:
        return value.removesuffix(":00")
    if raw["base"] == "timestamp" and other:
        return f"{value}Z" if other == 1 else value.replace("T", " ")
    if raw["base"] == "choice":
        return raw["values"][value]["caption"]
    if raw["base"] == "multi":
        return [raw["values"][option]["caption"] for option in value]
    return value


class DrawnFamily(NamedTuple):
    """Rows for two tables of which one refers to the other; the numbers stand for places, rows and keys."""

    place: int
    parents: list[int]
    children: list[int]
    order: str
    on_missing: str


families = st.builds(
    DrawnFamily,
    st.integers(0, 5),
    st.lists(picks, min_size=1, max_size=5),
    st.lists(picks, min_size=1, max_size=6),
    st.sampled_from(["children first", "parents first", "in turn"]),
    st.sampled_from(["reject", "null"]),
)

kills = st.tuples(st.integers(3, 12), st.booleans())
"""(number of the request at which the target is killed, whether Ninox has done what it asked)."""

_WRITE_FAULTS = (
    *({"kind": "status", "status": status} for status in (429, 502, 503, 504)),
    *({"kind": "status_after", "status": status} for status in (502, 504)),
    *({"kind": kind} for kind in ("drop_before", "drop_after", "cut", "truncate", "malformed", "html", "login_page")),
    {"kind": "wrong_shape"},
)
_LIES = tuple({"kind": kind} for kind in ("refuse_one", "lose_one", "reverse", "same_id", "old_ids"))
"""Of a save: 200, and something else than what was done."""

_LIES_ABOUT_DELETIONS = tuple({"kind": kind} for kind in ("keep_one", "keep_all"))


def _faults(numbers, methods):
    """Draw one or two faults, each of requests from one number on."""
    pairs = [(fault, method) for fault in _WRITE_FAULTS for method in methods]
    if "POST" in methods:
        pairs += [(fault, "POST") for fault in _LIES]
    if "DELETE" in methods:
        pairs += [(fault, "DELETE") for fault in _LIES_ABOUT_DELETIONS]
    faults = st.builds(
        lambda pair, after, times: {**pair[0], "method": pair[1], "after": after, "times": times},
        st.sampled_from(pairs), numbers, st.sampled_from([1, 1, 9]),
    )  # fmt: skip
    return st.lists(faults, min_size=1, max_size=2)


faults_of_anything = _faults(st.integers(0, 12), [None])
faults_of_writes = _faults(st.integers(0, 3), ["POST", "DELETE"])
empty_lists = st.sampled_from(
    [(), *(({"kind": "empty_page", "method": "GET", "path": LISTS, "after": n},) for n in range(8))]
)
"""One at most: a server that says twice that a table is empty is believed."""

saved_and_refused = st.sampled_from([(), (), ({"kind": "status_after", "status": 500, "method": "POST"},)])

denials = st.builds(
    lambda hides, singly: (*hides, *singly),
    empty_lists,
    st.sampled_from([(), (), ({"kind": "status", "status": 404, "path": r"/records/\d+$", "times": None},)]),
)
"""Of what is there, in a list or of each single record."""

lies_about_deletions = st.builds(
    lambda kind, after, times: {"kind": kind, "method": "DELETE", "after": after, "times": times},
    st.sampled_from(["keep_all", "keep_one", "keep_one", "login_page", "html", "drop_after"]),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([1, 9]),
)


def name_of(wanted, captions):
    """Return a name by which a setting can mean one thing: its id, or what it is called if another is called like it.

    Args:
        wanted: Its id.
        captions: Id → caption of all.
    """
    return wanted if is_clear(wanted, captions) or not is_clear(captions[wanted], captions) else captions[wanted]


def is_clear(name, captions):
    """Tell whether a setting that gives a name means one thing."""
    return len({key for key, caption in captions.items() if key == name.strip() or caption == name}) == 1
