"""Faults of the product that are known and not mended yet: the world leaves out what would only find them again.

Whoever mends one deletes its line; the world then does what the line kept it from. Nothing else stands in its way:
search for the name in this folder.
"""

from __future__ import annotations

KNOWN = {
    "A10": "A copy of a database with a smaller id takes over the names of the original: copies get larger ids.",
    "A26": "Loaders that replace a stream's schema without flushing lose changed rows: no such loader.",
    "A28": "After a change of a setting that shapes values, columns mix both: such settings stay as they are.",
    "A32": "Two versions within a second are the same if the bookmark is lost: bookmarks are never lost.",
    "A33": "Rows have a version where none is ever activated: the setting is not drawn.",
    "order": "Where lists are not sorted by id, a page that ascends by chance hides it, and rows are lost: by id.",
    "ids": "What a setting gives by its id cannot be told from another of that name: none is named like an id.",
    "choices": "Where a server ignores choiceStyle, an option captioned like the id of another is taken for that one.",
}


def is_mended(fault: str) -> bool:
    """Tell whether the world may do what finds this fault."""
    return fault not in KNOWN
