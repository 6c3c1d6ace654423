"""What a health check runs: 0 when the process on this port says that it works, else 1 with what is wrong.

`probe.py PORT [PATH]`; started every few seconds, so it imports next to nothing (25 ms instead of 200).
"""

import socket
import sys

SECONDS = 4.0


def ask(port: int, path: str) -> tuple[int, str]:
    """Status and body of one plain request."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        said = b""
        while part := connection.recv(65536):
            said += part
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body.decode(errors="replace")


def main(arguments: list[str]) -> int:
    """Ask once; returns the exit code."""
    path = arguments[1] if len(arguments) > 1 else "/readyz"
    try:
        status, body = ask(int(arguments[0]), path)
    except OSError as away:
        sys.stdout.write(f"{path}: {away}\n")
        return 1
    sys.stdout.write(body[:1000] + "\n")
    return int(status != 200)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
