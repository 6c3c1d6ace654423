"""The counties an installation serves: code, number and name from `counties.toml`."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class County:
    """A county: keys, references and partitions hang on its code and number."""

    code: str
    number: int
    name: str


class CountiesRefused(ValueError):
    """`counties.toml` cannot be used; the message says where and why."""


def load_counties(path: Path) -> dict[str, County]:
    """Counties by code; raises CountiesRefused naming what is wrong."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("county", [])
    except FileNotFoundError:
        raise CountiesRefused(f"{path}: not found; it names the counties served, one [[county]] each") from None
    except tomllib.TOMLDecodeError as wrong:
        raise CountiesRefused(f"{path}: {wrong}") from None
    counties = [_county(path, row) for row in rows]
    _refuse_repeats(path, counties)
    return {county.code: county for county in counties}


def _county(path: Path, row: dict[str, object]) -> County:
    code, number, name = row.get("code"), row.get("number"), row.get("name")
    if not isinstance(code, str) or not re.fullmatch(r"[0-9]{6}", code):
        raise CountiesRefused(f'{path}: code must be six digits in quotes, e.g. code = "532927", not {code!r}')
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise CountiesRefused(f"{path}: county {code} needs a number of its own, e.g. number = 1")
    if not isinstance(name, str) or not name:
        raise CountiesRefused(f"{path}: county {code} needs a name")
    return County(code, number, name)


def _refuse_repeats(path: Path, counties: list[County]) -> None:
    if not counties:
        raise CountiesRefused(f"{path}: names no county")
    for what, values in (("code", [c.code for c in counties]), ("number", [str(c.number) for c in counties])):
        twice = {value for value in values if values.count(value) > 1}
        if twice:
            raise CountiesRefused(f"{path}: two counties have the {what} {min(twice)}")
