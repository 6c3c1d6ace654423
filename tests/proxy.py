"""A network that can fail: forwards one TCP port to another until it is frozen or cut; a real twin of a bad day."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards to `(host, port)` or a socket file, until frozen (nothing comes through) or cut (all is refused)."""

    def __init__(self, to: tuple[str, int] | str) -> None:
        self._to = to
        self._flows, self._refuses = threading.Event(), threading.Event()
        self._flows.set()
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Half-open: connections stay, nothing comes through."""
        self._flows.clear()

    def cut(self) -> None:
        """Connections end, new ones too."""
        self._refuses.set()
        self._drop()

    def heal(self) -> None:
        """As if nothing had been."""
        self._refuses.clear()
        self._flows.set()

    def close(self) -> None:
        """The end of it."""
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                if self._refuses.is_set():
                    ours.close()
                    continue
                theirs = self._connect()
                self._open += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _connect(self) -> socket.socket:
        if isinstance(self._to, tuple):
            return socket.create_connection(self._to)
        theirs = socket.socket(socket.AF_UNIX)
        theirs.connect(self._to)
        return theirs

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while some := source.recv(65536):
                self._flows.wait()
                sink.sendall(some)
        for end in (source, sink):
            end.close()

    def _drop(self) -> None:
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()


@contextmanager
def proxied(to: tuple[str, int] | str) -> Iterator[Proxy]:
    """A proxy for the length of a block."""
    proxy = Proxy(to)
    try:
        yield proxy
    finally:
        proxy.heal()
        proxy.close()
