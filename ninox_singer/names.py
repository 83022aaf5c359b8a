"""What a name in a setting means: the one rule of tap and target, for teams, databases, tables, fields and streams.

A name means what has it as its id, and what is called so. In names, unlike in ids, upper and lower case and blanks
around make no difference, unless several things differ in nothing else and one is wanted: then the one that is written
exactly so is meant. Only what nothing is called is a glob: `*` stands for any characters, `?` for one; brackets stand
for themselves. What means nothing is a mistake, reported with the nearest name that there is.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Generic, TypeVar, cast

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import Named
from ninox_singer.wording import list_names

EXCLUDES = "!"
"""Begins a name that leaves out what it means."""

MANY = frozenset("*?")
_LIKENESS = 0.6
_LIKENESS_OF_PARTS = 0.8
_PARTS = re.compile(r"__|[.\s-]")
"""Between the parts of a name: of a stream those are database and table, of a caption its words."""
_ID = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{12}(\.[A-Z]+[0-9]*)?")
"""Ids of databases, and of tables with them, as Ninox makes them (observed): they never become the id of another."""
_DATABASE_ID = re.compile(r"(?=[a-z]*[0-9])[a-z0-9]{12}")
_TEAM_ID = re.compile(r"[A-Za-z0-9]{17}")


Item = TypeVar("Item")
Calls = Callable[[Item], Iterable[str]]
Spell = Callable[[str], "str | None"]


def fold(name: str) -> str:
    """Return what is left of a name without regard to case and blanks around."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def is_glob(name: str) -> bool:
    """Return whether a name can stand for several."""
    return not MANY.isdisjoint(name)


def fits(pattern: str, name: str) -> bool:
    """Return whether a name in a setting means one thing: that is called so, or that it is a glob of."""
    return fold(pattern) == fold(name) or (is_glob(pattern) and bool(_compile(fold(pattern)).match(fold(name))))


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def are_ids(team: str | None, databases: Sequence[str]) -> bool:
    """Return whether a team and databases are given by what Ninox makes as ids (observed): then nobody need list them.

    A name may look so, too: then the server does not know it as an id, and it is looked for as a name.
    """
    is_team = team is not None and _TEAM_ID.fullmatch(team) is not None
    return is_team and bool(databases) and all(map(_DATABASE_ID.fullmatch, databases))


def find_nearest(name: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """Return the known name that looks most like a name, case apart; None if none does."""
    by_folded = {fold(candidate): candidate for candidate in known}
    found = difflib.get_close_matches(fold(name), by_folded, n=1, cutoff=likeness)
    return by_folded[found[0]] if found else None


def probably_meant(name: str, known: Iterable[str], *, likeness: float = _LIKENESS) -> str | None:
    """Return the nearest name, or else the only one of which a name is a part: `customers` of `shop__customers`."""
    known = list(known)
    near = find_nearest(name, known, likeness=likeness)
    if near is not None:
        return near
    with_part = {one for one in known if find_nearest(name, _PARTS.split(fold(one)), likeness=_LIKENESS_OF_PARTS)}
    return with_part.pop() if len(with_part) == 1 else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the sentence that offers the name that was probably meant, with a blank before it; or nothing."""
    near = probably_meant(name, known)
    return f" Did you mean {near!r}?" if near is not None else ""


def describe_absent(wanted: str, names: Iterable[str], *, setting: str) -> str:
    """Return the sentence for a name that means nothing, with the nearest and those that there are."""
    names = sorted(set(names))
    there_is = list_names(map(repr, names))
    return f"{setting}: nothing is called {wanted!r}.{did_you_mean(wanted, names)} There is: {there_is}."


class Names(Generic[Item]):
    """Finds things by what settings call them."""

    def __init__(
        self,
        items: Iterable[Item],
        *,
        ids: Calls[Item] = lambda item: (cast("Named", item).id,),
        names: Calls[Item] = lambda item: (cast("Named", item).name,),
        loosely: tuple[Calls[Item], Spell] | None = None,
        advise: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Note what each thing is called.

        Args:
            items: The things.
            ids: What each has as an id.
            names: What each is called.
            loosely: Further spellings of each, and how to spell a name likewise; they count as much as another case,
                and only where one thing is wanted.
            advise: What to add to the sentence for a name that means nothing.
        """
        self._advise = advise
        self.items = list(items)
        self._ids: dict[str, list[int]] = {}
        self._names: dict[str, list[int]] = {}
        self._folded: dict[str, list[int]] = {}
        self._loose: dict[str, list[int]] = {}
        loose, self._spell = loosely or (lambda _: (), lambda _: None)
        for number, item in enumerate(self.items):
            for text in ids(item):
                self._ids.setdefault(text, []).append(number)
            for text in names(item):
                self._names.setdefault(text, []).append(number)
                self._folded.setdefault(fold(text), []).append(number)
            for text in loose(item):
                self._loose.setdefault(text, []).append(number)

    def find(self, wanted: str) -> list[Item]:
        """Return what a name means where it is to mean one thing; several if that is not clear."""
        return self._at(self._ids.get(wanted.strip()), self._names.get(wanted)) or self._at(
            self._folded.get(fold(wanted)), self._loose.get(self._spell(wanted) or "")
        )

    def find_all(self, pattern: str) -> list[Item]:
        """Return all that a name or a glob means."""
        found = self._at(self._ids.get(pattern.strip()), self._folded.get(fold(pattern)))
        if found or not is_glob(pattern):
            return found
        wanted = _compile(fold(pattern))
        return self._at(*(numbers for name, numbers in self._folded.items() if wanted.match(name)))

    def describe_absent(self, wanted: str, *, setting: str) -> str:
        """Return the sentence for a name that means nothing."""
        return describe_absent(wanted, self._names, setting=setting) + self._advise(wanted)

    def find_one(self, wanted: str, *, setting: str) -> Item:
        """Return the one thing that a name means.

        Raises:
            NinoxConfigError: There is none, or it is not clear which.
        """
        found = self.find(wanted)
        if not found:
            raise NinoxConfigError(self.describe_absent(wanted, setting=setting))
        if len(found) > 1:
            ids = list_names(cast("Named", item).id for item in found)
            message = f"{setting}: {len(found)} are called {wanted!r}; use an id instead: {ids}."
            raise NinoxConfigError(message)
        return found[0]

    def _at(self, *numbers: Sequence[int] | None) -> list[Item]:
        return [self.items[number] for number in sorted({n for some in numbers for n in some or ()})]


def split(patterns: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names that a setting wants, and those that it leaves out."""
    wanted: list[str] = []
    excluded: list[str] = []
    for pattern in patterns:
        (excluded if pattern.startswith(EXCLUDES) else wanted).append(pattern.removeprefix(EXCLUDES))
    return wanted, excluded


def choose(
    names: Names[Item], patterns: Iterable[str], *, setting: str, each_is_one: bool = False, sees_all: bool = True
) -> tuple[list[Item], list[str]]:
    """Return what a setting names and does not leave out, all if it names nothing; a sentence for each absent name.

    Args:
        names: What there is.
        patterns: Names and globs; what is behind `!` is left out.
        setting: Its name, for messages.
        each_is_one: Whether a name that is no glob must mean one thing.
        sees_all: Whether there is nothing else that a name could mean.

    Raises:
        NinoxConfigError: None of the names is there; one is ambiguous; or one that is to be left out is not there: what
            it meant may be there under another name, and would be read.
    """
    wanted, excluded = split(patterns)
    absent = [name for name in excluded if sees_all and not names.find_all(name) and not _ID.fullmatch(name.strip())]
    if absent:
        raise NinoxConfigError([names.describe_absent(name, setting=setting) for name in absent])
    found = {pattern: names.find_all(pattern) for pattern in wanted}
    problems = [names.describe_absent(pattern, setting=setting) for pattern, items in found.items() if not items]
    if wanted and len(problems) == len(found) and sees_all:
        raise NinoxConfigError(problems)
    if each_is_one:
        found.update(
            (name, [names.find_one(name, setting=setting)]) for name in wanted if found[name] and not is_glob(name)
        )
    chosen = {id(item) for items in found.values() for item in items} if wanted else set(map(id, names.items))
    chosen -= {id(item) for pattern in excluded for item in names.find_all(pattern)}
    return [item for item in names.items if id(item) in chosen], problems


def is_left_out(patterns: Iterable[str], *, ids: Iterable[str], names: Iterable[str] = ()) -> bool:
    """Return whether a setting leaves out one thing, of which there may be no more to see than some id or name."""
    thing = Names([None], ids=lambda _: ids, names=lambda _: names)
    return any(thing.find_all(pattern) for pattern in split(patterns)[1])


def is_wanted(patterns: Sequence[str], *, ids: Sequence[str], names: Sequence[str] = ()) -> bool:
    """Return whether a setting names one thing, or nothing at all, and does not leave it out."""
    thing = Names([None], ids=lambda _: ids, names=lambda _: names)
    wanted, _ = split(patterns)
    is_named = not wanted or any(thing.find_all(pattern) for pattern in wanted)
    return is_named and not is_left_out(patterns, ids=ids, names=names)


def format_exclusion(patterns: Iterable[str], item: str, *, setting: str) -> str:
    """Return the line of the settings that leaves out one thing and nothing else."""
    return f"{setting}: {json.dumps([*patterns, EXCLUDES + item], ensure_ascii=False)}"
