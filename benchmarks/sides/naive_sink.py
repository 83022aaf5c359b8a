"""What most teams would write: an SDK target with a `BatchSink`. `naive_sink.py --config FILE < messages`."""

from __future__ import annotations

from typing import Any, ClassVar

import requests
from singer_sdk import BatchSink, Target
from singer_sdk import typing as th

FIELD_IDS = "ABCDEFGHIJ"
STAGE = "stage"


class NaiveSink(BatchSink):
    """Posts each batch as it is."""

    @property
    def max_size(self) -> int:
        """Return the rows per request."""
        return int(self.config["batch_size_rows"])

    def process_batch(self, context: dict[str, Any]) -> None:
        """Post a batch."""
        page = [{"fields": _fields(record)} for record in context["records"]]
        headers = {"Authorization": "Bearer simulator-key"}
        requests.post(self.config["records_url"], json=page, headers=headers, timeout=60).raise_for_status()


class NaiveTarget(Target):
    """A target of thirty lines."""

    name = "naive-target"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("records_url", th.StringType, required=True),
        th.Property("batch_size_rows", th.IntegerType, default=100),
    ).to_dict()
    default_sink_class = NaiveSink


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record under field ids; numbers are floats, as the SDK reads decimals that `json` cannot write."""
    row = {**record, STAGE: record[STAGE].removeprefix("Stage "), "price": float(record["price"])}
    return {
        field_id: value.isoformat() if hasattr(value, "isoformat") else value
        for field_id, value in zip(FIELD_IDS, row.values(), strict=False)
    }


if __name__ == "__main__":
    NaiveTarget.cli()
