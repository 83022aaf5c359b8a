"""Whoever hands pages on holds none while the next one is on its way: of large ones, two would be in memory."""

from __future__ import annotations

import weakref
from types import SimpleNamespace

from ninox_api.page_size import PageSize, SizedPage
from ninox_api.paging import ListOrder, iter_pages
from ninox_api.transport import Delivery
from tap_ninox.sync.full_table import FullTable, IdRange
from tap_ninox.sync.prefetch import ReadAhead
from target_ninox.records.table import TargetTable


class Record:
    """One that can be watched."""

    def __init__(self, number):
        self.id = self.sequence = number
        self.fields = {}


class Server:
    """Answers three pages of two records, and counts which of those that it has answered are still held."""

    def __init__(self):
        self.held = []
        self._answered = []

    def page(self, after):
        self.held.append(sum(record() is not None for record in self._answered))
        records = [Record(number) for number in (after + 1, after + 2) if number <= 6]
        self._answered += map(weakref.ref, records)
        return records


def _taken(pages):
    count = 0
    for page in pages:
        count += len(getattr(page, "records", page))
        del page
    return count


def test_no_page_is_held_while_the_next_is_read_by_id():
    server = Server()
    assert _taken(iter_pages(server.page)) == 6
    assert server.held == [0, 0, 0, 0]


def test_no_page_is_held_of_a_table_that_the_tap_reads():
    server = Server()
    pages = SimpleNamespace(
        table_id="A",
        feed=SimpleNamespace(list_order=ListOrder()),
        schedule=SimpleNamespace(take=lambda _: 0, give_back=lambda _: None),
        size=PageSize("A"),
        join=lambda page: page,
        client=SimpleNamespace(find_newest_id=lambda _: 6),
        after=lambda after, **_: SizedPage(server.page(after), 2, 10),
    )
    assert _taken(FullTable(pages, [IdRange()], last_id=7)) == 6
    assert server.held == [0, 0, 0, 0]


def test_of_a_table_that_is_read_ahead():
    server = Server()
    assert _taken(ReadAhead([iter_pages(server.page)]).start()) == 6
    assert max(server.held) <= 2  # the one that waits is somebody's


def test_of_a_table_that_the_target_knows():
    server = Server()

    def get_records(_, *, since_id, measure, **__):
        measure(Delivery(10, 0.1))
        return server.page(since_id)

    client = SimpleNamespace(get_records=get_records)
    assert _taken(TargetTable(client, "A", fields=(), page_size=2).pages()) == 6
    assert server.held == [0, 0, 0, 0]
