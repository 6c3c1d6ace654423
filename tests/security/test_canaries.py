"""People nobody may read: sent through every door, judged and shown; then no file, answer or log line knows them."""

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import date
from io import StringIO
from random import Random
from typing import Any

import httpx
import pytest

from shouwang.cli.day import turn
from shouwang.cli.push import send
from shouwang.cli.reach import Place, Reach, reaching
from shouwang.demo.names import Registry
from shouwang.kit.identity import Identity
from shouwang.standalone.installation import Installation
from shouwang.standalone.serve import Standalone
from tests.security.canary import traces

pytestmark = pytest.mark.xdist_group("canaries")

COUNTY = "532927"
REGISTRY = Registry(Random(9), COUNTY)
FATHER, CHILD = REGISTRY.number(date(1980, 3, 1), "男"), REGISTRY.number(date(2014, 3, 1), "男")
DAMAGED = "532927198003010000"
NAMES = ("欧阳金丝雀", "欧阳小金丝雀", "公孙读不出")
PHONE, ADDRESS, HOUSE = "13877776666", "金丝雀巷七十七号", "HH-CANARY-0077"
CANARIES = (*NAMES, FATHER, CHILD, DAMAGED, PHONE, ADDRESS, HOUSE)
WHO = "姓名,身份证号"
FATHER_IS, CHILD_IS = f"{NAMES[0]},{FATHER}", f"{NAMES[1]},{CHILD}"
SENT = {
    ("civil_affairs", "household_member"): (
        "姓名,身份证号,户编号,村代码,与户主关系,生效日期,变动\n"
        f"{NAMES[0]},{FATHER},{HOUSE},532927102201,户主,2020-01-01,在户\n"
        f"{NAMES[1]},{CHILD},{HOUSE},532927102201,长子,2020-01-01,在户\n"
        f"{NAMES[2]},{DAMAGED},{HOUSE},532927102201,其他,2020-01-01,在户\n"
    ),
    ("rural_affairs", "household"): (
        "户编号,户主姓名,村代码,户类型,人均纯收入,住址,联系电话,备注\n"
        f"{HOUSE},{NAMES[0]},532927102201,脱贫户,7000,{ADDRESS},{PHONE},{NAMES[0]}{FATHER}\n"
    ),
    ("education", "school_absence"): (
        "姓名,身份证号,台账编号,缺课天数,发现日期,状态,备注\n"
        f"{NAMES[1]},{CHILD},T-1,16,2026-06-01,疑似辍学,{NAMES[1]}{PHONE}\n"
        f"{NAMES[2]},{DAMAGED},T-2,三天,2026-06-01,疑似辍学,\n"
    ),
    ("human_resources", "unemployment"): (
        f"姓名,身份证号,登记编号,失业日期,状态\n{NAMES[0]},{FATHER},S-1,2026-05-01,失业\n"
    ),
    ("health", "self_paid_year"): f"{WHO},年度,个人自付\n{FATHER_IS},2026,8642.5\n",
    (
        "health",
        "hospital_stay",
    ): f"{WHO},结算单号,医院,入院日期,出院日期,个人自付\n{FATHER_IS},J-1,县医院,2026-05-02,2026-05-20,11000\n",
    ("health", "outpatient_month"): f"{WHO},年月,门诊统筹自付,门特自付\n{FATHER_IS},2026-05,600,0\n",
    ("health", "serious_illness"): f"{WHO},病种,确诊日期,确诊医院\n{FATHER_IS},胃癌,2026-05-02,县医院\n",
    ("health", "insurance_year"): f"{WHO},年度,参保状态,险种\n{FATHER_IS},2026,未参保,\n",
    ("education", "enrolment"): f"{WHO},学校,学段,年级,入学年月\n{CHILD_IS},县一中,初中,初一,2025-09\n",
    ("education", "school_cost"): f"{WHO},学年,学费,住宿费,教材费,资助金额\n{CHILD_IS},2025-2026,9000,2000,500,0\n",
    ("civil_affairs", "allowance"): f"{WHO},类别,金额,起始日期,状态\n{FATHER_IS},低保,400,2026-05-20,享受\n",
    (
        "human_resources",
        "migrant_work",
    ): f"{WHO},年月,务工地,务工单位,月收入,状态\n{FATHER_IS},2026-05,广东,某厂,4000,返乡\n",
    ("human_resources", "insured_month"): f"{WHO},年月,缴费状态\n{FATHER_IS},2026-05,中断\n",
    ("human_resources", "public_post"): f"{WHO},岗位类型,起始日期,月补贴\n{FATHER_IS},护林员,2026-01-01,800\n",
    ("rural_affairs", "monitored"): (
        f"户编号,户主姓名,监测对象类别,识别时间,风险1,帮扶措施\n{HOUSE},{NAMES[0]},边缘易致贫户,2026-05-01,因病,\n"
    ),
    (
        "rural_affairs",
        "member_condition",
    ): f"{WHO},健康状况,劳动技能,残疾等级,残疾评定日期\n{FATHER_IS},残疾,丧失劳动力,1,2026-05-30\n",
    (
        "rural_affairs",
        "village_event",
    ): "村代码,事件编号,事件类型,开始日期,结束日期,说明\n532927102201,E-1,供水中断,2026-05-01,,水管破裂\n",
}


class Heard:
    """A running instance that has been told of the canaries, and everything it ever answered."""

    def __init__(self, reach: Reach, standalone: Standalone) -> None:
        self.reach, self.standalone = reach, standalone
        self.folder = standalone.installation.folder
        self.said: list[str] = []
        self.lines = StringIO()

    @property
    def identity(self) -> Identity:
        """The county's pseudonyms."""
        return self.standalone.keys.identity(COUNTY)

    def tell(self) -> None:
        """Send everything, and one file that must be refused; then have it judged."""
        self.reach.post(self.reach.api("day"), {"county": COUNTY, "day": "2026-06-14"})
        for (department, feed), text in SENT.items():
            self.hear(send(self.reach, department, feed, f"{NAMES[0]}.csv", text.encode(), as_of="2026-06-02"))
        self.hear(send(self.reach, "health", "self_paid_year", "x.csv", f"姓名\n{NAMES[0]}{FATHER}".encode()))
        turn(self.reach, date(2026, 6, 15))

    def hear(self, answer: Any) -> Any:
        """Note an answer."""
        self.said.append(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))
        return answer


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    folder = tmp_path_factory.mktemp("canaries") / "var"
    with Standalone(Installation(folder), port=0) as standalone, reaching(Place.of(folder)) as reach:
        told = Heard(reach, standalone)
        with redirect_stderr(told.lines):
            told.tell()
        yield told


def shown(reach: Reach, key: str) -> Iterator[str]:
    """Every page and document, as staff and commands get them, mistakes included."""
    for path in ("alerts", "words", "letters", "progress", "rulebook"):
        yield "".join(reach.lines(reach.api(path)))
    with httpx.Client(base_url=reach.place.url, trust_env=False) as browser:
        token = re.search(r'name="token" value="([^"]+)"', browser.get("/login").text)
        assert token
        browser.post("/login", data={"key": key, "token": token[1]})
        page = browser.get("/").text
        yield page
        yield from (browser.get(address).text for address in re.findall(r"/households/h1\w+", page))
        yield browser.post("/departments/health/v1/feeds/x/records", json={"records": [{"姓名": NAMES[0]}]}).text
        yield browser.post("/api/v1/day", json={"county": FATHER}, headers={"Authorization": f"Bearer {key}"}).text


def test_the_canaries_went_in_and_their_alerts_stand(heard: Heard) -> None:
    alerts = [json.loads(line) for line in heard.reach.lines(heard.reach.api("alerts"))]
    assert {alert["subject"] for alert in alerts} == {heard.identity.household(HOUSE), "532927102201"}
    assert {"schooling_after_income_loss", "illness", "relief", "village"} <= {alert["rule"] for alert in alerts}


def test_no_answer_knows_them(heard: Heard) -> None:
    key = heard.standalone.keys.service_key("county")
    for text in (*heard.said, *shown(heard.reach, key)):
        assert not [canary for canary in CANARIES if canary in text], text[:500]


def test_no_file_knows_them_in_any_form(heard: Heard) -> None:
    assert (heard.folder / "alerts.db").exists()
    assert traces(heard.folder, CANARIES) == []


def test_no_line_and_no_metric_knows_them(heard: Heard) -> None:
    doors = (heard.standalone.url, *{heard.reach.door(department) for department, _ in SENT})
    metrics = [httpx.get(f"{door}/metrics", trust_env=False).text for door in doors]
    lines = heard.lines.getvalue()
    assert "translate" in lines
    assert not [canary for canary in CANARIES if canary in lines or any(canary in text for text in metrics)]


def test_only_an_unmasking_with_a_reason_knows_them_and_is_audited(heard: Heard) -> None:
    from services.vault.keeper import VaultStore
    from shouwang.kit.audit import Audit

    keys, clock = heard.standalone.keys, heard.standalone.installation.clock()
    engine = heard.standalone.installation.database("vault")
    audit = Audit(keys.secret("audit-vault"), clock)
    vault = VaultStore(engine, keys.sealer("vault"), audit)
    ref = heard.identity.person(FATHER)
    assert vault.find(COUNTY, [ref], actor="test") == {ref: "欧*"}
    known = vault.unmask(COUNTY, ref, actor="test", reason="入户核查")
    assert {(one.number, one.name) for one in known} == {(FATHER, NAMES[0])}
    (house,) = vault.unmask(COUNTY, heard.identity.household(HOUSE), actor="test", reason="入户核查")[-1:]
    assert (house.phone, house.address) == (PHONE, ADDRESS)
    with engine.connect() as connection:
        assert audit.verify(connection).broken_at is None
    engine.dispose()
