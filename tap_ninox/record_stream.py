"""What all streams of this tap have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from singer_sdk import Stream
from singer_sdk.helpers._batch import BatchConfig
from singer_sdk.helpers.conform import TypeConformanceLevel
from typing_extensions import override


class RecordStream(Stream):
    """A stream whose values fit their types already, and whose batches are made where its messages are written."""

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    @override
    def get_batch_config(self, config: Mapping[str, Any]) -> BatchConfig | None:
        return None
