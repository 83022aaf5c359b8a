"""Which request does what: the table that requests are answered by; the list in docs/simulator.md is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from ninox_simulator import feed_api, files_api, records_api, schema_api, scripts_api
from ninox_simulator.messages import ApiError, Request, json_reply
from ninox_simulator.simulation import Simulation
from ninox_simulator.store import Database, Team


class Known(NamedTuple):
    """A line of the list of endpoints.

    Attributes:
        how: How its answer is known: *documented* is from the vendor's pages, *observed* was seen on a live Ninox,
            *modelled* is from the types of third-party clients.
        shown_by: The test of it, below tests/simulator.
        form: How it is written there, where not as method and path.
    """

    how: str
    shown_by: str
    form: str | None = None


class Route(NamedTuple):
    """An endpoint.

    Attributes:
        path: Words and variables in turn. `{db}`, `{table}` and `{record}` stand for the whole path to there.
        answer: Called with the simulation, the request, and what the variables name: team or database, table, and
            the rest as text.
        known: Of the vendor's list, which counts some twice; none for what is not in it.
    """

    method: str
    path: str
    answer: Callable[..., Any]
    known: Sequence[Known] = ()


_DATABASES = "test_reading_api.py::test_teams_and_databases_are_bare_arrays_of_id_and_name"
_QUERY = "test_scripts.py::test_query_by_get_and_by_post"
_SCHEMA = "test_reading_api.py::test_the_raw_schema_has_settings_and_types_and_the_sibling_has_the_schema_alone"
_FEEDS = "test_feed_api.py::test_table_and_record_feeds_are_parts_of_it"
_FILES = "test_files_api.py::test_upload_list_metadata_bytes_and_delete"

ROUTES = (
    Route("GET", "/teams", schema_api.teams, [Known("documented, observed", _DATABASES)]),
    Route("GET", "/teams/{team}", schema_api.team, [Known("documented", _DATABASES)]),
    Route("GET", "/teams/{team}/databases", schema_api.databases, [Known("documented, observed", _DATABASES)]),
    Route(
        "GET",
        "{db}",
        schema_api.database,
        [Known("observed", _SCHEMA)],
    ),
    Route("GET", "{db}/schema", schema_api.schema),
    Route("GET", "{db}/query", scripts_api.query, [Known("observed", _QUERY, "`GET {db}/query?query=`")]),
    Route("POST", "{db}/query", scripts_api.query, [Known("observed", _QUERY)]),
    Route(
        "POST",
        "{db}/exec",
        scripts_api.execute,
        [Known("observed", "test_scripts.py::test_a_query_does_not_write_and_exec_does")],
    ),
    Route(
        "GET",
        "{db}/tables",
        schema_api.tables,
        [Known("observed", "test_reading_api.py::test_tables_leave_formulas_and_pages_out")],
    ),
    Route(
        "GET",
        "{table}",
        schema_api.table,
        [Known("observed", "test_reading_api.py::test_a_table_name_works_in_place_of_its_id")],
    ),
    Route(
        "GET",
        "{table}/records",
        records_api.listed,
        [
            Known("observed", "test_reading_api.py::test_pages_count_from_zero_and_hold_a_hundred"),
            Known(
                "documented; read in clients",
                "test_reading_api.py::test_the_three_forms_of_filters",
                "`GET {table}/records?filters=`",
            ),
            Known("documented", "test_reading_api.py::test_a_body_on_get_is_accepted", "the same, with an empty body"),
        ],
    ),
    Route(
        "GET",
        "{record}",
        records_api.one,
        [Known("observed", "test_reading_api.py::test_a_record_has_names_and_captions_unless_asked_otherwise")],
    ),
    Route("PUT", "{record}", records_api.merge, [Known("observed", "test_writing_api.py::test_put_merges")]),
    Route(
        "POST",
        "{table}/record",
        records_api.search,
        [Known("read in clients", "test_reading_api.py::test_search_answers_one_record_or_an_empty_array")],
    ),
    Route(
        "POST",
        "{table}/records",
        records_api.save,
        [
            Known("observed", "test_writing_api.py::test_an_array_is_answered_in_its_order"),
            Known(
                "documented request; modelled answer",
                "test_writing_api.py::test_upsert_in_flat_form_inserts_under_the_given_id",
                "`POST {table}/records` with `_upsert`",
            ),
        ],
    ),
    Route(
        "GET",
        "{db}/changes",
        feed_api.of_database,
        [
            Known(
                "modelled",
                "test_feed_api.py::test_the_database_feed_has_the_keys_that_two_models_agree_on",
                "`GET {db}/changes?sinceSq=`",
            )
        ],
    ),
    Route("GET", "{table}/changes", feed_api.of_table, [Known("modelled", _FEEDS, "`GET {table}/changes?sinceSq=`")]),
    Route(
        "GET",
        "{record}/changes",
        feed_api.of_record,
        [Known("modelled", _FEEDS, "`GET {record}/changes?sinceSq=`")],
    ),
    Route(
        "DELETE",
        "{record}",
        records_api.delete,
        [
            Known(
                "read in clients; body unknown",
                "test_writing_api.py::test_deleting_a_parent_deletes_its_parts_and_a_second_time_is_404",
            )
        ],
    ),
    Route(
        "DELETE",
        "{table}/records",
        records_api.delete_many,
        [Known("documented request; answer unknown", "test_writing_api.py::test_a_list_of_ids_is_deleted")],
    ),
    Route("POST", "{record}/files", files_api.upload, [Known("observed", _FILES)]),
    Route("GET", "{record}/files", files_api.listed, [Known("modelled", _FILES)]),
    Route("GET", "{record}/files/{file}", files_api.download, [Known("observed", _FILES)]),
    Route("GET", "{record}/files/{file}/metadata", files_api.metadata, [Known("modelled", _FILES)]),
    Route(
        "GET",
        "{record}/files/{file}/thumb.jpg",
        files_api.thumbnail,
        [Known("documented", "test_files_api.py::test_a_picture_has_a_thumbnail")],
    ),
    Route("DELETE", "{record}/files/{file}", files_api.delete, [Known("read in clients", _FILES)]),
)

_WHOLE = {
    "{record}": "{table}/records/{record}",
    "{table}": "{db}/tables/{table}",
    "{db}": "/teams/{team}/databases/{db}",
}


def _way(method: str, segments: Sequence[str]) -> tuple[str, int, tuple[str, ...]]:
    """Return what tells a route. Words and variables take turns in every path, so its words and its length do."""
    return method, len(segments), tuple(segments[1::2])


def _segments(path: str) -> list[str]:
    for part, whole in _WHOLE.items():
        path = re.sub("^" + re.escape(part), whole, path)
    return f"v1{path}".split("/")


_BY_WAY = {_way(route.method, _segments(route.path)): route.answer for route in ROUTES}


def answer(ninox: Simulation, request: Request) -> Response:
    """Return the answer to a request whose key was accepted.

    Raises:
        ApiError: There is no such thing, or it may not be done.
    """
    handle = _BY_WAY.get(_way(request.method, request.segments))
    if handle is None or request.segments[0] != "v1":
        raise ApiError(404, "End-point not found")
    things: list[Any] = []
    if named := request.segments[2::2]:
        team = ninox.store.teams.get(named[0])
        if team is None:
            raise ApiError(404, "Team Not Found")
        things = [team]
        if len(named) > 1:
            things = [_database(request, team, named[1]), *named[2:]]
        if len(named) > 2:  # noqa: PLR2004 (team, database, table)
            table = things[1] = things[0].find_table(named[2])
            if table is None:
                raise ApiError(404, "Table Not Found")
            # The definition of a table can be read by those who may not read its records.
            if table.id in things[0].unreadable_tables and handle is not schema_api.table:
                raise ApiError(403, "Forbidden")
    value = handle(ninox, request, *things)
    return value if isinstance(value, Response) else json_reply(value)


def _database(request: Request, team: Team, key: str) -> Database:
    database = team.databases.get(key)
    if database is None:
        raise ApiError(404, "Database Not Found")
    if database.password is not None and request.headers.get("nx-password") != database.password:
        raise ApiError(403, "Database is locked")
    return database
