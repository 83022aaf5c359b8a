"""Every private or final member of the Singer SDK that the tap overrides or uses (singer-sdk 0.54), each with its why.

Nowhere else in `tap_ninox` is one (`tests/tap/test_own_ways_beside_the_sdk.py`). What each override is for stands in
`docs/adr/0006-around-the-sdk.md`; `tests/planted/sdk.py` takes each away and names the test that then fails.
"""

from __future__ import annotations

from abc import abstractmethod
from types import FrameType
from typing import IO, Any

from singer_sdk import Stream, Tap
from singer_sdk.helpers._batch import BaseBatchFileEncoding, SDKBatchMessage, StorageTarget
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers._util import dump_json, load_json
from singer_sdk.helpers.types import Context
from singer_sdk.mapper import StreamMap
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import Schema, SelectionMask
from typing_extensions import override

__all__ = ["BaseBatchFileEncoding", "OwnStream", "OwnTap", "SDKBatchMessage", "StorageTarget", "dump_json", "load_json"]
# The forms of BATCH messages, of addresses of files and of printed JSON are the SDK's; they have no public names.


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

    @property
    @override
    def mask(self) -> SelectionMask:
        """What is selected: of the SDK's mask, what does not follow from the rest; all of 5,000 tables take 12 MB."""
        if self._mask is None:
            mask = self.metadata.resolve_selection()
            self._mask = SelectionMask(
                (crumb, chosen) for crumb, chosen in mask.items() if not crumb or chosen != mask[crumb[:-2]]
            )
        return self._mask

    @property
    @override
    def selected(self) -> bool:
        """Whether the stream is selected."""
        return self.mask.get((), True)

    @selected.setter
    def selected(self, value: bool | None) -> None:
        metadata = self.metadata  # perhaps made anew for whoever asks
        metadata.root.selected = value
        self._mask = metadata.resolve_selection()

    @property
    @override
    def stream_maps(self) -> list[StreamMap]:
        """Its stream maps, made for whoever asks first."""
        maps = self._tap.mapper.stream_maps
        if self.name not in maps:
            schema = Schema.from_dict(self.effective_schema).to_dict()
            selected = get_selected_schema(self.name, schema, self.mask)
            self._tap.mapper.register_raw_stream_schema(self.name, selected, self.primary_keys or [])
            for stream_map in maps[self.name]:
                if stream_map.raw_schema == stream_map.transformed_schema:
                    stream_map.raw_schema = stream_map.transformed_schema
        return maps[self.name]

    def take_given_schema(self, schema: dict[str, Any] | None) -> None:
        """Send a schema in place of that of the catalog, or the own one."""
        self._input_schema = schema

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

    @classmethod
    @abstractmethod
    def read_catalog(cls, file: IO[str]) -> Any:
        """Return what is given as the catalog of a file."""

    @classmethod
    @override
    def invoke(  # type: ignore[override] # as the SDK's own
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        """Run as the command line says.

        The SDK's own decodes all of a catalog at once: of 5,000 tables, 200 MB.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        tap = cls(
            config=config.config,
            state=None if state is None else load_json(state.read()),
            catalog=None if catalog is None else cls.read_catalog(catalog),
            parse_env_config=config.parse_env,
            validate_config=True,
        )
        tap.sync_all()

    @override
    def setup_mapper(self) -> None:
        """Make the mapper.

        The SDK's own makes the maps of all streams at once, with a catalog of all beside them: of 5,000 tables, 100 MB.
        """
        super(Tap, self).setup_mapper()

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
