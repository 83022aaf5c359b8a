"""Every private or final member of the Singer SDK that the tap overrides or uses (singer-sdk 0.54), each with its why.

Nowhere else in `tap_ninox` is one (`tests/tap/test_own_ways_beside_the_sdk.py`). What each override is for stands in
`docs/adr/0006-around-the-sdk.md`; `tests/planted/sdk.py` takes each away and names the test that then fails.
"""

from __future__ import annotations

from abc import abstractmethod
from types import FrameType
from typing import Any

from singer_sdk import Stream, Tap
from singer_sdk.helpers._batch import BaseBatchFileEncoding, SDKBatchMessage, StorageTarget
from singer_sdk.helpers._util import dump_json
from singer_sdk.helpers.types import Context
from typing_extensions import override

__all__ = ["BaseBatchFileEncoding", "OwnStream", "OwnTap", "SDKBatchMessage", "StorageTarget", "dump_json"]
# The forms of BATCH messages, of addresses of files and of a printed catalog are the SDK's; they have no public names.


class OwnStream(Stream):
    """A stream of the SDK that reads and writes in its own way."""

    @abstractmethod
    def run(self) -> None:
        """Write the SCHEMA, records and state of this stream."""

    @abstractmethod
    def write_schema(self) -> None:
        """Write the SCHEMA messages, one for each stream map."""

    def catalog_entry(self) -> dict[str, Any]:
        """Return its part of the catalog, of which the SDK makes that of all streams at once: of 5,000, 200 MB."""
        return self._singer_catalog_entry.to_dict()

    @override  # type: ignore[misc] # final in the SDK
    def sync(self, context: Context | None = None) -> None:
        """Run.

        The SDK's own writes record by record (two thirds of the tap's time), makes bookmarks of what the records say
        (here they say how far a table was read, which no record knows), activates a version before its first row (a
        run that dies then leaves an empty table), and lets the failure of one stream end all others.
        """
        self.run()

    @override
    def _write_schema_message(self) -> None:
        """Write what a sync writes for `--test=schema`, too, which calls this of each stream."""
        self.write_schema()


class OwnTap(Tap):
    """A tap of the SDK that ends in its own way."""

    @abstractmethod
    def run(self) -> None:
        """Run all selected streams."""

    @abstractmethod
    def test(self) -> bool:
        """Read one record of each selected stream."""

    @abstractmethod
    def stop(self, signum: int) -> None:
        """End the process because of a signal."""

    def forget_catalog(self) -> None:
        """Let go of the catalog that was made for the stream maps; whoever asks for it gets another one."""
        self._catalog = None

    @override  # type: ignore[misc] # final in the SDK
    def sync_all(self) -> None:
        """Run.

        The SDK's own ends with success whatever became of streams, and writes the state of all behind each of them.
        """
        self.run()

    @override  # type: ignore[misc] # final in the SDK
    def run_connection_test(self) -> bool:
        """Test.

        The SDK's own tests deselected streams, too, and says that all is well whatever became of them.
        """
        return self.test()

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop.

        The SDK's own ends with success, which Meltano takes for a run that came to its end, and writes a state that
        could overtake records still in hand.
        """
        self.stop(signum)
