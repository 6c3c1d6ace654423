"""The console's pages: what they show, in which order, and that every state is an address."""

import re
from collections.abc import Iterable
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from contracts.catalogue import DEPARTMENTS, SHORT_TITLES
from services.alerts.web.auth import SESSION
from services.alerts.web.console import pages, wording
from shouwang.kit.vault import VaultAway
from tests.asgi import client
from tests.seeded import COUNTY, KEY, OTHER_VILLAGE, Home, Seeded

RED = Home("H-1", "red", says="户主5月失业，孩子缺课16天")
ORANGE = Home("H-2", "orange")
YELLOW = Home("H-3", "yellow", OTHER_VILLAGE, "income", says="人均纯收入8310元，低于监测线")
HELPED = Home("H-4", "red", suppressed=True)
ATTACK = Home("H-5", "yellow", says="<script>alert(1)</script>", relation='"><img src=x onerror=alert(1)>')


class Names:
    """A vault that knows one household."""

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        return {ref: "张*" for ref in refs if (county, ref) == (COUNTY, RED.ref)}


class Away(Names):
    """A vault that does not answer."""

    def find(self, county: str, refs: Iterable[str], *, actor: str) -> dict[str, str]:
        raise VaultAway


def signed_in(seeded: Seeded) -> httpx.Client:
    browser = client(seeded.app)
    found = re.search(r'name="token" value="([^"]+)"', browser.get("/login").text)
    assert found
    browser.post("/login", data={"key": KEY, "token": found[1]})
    assert SESSION in browser.cookies
    return browser


@pytest.fixture
def browser(tmp_path: Path) -> httpx.Client:
    return signed_in(Seeded(tmp_path, [YELLOW, HELPED, ORANGE, RED, ATTACK]))


def refs(page: httpx.Response) -> list[str]:
    """The households a page lists, in its order."""
    return list(dict.fromkeys(re.findall(r"/households/(h1\w+)", page.text)))


def test_the_queue_lists_the_heaviest_first_and_leaves_out_who_is_helped(browser: httpx.Client) -> None:
    listed = refs(browser.get("/"))
    assert listed[:2] == [RED.ref, ORANGE.ref]
    assert set(listed) == {RED.ref, ORANGE.ref, YELLOW.ref, ATTACK.ref}


def test_a_line_says_level_rule_reason_department_and_village(browser: httpx.Client) -> None:
    text = browser.get("/?level=red").text
    for said in ("lv-red", ">红<", "疑似辍学或学费重", RED.says, ">教体<", "102201", "1 人", "06-12"):
        assert said in text, said


@pytest.mark.parametrize(
    ("query", "homes"),
    [
        ("level=red", [RED]),
        ("level=orange", [ORANGE]),
        ("rule=income", [YELLOW]),
        (f"village={OTHER_VILLAGE}", [YELLOW]),
        (f"level=red&village={OTHER_VILLAGE}", []),
        ("level=purple", [RED, ORANGE, YELLOW, ATTACK]),
        ("rule=' OR 1=1 --", []),
    ],
)
def test_a_filter_is_an_address(browser: httpx.Client, query: str, homes: list[Home]) -> None:
    page = browser.get("/?" + query)
    assert set(refs(page)) == {home.ref for home in homes}
    assert f"共 {len(homes)} 户有预警" in page.text
    assert page.status_code == 200


def test_paging_shows_everybody_once(tmp_path: Path) -> None:
    homes = [Home(f"H-{place}", ("red", "orange", "yellow")[place % 3]) for place in range(45)]
    browser = signed_in(Seeded(tmp_path, homes))
    seen: list[str] = []
    address: str | None = "/"
    while address:
        page = browser.get(address)
        seen += refs(page)
        found = re.search(r'href="([^"]+)" rel="next"', page.text)
        address = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == 45
    assert set(seen) == {home.ref for home in homes}


@pytest.mark.parametrize("after", ["x", "1~2", "9~9~9~9", "²~2026-01-01~h1", "0~~"])
def test_a_place_that_is_none_does_no_harm(browser: httpx.Client, after: str) -> None:
    assert browser.get("/", params={"after": after}).status_code == 200


def test_no_alerts_says_so_and_what_to_do(tmp_path: Path) -> None:
    browser = signed_in(Seeded(tmp_path, []))
    assert "部门数据到达并研判后" in browser.get("/").text
    assert "换个条件再看" in browser.get("/?level=red").text


def test_a_household_says_why_on_what_and_what_is_not_known(browser: httpx.Client) -> None:
    text = browser.get(f"/households/{RED.ref}").text
    for said in (
        RED.says, "脱贫户", "长子，12岁", "医疗自付费用过高", "作为依据", "疑似辍学台账", "户成员名册", "2026-06-01",
        "一家 1 口", "没有报送过关于这一户的数据",
    ):  # fmt: skip
        assert said in text, said


def test_what_is_suppressed_is_shown_beside_and_not_as_an_alert(browser: httpx.Client) -> None:
    text = browser.get(f"/households/{HELPED.ref}").text
    assert "已在帮扶，不重复提出" in text
    assert "这一户现在没有预警" in text


@pytest.mark.parametrize("ref", ["h1" + "a" * 26, "x", RED.child, "532927102201", "%27"])
def test_a_household_that_is_none_is_the_same_404_for_all(browser: httpx.Client, ref: str) -> None:
    answer = browser.get(f"/households/{ref}", headers={"accept": "text/html"})
    assert answer.status_code == 404


def test_names_are_masked_and_come_from_the_vault(tmp_path: Path) -> None:
    browser = signed_in(Seeded(tmp_path, [RED, ORANGE], Names()))
    assert "张*" in browser.get("/").text
    assert "张* 一家 1 口" in browser.get(f"/households/{RED.ref}").text


def test_without_the_vault_the_page_shows_references(tmp_path: Path) -> None:
    page = signed_in(Seeded(tmp_path, [RED], Away())).get("/")
    assert page.status_code == 200
    assert wording.short(RED.ref) in page.text


def test_a_day_of_another_year_says_its_year() -> None:
    assert wording.day(date(2026, 6, 28), date(2026, 6, 30)) == "06-28"
    assert wording.day(date(2025, 6, 28), date(2026, 6, 30)) == "2025-06-28"


class Tags(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", ["/", f"/households/{ATTACK.ref}", "/login", "/nowhere"])
def test_a_page_has_no_script_no_inline_style_and_nothing_from_elsewhere(browser: httpx.Client, path: str) -> None:
    for tag, attributes in Tags(browser.get(path, headers={"accept": "text/html"}).text).tags:
        assert tag not in ("script", "style", "iframe", "object", "img")
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "action"):
            assert not re.match(r"[a-z]+:|//", attributes.get(name) or "")


def test_what_a_bureau_sends_is_shown_as_text(browser: httpx.Client) -> None:
    assert "&lt;script&gt;" in browser.get("/").text
    assert "&lt;img src=x" in browser.get(f"/households/{ATTACK.ref}").text


@pytest.mark.parametrize("path", ["/", f"/households/{RED.ref}", "/login"])
def test_every_field_has_a_label_and_every_page_one_heading(browser: httpx.Client, path: str) -> None:
    text = browser.get(path).text
    tags = Tags(text).tags
    assert [tag for tag, _ in tags].count("h1") == 1
    labelled = {attributes.get("for") for tag, attributes in tags if tag == "label"}
    for tag, attributes in tags:
        if tag == "input" and attributes.get("type") != "hidden":
            assert attributes.get("id") in labelled
    assert len(re.findall(r"<label>[^<]+ <select", text)) == [tag for tag, _ in tags].count("select")


def test_every_department_has_a_short_name() -> None:
    assert [wording.department(name) for name in DEPARTMENTS] == list(SHORT_TITLES.values())


FLOOR = ("color-mix(", ":has(", "oklch(", "@layer", "@container", "dvh", "accent-color", "text-wrap")


def test_the_stylesheet_keeps_to_what_the_oldest_browser_knows() -> None:
    sheet = (pages.STATIC / "console.css").read_text(encoding="utf-8")
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    assert not [word for word in FLOOR if word in rules]
    assert not re.findall(r"url\((?!select\.svg|#)", rules)
