"""Keyed pseudonyms: what an ID number, a 户编号 or a name becomes before it is stored anywhere but the vault. Pure."""

import hashlib
import hmac
import unicodedata
from typing import Final

from contracts.envelope import base32_26

LENGTH: Final = 26
"""130 of the 256 bits: no two of 1.4 billion people share a reference by chance (docs/design.md, "Identity")."""

NUMBER_LENGTH: Final = 32
"""A 户编号 has at most 32 characters (docs/feeds.md, "How a cell is read")."""

_MIDDLE_DOTS: Final = dict.fromkeys(map(ord, ".•・‧⋅∙⸱ꞏᐧ･"), "·")
_SPACES: Final = dict.fromkeys(map(ord, " \t\r\n\u00a0\u2002\u2003\u2009\u200b\u3000\ufeff"))
_ORDERED: Final = {char: place for place, char in enumerate("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", start=1)}
_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
"""The two paddings of HMAC (RFC 2104), whose hashes can be begun once for a key."""
_KEPT_PREFIXES: Final = 200_000


def normal_number(number: str) -> str:
    """The one spelling of an ID number or 户编号: NFKC, without spaces, upper case."""
    if number.isascii() and number.isalnum():
        return number.upper()
    return unicodedata.normalize("NFKC", number).translate(_SPACES).upper()


def normal_name(text: str) -> str:
    """The one spelling of a name: NFKC, middle dots and full stops as `·`, no spaces (rare characters stay)."""
    return unicodedata.normalize("NFKC", text).translate(_MIDDLE_DOTS).translate(_SPACES)


def birth_month(number: str) -> str:
    """`2014-05` of an 18-character ID number."""
    return f"{number[6:10]}-{number[10:12]}"


def sex(number: str) -> str:
    """男 or 女, by the 17th digit of an ID number."""
    return "男" if int(number[16]) % 2 else "女"


class Identity:
    """The pseudonyms of one county, under that county's key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < LENGTH:
            raise ValueError(f"a county key has at least {LENGTH} bytes, not {len(key)}")
        self._key = key
        block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))
        self._maps: dict[str, dict[str, str]] = {}

    def person(self, number: str) -> str:
        """`p1` and 26 characters, of an ID number."""
        return "p1" + self._code(b"person", normal_number(number))

    def household(self, number: str) -> str:
        """`h1` and 26 characters, of a 户编号."""
        return "h1" + self._code(b"household", normal_number(number))

    def name(self, name: str) -> str:
        """26 characters, of a name however it was spelt."""
        return self._code(b"name", normal_name(name))

    def digest(self, text: str) -> str:
        """26 characters, of any other text that must be recognised but not read."""
        return self._code(b"digest", text)

    def order(self, number: str) -> str:
        """64 hexadecimal digits that sort as the normalised 户编号 do (as strings, a prefix first).

        Every character becomes one byte by a monotone map that the key and everything before it choose; after the end
        comes keyed filling, so that the length does not show. It leaks what sorting must: the order itself, how
        long two numbers agree from the left, and, to one who sees many codes, roughly which characters stand where they
        differ. It travels only beside the reference of the same household and is of no use without it.
        Raises ValueError for anything but 1 to 32 letters A–Z, digits and hyphens.
        """
        text = normal_number(number)
        if not 0 < len(text) <= NUMBER_LENGTH or not all(char in _ORDERED for char in text):
            raise ValueError("a 户编号 is 1 to 32 letters A-Z, digits and hyphens")
        code = "".join(self._map(text[:place])[char] for place, char in enumerate(text))
        if len(text) < NUMBER_LENGTH:
            code += self._map(text)[""]
        filling = hmac.digest(self._key, b"order-end" + text.encode(), "sha256").hex()
        return (code + filling)[: 2 * NUMBER_LENGTH]

    def _map(self, prefix: str) -> dict[str, str]:
        """The end and each character after `prefix`, in order, as two hexadecimal digits."""
        known = self._maps.get(prefix)
        if known is None:
            if len(self._maps) >= _KEPT_PREFIXES:
                self._maps.clear()
            known = self._maps[prefix] = self._draw(prefix)
        return known

    def _draw(self, prefix: str) -> dict[str, str]:
        seed = hmac.digest(self._key, b"order" + prefix.encode(), "sha256")
        wanted, length, drawn = len(_ORDERED) + 1, 128, set[int]()
        while len(drawn) < wanted:
            drawn = set(list(dict.fromkeys(hashlib.shake_256(seed).digest(length)))[:wanted])
            length *= 2
        return dict(zip(("", *_ORDERED), (f"{byte:02x}" for byte in sorted(drawn)), strict=True))

    def _code(self, what: bytes, text: str) -> str:
        # hmac.digest would say the same in three times the time; a county's first load is millions of these.
        inner = self._inner.copy()
        inner.update(what + text.encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return base32_26(outer.digest())
