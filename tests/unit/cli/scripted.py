"""An instance that answers what a test tells it to: a real server on a free port, so that commands use real HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answers = Mapping[tuple[str, str], tuple[int, Any] | list[tuple[int, Any]]]
"""(method, path) → status and document; a list is given out one by one, the last again and again."""


@contextmanager
def scripted(answers: Answers, folder: Path) -> Iterator[list[tuple[str, str, str]]]:
    """An instance announced in `folder`; yields what it is asked: method, path with query, key."""
    asked: list[tuple[str, str, str]] = []
    left = {place: list(said) if isinstance(said, list) else [said] for place, said in answers.items()}

    class Scripted(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            asked.append((self.command, self.path, self.headers.get("authorization", "")))
            said = left.get((self.command, path), [(404, {"title": "没有找到"})])
            status, document = said.pop(0) if len(said) > 1 else said[0]
            body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 (the names http.server looks for)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    place = {"url": f"http://127.0.0.1:{server.server_port}", "key": "local", "county": "532927"}
    (folder / "instance.json").write_text(json.dumps(place), encoding="utf-8")
    try:
        yield asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
