"""A list in parts is one list: in whatever order its parts come and however often; and nothing until it is whole."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from shouwang.kit.adapter import parts
from tests.corpus import people
from tests.doors import Office

FEED = "self_paid_year"


@pytest.fixture
def health(tmp_path: Path) -> Iterator[Office]:
    """The health bureau."""
    made = Office(tmp_path, "health")
    yield made
    made.close()


def rows(count: int = 6) -> list[dict[str, Any]]:
    """Rows of the yearly list."""
    rng = Random("parts")
    return [
        {"姓名": people.name(rng), "身份证号": people.number(rng), "年度": "2026", "个人自付": str(n)}
        for n in range(count)
    ]


def part(office: Office, number: int, some: list[dict[str, Any]], list_id: str = "L1", **more: str) -> Any:
    """One part sent."""
    return office.records(FEED, some, list=list_id, part=str(number), **more)


def complete(office: Office, list_id: str = "L1") -> Any:
    """All parts have been sent."""
    return office.bureau.post(f"/v1/feeds/{FEED}/lists/{list_id}/complete")


def said_by(office: Office) -> set[str]:
    """What is said, of whomever: two offices have keys of their own."""
    return {str(word.data) for word in office.published() if word.type.endswith(f"{FEED}.v1")}


def test_parts_in_any_order_and_again_are_the_list_they_are(health: Office, tmp_path: Path) -> None:
    whole = rows()
    for number in (3, 1, 3, 2, 1):
        assert part(health, number, whole[2 * number - 2 : 2 * number]).status_code == 202
        assert not health.door.work_once(), "nothing is read before the list is whole"
    first = complete(health)
    receipt = health.settled(first)
    assert (receipt["state"], receipt["shape"], receipt["received"], receipt["accepted"]) == ("done", "list", 6, 6)
    (tmp_path / "b").mkdir()
    at_once = Office(tmp_path / "b", "health")
    assert at_once.settled(at_once.records(FEED, whole, shape="list"))["accepted"] == 6
    assert said_by(health) == said_by(at_once)
    at_once.close()


def test_lines_of_a_receipt_count_through_all_parts(health: Office) -> None:
    whole = rows()
    whole[4]["身份证号"] = "1"
    part(health, 2, whole[3:])
    part(health, 1, whole[:3])
    assert [row["line"] for row in health.settled(complete(health))["rows"]] == [5]


def test_missing_parts_are_named_and_can_still_come(health: Office) -> None:
    whole = rows()
    for number in (1, 4):
        part(health, number, whole[number - 1 : number])
    said = complete(health)
    assert (said.status_code, "第 2、3 部分" in said.json()["detail"]) == (409, True)
    for number in (2, 3):
        part(health, number, whole[number - 1 : number])
    assert health.settled(complete(health))["received"] == 4


def test_a_part_with_other_bytes_is_refused_and_the_first_one_counts(health: Office) -> None:
    whole = rows()
    part(health, 1, whole[:2])
    assert part(health, 1, whole[2:4]).json()["code"] == "part_conflict"
    assert part(health, 2, whole[2:4], as_of="2026-06-01").json()["code"] == "list_conflict"
    assert health.settled(complete(health))["received"] == 2


def test_a_list_is_completed_once_and_takes_nothing_more(health: Office) -> None:
    whole = rows()
    part(health, 1, whole[:2])
    first = complete(health).json()["receipt"]
    assert complete(health).json()["receipt"] == first
    assert part(health, 1, whole[:2]).json()["receipt"] == first, "a repeat of a part is what it was"
    assert part(health, 2, whole[2:]).json()["code"] == "list_complete"
    assert complete(health, "L2").status_code == 404


def test_a_list_nobody_goes_on_with_is_given_up_after_three_days(health: Office) -> None:
    whole = rows()
    receipt = part(health, 1, whole[:2]).json()["receipt"]
    health.pass_seconds(71 * 3600)
    part(health, 2, whole[2:4])
    health.pass_seconds(71 * 3600)
    health.door.clean_once()
    assert health.receipt(receipt)["state"] == "working"
    health.pass_seconds(2 * 3600)
    health.door.clean_once()
    said = health.receipt(receipt)
    assert (said["state"], said["rows"][0]["reason"], said["received"]) == ("refused", "discarded", 0)
    assert part(health, 3, whole[4:]).json()["code"] == "list_given_up"
    assert not health.door.work_once()


def test_too_many_begun_lists_are_asked_to_be_finished_first(health: Office) -> None:
    whole = rows(1)
    for number in range(parts.OPEN_LISTS):
        assert part(health, 1, whole, f"L{number}").status_code == 202
    said = part(health, 1, whole, "one-more")
    assert (said.status_code, said.json()["code"]) == (429, "lists_open")
    complete(health, "L0")
    assert part(health, 1, whole, "one-more").status_code == 202


@pytest.mark.parametrize(
    ("list_id", "number"), [("a b", "1"), ("x" * 65, "1"), ("../x", "1"), ("L", "0"), ("L", "10000"), ("L", "一")]
)
def test_a_part_that_is_numbered_wrongly_is_refused(health: Office, list_id: str, number: str) -> None:
    assert health.records(FEED, rows(1), list=list_id, part=number).status_code in (400, 422)
