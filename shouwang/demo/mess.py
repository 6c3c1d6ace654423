"""What goes wrong on the way into a file: damaged numbers, wrong words, rows twice, rows that disagree."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from shouwang.demo.exports import AMOUNTS, Row, Sheet
from shouwang.demo.stories import Slip

Spoil = Callable[[Random, Row], Row]


def numeric_id(_: Random, row: Row) -> Row:
    """Excel has taken the ID number for a number: its last digits are gone."""
    return {**row, "身份证号": float(str(row["身份证号"])[:17] + "0")}


def exponent_id(_: Random, row: Row) -> Row:
    """The same after a detour through a text file."""
    return {**row, "身份证号": f"{float(str(row['身份证号'])[:17] + '0'):.5E}"}


def short_id(rng: Random, row: Row) -> Row:
    """A digit got lost in typing."""
    number = str(row["身份证号"])
    at = rng.randrange(6, 17)
    return {**row, "身份证号": number[:at] + number[at + 1 :]}


def wrong_word(_: Random, row: Row) -> Row:
    """A word the list of words does not know."""
    column = next(c for c in ("状态", "变动", "户类型", "年度") if c in row)
    return {**row, column: "待核实"}


def odd_amount(_: Random, row: Row) -> Row:
    """An amount as people say it."""
    return {**row, _amount(row): "1.2万"}


def _amount(row: Row) -> str:
    return next(c for c in AMOUNTS if c in row)


def odd_date(_: Random, row: Row) -> Row:
    """A date of two digits a year: nobody can know which."""
    column = next(c for c in row if c.endswith("日期") and c != "数据日期")
    return {**row, column: "26.4.5"}


PERSONAL: tuple[Spoil, ...] = (exponent_id, short_id, numeric_id)
SPOILS: dict[str, tuple[Spoil, ...]] = {
    "household_member": (*PERSONAL, odd_date),
    "allowance": (*PERSONAL, odd_amount, wrong_word),
    "household": (odd_amount, wrong_word),
    "school_absence": (*PERSONAL, wrong_word, odd_date),
    "self_paid_year": (*PERSONAL, odd_amount, wrong_word),
    "unemployment": (*PERSONAL, wrong_word, odd_date),
}


def spoil(rng: Random, sheet: Sheet, rows: int, spare: frozenset[str]) -> Sheet:
    """So many rows of a sheet go wrong; never those of the people or households in `spare`."""
    spoilt = dict(enumerate(sheet.rows))
    free = [at for at, row in spoilt.items() if not spare & {row.get("身份证号"), row.get("户编号")}]
    for at in rng.sample(free, min(rows, len(free))):
        spoilt[at] = rng.choice(SPOILS[sheet.feed])(rng, spoilt[at])
    return sheet.with_rows(spoilt.values())


def twice(rng: Random, sheet: Sheet) -> Sheet:
    """One row stands twice, as after a careless paste."""
    return sheet.with_rows([*sheet.rows, rng.choice(sheet.rows)]) if sheet.rows else sheet


def disagree(rng: Random, sheet: Sheet, spare: frozenset[str]) -> Sheet:
    """One subject has two rows that say different amounts."""
    free = [row for row in sheet.rows if not spare & {row.get("身份证号"), row.get("户编号")}]
    if not free:
        return sheet
    row = rng.choice(free)
    column = _amount(row)
    amount = row[column]
    return sheet.with_rows([*sheet.rows, {**row, column: Decimal(str(amount)) + 100}])


def slip(sheet: Sheet, slips: tuple[Slip, ...]) -> Sheet:
    """Write what the clerk wrote."""
    here = {s.number: s for s in slips if (s.feed, s.as_of) == (sheet.feed, sheet.as_of)}
    return sheet.with_rows(
        {**row, here[str(row["身份证号"])].column: here[str(row["身份证号"])].written}
        if str(row.get("身份证号")) in here
        else row
        for row in sheet.rows
    )


def half(rng: Random, sheet: Sheet) -> Sheet:
    """Half the list is missing: the wrong filter was on."""
    keep = sorted(rng.sample(range(len(sheet.rows)), len(sheet.rows) // 2))
    return sheet.with_rows(sheet.rows[at] for at in keep)


def in_tenthousands(sheet: Sheet) -> Sheet:
    """The figures are in 万元, and nothing says so."""
    return sheet.with_rows({c: _shrunk(c, v) for c, v in row.items()} for row in sheet.rows)


def _shrunk(column: str, value: object) -> "str | Decimal":
    return Decimal(value) / 10_000 if column in AMOUNTS and isinstance(value, Decimal) else value  # type: ignore[return-value]
