"""How parent and child talk: frames of a length and so many bytes; JSON, and never anything that could run."""

import json
import struct
from typing import IO, Any

LENGTH = struct.Struct(">I")


def send(stream: IO[bytes], data: bytes) -> None:
    """Write one frame; an empty one ends a file."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)


def send_json(stream: IO[bytes], said: Any) -> None:
    """Write one frame of JSON and hand it over."""
    send(stream, json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read one frame; None when the other side is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


def loads(frame: bytes) -> Any:
    """The JSON of a frame."""
    return json.loads(frame)
