"""Which page comes before another, for the fault that answers with it.

Before it in the order of reading, not of time: a client that asks for several places of a table at once must not be
answered with another place's page, which no server does and no client could notice.
"""

from __future__ import annotations

from dataclasses import replace

from ninox_simulator.parameters import list_parameters
from ninox_simulator.request import Request


class PagesBefore:
    """The places of each table that were asked for, and with which query."""

    def __init__(self) -> None:
        """Know none."""
        self._queries: dict[str, dict[tuple[int, int], dict[str, str]]] = {}

    def remember(self, request: Request) -> None:
        """Keep a list request's query, by its place."""
        if is_list(request):
            self._queries.setdefault(request.path, {})[_place(request)] = dict(request.query)

    def before(self, request: Request) -> Request:
        """Return the list request for the page before, or the same one if it is the first of its table."""
        queries = self._queries.get(request.path, {}) if is_list(request) else {}
        earlier = [place for place in queries if place < _place(request)]
        return replace(request, query=queries[max(earlier)]) if earlier else request

    def forget(self) -> None:
        """Forget all: the data are others now."""
        self._queries.clear()


def is_list(request: Request) -> bool:
    """Tell whether a request asks for a page of records."""
    return request.method == "GET" and request.segments[-1] == "records"


def _place(request: Request) -> tuple[int, int]:
    parameters = list_parameters(request.query)
    return parameters.since_id or parameters.since_sequence or 0, parameters.page
