"""A client for the Ninox REST API (`/v1`). It knows nothing of Singer.

Start reading at `client` (what can be asked) and `transport` (how it travels).
"""

from __future__ import annotations

from ninox_api.changes import FeedChanges, TableChanges
from ninox_api.client import DatabaseClient, NinoxClient, NinoxRecord
from ninox_api.config import ConnectionConfig
from ninox_api.schema import Choice, DatabaseName, DatabaseSchema, Field, Table, Team

__all__ = [
    "Choice",
    "ConnectionConfig",
    "DatabaseClient",
    "DatabaseName",
    "DatabaseSchema",
    "FeedChanges",
    "Field",
    "NinoxClient",
    "NinoxRecord",
    "Table",
    "TableChanges",
    "Team",
]
