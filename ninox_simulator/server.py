"""A running simulator, for tests of any project and for the command.

```python
with Simulator(seed="blattwerk") as simulator:
    requests.get(simulator.url + "/teams", headers={"Authorization": f"Bearer {simulator.token}"})
```
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

import uvicorn
from typing_extensions import Self, override

from ninox_simulator.app import Application, Hook
from ninox_simulator.seeds import SAMPLE, TeamDocument
from ninox_simulator.simulation import DEFAULT_TOKEN, Simulation

HOST = "127.0.0.1"


class Simulator(Simulation):
    """A Ninox on loopback.

    Attributes:
        port: Where it listens; 0 until it is started picks a free one.
    """

    def __init__(
        self,
        seed: str | Sequence[TeamDocument] = SAMPLE,
        profile: str = "s",
        *,
        switches: Mapping[str, str] | None = None,
        token: str = DEFAULT_TOKEN,
        port: int = 0,
    ) -> None:
        """Load the data; nothing listens yet.

        Raises:
            ValueError: There is no such seed, profile or switch.
        """
        super().__init__(seed, profile, switches=switches, token=token)
        self.port = port
        self._application = Application(self)
        self._listener: socket.socket | None = None
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the API, up to and including `/v1`."""
        return f"http://{HOST}:{self.port}/v1"

    @property
    def on_request(self) -> list[Hook]:
        """Functions called with index, method and path before a request is handled, in the server's thread."""
        return self._application.on_request

    def __enter__(self) -> Self:
        """Start to listen, in a thread."""
        listener = self._bind()
        self._server = self._new_server()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.001)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        if self._server is not None and self._thread is not None:
            self._server.stop()
            self._thread.join()
        self.close()

    def serve(self, *, tied: bool = False) -> None:
        """Listen in this thread until a signal ends the process; prints nothing.

        Args:
            tied: End, too, when standard input ends, as it does with the process that started this one.
        """
        listener, server = self._bind(), self._new_server()
        if tied:
            threading.Thread(target=_at_the_end_of_input, args=(server.stop,), daemon=True).start()
        server.run(sockets=[listener])

    def open(self) -> None:
        """Reserve the port now, so that `url` is known before `serve`.

        Raises:
            OSError: The port is taken.
        """
        self._listener = self._bind()

    def _bind(self) -> socket.socket:
        listener = self._listener
        if listener is None:
            listener = socket.create_server((HOST, self.port))
            # asyncio misses this for such sockets; without it every small answer waits 40 ms for an ACK.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listener.getsockname()[1]
        return listener

    def _new_server(self) -> _Server:
        return _Server(uvicorn.Config(self._application, log_level="critical", access_log=False, lifespan="off"))


def _at_the_end_of_input(stop: Callable[[], None]) -> None:
    while os.read(0, 1):
        """Nobody writes."""
    stop()


class _Server(uvicorn.Server):
    """A server that stops at once.

    uvicorn 0.54 looks ten times a second whether it should exit, and waits another tenth for connections: 0.2 s at each
    stop, of which a suite of tests has thousands. This one is woken, and cuts what is still open.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End the server, from any thread."""
        self.should_exit = True  # before the loop is looked at: a server that has just started finds it set
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.stop()

    @override
    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not self.should_exit:
            await self.on_tick(0)  # renews the date that answers carry
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._woken.wait(), timeout=1)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        if self.server_state.tasks:  # an answer that is being given closes its file; a slow one is cut off
            await asyncio.wait(self.server_state.tasks, timeout=0.2)
