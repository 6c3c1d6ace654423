"""A whole sending taken back by two persons: what stood before stands again, as words of its own (docs/feeds.md)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from contracts.envelope import Envelope
from contracts.sending import SendingClosed
from shouwang.kit.adapter.tables import table_of
from shouwang.kit.audit import AuditRow
from tests.doors import COUNTY, Office

FEED = "allowance"
AUDIT = table_of(AuditRow)


def number(n: int) -> str:
    base = f"532927198001{1 + n // 400:02d}{n % 400 * 2 + 1:03d}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(base)) % 11
    return base + "10X98765432"[total]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, "civil_affairs")
    yield office
    office.close()


def aid(office: Office, people: list[int], day: str, *, amount: str = "300", **more: Any) -> dict[str, Any]:
    rows = [{"姓名": f"人{n}", "身份证号": number(n), "类别": "低保", "金额": amount} for n in people]
    return office.settled(office.records(FEED, rows, as_of=day, **more))


def ask(office: Office, receipt: str, name: str, *, method: str = "POST") -> httpx.Response:
    return office.county.request(
        method, f"/v1/receipts/{receipt}/withdraw", params={"county": COUNTY.code},
        headers={"Shouwang-Officer": quote(name)},
    )  # fmt: skip


def take_back(office: Office, receipt: str) -> dict[str, Any]:
    assert ask(office, receipt, "李四").status_code == 200
    assert ask(office, receipt, "王五").status_code == 200
    while office.door.work_once():
        pass
    return office.receipt(receipt)


def standing(words: list[Envelope]) -> dict[str, str]:
    """What a listener holds: of each fact the newest word, here always the last."""
    facts = {word.subject: word for word in words if not word.type.endswith(".sending.v1")}
    return {subject: str(word.data.金额) for subject, word in facts.items() if word.data is not None}


def test_one_asks_another_agrees_and_the_receipt_shows_both(office: Office) -> None:
    receipt = aid(office, [1, 2], "2026-06-10")["receipt"]
    asked = ask(office, receipt, "李四").json()
    assert (asked["state"], asked["withdrawal"]["asked_by"]) == ("done", "county:李四")
    assert asked["withdrawal"]["agreed_by"] is None
    again = ask(office, receipt, "李四")
    assert (again.status_code, "另一" in again.json()["detail"]) == (409, True)
    assert len(standing(office.published())) == 2
    agreed = ask(office, receipt, "王五").json()
    assert agreed["withdrawal"]["agreed_by"] == "county:王五"
    assert office.door.work_once()
    done = office.receipt(receipt)
    assert (done["state"], done["rows"][0]["reason"], done["accepted"]) == ("refused", "withdrawn", 2)
    assert "李四" in done["rows"][0]["hint"]
    assert standing(office.published()) == {}
    assert ask(office, receipt, "赵六").status_code == 409
    assert ask(office, "20260615-nothing", "赵六").status_code == 404


def test_asking_may_be_taken_back(office: Office) -> None:
    receipt = aid(office, [1], "2026-06-10")["receipt"]
    ask(office, receipt, "李四")
    assert ask(office, receipt, "李四", method="DELETE").json().get("withdrawal") is None
    assert ask(office, receipt, "李四", method="DELETE").status_code == 409
    assert ask(office, receipt, "王五").json()["state"] == "done"  # asks anew: nobody has agreed


def test_what_a_withdrawn_list_ended_and_changed_stands_again(office: Office) -> None:
    first = aid(office, [1, 2, 3], "2026-05-31", shape="list")
    wrong = aid(office, [1, 2], "2026-06-10", shape="list", amount="900")
    assert (wrong["accepted"], wrong["withdrawn"]) == (2, 1)
    before = office.published()
    take_back(office, wrong["receipt"])
    words = office.published()
    assert sorted(standing(words).values()) == ["300", "300", "300"]
    closing = words[-1].data
    assert isinstance(closing, SendingClosed)
    assert closing.withdraws == wrong["receipt"]
    (scope,) = closing.lists
    assert scope.counts is not None
    assert (scope.counts.sending, scope.counts.as_of.isoformat()) == (first["receipt"], "2026-05-31")
    assert {word.sending for word in words[len(before) :]} == {f"{wrong['receipt']}-back"}
    assert [word.seq for word in words] == list(range(1, len(words) + 1))


def test_the_same_bytes_count_again_after_their_withdrawal(office: Office) -> None:
    content = f"姓名,身份证号,类别,金额\n人1,{number(1)},低保,300\n".encode()
    first = office.settled(office.file(FEED, "a.csv", content))
    assert office.settled(office.file(FEED, "a.csv", content))["duplicate"] == 1
    take_back(office, first["receipt"])
    assert standing(office.published()) == {}  # the repeat had said nothing
    again = office.settled(office.file(FEED, "a.csv", content))
    assert (again["state"], again["accepted"], len(standing(office.published()))) == ("done", 1, 1)
    assert office.settled(office.file(FEED, "a.csv", content))["duplicate"] == 1


def test_after_thirty_days_a_sending_stays(office: Office) -> None:
    receipt = aid(office, [1], "2026-06-10")["receipt"]
    office.pass_seconds(31 * 86_400)
    late = ask(office, receipt, "李四")
    assert (late.status_code, "30 天" in late.json()["detail"]) == (409, True)


def test_asking_agreeing_and_taking_back_stand_in_the_audit_chain(office: Office) -> None:
    receipt = aid(office, [1], "2026-06-10")["receipt"]
    for name, method in (("李四", "POST"), ("李四", "DELETE"), ("李四", "POST"), ("王五", "POST")):
        ask(office, receipt, name, method=method)
    with office.engine.connect() as connection:
        rows = connection.execute(select(AUDIT).where(AUDIT.c.object == receipt).order_by(AUDIT.c.seq)).all()
    assert [(row.actor, row.action) for row in rows] == [
        ("county:李四", "receipt.withdraw"), ("county:李四", "receipt.keep"),
        ("county:李四", "receipt.withdraw"), ("county:王五", "receipt.withdraw"),
    ]  # fmt: skip
