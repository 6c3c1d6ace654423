"""Seeded people with valid numbers, and what files do to their numbers."""

from collections.abc import Callable
from random import Random

SURNAMES = "赵钱孙李周吴郑王和杨段左字茶罗"
GIVEN = "小禾丽江春梅建国玉兰志强永福秀英"


def check_digit(base: str) -> str:
    """The eighteenth character, by GB 11643."""
    return "10X98765432"[sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(base)) % 11]


def number(rng: Random) -> str:
    """A valid number that does not end in 000."""
    while True:
        day = f"{rng.randint(1940, 2020)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
        base = f"532927{day}{rng.randint(1, 999):03}"
        whole = base + check_digit(base)
        if not whole.endswith("000"):
            return whole


def name(rng: Random) -> str:
    """A name of two or three characters."""
    return rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.randint(1, 2)))


def as_number(whole: str) -> int:
    """What a spreadsheet keeps of it: fifteen digits and three zeros."""
    digits = whole.replace("X", "0")
    return int(digits[:15] + "000")


def mistyped(rng: Random, whole: str) -> str:
    """One digit wrong."""
    at = rng.randrange(17)
    return whole[:at] + str((int(whole[at]) + rng.randint(1, 9)) % 10) + whole[at + 1 :]


WIDE = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")

LOSSLESS: tuple[Callable[[Random, str], str], ...] = (
    lambda _, whole: whole.lower(),
    lambda _, whole: f"'{whole}",
    lambda _, whole: f" {whole} ",
    lambda _, whole: f"{whole[:6]}\u3000{whole[6:14]}\u00a0{whole[14:]}",
    lambda _, whole: whole.translate(WIDE),
    lambda _, whole: f"\ufeff{whole[:6]} {whole[6:14].translate(WIDE)} {whole[14:].lower()}",
)
"""Spellings that lose nothing."""

LOSSY: tuple[Callable[[Random, str], object], ...] = (
    lambda _, whole: float(as_number(whole)),
    lambda _, whole: str(as_number(whole)),
    lambda _, whole: f"{as_number(whole):.5E}",
    lambda _, whole: f"{as_number(whole):.14E}".replace("E+", "e+"),
    lambda _, whole: whole[:6] + whole[8:17],
    lambda _, whole: f'=T("{whole}")',
    lambda _, whole: f"{as_number(whole):,}",
    lambda _, whole: f"{as_number(whole)}.0",
    lambda _, whole: whole[:-1],
    mistyped,
    lambda rng, whole: f"{whole[:6]}{whole[6:10]}-{whole[10:12]}-{whole[12:14]}{whole[14:]}",
    lambda _, whole: whole + "00",
    lambda _, whole: f"{whole[:10]}********",
)  # fmt: skip
"""What spreadsheets and hands make of a number that cannot be undone; a number so damaged may name nobody."""


def damaged(rng: Random, whole: str) -> object:
    """The number as one of the ways of trust F8 leaves it."""
    return rng.choice((*LOSSLESS, *LOSSY))(rng, whole)
