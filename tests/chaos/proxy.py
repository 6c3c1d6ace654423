"""A TCP proxy for bad lines: delay, a slow line, one way only, half-open, resets, refusals (docs/trust.md T8, T9, T16).

`tc netem` is not in every kernel; a proxy is everywhere, and two processes can be parted while others are not.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

Way = Literal["to", "back"]
"""`to` the server, or `back` from it."""

PIECE: Final = 64 * 1024
LOOK_SECONDS: Final = 0.05
BOTH: Final[frozenset[Way]] = frozenset(("to", "back"))


class Line:
    """One listening port in front of one server; what is set here holds for every connection, old and new."""

    def __init__(self, server: int, name: str = "") -> None:
        self.server, self.name = server, name
        self.port = 0
        self.delay = 0.0
        """Seconds each piece is late."""
        self.bytes_per_second = 0.0
        """0: as fast as it goes."""
        self.held: frozenset[Way] = frozenset()
        """Ways in which nothing passes while connections stay up: both is half-open, as after a pulled cable."""
        self.refusing = False
        """New connections are reset at once."""
        self.on_answer: Callable[[bytes], bool] | None = None
        """Told of the first piece that comes back next; False drops it and its connection. Then forgotten."""
        self.passed = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: asyncio.Server | None = None

    @contextmanager
    def parted(self) -> Iterator[None]:
        """Nothing passes, in either way, and no new connection is made, as between two networks without a route."""
        self.held, self.refusing = BOTH, False
        try:
            yield
        finally:
            self.mend()

    def mend(self) -> None:
        """A good line again; what hung in the bad one is reset."""
        self.held, self.refusing, self.delay, self.bytes_per_second = frozenset(), False, 0.0, 0.0
        self.reset()

    def reset(self) -> None:
        """Reset every connection there is."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._reset)

    def hang_up(self) -> None:
        """Listen no more, and reset every connection; in the loop's thread."""
        if self._listening is not None:
            self._listening.close()
        self._reset()

    def _reset(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def serve(self) -> None:
        """Listen; the port is known when this returns."""
        self._loop = asyncio.get_running_loop()
        self._listening = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self.server)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, onward}
        try:
            await asyncio.gather(self._pass(reader, onward, "to"), self._pass(there, writer, "back"))
        finally:
            self._open -= {writer, onward}
            for end in (writer, onward):
                end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: Way) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE):
                while way in self.held:  # noqa: ASYNC110  set from other threads
                    await asyncio.sleep(LOOK_SECONDS)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if self.bytes_per_second:
                    await asyncio.sleep(len(piece) / self.bytes_per_second)
                if way == "back" and not self._may_answer(piece):
                    break
                target.write(piece)
                await target.drain()
                self.passed += len(piece)
        # One end has gone: the other end sees the same, as it would without us.
        target.close()

    def _may_answer(self, piece: bytes) -> bool:
        told, self.on_answer = self.on_answer, None
        return told is None or told(piece)


class Lines:
    """All proxied lines of one installation, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lines", daemon=True)
        self._thread.start()
        self.all: list[Line] = []

    def to(self, server: int, name: str = "") -> Line:
        """A new line to a local port."""
        line = Line(server, name)
        asyncio.run_coroutine_threadsafe(line.serve(), self._loop).result(10)
        self.all.append(line)
        return line

    def close(self) -> None:
        """Hang up everything."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _hang_up(self) -> None:
        for line in self.all:
            line.hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
