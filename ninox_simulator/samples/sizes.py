"""How many rows each table has, in each profile."""

from __future__ import annotations

from collections.abc import Mapping

FEWEST = 12
SMALL_DIVISOR = 100
LARGE_MOVEMENTS = 1_000_000

MEDIUM: Mapping[str, Mapping[str, int]] = {
    "buero": {
        "A": 2_400,
        "B": 3_900,
        "D": 5_200,
        "E": 11_000,
        "F": 48_000,
        "G": 10_300,
        "H": 1_800,
        "I": 64,
        "J": 160,
        "K": 120_000,
        "L": 46,
        "M": 96_000,
        "N": 7_500,
        "O": 15_200,
        "P": 22_000,
        "Q": 88,
        "R": 1,
        "S": 3_000,
        "YB": 46,
    },
    "nursery": {"A": 900, "B": 3_100, "C": 6_800, "D": 14_500, "E": 61_000, "F": 15_200, "G": 249},
}

# Tables with a gap of more than 10,000 ids.
LONG_GAPS: Mapping[str, list[str]] = {"buero": ["D", "G", "K"], "nursery": ["C", "D"]}


def row_counts(database: str, profile: str) -> dict[str, int]:
    """Rows per table id; the unreadable salaries of `YB` included.

    Raises:
        ValueError: There is no such profile.
    """
    medium = MEDIUM[database]
    if profile == "s":
        return {table: max(rows // SMALL_DIVISOR, min(rows, FEWEST)) for table, rows in medium.items()}
    if profile == "m":
        return dict(medium)
    if profile == "l":
        return {table: LARGE_MOVEMENTS if table == "K" else rows for table, rows in medium.items()}
    message = f"No profile {profile!r}: choose s, m or l."
    raise ValueError(message)
