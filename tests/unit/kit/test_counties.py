"""`counties.toml`: what is taken and what is refused, in one sentence."""

from pathlib import Path

import pytest

from shouwang.kit.counties import CountiesRefused, County, load_counties

ONE = '[[county]]\ncode = "532927"\nnumber = 1\nname = "巍山"\n'


def test_the_delivered_file_serves_one_county() -> None:
    assert load_counties(Path("counties.toml")) == {"532927": County("532927", 1, "巍山彝族回族自治县")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no county"),
        ("[[county", "Expected"),
        (ONE.replace('"532927"', "532927"), "six digits in quotes"),
        (ONE.replace("532927", "5329"), "six digits"),
        (ONE.replace("number = 1", "number = -1"), "number of its own"),
        (ONE.replace("number = 1", "number = true"), "number of its own"),
        (ONE.replace('name = "巍山"', ""), "needs a name"),
        (ONE + ONE.replace("number = 1", "number = 2"), "two counties have the code 532927"),
        (ONE + ONE.replace("532927", "532928"), "two counties have the number 1"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "counties.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CountiesRefused, match=says):
        load_counties(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CountiesRefused, match="not found"):
        load_counties(tmp_path / "none.toml")
