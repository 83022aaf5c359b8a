"""A table that is being read: everything between its bookmark and the pages that its stream writes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from tap_ninox.formulas.columns import formula_reader
from tap_ninox.schema.catalog import TableEntry
from tap_ninox.settings import TapSettings
from tap_ninox.sync.pages import ReadPage, TableReader
from tap_ninox.sync.plan import Planner, Reading
from tap_ninox.sync.prefetch import ReadAhead, Readers
from tap_ninox.sync.source import TableSource
from tap_ninox.sync.state import Bookmark
from tap_ninox.values.convert import Converter
from tap_ninox.values.selected_fields import SelectedFieldsDecoder

FORMULA_REFRESH_INTERVAL = timedelta(hours=24)
"""For tables whose formulas are read, unless the settings say otherwise: no sequence tells that a formula moved."""


class OpenTable:
    """Reads one table, in a thread of its own if wanted, for a stream that owns the bookmark.

    Attributes:
        bookmark: Read here, written by the stream.
        converter: Turns a page's records into those of the stream.
        uncomputed: Property → values of a formula that Ninox could not compute.
        items: What is to be read, then its pages.
    """

    def __init__(
        self,
        entry: TableEntry,
        source: TableSource,
        settings: TapSettings,
        *,
        bookmark: Bookmark,
        selected: Collection[str],
        always_whole: bool,
        readers: Readers,
        in_thread: bool,
    ) -> None:
        """Begin to read; called in the main thread, which owns the state.

        Args:
            entry: The table.
            source: Where its records come from.
            settings: The tap's settings.
            bookmark: How far it was read.
            selected: Names of the properties to send.
            always_whole: Whether changes are not followed (replication method FULL_TABLE).
            readers: The threads that may read at once.
            in_thread: Whether to read in a thread that gives its permit back at its end.
        """
        source.change_log.prepare()
        formulas = formula_reader(entry, source.client, source.schema, selected)
        fields = SelectedFieldsDecoder(column for column in entry.columns if column.name in selected)
        client = source.client if formulas.reads_any else source.client.decoding(fields)
        self._reader = TableReader(client, entry.table_id, page_size=settings.page_size, join=formulas.join)
        self.bookmark = bookmark
        self.uncomputed = formulas.lost
        self.converter = Converter(
            entry.columns, zone=settings.zone, selected=selected, fails=settings.fails_on_bad_values
        )
        interval = settings.full_refresh_interval
        planner = Planner(
            name=entry.stream,
            table_id=entry.table_id,
            source=source,
            reader=self._reader,
            page_size=settings.page_size,
            always_whole=always_whole,
            is_asked_for=settings.refreshes(entry.stream),
            refresh_interval=FORMULA_REFRESH_INTERVAL if interval is None and formulas.reads_any else interval,
            activates_versions=settings.activates_versions,
            readers=readers,
        )
        items = planner.read(bookmark)
        self.items: Iterator[Reading | ReadPage] = (
            iter(ReadAhead([items], room=2, at_end=readers.give_back)) if in_thread else items
        )

    @property
    def gone(self) -> int:
        """Records that the feed named but that no longer exist."""
        return self._reader.gone
