"""What can go wrong, as data: one row of the fault matrix each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

LISTS = "records"


@dataclass(frozen=True)
class Trouble:
    """A row of the matrix.

    Attributes:
        faults: Rules of the simulator; each is aimed at the n-th request of a place.
        places: Places where it can happen; empty for all.
        takes_time: Whether pauses are real; they are left out otherwise.
        number: The first request of a place that it can happen to.
        settings: What the run is configured with beside the usual.
        act: Called with the database in the middle of the run, before the n-th request of the place.
        before: Called with the stage (database, state, simulator) before the run that is disturbed.
        limit: Name of a bound that is reached by the n-th request of the place.
    """

    faults: tuple[dict, ...] = ()
    places: tuple[str, ...] = ()
    takes_time: bool = False
    number: int = 0
    settings: dict = field(default_factory=dict)
    act: Callable | None = None
    before: Callable | None = None
    limit: str | None = None
    advice: str = (
        r"try later|status page|auth_token|lacks the right|does not exist|api_url|max_api_calls|saved catalog|"
        r"brought no usable answer|known form|unknown form|database_passwords"
    )

    def advice_in(self, told):
        """Tell whether a message says what to do."""
        return re.search(self.advice, told) is not None


def passing(kind, times=2, **more):
    return Trouble(faults=({"kind": kind, "times": times, **more},))


def lasting(kind, **more):
    return passing(kind, times=None, **more)


def go_back(database):
    """Restore the backup that was taken when the database was new."""
    database.restore(database.first_backup)


def rename_a_field(database):
    database.rename_field("A", "B", "Renamed")


def retype_a_field(database):
    """Make a text of what was a choice; the values that are there stay."""
    database.retype_field("A", "C", "string")


def change_other_fields(database):
    """Add a field, remove one."""
    database.add_field("A", "ZZ", {"base": "string", "caption": "Added"})
    database.remove_field("A", "G")


def forget_old_changes(stage):
    stage.simulator.switches.update({"feed": "too_old"})


def set_our_clock_back(stage):
    """Make the state one that this machine wrote when its clock was years ahead."""
    for bookmark in (stage.state or {}).get("bookmarks", {}).values():
        if bookmark.get("table_version"):
            bookmark["table_version"] += 10**9
            bookmark["full_refresh_at"] = "2058-01-01T00:00:00Z"


TROUBLES = {
    "429, Retry-After in seconds, twice": passing("status", status=429, retry_after="2"),
    "429, Retry-After as a date, twice": passing("status", status=429, retry_after="date:2"),
    "429 without Retry-After, twice": passing("status", status=429),
    "429, the server's clock is a day slow": passing("status", status=429, retry_after="date:-86400"),
    "429, the server's clock is a day fast": passing("status", status=429, retry_after="date:86400", times=1),
    "429 for ever": lasting("status", status=429),
    "503, five in a row": passing("status", status=503, times=5),
    "502 then 504": Trouble(
        faults=(
            {"kind": "status", "status": 502, "times": 1},
            {"kind": "status", "status": 504, "times": 1, "after": 1},
        )
    ),
    "503 for ever": lasting("status", status=503),
    "500 once": passing("status", status=500, times=1),
    "500 for ever": lasting("status", status=500),
    "connection closed before anything is done, twice": passing("drop_before"),
    "connection closed after it is done, twice": passing("drop_after"),
    "502 after it is done, twice": passing("status_after", status=502),
    "connection closed in the middle of the answer, twice": passing("cut"),
    "half an answer that claims to be whole, twice": passing("truncate"),
    "malformed JSON, twice": passing("malformed"),
    "an HTML page with status 200, twice": passing("html"),
    "an HTML page with status 200 for ever": lasting("html"),
    "JSON of another form for ever": lasting("wrong_shape"),
    "a login page in place of the work, twice": passing("login_page"),
    "a login page in place of the work for ever": lasting("login_page"),
    "connection closed in the middle of the request, twice": passing("reset_upload", bytes=1),
    "the answer drips": passing("drip", seconds=0.1),
    "no answer in time, once": Trouble(
        faults=({"kind": "slow", "seconds": 0.6, "times": 1},), settings={"request_timeout": 0.3}, takes_time=True
    ),
    "the page before comes again, once": Trouble(
        faults=({"kind": "repeat_page", "times": 1},), places=(LISTS,), number=1
    ),
    "401 from here on": lasting("status", status=401),
    "403 from here on": lasting("status", status=403),
    "403 on one table": lasting("status", status=403, path=r"/tables/A/records"),
    "404 from here on": lasting("status", status=404),
    "a redirect from here on": lasting("status", status=302, location="http://127.0.0.1:9/v1"),
    "the monthly quota is used up": Trouble(limit="quota"),
    "max_api_calls is used up": Trouble(limit="max_api_calls"),
    "the database goes back to a backup": Trouble(act=go_back),
    "a field is renamed": Trouble(act=rename_a_field),
    "a field is added and one removed": Trouble(act=change_other_fields),
    "a field changes its type": Trouble(act=retype_a_field),
    "the feed no longer goes back so far": Trouble(before=forget_old_changes, places=("changes",)),
    "the database went back to a backup before": Trouble(
        before=lambda stage: go_back(stage.database), places=("changes",)
    ),
    "our clock was years ahead": Trouble(before=set_our_clock_back, places=("changes",)),
}
