"""The chaos suite's proxy does to a line what it says: else the suite would try nothing."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.chaos.proxy import BOTH, Line, Lines


@pytest.fixture
def line() -> Iterator[Line]:
    """A line to a server that says everything back."""
    server = socket.create_server(("127.0.0.1", 0))
    lines = Lines()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield lines.to(server.getsockname()[1])
    lines.close()
    server.close()


def echo(connection: socket.socket) -> None:
    with connection:
        try:
            while data := connection.recv(1024):
                connection.sendall(data)
        except OSError:
            return


def call(line: Line, seconds: float = 5.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=seconds)


def says_back(connection: socket.socket) -> bool:
    connection.sendall(b"hello")
    try:
        return connection.recv(100) == b"hello"
    except (TimeoutError, ConnectionError):
        return False


def test_a_good_line_passes_everything(line: Line) -> None:
    with call(line) as connection:
        assert says_back(connection)


@pytest.mark.parametrize("held", [BOTH, frozenset(("to",)), frozenset(("back",))])
def test_a_held_line_stays_up_and_passes_nothing(line: Line, held: frozenset[str]) -> None:
    with call(line, 0.3) as connection:
        line.held = held  # type: ignore[assignment]
        assert not says_back(connection)
        line.held = frozenset()
        connection.settimeout(5)
        assert connection.recv(100) == b"hello"


def test_a_late_line_is_late(line: Line) -> None:
    line.delay = 0.2
    with call(line) as connection:
        began = time.monotonic()
        assert says_back(connection)
        assert time.monotonic() - began >= 0.2


def test_a_refusing_line_lets_nobody_through_and_a_mended_one_everybody(line: Line) -> None:
    line.refusing = True
    with call(line) as connection:
        assert not says_back(connection)
    line.mend()
    with call(line) as connection:
        assert says_back(connection)


def test_an_answer_can_be_kept_from_arriving(line: Line) -> None:
    heard: list[bytes] = []

    def keep(piece: bytes) -> bool:
        heard.append(piece)
        return False

    line.on_answer = keep
    with call(line) as connection:
        assert not says_back(connection)
    assert heard == [b"hello"]
