"""Whoever acted or looked stands in a chain, and any change of it is found: through the running instance."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import sqlalchemy as sa
from typer.testing import CliRunner

from shouwang.cli.commands import app
from shouwang.cli.day import turn
from shouwang.cli.push import send
from shouwang.cli.reach import Place, reaching
from shouwang.kit.clock import SHANGHAI
from shouwang.standalone import chains
from shouwang.standalone.serve import Standalone

COUNTY = "532927"
CHILD, HOUSE = "532927201403010017", "HH-1"
ROSTER = (
    f"姓名,身份证号,户编号,村代码,与户主关系,生效日期,变动\n李小一,{CHILD},{HOUSE},532927102201,长子,2020-01-01,在户\n"
)
ABSENT = "姓名,身份证号,台账编号,缺课天数,发现日期,状态\n" + f"李小一,{CHILD},T-1,16,2026-06-01,疑似辍学\n"


def checked(number: str) -> str:
    """The number with its right check digit."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return number[:17] + "10X98765432"[sum(int(n) * w for n, w in zip(number, weights, strict=False)) % 11]


def look_at_the_household(standalone: Standalone, ref: str) -> None:
    """Sign in as a person does and open the page."""
    with httpx.Client(base_url=standalone.url, trust_env=False) as browser:
        token = re.search(r'name="token" value="([^"]+)"', browser.get("/login").text)
        assert token
        browser.post("/login", data={"key": standalone.keys.service_key("county"), "token": token[1]})
        assert "疑似辍学" in browser.get(f"/households/{ref}").text


def test_a_look_at_a_household_is_found_by_an_incident_and_a_changed_row_by_the_verification(
    standalone: Standalone,
) -> None:
    folder = standalone.installation.folder
    child, identity = checked(CHILD), standalone.keys.identity(COUNTY)
    with reaching(Place.of(folder)) as reach:
        reach.post(reach.api("day"), {"county": COUNTY, "day": "2026-06-14"})
        for department, feed, text in (
            ("civil_affairs", "household_member", ROSTER),
            ("education", "school_absence", ABSENT),
        ):
            said = send(reach, department, feed, "x.csv", text.replace(CHILD, child).encode(), as_of="2026-06-02")
            assert said["accepted"] == 1, said
        turn(reach, date(2026, 6, 15))
    look_at_the_household(standalone, identity.household(HOUSE))

    now = datetime.now(SHANGHAI)
    found = list(chains.looks(standalone.installation, "county", now - timedelta(hours=1), now + timedelta(hours=1)))
    assert {identity.household(HOUSE), identity.person(child)} <= {look.ref for look in found}
    assert "household.view" in {look.action for look in found}
    assert not list(chains.looks(standalone.installation, "another", now - timedelta(hours=1), now))
    assert {name for name, one in chains.verify(standalone.installation) if one.broken_at} == set()

    tamper(folder)
    ran = CliRunner().invoke(app, ["audit", "verify", "--data", str(folder), "--json"])
    assert ran.exit_code == 1
    broken = {one["chain"]: one["broken_at"] for one in map(json.loads, ran.stdout.splitlines())}
    assert broken.pop("alerts") == 1
    assert set(broken.values()) == {None}


def tamper(folder: Path) -> None:
    """What somebody with the database file could do."""
    engine = sa.create_engine(f"sqlite:///{folder}/alerts.db")
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET actor = 'nobody' WHERE seq = 1"))
    engine.dispose()
