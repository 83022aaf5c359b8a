"""Writing scripts in Ninox's own language: names in them, safely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

OWN_ID = "Id"
"""What a script calls the id of the record at hand (documented); a field may be called so, too."""


class Named(Protocol):
    """A table or field."""

    @property
    def id(self) -> str:
        """Stable handle."""

    @property
    def name(self) -> str:
        """What people see."""


def name_in_script(item: Named, siblings: Iterable[Named]) -> str | None:
    """Return how a script names a table or field, in quotes.

    It is the caption (documented), unless that holds an apostrophe, for which no way of quoting is known, belongs to
    several, or means the record itself; then it is the id (assumed), unless something else is called so. Nothing but an
    apostrophe ends the quotes, so no caption can become more than a name.

    Args:
        item: What is meant.
        siblings: All tables of its database or fields of its table, itself included.

    Returns:
        None if no name is certain to mean it.
    """
    return _name_in_script(item, Counter(sibling.name for sibling in siblings))


def names_in_script(items: Sequence[Named]) -> list[str | None]:
    """Do for all tables of a database, or all fields of a table, what `name_in_script` does for one."""
    names = Counter(item.name for item in items)
    return [_name_in_script(item, names) for item in items]


def _name_in_script(item: Named, names: Counter[str]) -> str | None:
    if "'" not in item.name and item.name != OWN_ID and names[item.name] <= 1:
        return f"'{item.name}'"
    if "'" not in item.id and item.id not in names:
        return f"'{item.id}'"
    return None
