"""Choosing teams, databases and tables by id, name or glob, with errors that name what there is."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from ninox_api.errors import NinoxConfigError

_GLOB_CHARACTERS = frozenset("*?[")


class Named(Protocol):
    """Anything Ninox gives an id and a name."""

    @property
    def id(self) -> str:
        """Stable handle."""

    @property
    def name(self) -> str:
        """What people see."""


Item = TypeVar("Item", bound=Named)


def pick_one(items: Sequence[Item], wanted: str, *, setting: str) -> Item:
    """Return the item with an id or a name.

    Raises:
        NinoxConfigError: None has it, or several have the name.
    """
    for item in items:
        if item.id == wanted:
            return item
    named = [item for item in items if item.name.casefold() == wanted.casefold()]
    if len(named) == 1:
        return named[0]
    if named:
        ids = ", ".join(item.id for item in named)
        message = f"{setting}: {len(named)} are called {wanted!r}; use an id instead: {ids}."
        raise NinoxConfigError(message)
    raise NinoxConfigError(nothing_called(wanted, items, setting=setting))


def pick_many(items: Sequence[Item], patterns: Iterable[str], *, setting: str) -> list[Item]:
    """Return the items that any of the patterns names, all for no pattern, in the given order.

    Raises:
        NinoxConfigError: A pattern names nothing, or a plain name is ambiguous.
    """
    patterns = list(patterns)
    if not patterns:
        return list(items)
    chosen = {item.id for pattern in patterns for item in _matching(items, pattern, setting)}
    return [item for item in items if item.id in chosen]


EXCLUDES = "!"
"""Begins a pattern that leaves out what it names."""


def choose(items: Sequence[Item], patterns: Iterable[str], *, setting: str) -> tuple[list[Item], list[str]]:
    """Return the items that the patterns name and none of them excludes, and a sentence for each that names nothing.

    Raises:
        NinoxConfigError: Nothing at all is named, or a plain name is ambiguous.
    """
    wanted = [pattern for pattern in patterns if not pattern.startswith(EXCLUDES)]
    problems = [
        nothing_called(pattern, items, setting=setting)
        for pattern in wanted
        if not any(matches(item, pattern) for item in items)
    ]
    if wanted and len(problems) == len(wanted):
        raise NinoxConfigError(problems)
    found = [pattern for pattern in wanted if any(matches(item, pattern) for item in items)]
    chosen = pick_many(items, found, setting=setting)
    return [item for item in chosen if not is_excluded([item], patterns)], problems


def is_excluded(names: Iterable[Named], patterns: Iterable[str]) -> bool:
    """Tell whether a pattern leaves out what has any of some names."""
    left_out = [pattern.removeprefix(EXCLUDES) for pattern in patterns if pattern.startswith(EXCLUDES)]
    return any(matches(item, pattern) for item in names for pattern in left_out)


def is_named(names: Iterable[Named], patterns: Sequence[str], *, path: str = "") -> bool:
    """Tell whether patterns name, and do not exclude, what has any of some names.

    Args:
        names: What it is called now, and was called before.
        patterns: Those of a setting; if none includes, all is included that none excludes.
        path: Its id with the ids above, `<database_id>.<table_id>`, which names it, too.
    """
    names = list(names)
    wanted = [pattern for pattern in patterns if not pattern.startswith(EXCLUDES)]
    if is_excluded(names, patterns) or f"{EXCLUDES}{path}" in patterns:
        return False
    return not wanted or path in wanted or any(matches(item, pattern) for item in names for pattern in wanted)


def excluding(patterns: Iterable[str], item: str, *, setting: str) -> str:
    """Return the line of the settings that leaves out one item and nothing else."""
    return f"{setting}: {json.dumps([*patterns, EXCLUDES + item], ensure_ascii=False)}"


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern stands for more than one name."""
    return bool(_GLOB_CHARACTERS.intersection(pattern))


def matches(item: Named, pattern: str) -> bool:
    """Tell whether a pattern names an item: its id, its name, or a glob of its name."""
    return item.id == pattern or fnmatchcase(item.name.casefold(), pattern.casefold())


def check_names(patterns: Iterable[str], names: Iterable[str], *, setting: str) -> None:
    """Refuse patterns that name none of the given names.

    Raises:
        NinoxConfigError: One sentence for each.
    """
    names = list(names)
    unknown = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in names)]
    if unknown:
        raise NinoxConfigError([_nothing_among(pattern, names, setting=setting) for pattern in unknown])


def nothing_called(wanted: str, items: Iterable[Named], *, setting: str) -> str:
    """Return the sentence for a name that names nothing, with the nearest ones that exist."""
    return _nothing_among(wanted, sorted({item.name for item in items}), setting=setting)


def _nothing_among(wanted: str, names: Sequence[str], *, setting: str) -> str:
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(map(repr, names)) or "none"
    return f"{setting}: nothing is called {wanted!r}.{hint} There is: {listed}."


def _matching(items: Sequence[Item], pattern: str, setting: str) -> list[Item]:
    if not is_glob(pattern):
        return [pick_one(items, pattern, setting=setting)]
    found = [item for item in items if matches(item, pattern)]
    if not found:
        raise NinoxConfigError(nothing_called(pattern, items, setting=setting))
    return found
