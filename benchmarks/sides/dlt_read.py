"""dlt's `rest_api` source. `dlt_read.py URL TABLES WORKERS extract|lines`.

`extract` is dlt's own first step, into its files below the current folder; `lines` only iterates the resources and
writes JSON lines, which leaves out schema, state and files.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import dlt
from dlt.common import json
from dlt.sources.rest_api import rest_api_source


def main(database_url: str, tables: str, workers: str, way: str) -> None:
    """Read all tables."""
    os.environ["EXTRACT__WORKERS"] = workers
    source = rest_api_source(_config(database_url, tables.split(",")))
    for resource in source.resources.values():
        resource.add_limit(None)
        if int(workers) > 1:
            resource.parallelize()
    if way == "lines":
        for record in source:
            sys.stdout.buffer.write(json.dumpb(record) + b"\n")
    else:
        pipeline = dlt.pipeline("bench", pipelines_dir=os.getcwd(), destination="filesystem")  # noqa: PTH109
        pipeline.extract(source)


def _config(database_url: str, tables: list[str]) -> Any:
    paginator = {
        "type": "page_number", "base_page": 0, "page_param": "page", "total_path": None, "stop_after_empty_page": True,
    }  # fmt: skip
    params = {"perPage": 1000, "ids": "true", "choiceStyle": "ids"}
    return {
        "client": {
            "base_url": f"{database_url}/",
            "auth": {"type": "bearer", "token": "simulator-key"},
            "paginator": paginator,
        },
        "resource_defaults": {"primary_key": "id", "endpoint": {"params": params}},
        "resources": [
            {"name": f"table_{table}", "endpoint": {"path": f"tables/{table}/records", "data_selector": "$"}}
            for table in tables
        ],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
