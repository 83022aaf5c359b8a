"""What the simulator saw: the requests of a run, for tests that assert on the wire."""

from __future__ import annotations


def calls(simulator):
    return simulator.log.entries


def record_pages(simulator):
    """Query parameters of all list requests, in order."""
    return [call.query for call in calls(simulator) if call.path.endswith("/records")]


def tables_read(simulator):
    """Ids of the tables of which records were asked for."""
    return {call.path.split("/tables/")[1].split("/")[0] for call in calls(simulator) if "/records" in call.path}


def single_reads(simulator):
    return [call.path for call in calls(simulator) if "/records/" in call.path]


def changes_calls(simulator):
    return [call for call in calls(simulator) if call.path.endswith("/changes")]
