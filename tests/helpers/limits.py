"""Every place where tests reach into the product: limits made small, pauses left out, and what is watched from inside.

A name of the product is patched here and nowhere else (`tests/doors/test_one_door.py`), so that moving code moves one
line of the tests. All are context managers and, where nothing is handed out, decorators of a test as well.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from types import MappingProxyType, SimpleNamespace
from unittest import mock

from ninox_api import body, page_size
from ninox_api.client import RECORDS
from ninox_api.clock import ServerClock
from ninox_api.config import ConnectionConfig
from ninox_api.transport import Delivery, Transport
from ninox_simulator import app, scripts_api
from ninox_singer import types
from tap_ninox.rows.fast_path import SelectedFieldsDecoder
from tap_ninox.settings import TapSettings
from target_ninox import completeness
from target_ninox import settings as target_settings
from target_ninox.mapping.encode import Reference, WritePlan
from target_ninox.mapping.plan import Planner
from target_ninox.records.table import TargetTable
from target_ninox.settings import TargetSettings
from target_ninox.state import write_state
from target_ninox.write import batches
from target_ninox.write.delete import StreamDeleter
from target_ninox.write.files import FileSources
from target_ninox.write.row_writer import RowWriter

# ----------------------------------------------------------------------------------------------------------- limits


class KilledError(BaseException):
    """The end of a process, as far as one process can play it: nothing of the product catches it."""


CONSTANTS = {
    "page_size": (TapSettings, "page_size"),
    "page_size_of_target": (TargetTable, "page_size"),
    "batch_size_rows": (TargetSettings, "batch_size"),
    "max_retries": (ConnectionConfig, "max_retries"),
    "request_timeout": (ConnectionConfig, "request_timeout_s"),
}
"""What tests make small or large as if it were a setting → the class and its attribute."""


@contextmanager
def constants(settings):
    """Hand out the settings that are none of `CONSTANTS`; those apply to whatever begins inside."""
    with ExitStack() as stack:
        for kind, values in _constants_by_class(settings).items():
            stack.enter_context(mock.patch.dict(kind.__init__.__kwdefaults__, values))
        yield {name: value for name, value in settings.items() if name not in CONSTANTS}


def set_constants(settings):
    """Set those of `CONSTANTS` for the rest of this process; return the other settings."""
    for kind, values in _constants_by_class(settings).items():
        kind.__init__.__kwdefaults__.update(values)
    return {name: value for name, value in settings.items() if name not in CONSTANTS}


def _constants_by_class(settings):
    found = {}
    for name, (kind, attribute) in CONSTANTS.items():
        if name in settings:
            found.setdefault(kind, {})[attribute] = settings[name]
    return found


@contextmanager
def types_of_fields(**entries):
    """Know further types of fields."""
    with mock.patch.object(types, "TYPES", MappingProxyType({**types.TYPES, **entries})):
        yield


@contextmanager
def small_batches(rows):
    """Let the target load a stream after so few rows."""
    with mock.patch("target_ninox.target.ROWS_AT_ONCE", rows):
        yield


@contextmanager
def short_feeds_read_while_they_arrive(least):
    """Let a change feed be read in parts from so few bytes on."""
    with mock.patch("ninox_api.members.LEAST_BYTES", least):
        yield


@contextmanager
def small_batches_in_bytes(size):
    """Let the target load the fullest stream after rows of so few bytes in all."""
    with mock.patch("target_ninox.target.MOST_BYTES_IN_ALL", size):
        yield


@contextmanager
def few_rows_of_all_streams(rows):
    """Let the target load the fullest stream after so few rows in all."""
    with mock.patch("target_ninox.target.MOST_ROWS_IN_ALL", rows):
        yield


@contextmanager
def few_waiting_rows_at_once(rows):
    """Let so few rows of a stream that wait be in memory together."""
    with mock.patch("target_ninox.records.waiting.ROWS_AT_ONCE", rows):
        yield


@contextmanager
def few_failures_of_files(rows):
    """Let the target end where the files of so few rows in a row fail."""
    with mock.patch("target_ninox.write.files.MOST_REFUSED_IN_A_ROW", rows):
        yield


@contextmanager
def files_of_folders_fail(error):
    """Let no file of a folder be read: root, who may run the tests, may read all."""
    with mock.patch("target_ninox.write.files.Path.read_bytes", side_effect=error):
        yield


@contextmanager
def encoding_fails(value, error):
    """Let the encoding of rows that hold a value fail as nobody foresaw."""
    encode = WritePlan.encode

    def failing(plan, record, number):
        if value in record.values():
            raise error
        return encode(plan, record, number)

    with mock.patch.object(WritePlan, "encode", failing):
        yield


@contextmanager
def stream_crashes(stream, at, error):
    """Let the loading of a stream fail as nobody foresaw: when it is planned, or its rows are loaded or deleted."""
    if at in {"planning", "planning again"}:
        plan, came = Planner.plan, []

        def planning(self, described, database):
            came.append(described.stream)
            if came.count(stream) > (at == "planning again") and described.stream == stream:
                raise error
            return plan(self, described, database)

        with mock.patch.object(Planner, "plan", planning):
            yield
        return
    owner, name = {
        "matching": (RowWriter, "_match"),
        "writing": (RowWriter, "_save"),
        "looking for what is gone": (RowWriter, "find_unseen"),
        "deleting": (StreamDeleter, "_delete_counted"),
    }[at]
    work = getattr(owner, name)

    def failing(self, *arguments, **named):
        if self.plan.stream == stream:
            raise error
        return work(self, *arguments, **named)

    with mock.patch.object(owner, name, failing):
        yield


@contextmanager
def end_crashes(at, error):
    """Let what concerns no row fail as nobody foresaw: what tells whether streams are whole, and looks at the end."""
    owner, name = {
        "noting a row": (completeness.Completeness, "_note_rows"),
        "noting a state": (completeness.Completeness, "_note_state"),
        "asking for what is under way": (completeness.Completeness, "is_under_way"),
        "asking for the end": (completeness.Completeness, "has_ended"),
        "doubting": (completeness.Completeness, "doubts"),
        "looking at settings": (target_settings, "fits"),
        "looking for another writer": (TargetTable, "read_gaps"),
    }[at]
    with mock.patch.object(owner, name, side_effect=error):
        yield


@contextmanager
def key_of_link_crashes(value, error):
    """Let a record, by a value that it has, fail as nobody foresaw where others link to it."""
    key_of = Reference.key_of

    def failing(reference, fields):
        if value in fields.values():
            raise error
        return key_of(reference, fields)

    with mock.patch.object(Reference, "key_of", failing):
        yield


@contextmanager
def round_numbers(rows):
    """Take multiples of so few rows for places where taps write a state anyway."""
    with mock.patch.object(completeness, "_ROUND", rows):
        yield


@contextmanager
def small_files(size):
    """Let a file to upload have so few bytes."""
    with mock.patch.dict(FileSources.__init__.__kwdefaults__, max_bytes=size):
        yield


@contextmanager
def small_downloads(size):
    """Let a file of which Ninox lists no size have so few bytes, and another one so few more than it lists."""
    with mock.patch.multiple("tap_ninox.sync.file_store", MAX_UNLISTED_BYTES=size, MAX_BYTES_BEYOND_LISTED=size):
        yield


@contextmanager
def small_answers(size):
    """Let an answer of Ninox have so few bytes, unpacked."""
    with mock.patch("ninox_api.body.MAX_ANSWER_BYTES", size):
        yield


@contextmanager
def small_pages(good_bytes):
    """Make pages smaller from so many bytes on, and cut off those of twice as many."""
    with mock.patch.multiple(
        page_size, GOOD_PAGE_BYTES=good_bytes, MAX_PAGE_BYTES=2 * good_bytes, LEAST_PAGE_BYTES=good_bytes
    ):
        yield


@contextmanager
def slow_answers(*, quick_s=0.0, slow_s=-1.0):
    """Take every answer for a slow one: pages and batches do not grow, and shrink to their first size."""
    with ExitStack() as stack:
        for module in (page_size, batches):
            stack.enter_context(mock.patch.multiple(module, QUICK_S=quick_s, SLOW_S=slow_s))
        yield


@contextmanager
def impatient_answers(timeouts):
    """Let the body of an answer take so many times `request_timeout`."""
    with mock.patch("ninox_api.session.MAX_TIMEOUTS_PER_BODY", timeouts):
        yield


@contextmanager
def sent_at_once(size):
    """Send so many bytes of a request's body within the timeout."""
    with mock.patch("ninox_api.session.SENT_AT_ONCE_BYTES", size):
        yield


@contextmanager
def progress_at_every_page():
    """Log a line of progress at every page, as if each took a quarter of a minute."""
    with mock.patch("ninox_singer.progress.LogDisplay.interval_s", 0.0):
        yield


# ------------------------------------------------------------------------------------------------------------ pauses


@contextmanager
def no_pauses():
    """Leave out the pauses before tries; hand out a list of how long each would have been, in seconds."""
    taken = []
    with _pauses(taken.append):
        yield taken


@contextmanager
def pauses_of(take):
    """Call a function with the seconds of a pause before a try, instead of pausing."""
    with _pauses(take):
        yield


@contextmanager
def _pauses(take):
    with mock.patch("ninox_api.retry.time", SimpleNamespace(sleep=take)):
        yield


@contextmanager
def clock_ahead(seconds):
    """Let the clock of tap and target go ahead of the real one, or behind it, by so many seconds."""
    real_now, real_time = datetime.now, time.time

    class Moved(datetime):
        @classmethod
        def now(cls, tz=None):
            return real_now(tz) + timedelta(seconds=seconds)

    def moved_time():
        return real_time() + seconds

    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            is_ours = name.partition(".")[0] in {"ninox_api", "ninox_singer", "tap_ninox", "target_ninox"}
            if is_ours and getattr(module, "datetime", None) is datetime:
                stack.enter_context(mock.patch.object(module, "datetime", Moved))
        stack.enter_context(mock.patch("time.time", moved_time))
        yield


@contextmanager
def server_clock_ahead(seconds):
    """Let the `Date` of answers be so many seconds ahead of what the server said."""
    note = ServerClock.note

    def moved(clock, date):
        note(clock, format_datetime(parsedate_to_datetime(date) + timedelta(seconds=seconds), usegmt=True))

    with mock.patch.object(ServerClock, "note", moved):
        yield


# ----------------------------------------------------------------------------------------- what the product is denied


@contextmanager
def records_one_by_one():
    """Have the SDK write each record of the tap, instead of whole pages at once."""
    with mock.patch("tap_ninox.streams.tables.TableStream._is_written_as_read", new=False):
        yield


@contextmanager
def whole_records():
    """Decode pages into whole records, not into the selected fields."""
    with mock.patch.object(SelectedFieldsDecoder, "decode", lambda _, buf: RECORDS.decode(buf)):
        yield


@contextmanager
def names_in_counting_scripts(name):
    """Have the scripts that count rows name a table so; None is a table that no script can name."""
    with mock.patch("ninox_api.row_counts.quote_names", lambda tables: [name for _ in tables]):
        yield


@contextmanager
def answers_of_queries(answer):
    """Have `answer(script)` answer the scripts of the tap in place of Ninox."""

    def query(_, script, *, measure=lambda _: None, **__):
        measure(Delivery(0, 0.0, 0))
        return answer(script)

    with mock.patch("ninox_api.client.DatabaseClient.query", query):
        yield


@contextmanager
def killed_at_request(number, *, is_answered):
    """Kill the program when it sends its n-th request, before that or when Ninox has done what was asked."""
    exchange, left, connect = Transport._exchange, [number], sqlite3.connect

    def counted(self, *arguments):
        left[0] -= 1
        if left[0] >= 0:
            return exchange(self, *arguments)
        if is_answered and left[0] == -1:
            exchange(self, *arguments)
        raise KilledError

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(Transport, "_exchange", counted))
        # Who is killed closes nothing, which Python 3.13 and pytest would complain of.
        databases = mock.patch(
            "target_ninox.records.index.sqlite3.connect",
            lambda *of, **by: stack.enter_context(closing(connect(*of, **by))),
        )
        stack.enter_context(databases)
        yield


@contextmanager
def interrupted_at_request(number, *, is_answered):
    """Press Ctrl-C at the n-th request, before it is sent or when Ninox has done what was asked."""
    exchange, left = Transport._exchange, [number]

    def counted(self, *arguments):
        left[0] -= 1
        if left[0] == -1:
            if is_answered:
                exchange(self, *arguments)
            raise KeyboardInterrupt
        return exchange(self, *arguments)

    with mock.patch.object(Transport, "_exchange", counted):
        yield


@contextmanager
def closed_output():
    """Have the reader of the tap's output gone."""
    with mock.patch("tap_ninox.writer.BufferedMessageWriter.write_lines", side_effect=BrokenPipeError):
        yield


CRASHING_TAP = """
import tap_ninox.rows.convert as module
def crash(self, page):
    try:
        return {}[str(page[0].fields)]
    except KeyError as error:
        raise ValueError(f"{page[0].fields}") from error
module.Converter.convert = crash
from tap_ninox.__main__ import main
main()
"""
"""A program: the tap with a defect that nobody foresaw, whose error tells values."""

CRASHING_TARGET = """
import target_ninox.write.row_writer as module
def crash(self, *arguments):
    raise KeyError(arguments)
module.RowWriter.write = crash
from target_ninox.__main__ import main
main()
"""
"""A program: the target likewise."""


# ----------------------------------------------------------------------------------------- what is watched from inside


@contextmanager
def at_each_state(note):
    """Call a function with each state at the moment when the target would write it; none is written."""
    with mock.patch("target_ninox.target.write_state", note):
        yield


@contextmanager
def watched_states(note):
    """Call a function with each state at the moment when the target writes it."""

    def watched(value):
        note(value)
        write_state(value)

    with mock.patch("target_ninox.target.write_state", watched):
        yield


@contextmanager
def rows_that_wait(stream):
    """Hand out a list of how many rows of a stream wait, whenever the target may write a state; none is written."""
    counts = []

    def note(target):
        counts.append(len(target._load.streams[stream].waiting))

    with mock.patch("target_ninox.target.TargetNinox.write_durable_state", note):
        yield counts


@contextmanager
def at_each_flush_of_rejects(note):
    """Call a function whenever the file of rejected rows is made safe, in place of that."""
    with mock.patch("target_ninox.rejects.Rejects.flush", side_effect=note):
        yield


@contextmanager
def names_looked_up():
    """Hand out a list of the names for which a near one was looked for; none is found."""
    names = []
    with mock.patch("target_ninox.mapping.fields.FieldNames.find_nearest", lambda _, name: names.append(name)):
        yield names


@contextmanager
def decoded_records():
    """Hand out a set of the types of records that pages were decoded into."""
    kinds, decode = set(), SelectedFieldsDecoder.decode

    def note(decoder, buf):
        page = decode(decoder, buf)
        kinds.update(map(type, page))
        return page

    with mock.patch.object(SelectedFieldsDecoder, "decode", note):
        yield kinds


@contextmanager
def bytes_received():
    """Hand out a list of how many bytes of each answer were taken off the network, before unpacking."""
    received, read = [], body.read_body

    def counting(response, **more):
        try:
            return read(response, **more)
        finally:
            received.append(response._fp_bytes_read)

    with mock.patch("ninox_api.transport.read_body", counting):
        yield received


# --------------------------------------------------------------------------------------------------- the simulator


@contextmanager
def damaged_answers(damage):
    """Pass each answer of the simulator through `damage(answer)`, which returns it or another one."""
    answer = app.answer
    with mock.patch.object(app, "answer", lambda ninox, request: damage(answer(ninox, request))):
        yield


@contextmanager
def before_each_save(look):
    """Call `look(items)` before the simulator saves records: with what was sent, each as a dictionary."""
    answer = app.answer

    def look_first(ninox, request):
        if request.method == "POST" and request.path.endswith("/records"):
            look(json.loads(request.body))
        return answer(ninox, request)

    with mock.patch.object(app, "answer", look_first):
        yield


@contextmanager
def scripts_that_arrive():
    """Hand out a list of the scripts that the simulator ran."""
    scripts, run = [], scripts_api._run

    def note(ninox, request, database, script, *writes):
        scripts.append(script)
        return run(ninox, request, database, script, *writes)

    with mock.patch.object(scripts_api, "_run", note):
        yield scripts


@contextmanager
def answers_of_queries_cut_at(most):
    """Have the simulator answer the first so many items of what a script finds, and say nothing of the others."""
    run = scripts_api._run

    def cut(*arguments):
        answer = run(*arguments)
        return answer[:most] if isinstance(answer, list) else answer

    with mock.patch.object(scripts_api, "_run", cut):
        yield


def uploads_answered(answered):
    """Have the simulator answer every upload so, and store nothing."""
    return _answered(answered, lambda request: request.form)


def saves_answered(answered):
    """Have the simulator answer every save of records so, and store nothing."""
    return _answered(answered, lambda request: request.method == "POST" and request.path.endswith("/records"))


@contextmanager
def _answered(answered, concerns):
    answer = app.answer

    def instead(ninox, request):
        return answered if concerns(request) else answer(ninox, request)

    with mock.patch.object(app, "answer", instead):
        yield
