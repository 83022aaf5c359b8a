"""Every private member of the Meltano SDK that the target overrides or uses, with the reason (singer-sdk 0.54).

Everything else that the target has of the SDK is public. It does without the SDK's sinks: `MessageReader` hands every
message to one function, since sinks validate and quote whole records, change the form of dates, empty themselves in an
order of their own, and write a state behind rows that are not in Ninox yet.

| Member | Why | Tests that fail without it |
|---|---|---|
| `Target._handle_termination` | the SDK's empties all sinks and ends with 0 | `tests/target/test_sdk_overrides.py` |
| `helpers._batch.StorageTarget`, `BatchConfig` | nothing public opens files | `tests/target/test_batch_files.py` |
"""

from __future__ import annotations

from abc import abstractmethod
from types import FrameType

from singer_sdk import Target
from singer_sdk.helpers._batch import BatchConfig, StorageTarget
from typing_extensions import override

from ninox_singer.sdk_overrides import ConfiguredPlugin

__all__ = ["BatchConfig", "SdkTarget", "StorageTarget"]


class SdkTarget(ConfiguredPlugin, Target):
    """The SDK's target, which ends on a signal as the target decides."""

    @abstractmethod
    def stop(self, signum: int) -> None:
        """End the run on a signal."""

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.stop(signum)
