"""Whether a stream came completely: only then may a mirror delete what did not come. Any doubt means no.

A stream is complete if all of this holds (`Completeness.doubts` says what does not):

1. Its end was seen: either its ACTIVATE_VERSION, behind its last row and of the version that all its rows carry; or, of
   a tap that knows no versions, the end of the input, if the last message is a STATE that has an entry for this stream,
   or `currently_syncing` for none, and no STATE held a value of this stream; but not if it stands where taps write one
   in the middle, too: behind a file of rows, behind a round number of them, or anywhere if another one stands between
   rows.
2. Its beginning was seen: no STATE before its first row held a value of this stream, `version` apart.
3. Its SCHEMA names no `bookmark_properties`.
4. At least one row came.
5. No stream map of the target's own filters its rows, or puts streams together of which one did not come
   (`stream_maps`).

That none of its rows was rejected and that its table was read to the end is known elsewhere (`write/mirror.py`). What
nobody can see from here is the tap's replication method, and what a mapper between tap and target leaves out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ninox_singer.protocol import SNAPSHOT

Message = Mapping[str, Any]

_UNDER_WAY = "currently_syncing"
"""Many taps keep here the stream that they are about to send, and nothing at the end (Singer's own library does)."""

_BOOKMARKS = "bookmarks"

_ROUND = 1000
"""The Meltano SDK's taps write a state behind 10,000 rows. Pages of an API, at whose ends they fail, are round, too."""


class _Value(NamedTuple):
    """A value that a STATE held for a stream.

    Attributes:
        path: Its key in the state and the one below, never the value.
        is_position: Whether a tap may go on from it.
    """

    path: str
    is_position: bool


@dataclass(slots=True)
class _Signs:
    """What the messages of one stream have said so far.

    Attributes:
        rows: How many came; rows that only mark a record as deleted are none.
        rows_since_schema: Those of them behind the last SCHEMA; taps begin to count with it.
        rows_before_state: So many they were at a STATE behind which no more have come yet; 0 for none.
        has_state_inside: Whether one stands between two rows, but for a round number: the tap may write one anywhere.
        states_between_parts: How many stand behind rows before which SCHEMA came again.
        is_in_files: Whether the last of them came in files.
        versions: Those that its rows carry; None among them for a row without one (rows of BATCH files say nothing).
        is_open: Whether the last of them is behind the last SCHEMA.
        activated: The version that was activated behind the last row; None for none.
        was_activated: Whether any version was, wherever.
        names_bookmark: Whether a SCHEMA named `bookmark_properties`.
        positions_before: Keys of states → path of a position that one held before the first row.
    """

    rows: int = 0
    rows_since_schema: int = 0
    rows_before_state: int = 0
    has_state_inside: bool = False
    states_between_parts: int = 0
    is_in_files: bool = False
    versions: set[int | None] = field(default_factory=set)
    is_open: bool = False
    activated: int | None = None
    was_activated: bool = False
    names_bookmark: bool = False
    positions_before: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_activated(self) -> bool:
        """Whether the end of the stream was said: rows of another version, or of none, may not be all there are."""
        return self.activated is not None and self.versions <= {self.activated}

    @property
    def may_go_on(self) -> str | None:
        """Why the last STATE may be one that the tap writes while the stream is under way; None for nothing."""
        if self.is_in_files:
            return "the last STATE stands behind a file of rows, where taps write one after each file"
        if self.rows_since_schema and self.rows_since_schema % _ROUND == 0:
            return f"the last STATE stands behind {self.rows_since_schema} rows, where taps write one anyway"
        # The Meltano SDK's taps write one behind the rows of a child stream's first parent, and none behind the others.
        if self.has_state_inside or self.states_between_parts > 1:
            return "a STATE stands between its rows, so that the tap may have written the last one in the middle, too"
        return None

    @property
    def knows_versions(self) -> bool:
        """Whether the tap knows versions: then only one that is activated behind the last row is the end.

        The Meltano SDK's taps (0.54) activate theirs before the rows alone, under `emit_activate_version_messages`.
        """
        return self.was_activated or not self.versions <= {None}


class Completeness:
    """Receives every message of a run, in order, and knows which streams came completely."""

    def __init__(self, *, is_tombstone: Callable[[Mapping[str, Any]], bool], heeds_activation: bool) -> None:
        """Start before the first message.

        Args:
            is_tombstone: Returns whether a record only says that another one was deleted.
            heeds_activation: Whether ACTIVATE_VERSION may say that a stream is complete.
        """
        self._is_tombstone = is_tombstone
        self._heeds_activation = heeds_activation
        self._streams: defaultdict[str, _Signs] = defaultdict(_Signs)
        self._values: dict[str, _Value] = {}
        self._unfinished: frozenset[str] = frozenset()
        self._ends_in_state = False
        self._entries: frozenset[str] = frozenset()
        self._names_none_under_way = False

    def note(self, message: Message) -> None:
        """Note what a message says of its stream."""
        self._ends_in_state = False
        match message["type"]:
            case "RECORD":
                if not self._is_tombstone(message["record"]):
                    signs = self._streams[message["stream"]]
                    self._note_rows(signs)
                    signs.versions.add(message.get("version"))
            case "STATE":
                self._note_state(message["value"])
            case "SCHEMA":
                signs = self._streams[message["stream"]]
                signs.names_bookmark = signs.names_bookmark or bool(message.get("bookmark_properties"))
                signs.is_open = False
                signs.rows_since_schema = 0
            case "BATCH":
                self._note_rows(self._streams[message["stream"]], is_file=True)
            case "ACTIVATE_VERSION":
                signs = self._streams[message["stream"]]
                signs.was_activated = True
                # Where it is not open, more rows begin: the Meltano SDK sends both anew for each parent of a child.
                if signs.is_open and self._heeds_activation:
                    signs.activated = message["version"]
            case _:
                pass

    def is_under_way(self, streams: Iterable[str]) -> bool:
        """Return whether rows of some streams came behind which nothing says that they are all.

        A state from there would let the next run begin in the middle, and a mirror take the rest for all of it.
        """
        return any(signs.rows and not signs.is_activated for signs in map(self._streams.__getitem__, streams))

    def has_ended(self, streams: Iterable[str]) -> bool:
        """Return whether the tap has come to its end with some streams, if no message follows.

        A tap that fails does not get to a last state that names no stream under way.
        """
        return self._ends_in_state and self._unfinished.isdisjoint(streams)

    def doubts(self, stream: str) -> Iterator[str]:
        """Yield why a stream may not have come completely, in words; nothing if it has."""
        signs = self._streams[stream]
        if not signs.rows:
            yield "not a single row came"
            return
        if signs.names_bookmark:
            yield "its SCHEMA names bookmark_properties, so the tap may send only what changed"
        yield from (
            f"a STATE before its first row holds {path}, so the tap may have begun in the middle"
            for key, path in signs.positions_before.items()
            if self._may_concern(key, stream)
        )
        if not signs.is_activated:
            yield from self._doubts_about_end(stream, signs)

    def _doubts_about_end(self, stream: str, signs: _Signs) -> Iterator[str]:
        if signs.knows_versions:
            yield "no ACTIVATE_VERSION of the version that all its rows carry came behind the last of them"
        if not self._ends_in_state:
            yield "the input does not end with a STATE that says something and names no stream as currently_syncing"
        elif not self._has_entry(stream):
            yield "the last STATE has no entry for it, as of a tap that a signal has stopped"
        if signs.may_go_on is not None:
            yield signs.may_go_on
        yield from (
            f"a STATE holds {value.path}, so the tap may send only what changed since"
            for key, value in self._values.items()
            if self._may_concern(key, stream)
        )

    def _has_entry(self, stream: str) -> bool:
        """Return whether the last STATE has an entry for a stream, or says of all that none is under way."""
        return self._names_none_under_way or any(self._may_concern(key, stream) for key in self._entries)

    def _note_rows(self, signs: _Signs, *, is_file: bool = False) -> None:
        if not signs.rows:
            signs.positions_before = {key: value.path for key, value in self._values.items() if value.is_position}
        if signs.rows_before_state:
            if signs.rows_since_schema == 0:
                signs.states_between_parts += 1
            elif signs.rows_before_state % _ROUND:
                signs.has_state_inside = True
            signs.rows_before_state = 0
        signs.rows += 1
        signs.rows_since_schema += 1
        signs.is_in_files = is_file
        signs.is_open, signs.activated = True, None

    def _note_state(self, state: Any) -> None:
        """Keep where a state holds values, not the values: they may be a customer's."""
        if not isinstance(state, Mapping):
            self._note_value("", "a value of its own form", is_position=state is not None)
            state = {}
        bookmarks = state.get(_BOOKMARKS)
        if not isinstance(bookmarks, Mapping):
            self._note_value(_BOOKMARKS, _BOOKMARKS, is_position=not _is_empty(bookmarks))
            bookmarks = {}
        for key, bookmark in bookmarks.items():
            self._note_bookmark(key, bookmark)
        for key, value in state.items():  # older taps keep bookmarks by stream, or one date for all, right here
            if key not in {_BOOKMARKS, _UNDER_WAY}:
                self._note_value(key, repr(key), is_position=not _is_empty(value))
        for signs in self._streams.values():  # one may belong to a child stream, in the middle of its parent's rows
            signs.rows_before_state = signs.rows_since_schema or signs.rows_before_state
        # Stopped by a signal, the Meltano SDK's taps (0.54) write one without an entry for the stream under way: `{}`.
        self._entries = frozenset(bookmarks)
        self._names_none_under_way = _UNDER_WAY in state and not state[_UNDER_WAY]
        says_something = bool(bookmarks) or not state.keys() <= {_BOOKMARKS}
        self._ends_in_state = says_something and not state.get(_UNDER_WAY)
        self._unfinished = frozenset(
            key for key, value in bookmarks.items() if isinstance(value, Mapping) and value.get(SNAPSHOT)
        )

    def _note_bookmark(self, key: str, bookmark: Any) -> None:
        if not isinstance(bookmark, Mapping):
            self._note_value(key, f"{_BOOKMARKS}.{key}", is_position=not _is_empty(bookmark))
            return
        for name, value in bookmark.items():
            if not _is_empty(value):
                path, is_position = f"{_BOOKMARKS}.{key}.{name}", _is_position(name, value)
                self._note_value(key, path, is_position=is_position, is_value=True)

    def _note_value(self, key: str, path: str, *, is_position: bool, is_value: bool = False) -> None:
        known = self._values.get(key)
        if (is_position or is_value) and (known is None or (is_position and not known.is_position)):
            self._values[key] = _Value(path, is_position)

    def _may_concern(self, key: str, stream: str) -> bool:
        """Return whether what a state holds under a key may be about a stream.

        Taps give bookmarks names of their own (`shop-public-orders` for the stream `public-orders`), and a mapper may
        have renamed the stream: a key that names no stream at all may mean any.
        """
        if key in self._streams:
            return key == stream
        alike = {name for name in self._streams if _are_alike(key, name)}
        return stream in alike if alike else True


def _is_position(name: str, value: Any) -> bool:
    """Return whether a tap may go on from a value of its bookmark.

    Taps of singer-io and pipelinewise send a few values before the first row of every full table, also of one that
    begins at its beginning.
    """
    match name:
        case "version":
            return False
        case "last_replication_method":
            return bool(value != "FULL_TABLE")
        case "initial_full_table_complete":  # tap-mongodb, ever after the first full table
            return value is not True
        case _:
            return True


def _are_alike(one: str, other: str) -> bool:
    bare_one, bare_other = _bare(one), _bare(other)
    return bool(bare_one) and bool(bare_other) and (bare_one in bare_other or bare_other in bare_one)


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _is_empty(value: Any) -> bool:
    """Return whether a value says nothing, at whatever depth: taps that read a table in full leave such shells."""
    if isinstance(value, Mapping):
        return all(map(_is_empty, value.values()))
    if isinstance(value, list):
        return all(map(_is_empty, value))
    return value is None or value == ""
