"""Where sample data comes from: the sample company, nothing, or a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ninox_simulator.documents import DatabaseDocument, RecordDocument, TeamDocument

PROFILES = ("s", "m")
SAMPLE = "blattwerk"
EMPTY = "empty"


def load_seed(seed: str, profile: str) -> list[TeamDocument]:
    """Return the documents of a seed.

    Args:
        seed: `blattwerk`, `empty`, or the path of a JSON file with a list of teams.
        profile: Size of `blattwerk`: `s` or `m`.

    Raises:
        ValueError: There is no such seed or profile, or the file is not in the form of the documents.
    """
    if profile not in PROFILES:
        message = f"Profile is one of {', '.join(PROFILES)}, not {profile!r}."
        raise ValueError(message)
    if seed == SAMPLE:
        from ninox_simulator.samples.blattwerk import build  # noqa: PLC0415 (large, and often not needed)

        return build(profile)
    if seed == EMPTY:
        return [TeamDocument(id="emptyTeam00000001", name="Empty", databases=[])]
    if Path(seed).is_file():
        return _from_json(Path(seed))
    message = f"There is no seed {seed!r}: give {SAMPLE}, {EMPTY} or the path of a JSON file."
    raise ValueError(message)


def _from_json(path: Path) -> list[TeamDocument]:
    try:
        return [_team(raw) for raw in msgspec.json.decode(path.read_bytes())]
    except (msgspec.DecodeError, TypeError, KeyError, AttributeError) as error:
        message = f"{path} is not a list of teams with databases: {error}."
        raise ValueError(message) from error


def _team(raw: dict[str, Any]) -> TeamDocument:
    return TeamDocument(id=raw["id"], name=raw["name"], databases=[_database(item) for item in raw["databases"]])


def _database(raw: dict[str, Any]) -> DatabaseDocument:
    records = {table_id: [RecordDocument(**record) for record in rows] for table_id, rows in raw["records"].items()}
    highest = max((record.sequence or 0 for rows in records.values() for record in rows), default=0)
    return DatabaseDocument(**{"sequence": highest, **raw, "records": records})
