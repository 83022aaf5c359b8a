"""A client for the Ninox REST API (`/v1`). It knows nothing of Singer.

```python
from ninox_api import ConnectionConfig, NinoxClient, iter_pages

client = NinoxClient(ConnectionConfig(auth_token="…"))
team = client.list_teams()[0]
shop = client.database(team.id, client.list_databases(team.id)[0])
for page in iter_pages(lambda after_id: shop.get_records("A", since_id=after_id)):
    for record in page:
        print(record.id, record.fields)
```

Scripts may rely on the names below; `tests/client/script_of_a_user.py` uses each. Start reading at `client` (what can
be asked) and `transport` (how it travels).
"""

from __future__ import annotations

from ninox_api.changes import FeedChanges, TableChanges
from ninox_api.client import BodyTooLargeError, DatabaseClient, NinoxClient, NinoxRecord, RecordWrite, SavedRecord
from ninox_api.config import ConnectionConfig
from ninox_api.errors import (
    NinoxAPIError,
    NinoxAuthenticationError,
    NinoxBudgetError,
    NinoxConfigError,
    NinoxDamagedError,
    NinoxError,
    NinoxNotFoundError,
    NinoxPermissionError,
    NinoxProtocolError,
    NinoxRateLimitError,
    NinoxRedirectError,
    NinoxRequestError,
    NinoxScriptError,
    NinoxServerError,
    NinoxSizeError,
    NinoxTimeoutError,
    NinoxTlsError,
    NinoxTooLargeError,
    NinoxTransportError,
)
from ninox_api.files import Download, NinoxFile, Upload
from ninox_api.limits import Purpose
from ninox_api.paging import iter_pages
from ninox_api.schema import Choice, DatabaseName, DatabaseSchema, Field, Table, Team

__all__ = [
    "BodyTooLargeError",
    "Choice",
    "ConnectionConfig",
    "DatabaseClient",
    "DatabaseName",
    "DatabaseSchema",
    "Download",
    "FeedChanges",
    "Field",
    "NinoxAPIError",
    "NinoxAuthenticationError",
    "NinoxBudgetError",
    "NinoxClient",
    "NinoxConfigError",
    "NinoxDamagedError",
    "NinoxError",
    "NinoxFile",
    "NinoxNotFoundError",
    "NinoxPermissionError",
    "NinoxProtocolError",
    "NinoxRateLimitError",
    "NinoxRecord",
    "NinoxRedirectError",
    "NinoxRequestError",
    "NinoxScriptError",
    "NinoxServerError",
    "NinoxSizeError",
    "NinoxTimeoutError",
    "NinoxTlsError",
    "NinoxTooLargeError",
    "NinoxTransportError",
    "Purpose",
    "RecordWrite",
    "SavedRecord",
    "Table",
    "TableChanges",
    "Team",
    "Upload",
    "iter_pages",
]
