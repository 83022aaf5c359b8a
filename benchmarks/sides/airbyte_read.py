"""airbyte-cdk's declarative source. `airbyte_read.py URL TABLES CONCURRENCY`; Airbyte messages on standard output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource


def main(database_url: str, tables: str, concurrency: str) -> None:
    """Read all tables; catalog and configuration are files in the current folder, as Airbyte wants them."""
    names = tables.split(",")
    Path("config.json").write_text("{}", encoding="utf-8")
    Path("catalog.json").write_text(json.dumps(_catalog(names)), encoding="utf-8")
    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(_catalog(names)),
        config={},
        state=[],
        source_config=_manifest(database_url, names, int(concurrency)),
    )
    launch(source, ["read", "--config", "config.json", "--catalog", "catalog.json"])


def _catalog(tables: list[str]) -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": {"name": table, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
                "sync_mode": "full_refresh",
                "destination_sync_mode": "append",
            }
            for table in tables
        ]
    }


def _manifest(database_url: str, tables: list[str], concurrency: int) -> dict[str, Any]:
    return {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": tables[:1]},
        "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": concurrency},
        "streams": [_stream(database_url, table) for table in tables],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


def _stream(database_url: str, table: str) -> dict[str, Any]:
    requester = {
        "type": "HttpRequester",
        "url_base": database_url,
        "path": f"/tables/{table}/records",
        "http_method": "GET",
        "request_parameters": {"ids": "true", "choiceStyle": "ids"},
        "authenticator": {"type": "BearerAuthenticator", "api_token": "simulator-key"},
    }
    paginator = {
        "type": "DefaultPaginator",
        "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"},
        "page_size_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "perPage"},
        "pagination_strategy": {
            "type": "PageIncrement",
            "page_size": 1000,
            "start_from_page": 0,
            "inject_on_first_request": True,
        },
    }
    selector = {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": []}}
    return {
        "type": "DeclarativeStream",
        "name": table,
        "primary_key": ["id"],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": {}}},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": requester,
            "record_selector": selector,
            "paginator": paginator,
        },
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
