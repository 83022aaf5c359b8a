"""One standard run as text: what the commands wrote, and what they asked of Ninox, line by line.

What must differ from run to run is replaced in `comparable`, and nowhere else.
"""

from __future__ import annotations

import copy
import io
import json
import logging
import re
import time
from contextlib import ExitStack, redirect_stderr
from pathlib import Path

import simplejson

from ninox_simulator.server import Simulator
from tests.helpers import limits
from tests.helpers.run import discover, run_tap, run_target

FOLDER = Path(__file__).with_name("runs")
NOW = "2026-02-03T04:05:06"
"""Of every record that is made or changed while a run is recorded."""

_MOMENTS = re.compile(
    r'"(time_extracted|full_refresh_at|_sdc_deleted_at|_sdc_extracted_at|_sdc_batched_at|seen_at)":\s?"[^"]+"'
)
_VERSIONS = re.compile(r'("(?:version|table_version|_sdc_table_version)":\s?)(\d+)')
_RUN_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BOUNDARY = re.compile(r"--[0-9a-f]{32}")


class Recording:
    """What a standard run writes down while it goes.

    Attributes:
        folder: An empty folder for the files of the run.
        simulator: The one that was started last.
    """

    def __init__(self, folder, stack):
        self.folder = folder
        self.simulator = None
        self._stack = stack
        self._lines = []
        self._versions = {}
        self._runs = 0

    @property
    def text(self):
        return "".join(f"{line}\n" for line in self._lines)

    def serve(self, seed, **switches):
        """Start a simulator whose clock stands still; return it."""
        self.simulator = self._stack.enter_context(Heard(seed=seed, switches=switches))
        for database in self.simulator.store.databases():
            database._clock = lambda: NOW
        return self.simulator

    @property
    def edit(self):
        """The first database of the first team."""
        return next(self.simulator.store.databases())

    def tap(self, *, state=None, catalog=None, in_any_order=False, is_cut_off=False, **settings):
        """Run the tap, and write down requests and messages.

        Args:
            in_any_order: Requests go out in parallel: what comes of them is sorted.
            is_cut_off: The run ends while the next page is asked for, sooner or later: requests are left out.
        """
        self.simulator.heard.clear()
        self._begin("tap-ninox", state is None, settings, catalog=catalog is not None)
        run = run_tap(self.simulator, state=state, catalog=catalog, **copy.deepcopy(settings))
        messages = run.text.splitlines()
        if in_any_order:
            messages = [*sorted(line for line in messages if '"type":"STATE"' not in line), json.dumps(run.state)]
        if not is_cut_off:
            self._wire(in_any_order=in_any_order)
        self._add(messages)
        self._end(run)
        return run

    def discover(self, **settings):
        """Discover, and write down requests and the catalog, one stream a line."""
        self._begin("tap-ninox --discover", False, settings)
        catalog = discover(self.simulator, **copy.deepcopy(settings))
        self._wire()
        self._add([json.dumps(stream, ensure_ascii=False) for stream in catalog["streams"]])
        return catalog

    def target(self, messages, *, keeps=("A",), **settings):
        """Run the target, and write down requests, states, counts and what the tables hold then."""
        self._begin("target-ninox", False, settings)
        with limits.no_pauses():  # the one before it looks for lost records
            run = run_target(self.simulator, messages, **copy.deepcopy(settings))  # the SDK puts defaults in
        self._wire()
        self._add(json.dumps({"type": "STATE", "value": state}, ensure_ascii=False) for state in run.states)
        for stream in run.report["streams"] if run.report else ():
            self._lines.append(f"{stream}: {run.counts(stream)}")
        for table_id in keeps:
            for record in self.edit.records(table_id):
                self._lines.append(f"{table_id}{record.id} = {json.dumps(record.fields, ensure_ascii=False)}")
        self._end(run)
        return run

    def file(self, path):
        """Write down a text file that the run has written."""
        self._add([f"--- {path}"])
        self._add(path.read_text(encoding="utf-8").splitlines())

    def note(self, line):
        """Write down what is not output."""
        self._add([line])

    def change(self, what, action):
        """Write down what somebody does in Ninox, and do it."""
        self._lines.append(f"### {what}")
        action(self.edit)

    def _begin(self, command, anew, settings, *, catalog=False):
        self._runs += 1
        if anew:
            self._versions = {}
        told = self._plain(simplejson.dumps(settings, ensure_ascii=False))
        self._lines.append(f"=== run {self._runs}: {command} {told}{' with a catalog' if catalog else ''}")

    def _end(self, run):
        self._lines.append(
            f"--- {type(run.error).__name__}: {self._plain(str(run.error))}" if run.error else "--- well"
        )

    def _wire(self, *, in_any_order=False):
        while self.simulator.under_way:  # an answer has arrived a moment before its request is written down
            time.sleep(0.001)
        heard = [self._plain(line) for [line] in self.simulator.heard]
        self.simulator.heard.clear()
        self._lines += sorted(heard) if in_any_order else heard

    def _add(self, lines):
        self._lines += [comparable(self._plain(line), self._run_of_version) for line in lines]

    def _plain(self, line):
        """Leave out where it ran."""
        return line.replace(self.simulator.url, "<ninox>").replace(str(self.folder), "<folder>")

    def _run_of_version(self, stream, version):
        """Return the run in which a version of a stream was seen first: versions are times."""
        return self._versions.setdefault((stream, version), self._runs)


def comparable(line, run_of_version):
    """Return a line of output without what the clock decides."""
    line = _MOMENTS.sub(r'"\1":"<now>"', line)
    line = _RUN_IDS.sub("<id of run>", line)
    if not _VERSIONS.search(line):
        return line
    streams = iter(_streams_of_versions(json.loads(line)))
    return _VERSIONS.sub(lambda found: f'{found[1]}"<of run {run_of_version(next(streams), found[2])}>"', line)


def _streams_of_versions(value, stream=""):
    """Yield the stream of each version in a message, in their order."""
    if isinstance(value, list):
        for part in value:
            yield from _streams_of_versions(part, stream)
    if not isinstance(value, dict):
        return
    stream = value.get("stream", stream) if value.get("type") in {"RECORD", "ACTIVATE_VERSION", "BATCH"} else stream
    for name, part in value.items():
        if name in {"version", "table_version", "_sdc_table_version"}:
            yield from [stream] if part is not None else []
        elif name == "bookmarks":
            for bookmarked, bookmark in part.items():
                yield from _streams_of_versions(bookmark, bookmarked)
        else:
            yield from _streams_of_versions(part, stream)


class Heard(Simulator):
    """A simulator that keeps every request as it came over the wire, as a line: its own log has no bodies.

    Attributes:
        heard: Method, path, query, body if there is one, and status of the answer; each in a list of one.
    """

    def __init__(self, **more):
        super().__init__(**more)
        self.heard = []
        self.under_way = 0
        serve = self._application

        async def application(scope, receive, send):
            body, status = bytearray(), "no answer"
            line = f"{scope['method']} {scope['raw_path'].decode()}"
            line += f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
            place = [line]  # its own, as what is heard may be forgotten before it is answered: a run was cut off
            self.heard.append(place)
            self.under_way += 1

            async def listening():
                message = await receive()
                body.extend(message.get("body", b""))
                return message

            async def telling(message):
                nonlocal status
                status = message.get("status", status)
                await send(message)

            try:
                await serve(scope, listening, telling)
            finally:
                sent = _BOUNDARY.sub("--<boundary>", body.decode("utf-8", "backslashreplace"))
                place[0] = f"{line} {sent} → {status}".replace("\r\n", "⏎").replace("  →", " →")
                self.under_way -= 1

        self._application = application


def record(name, run, folder):
    """Return what a standard run writes down, as the text of its file."""
    with ExitStack() as stack:
        logging.disable(logging.CRITICAL)  # a difference is to be seen alone
        stack.callback(logging.disable, logging.NOTSET)
        stack.enter_context(redirect_stderr(io.StringIO()))
        recording = Recording(folder, stack)
        run(recording)
    return f"# {name}: {' '.join(run.__doc__.split())}\n{recording.text}"
