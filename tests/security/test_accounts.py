"""Local accounts: a password shown once, an area that is a wall, an end that is felt within seconds (A1, A14, A15)."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from services.alerts.accounts import AccountRefused, Accounts
from services.alerts.web.auth import Sessions
from shouwang.kit.audit import Audit
from shouwang.kit.clock import SHANGHAI, FixedClock
from tests.asgi import client
from tests.seeded import COUNTIES, COUNTY, KEY, OTHER_VILLAGE, VILLAGE, Home, Seeded

MINE, OTHERS = Home("H-1", village=VILLAGE), Home("H-2", village=OTHER_VILLAGE)
NOBODY = Home("H-3")


@pytest.fixture
def seeded(tmp_path: Path) -> Seeded:
    return Seeded(tmp_path, [MINE, OTHERS])


@pytest.fixture
def browser(seeded: Seeded) -> Iterator[httpx.Client]:
    with client(seeded.app) as made:
        yield made


def sign_in(browser: httpx.Client, login: str, password: str) -> httpx.Response:
    token = re.search(r'name="token" value="([^"]+)"', browser.get("/login").text)
    assert token is not None
    return browser.post("/login", data={"login": login, "key": password, "token": token[1]})


def add(seeded: Seeded, role: str, area: str, login: str = "li.si") -> str:
    return seeded.triage.accounts.add(login, "李四", role, area, actor="county")


def acts(seeded: Seeded) -> list[tuple[str, str, str]]:
    with seeded.engine.connect() as connection:
        rows = connection.exec_driver_sql("select actor, action, object from audit order by seq").all()
    return [tuple(row) for row in rows]


def test_the_password_is_shown_once_and_kept_as_a_hash(seeded: Seeded) -> None:
    with client(seeded.app, key=KEY) as county:
        asked = {"login": "li.si", "name": "李四", "role": "村", "area": VILLAGE}
        made = county.post("/api/v1/users", json=asked).json()
        listed = county.get("/api/v1/users")
    assert len(made["password"].replace("-", "")) == 16
    assert made["password"] not in listed.text
    assert "secret" not in listed.text
    with seeded.engine.connect() as connection:
        (secret,) = connection.exec_driver_sql("select secret from accounts").one()
    assert secret.startswith("$argon2id$")


def test_a1_a_village_sees_its_own_households_and_of_others_not_even_that_they_are(
    seeded: Seeded, browser: httpx.Client
) -> None:
    assert sign_in(browser, "li.si", add(seeded, "村", VILLAGE)).headers["location"] == "/"
    queue = browser.get("/").text
    assert MINE.ref in queue
    assert OTHERS.ref not in queue
    assert OTHER_VILLAGE not in queue
    assert "李四" in queue
    assert browser.get(f"/households/{MINE.ref}").status_code == 200
    other, nobody = (browser.get(f"/households/{home.ref}") for home in (OTHERS, NOBODY))
    assert other.status_code == nobody.status_code == 404
    asked_for = re.compile(rf"{OTHERS.ref}|{NOBODY.ref}|[0-9a-f]{{16,}}")
    assert asked_for.sub("", other.text) == asked_for.sub("", nobody.text)
    assert browser.get(f"/?village={OTHER_VILLAGE}").text.count("/households/") == 0


def test_an_officers_session_reads_nothing_over_the_api(seeded: Seeded, browser: httpx.Client) -> None:
    sign_in(browser, "li.si", add(seeded, "县业务", COUNTY))
    assert browser.get("/").status_code == 200
    assert browser.get("/api/v1/alerts").status_code == 401
    assert browser.get("/api/v1/users").status_code == 401


@pytest.mark.parametrize("role", ["运维", "审计员", "部门数据员"])
def test_roles_that_see_no_household_get_no_page_with_one(seeded: Seeded, browser: httpx.Client, role: str) -> None:
    sign_in(browser, "li.si", add(seeded, role, COUNTY))
    for path in ("/", f"/households/{MINE.ref}"):
        answer = browser.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 403
        assert MINE.ref not in answer.text


def test_a15_a_disabled_account_is_out_within_five_seconds(tmp_path: Path, seeded: Seeded) -> None:
    clock = FixedClock(datetime(2026, 6, 15, 9, tzinfo=SHANGHAI))
    accounts = Accounts(seeded.engine, COUNTIES, clock, Audit(bytes(32), clock))
    officer = accounts.sign_in("li.si", accounts.add("li.si", "李四", "村", VILLAGE, actor="county"))
    sessions = Sessions(clock, accounts)
    session = sessions.open("li.si", officer)
    accounts.disable("li.si", actor="county")
    clock.set(clock.now() + timedelta(seconds=5))
    assert sessions.find(session.token) is None
    assert accounts.sign_in("li.si", "whatever") is None


def test_a_wrong_password_an_unknown_and_an_ended_account_get_the_same_answer(
    seeded: Seeded, browser: httpx.Client
) -> None:
    add(seeded, "村", VILLAGE)
    ended = add(seeded, "村", VILLAGE, "wang.wu")
    seeded.triage.accounts.disable("wang.wu", actor="county")
    answers = [sign_in(browser, *said) for said in (("li.si", "wrong"), ("nobody", "wrong"), ("wang.wu", ended))]
    assert {answer.status_code for answer in answers} == {401}
    token = re.compile(r'name="token" value="[^"]+"')
    assert len({token.sub("", answer.text) for answer in answers}) == 1
    assert sign_in(browser, "li.si", KEY).status_code == 401


def test_every_change_of_an_account_is_one_act_in_the_chain(seeded: Seeded, browser: httpx.Client) -> None:
    sign_in(browser, "li.si", add(seeded, "村", VILLAGE))
    seeded.triage.accounts.disable("li.si", actor="county")
    assert acts(seeded) == [
        ("county", "account.add", "li.si"),
        ("li.si", "session.open", "li.si"),
        ("county", "account.disable", "li.si"),
    ]


@pytest.mark.parametrize(
    ("login", "role", "area", "why"),
    [
        ("Li", "村", VILLAGE, "小写字母"),
        ("li.si", "主任", COUNTY, "没有角色"),
        ("li.si", "村", COUNTY, "12 位"),
        ("li.si", "乡镇", VILLAGE, "9 位"),
        ("li.si", "县业务", "110101", "不在本系统的县内"),
    ],
)
def test_an_account_that_could_do_nothing_right_is_refused(
    seeded: Seeded, login: str, role: str, area: str, why: str
) -> None:
    with pytest.raises(AccountRefused, match=why):
        seeded.triage.accounts.add(login, "李四", role, area, actor="county")
    assert seeded.triage.accounts.all() == []


def test_an_account_in_use_is_not_replaced_and_an_ended_one_begins_anew(seeded: Seeded) -> None:
    first = add(seeded, "村", VILLAGE)
    with pytest.raises(AccountRefused, match="已经有人用"):
        add(seeded, "村", VILLAGE)
    seeded.triage.accounts.disable("li.si", actor="county")
    second = add(seeded, "乡镇", VILLAGE[:9])
    assert seeded.triage.accounts.sign_in("li.si", first) is None
    officer = seeded.triage.accounts.sign_in("li.si", second)
    assert officer is not None
    assert officer.covers(OTHER_VILLAGE)
