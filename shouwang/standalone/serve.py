"""Every service in one process: five doors, the vault, the worker and the alerts console behind one address."""

import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from shouwang.kit import observe
from shouwang.kit.keys import KeyRing
from shouwang.standalone.installation import Busy, Installation
from shouwang.standalone.services import Services, assemble

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 10.0


class Standalone:
    """A running installation; a context manager: entered when all of it answers, left when all of it has stopped."""

    def __init__(
        self, installation: Installation, *, host: str = "127.0.0.1", port: int = 8000, quiet: bool = False
    ) -> None:
        self.installation = installation
        self._host, self._port, self._quiet = host, port, quiet
        self._told_to_stop = threading.Event()
        self._open = ExitStack()
        self.url = ""

    @property
    def keys(self) -> KeyRing:
        """The installation's secrets."""
        return self.services.keys

    def __enter__(self) -> Self:
        """Start; raises Busy when another instance has the folder, and the sentence of whatever else is in the way."""
        observe.configure("standalone", level=40 if self._quiet else 20)
        with ExitStack() as opening:
            opening.enter_context(self.installation.lock())
            listening = opening.enter_context(_listen(self._host, self._port))
            self.services: Services = assemble(self.installation)
            opening.callback(self.services.stop)
            self.services.start()
            opening.callback(_serve(_app(self.services), listening))
            self.url = f"http://{self._host}:{listening.getsockname()[1]}"
            self.installation.announce(self.url, self.keys.service_key("county"))
            opening.callback(self.installation.instance_file.unlink, missing_ok=True)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop: no new requests, the units of work under way finish, files are closed."""
        self._open.close()

    def wait(self) -> None:
        """Until SIGTERM or SIGINT; only for the main thread."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            # A plain wait() would not let signals through on every platform.
            while not self._told_to_stop.wait(1.0):
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: Any) -> None:
        self._told_to_stop.set()


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only where it is: without it every answer took 50 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as taken:
        listening.close()
        raise Busy(f"{host}:{port} 不能监听（{taken.strerror}）；用 --port 换一个端口") from taken
    return listening


def _app(services: Services) -> Starlette:
    doors = [Mount(f"/departments/{name}", app=door.app()) for name, door in services.doors.items()]
    return Starlette(routes=[*doors, Mount("/", app=services.web)])


def _serve(app: Starlette, listening: socket.socket) -> Callable[[], None]:
    """Serve on a thread of its own; returns how to stop it."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            proxy_headers=False,
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="http", daemon=True)
    thread.start()
    until = time.monotonic() + START_SECONDS
    while not server.started and thread.is_alive() and time.monotonic() < until:
        time.sleep(0.01)

    def stop() -> None:
        server.should_exit = True
        thread.join(STOP_SECONDS)

    return stop
