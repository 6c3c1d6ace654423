"""Taking bytes in as they come: counted, hashed, sealed by the piece; never whole in memory or in clear on disk."""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, Engine, insert, select

from shouwang.kit.adapter.tables import InboxRow, table_of
from shouwang.kit.database import reading
from shouwang.kit.keys import Sealer
from shouwang.kit.sheets import LIMIT_BYTES, Refused
from shouwang.kit.sheets.sniff import HEAD_BYTES, TAIL_BYTES

PIECE_BYTES = 1024 * 1024
PIECES_IN_MEMORY = 8

_INBOX = table_of(InboxRow)


def context(receipt: str, part: int, piece: int) -> bytes:
    """What a sealed piece belongs to; it opens nowhere else."""
    return f"{receipt}/{part}/{piece}".encode()


class Spool:
    """One upload: `add` what comes, then `store` the rest in the transaction that answers for it."""

    def __init__(self, engine: Engine, sealer: Sealer, receipt: str, created_us: int, *, part: int = 1) -> None:
        self._engine, self._sealer, self._created = engine, sealer, created_us
        self.receipt, self.part = receipt, part
        self.size, self.pieces = 0, 0
        self.head, self.tail = b"", b""
        self._hash = hashlib.sha256()
        self._pending = bytearray()
        self._sealed: list[dict[str, object]] = []

    def add(self, data: bytes) -> None:
        """Take some bytes; raises Refused when there are too many."""
        self.size += len(data)
        if self.size > LIMIT_BYTES:
            raise Refused("file_too_large", "文件超过 200 MiB，请拆分后再报送")
        self._hash.update(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        self._pending += data
        while len(self._pending) >= PIECE_BYTES:
            self._seal(bytes(self._pending[:PIECE_BYTES]))
            del self._pending[:PIECE_BYTES]

    @property
    def digest(self) -> str:
        """SHA-256 of everything so far; callers key it before it is kept."""
        return self._hash.hexdigest()

    def store(self, connection: Connection) -> None:
        """Put what is not stored yet into the inbox, within the caller's transaction."""
        if self._pending or not self.pieces:
            self._seal(bytes(self._pending), last=True)
            self._pending.clear()
        if self._sealed:  # kept until the upload is let go of: the transaction may have to be done again
            connection.execute(insert(_INBOX), self._sealed)

    def _seal(self, piece: bytes, *, last: bool = False) -> None:
        self.pieces += 1
        sealed = self._sealer.seal(piece, context(self.receipt, self.part, self.pieces))
        self._sealed.append(
            {"receipt": self.receipt, "part": self.part, "piece": self.pieces, "sealed": sealed, "size": len(piece),
             "created_us": self._created}
        )  # fmt: skip
        if len(self._sealed) >= PIECES_IN_MEMORY and not last:
            # Pieces of an upload that is never finished belong to no sending and are swept away later.
            with self._engine.begin() as connection:
                connection.execute(insert(_INBOX), self._sealed)
            self._sealed = []


def pieces(engine: Engine, sealer: Sealer, receipt: str) -> Iterator[bytes]:
    """The raw bytes of a sending, piece by piece, in the order of its parts."""
    query = select(_INBOX.c.id, _INBOX.c.part, _INBOX.c.piece).where(_INBOX.c.receipt == receipt)
    with reading(engine).connect() as connection:
        places = connection.execute(query.order_by(_INBOX.c.part, _INBOX.c.piece)).all()
    for id_, part, piece in places:
        with reading(engine).connect() as connection:
            sealed = connection.execute(select(_INBOX.c.sealed).where(_INBOX.c.id == id_)).scalar_one()
        yield sealer.open(sealed, context(receipt, part, piece))
