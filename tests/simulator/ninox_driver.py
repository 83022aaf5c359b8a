"""Runs the operations of the PyPI package `ninox` and prints what each brought, as JSON."""

from __future__ import annotations

import json
import sys

from ninox.ninox import Ninox

base_url, key = sys.argv[1:]
client = Ninox(key, base_url=base_url)
team = client.get_workspaces()[0]["id"]
database = client.get_databases(team)[0]["id"]
place = (team, database)
said = {
    "team": client.get_workspace(team)["name"],
    "schema": sorted(client.get_database(*place)),
    "tables": [table["name"] for table in client.get_schemas(*place)],
    "fields": [field["name"] for field in client.get_schema(*place, "A")["fields"]],
    "records": [record["id"] for record in client.get_records(*place, "Customers")],
    "record": client.get_record(*place, "A", "2")["fields"],
    "updated": client.update_record(*place, "A", "2", {"fields": {"Name": "renamed"}})["fields"],
    "upserted": [
        record["_id"] for record in client.upsert_records(*place, "A", [{"_upsert": True, "_id": 40, "A": "x"}])
    ],
    "feed": sorted(client.get_database_changes(*place, "A", "5")["updates"]),
    "table feed": sorted(client.get_table_changes(*place, "A", "5")["updates"]),
    "record feed": sorted(client.get_record_changes(*place, "A", "2", "5")["updates"]),
    "query": client.query(*place, "(select Customers where Amount > 30).Name"),
    "exec": client.exec(*place, 'let c := create Customers; c.Name := "made"; number(c)'),
    "deleted": client.delete_record(*place, "A", "3"),
}
sys.stdout.write(json.dumps(said))
