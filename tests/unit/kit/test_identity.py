"""Pseudonyms: keyed, one per spelling, ordered as the numbers are."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shouwang.kit.identity import Identity, birth_month, normal_name, normal_number, sex

KEY = bytes(range(32))
NUMBER = "53292720140315001X"
IDENTITY = Identity(KEY)
numbers = st.text("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=32)


def test_a_person_is_the_first_130_bits_of_the_keyed_hash_in_base32() -> None:
    digest = hmac.new(KEY, b"person" + NUMBER.encode(), hashlib.sha256).digest()
    assert IDENTITY.person(NUMBER) == "p1" + base64.b32encode(digest).decode().lower()[:26]


def test_a_household_is_hashed_apart_from_persons() -> None:
    digest = hmac.new(KEY, b"household" + NUMBER.encode(), hashlib.sha256).digest()
    assert IDENTITY.household(NUMBER) == "h1" + base64.b32encode(digest).decode().lower()[:26]


@pytest.mark.parametrize(
    "spelling",
    ["53292720140315001x", " 532927 20140315001X ", "５３２９２７２０１４０３１５００１Ｘ", "532927　20140315001x"],
)
def test_every_spelling_of_a_number_is_one_person(spelling: str) -> None:
    assert normal_number(spelling) == NUMBER
    assert IDENTITY.person(spelling) == IDENTITY.person(NUMBER)


@pytest.mark.parametrize(
    "spelling",
    [
        "阿卜杜拉•买买提",
        "阿卜杜拉・买买提",
        "阿卜杜拉‧买买提",
        "阿卜杜拉⋅买买提",
        "阿卜杜拉･买买提",
        " 阿卜杜拉 · 买买提",
    ],
)
def test_every_middle_dot_is_one_name(spelling: str) -> None:
    assert normal_name(spelling) == "阿卜杜拉·买买提"
    assert IDENTITY.name(spelling) == IDENTITY.name("阿卜杜拉·买买提")


@pytest.mark.parametrize("name", ["𠮷田", "㐂"])
def test_rare_characters_survive(name: str) -> None:
    assert normal_name(name) == name


def test_another_county_has_other_pseudonyms() -> None:
    other = Identity(bytes(32))
    for say in (Identity.person, Identity.household, Identity.name, Identity.digest, Identity.order):
        assert say(other, "1") != say(IDENTITY, "1")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        Identity(b"short")


def test_birth_month_and_sex_come_from_the_number() -> None:
    assert (birth_month(NUMBER), sex(NUMBER), sex("532927201403150028")) == ("2014-03", "男", "女")


@given(st.lists(numbers, max_size=30))
def test_order_codes_sort_as_the_numbers_do(some: list[str]) -> None:
    assert sorted(some, key=IDENTITY.order) == sorted(some)


@given(numbers, numbers)
def test_order_codes_are_equal_for_equal_numbers_only(one: str, other: str) -> None:
    assert (IDENTITY.order(one) == IDENTITY.order(other)) == (one == other)


@given(numbers)
def test_an_order_code_is_64_hexadecimal_digits_whatever_the_length(number: str) -> None:
    code = IDENTITY.order(number)
    assert len(code) == 64
    assert set(code) <= set("0123456789abcdef")


def test_an_order_code_is_the_same_after_a_restart() -> None:
    assert Identity(KEY).order("5329-0417-0358") == IDENTITY.order("5329-0417-0358")


@pytest.mark.parametrize("number", ["", "A" * 33, "户1", "1_2"])
def test_what_is_no_number_has_no_order(number: str) -> None:
    with pytest.raises(ValueError, match="32 letters"):
        IDENTITY.order(number)
