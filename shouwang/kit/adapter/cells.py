"""How a cell of text is read, to the letter of docs/feeds.md: a value, None (not stated), or `Unreadable`."""

import re
import unicodedata
from collections.abc import Callable, Container
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from stdnum.cn import ric

from shouwang.kit.adapter.reasons import (
    CODE_DAMAGED_HINT,
    CODE_HINT,
    HOUSEHOLD_HINT,
    VILLAGE_HINT,
    Unreadable,
    choices_hint,
)
from shouwang.kit.adapter.table import Cell, Formula, Plain

NOT_STATED: Final = frozenset({"", "-", "/", "无"})
TEXT_LENGTH: Final = 200
"""As `contracts.vocabulary.Text`."""
CODE_LENGTH: Final = 80
"""As the key of an envelope."""
EXACT: Final = 10**15
"""Spreadsheets keep 15 digits; a longer number cell has lost its tail."""
ID_LENGTH: Final = 18
KEPT_PARTS: Final = 50_000
"""Area codes and birth days remembered at once; there are some 40,000 days anybody alive was born on."""

_KINDS: Final = ((Formula, "公式"), (bool, "是否值"), (date, "日期"), (object, "数字"))
_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_ID = re.compile(r"[0-9]{17}[0-9X]")
_ID_INSIDE = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
_SCIENTIFIC = re.compile(r"[0-9.]+E\+?[0-9]+")
_HOUSEHOLD = re.compile(r"[0-9A-Z-]{1,32}")
_VILLAGE = re.compile(r"[0-9]{12}")


def stored(cell: Cell) -> Plain:
    """The value of a cell; a formula counts by its stored one."""
    return cell.value if isinstance(cell, Formula) else cell


def compact(text: str) -> str:
    """NFKC, without spaces and line breaks."""
    if text.isascii():  # as most cells are; NFKC changes none of these
        return text if text.isalnum() else "".join(text.split())
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


def whole(value: Plain) -> int | None:
    """The integer a number cell holds exactly; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not -EXACT < value < EXACT:
        return None
    return int(value) if value == int(value) else None


def spelled(cell: Cell) -> str:
    """What a cell says as text, NFKC and runs of spaces as one; a whole number is its digits."""
    value = stored(cell)
    if value is None:
        return ""
    if isinstance(value, str):
        text = value if value.isascii() else _SPACE.sub(" ", unicodedata.normalize("NFKC", value))
        return " ".join(text.split())
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    number = whole(value)
    return str(value if number is None else number)


def is_empty(cell: Cell) -> bool:
    """True for what means *not stated*, or *none* where the column says so."""
    return cell is None or (isinstance(cell, str | Formula) and compact(spelled(cell)) in NOT_STATED)


def kind_of(cell: Cell) -> str:
    """What kind of value was found, in a word; never the value."""
    if isinstance(cell, str):
        return _kind_of_text(compact(cell).upper())
    return next(word for kind, word in _KINDS if isinstance(cell, kind))


def _kind_of_text(text: str) -> str:
    if text in NOT_STATED:
        return "空"
    if is_scientific(text):
        return "科学计数法"
    return f"{len(text)}位数字" if text.isdigit() else "文本"


def is_scientific(text: str) -> bool:
    """True for what a spreadsheet makes of a long number, `5.32927E+17`."""
    return "E" in text and _SCIENTIFIC.fullmatch(text) is not None


def text_of(cell: Cell) -> str | None:
    """Free text; what looks like an ID number in it is blotted out, because text travels."""
    text = spelled(cell)
    if text in NOT_STATED:
        return None
    if not text.isprintable():  # PostgreSQL keeps no NUL, and nobody means the others
        text = "".join(char for char in text if char.isprintable())
    if len(text) >= ID_LENGTH:
        text = _ID_INSIDE.sub("*" * ID_LENGTH, text)
    return text[:TEXT_LENGTH]


def code_of(cell: Cell) -> str | None:
    """A bureau's own number of a record, without spaces; one that was cut, or over 80 characters, is `code_invalid`."""
    value = stored(cell)
    text = compact(spelled(cell))
    if text in NOT_STATED:
        return None
    cut = isinstance(value, int | float) and whole(value) is None
    if cut or (text.isascii() and "+" in text and is_scientific(text.upper())) or not text.isprintable():
        raise Unreadable("code_invalid", kind_of(cell), CODE_DAMAGED_HINT)
    if len(text) > CODE_LENGTH:
        raise Unreadable("code_invalid", kind_of(cell), CODE_HINT)
    return text


def looks_personal(code: str) -> bool:
    """True when a code holds what could be an ID number; it must not travel in clear then."""
    return len(code) >= ID_LENGTH and _ID_INSIDE.search(code) is not None


def choice_of(cell: Cell, choices: tuple[str, ...]) -> str | None:
    """A word of a closed list, else `value_unknown`."""
    text = compact(spelled(cell))
    if text in choices:
        return text
    if text in NOT_STATED:
        return None
    raise Unreadable("value_unknown", kind_of(cell), choices_hint(choices))


def village_of(cell: Cell, county: str) -> str | None:
    """A village's 12 digits within the county (an integral number cell is fine), else `code_invalid`."""
    text = compact(spelled(cell))
    if text in NOT_STATED:
        return None
    if _VILLAGE.fullmatch(text) and text.startswith(county):
        return text
    raise Unreadable("code_invalid", kind_of(cell), VILLAGE_HINT.format(county=county))


def household_of(cell: Cell) -> str | None:
    """A 户编号, up to 32 letters, digits and hyphens, upper case, else `code_invalid`."""
    text = compact(spelled(cell)).upper()
    if text in NOT_STATED:
        return None
    if _HOUSEHOLD.fullmatch(text):
        return text
    raise Unreadable("code_invalid", kind_of(cell), HOUSEHOLD_HINT)


def person_of(cell: Cell, today: date, confirmed: Container[str]) -> str:
    """An ID number, 18 characters; never repaired. A birth day after `today` is `id_invalid`.

    `confirmed` holds the numbers ending in 000 that an officer has confirmed.
    """
    if cell is None:
        raise Unreadable("id_missing", "空")
    if not isinstance(cell, str):
        raise Unreadable("id_damaged", kind_of(cell))
    number = compact(cell).removeprefix("'").upper()
    if not _ID.fullmatch(number):
        raise Unreadable(_not_an_id(number), kind_of(cell))
    if number.endswith("000") and number not in confirmed:
        raise Unreadable("id_damaged", "末三位为000")
    if ric.calc_check_digit(number) != number[-1] or not _born_by(number, today):
        raise Unreadable("id_invalid", "校验码或出生日期不符")
    return number


def person_reader(today: date, confirmed: Container[str]) -> Callable[[Cell], str]:
    """`person_of` for one column; a number without a fault is seen to be so by table, at a fifth of the time."""
    areas, births, places = _Areas(), _Births(today), _PLACES

    def read(cell: Cell) -> str:
        if cell.__class__ is str and len(cell) == ID_LENGTH:
            text = cell
            area, birth, place = areas[text[:6]], births[text[6:14]], places.get(text[14:17])
            # The check digit by the sum of the others, modulo 11 (GB 11643).
            if area is not None and birth is not None and place is not None:  # noqa: SIM102 (read apart)
                if text[17] == _CHECKS[(area + birth + place) % 11] and text[15:] != "000":
                    return text
        return person_of(cell, today, confirmed)

    return read


_WEIGHTS: Final = tuple(2**power % 11 for power in range(17, 0, -1))
_CHECKS: Final = "10X98765432"
_PLACES: Final = {
    f"{number:03}": sum(int(digit) * weight for digit, weight in zip(f"{number:03}", _WEIGHTS[14:], strict=True))
    for number in range(1000)
}


class _Areas(dict[str, int | None]):
    """The weighted sum of six digits; None for anything else."""

    def __missing__(self, text: str) -> int | None:
        if len(self) > KEPT_PARTS:
            self.clear()
        found = self[text] = _weighed(text, _WEIGHTS[:6])
        return found


class _Births(dict[str, int | None]):
    """The weighted sum of eight digits that are a day by `today`; None for anything else."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today

    def __missing__(self, text: str) -> int | None:
        if len(self) > KEPT_PARTS:
            self.clear()
        weight = _weighed(text, _WEIGHTS[6:14])
        found = self[text] = weight if weight is not None and _born_by("000000" + text, self._today) else None
        return found


def _weighed(text: str, weights: tuple[int, ...]) -> int | None:
    if len(text) != len(weights) or not (text.isascii() and text.isdigit()):
        return None
    return sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True))


def _not_an_id(text: str) -> str:
    if text in NOT_STATED:
        return "id_missing"
    return "id_damaged" if is_scientific(text) else "id_invalid"


def _born_by(number: str, today: date) -> bool:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= today
    except ValueError:
        return False
