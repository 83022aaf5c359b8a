"""Names of tables and fields in scripts of Ninox's own language, safely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ninox_api.schema import Named

OWN_ID = "Id"
"""What a script calls the id of the record at hand (documented); a field may be called so, too."""


def quote_name(item: Named, siblings: Iterable[Named]) -> str | None:
    """Return how a script names a table or field, in quotes.

    It is the caption (documented), unless that holds an apostrophe or a backslash, for which no way of quoting is
    known, belongs to several, is the id of another one, or means the record itself; then it is the id (assumed), unless
    something else is called so. Nothing but an apostrophe ends the quotes, so no caption can become more than a name.

    Args:
        item: What is meant.
        siblings: All tables of its database or fields of its table, itself included.

    Returns:
        None if no name is certain to mean it.
    """
    return _quote(item, _count_meanings(siblings))


def quote_names(items: Sequence[Named]) -> list[str | None]:
    """Do for all tables of a database, or all fields of a table, what `quote_name` does for one."""
    meanings = _count_meanings(items)
    return [_quote(item, meanings) for item in items]


def _count_meanings(items: Iterable[Named]) -> Counter[str]:
    """Return how many things each text may mean, by its id or its caption."""
    return Counter(text for item in items for text in {item.id, item.name})


def _quote(item: Named, meanings: Counter[str]) -> str | None:
    if item.name != OWN_ID and _is_quotable(item.name) and meanings[item.name] == 1:
        return f"'{item.name}'"
    return f"'{item.id}'" if _is_quotable(item.id) and meanings[item.id] == 1 else None


def _is_quotable(text: str) -> bool:
    return not {"'", "\\"} & set(text)
