"""Small Ninox databases for tests: one team, one database, the tables a test needs."""

from __future__ import annotations

from ninox_simulator.seeds import DatabaseDocument, RecordDocument, TeamDocument

TEAM_ID = "tEamTeamTeam00001"
DATABASE_ID = "db0000000001"


def field(base, caption, **more):
    return {"base": base, "caption": caption, **more}


def table(caption, *, kind="table", **fields):
    return {"caption": caption, "kind": kind, "fields": fields}


def customers(**fields):
    """A table with a text and a number, and what else the test needs."""
    return table("Customers", A=field("string", "Name"), B=field("number", "Amount"), **fields)


def customer_records(count, *, first=1):
    return [
        RecordDocument(id=number, fields={"A": f"name {number}", "B": number * 10}, sequence=number)
        for number in range(first, first + count)
    ]


def database(tables, records=None, **more):
    """A database document; the sequence is the highest of its records unless given."""
    records = records or {}
    sequence = max((record.sequence or 0 for rows in records.values() for record in rows), default=0)
    document = {
        "id": DATABASE_ID,
        "name": "Shop",
        "schema": {"seq": 1, "version": 1, "types": tables},
        "settings": {"name": "Shop"},
        "records": records,
        "sequence": sequence,
    }
    return DatabaseDocument(**{**document, **more})


def team(*databases):
    return [TeamDocument(id=TEAM_ID, name="Team", databases=list(databases))]


def shop(count=5, **more):
    """One team with one database with one table of `count` customers."""
    return team(database({"A": customers()}, {"A": customer_records(count)}, **more))
