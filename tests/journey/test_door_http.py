"""A bureau at its door: what is taken, what is answered at once, and that nothing is half taken."""

import gzip
import json
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from contracts.catalogue import DEPARTMENTS, FACTS, facts_of
from tests.asgi import client
from tests.doors import COUNTY, OTHER, Office, csv

TOP = Path(__file__).parents[2]
TEXT_FORMAT = b"49"
"""The number Excel gives the format "@"."""

RECEIPT_KEYS = {
    "receipt", "state", "department", "feed", "shape", "as_of", "received", "accepted", "unchanged", "superseded",
    "duplicate", "rejected", "withdrawn", "doubtful", "skipped", "columns_dropped", "held_because", "rows", "warnings",
}  # fmt: skip


def number(base: str) -> str:
    """An ID number of 17 digits with its check digit."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(base)) % 11
    return base + "10X98765432"[total]


def child(n: int, **more: str) -> dict[str, str]:
    return {
        "姓名": f"孩子{n}",
        "身份证号": number(f"53292720140512{n:03d}"),
        "台账编号": f"T{n}",
        "状态": "已辍学",
    } | more


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, "education")
    yield made
    made.close()


def push(office: Office, content: bytes, media: str = "application/json", **headers: str) -> httpx.Response:
    said = {"Content-Type": media, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return office.bureau.post("/v1/feeds/school_absence/records", content=content, headers=said)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """A problem as it must be: Chinese title, what to do, trace id."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["trace_id"]
    assert said["detail"]
    assert any("\u4e00" <= char <= "\u9fff" for char in said["title"])
    return said


def waiting(office: Office) -> int:
    return int(office.county.get("/v1/progress", params={"county": COUNTY.code}).json()["working"])


def test_a_push_becomes_words_and_a_receipt_that_adds_up(office: Office) -> None:
    answer = office.records("school_absence", [child(1), child(2), {"姓名": "钱二", "身份证号": "1"}])
    assert answer.json()["state"] == "working"
    receipt = office.settled(answer)
    assert set(receipt) == RECEIPT_KEYS
    assert set(answer.json()) == RECEIPT_KEYS | {"href"}
    assert (receipt["state"], receipt["shape"]) == ("done", "increment")
    assert [receipt[name] for name in ("received", "accepted", "rejected")] == [3, 2, 1]
    assert [row["line"] for row in receipt["rows"]] == [3]
    *words, closing = office.published()
    assert [word.seq for word in words] == [1, 2]
    assert (closing.type, closing.subject, closing.fact) == ("education.sending.v1", COUNTY.code, receipt["receipt"])
    assert {word.sending for word in words} == {receipt["receipt"]}
    assert office.door.idle(COUNTY.code)
    assert {one.name for one in office.vault.people} == {"孩子1", "孩子2"}


def test_nothing_that_names_a_person_is_in_the_database_or_on_the_topic(office: Office) -> None:
    office.settled(office.records("school_absence", [child(7, 姓名="金丝雀")]))
    office.published()
    kept = b"".join(file.read_bytes() for file in office.folder.glob("*.db*"))
    for clear in ("金丝雀", child(7)["身份证号"]):
        assert clear.encode() not in kept
        assert clear.encode("utf-16-le") not in kept


def test_ndjson_and_gzip_are_taken_like_json(office: Office) -> None:
    lines = b"".join(json.dumps(child(n), ensure_ascii=False).encode() + b"\n" for n in range(1, 4))
    plain = office.settled(push(office, lines, "application/x-ndjson"))
    assert plain["accepted"] == 3
    packed = office.settled(push(office, gzip.compress(lines), "application/x-ndjson", Content_Encoding="gzip"))
    assert packed["duplicate"] == 3
    two = gzip.compress(lines[: len(lines) // 2]) + gzip.compress(lines[len(lines) // 2 :])
    assert office.settled(push(office, two, "application/x-ndjson", Content_Encoding="gzip"))["duplicate"] == 3


def test_an_empty_increment_says_there_is_nothing_new(office: Office) -> None:
    receipt = office.settled(office.records("school_absence", []))
    assert (receipt["state"], receipt["received"]) == ("done", 0)


@pytest.mark.parametrize(("content", "media", "status"), [
    (b"{", "application/json", 422),
    (b"[]", "application/json", 422),
    (b'{"records": 3}', "application/json", 422),
    (b'{"records": [3]}', "application/json", 422),
    (b'{"records": [{"a": {"b": 1}}]}', "application/json", 422),
    (b'{"records": [{"a": NaN}]}', "application/json", 422),
    (b'{"records": [{"a": 1e999}]}', "application/json", 422),
    (b'{"records": [{"a": "\\ud800"}]}', "application/json", 422),
    (b'{"records": [{"a": ' + b"9" * 5000 + b"}]}", "application/json", 422),
    (b'{"records": ' + b"[" * 100_000, "application/json", 422),
    (b"\xff\xfe\xfd", "application/json", 422),
    (b'{"a": 1}\n{"a"\n', "application/x-ndjson", 422),
    (b"", "application/x-ndjson", 422),
    (b"a,b", "text/csv", 415),
    (b'{"records": []}', "", 415),
    (json.dumps({"records": [{"a": 1}] * 10_001}).encode(), "application/json", 413),
    (b'{"records": [{"a": "' + b"x" * (8 * 1024 * 1024) + b'"}]}', "application/json", 413),
])  # fmt: skip
def test_a_push_that_cannot_be_used_is_answered_at_once(
    office: Office, content: bytes, media: str, status: int
) -> None:
    problem(push(office, content, media), status)
    assert waiting(office) == 0


def test_gzip_is_never_inflated_beyond_the_limit(office: Office) -> None:
    problem(push(office, gzip.compress(b" " * 9_000_000), Content_Encoding="gzip"), 413)
    problem(push(office, gzip.compress(b'{"records": []}')[:-6], Content_Encoding="gzip"), 422)
    problem(push(office, b"no gzip", Content_Encoding="gzip"), 422)
    problem(push(office, b"x", Content_Encoding="br"), 415)


def test_a_wrong_key_is_401_and_a_key_of_others_403(office: Office, tmp_path: Path) -> None:
    body = {"records": [child(1)]}
    path = "/v1/feeds/school_absence/records"
    app = office.door.app()
    for key in (
        "",
        "nonsense",
        office.key[:-1] + ("0" if office.key[-1] != "0" else "1"),
        office.key.replace("education", "health"),
    ):
        assert problem(client(app, key=key).post(path, json=body), 401)["code"] == "key_wrong"
    # The same installation: its departments share the county's keys.
    health = Office(tmp_path, "health", clock=office.clock)
    problem(client(app, key=health.key).post(path, json=body), 403)
    problem(client(app, key=office.key).post(path, params={"county": OTHER.code}, json=body), 403)
    problem(
        client(app, key=office.keyring.service_key("county")).post(path, params={"county": "110101"}, json=body), 403
    )
    health.close()
    assert waiting(office) == 0


def test_a_revoked_key_is_wrong_at_once(office: Office) -> None:
    (key,) = office.county.get("/v1/keys", params={"county": COUNTY.code}).json()["keys"]
    assert "key" not in key
    gone = office.county.delete(f"/v1/keys/{key['id']}", params={"county": COUNTY.code})
    assert gone.status_code == 204
    problem(office.records("school_absence", [child(1)]), 401)


def test_an_address_with_many_wrong_keys_is_told_to_wait_but_a_right_key_is_not(office: Office) -> None:
    wrong = client(office.door.app(), key="wrong")
    answers = [wrong.get("/v1/receipts").status_code for _ in range(25)]
    assert answers[:20] == [401] * 20
    assert answers[-1] == 429
    assert office.bureau.get("/v1/receipts").status_code == 200


def test_only_the_county_sees_and_makes_keys(office: Office) -> None:
    problem(office.bureau.get("/v1/keys"), 403)
    problem(office.bureau.post("/v1/keys", json={}), 403)


def test_an_unknown_feed_is_404_and_names_the_known_ones(office: Office) -> None:
    said = problem(office.records("nothing", [child(1)]), 404)
    assert "school_absence" in said["detail"]
    problem(office.bureau.get("/v1/receipts/none"), 404)


def test_another_countys_receipt_does_not_exist(office: Office) -> None:
    receipt = office.records("school_absence", [child(1)]).json()["receipt"]
    stranger = client(office.door.app(), key=office.issue(OTHER))
    problem(stranger.get(f"/v1/receipts/{receipt}"), 404)
    assert stranger.get("/v1/receipts").json() == {"receipts": []}


def test_the_same_key_again_gets_the_same_receipt_and_other_content_409(office: Office) -> None:
    headers = {"Idempotency-Key": "a-1"}
    path = "/v1/feeds/school_absence/records"
    first = office.bureau.post(path, json={"records": [child(1)]}, headers=headers)
    again = office.bureau.post(path, json={"records": [child(1)]}, headers=headers)
    assert again.json()["receipt"] == first.json()["receipt"]
    problem(office.bureau.post(path, json={"records": [child(2)]}, headers=headers), 409)
    problem(
        office.bureau.post(path, json={"records": [child(1)]}, headers=headers, params={"as_of": "2026-06-01"}), 409
    )
    assert waiting(office) == 1
    office.pass_seconds(73 * 3600)
    later = office.bureau.post(path, json={"records": [child(2)]}, headers=headers)
    assert later.json()["receipt"] != first.json()["receipt"]


def test_the_same_file_again_is_all_duplicate_under_another_name_too(office: Office) -> None:
    content = csv("姓名,身份证号,台账编号,状态", *(",".join(child(n).values()) for n in range(1, 4)))
    assert office.settled(office.file("school_absence", "一月.csv", content))["accepted"] == 3
    again = office.settled(office.file("school_absence", "副本.csv", content))
    assert (again["state"], again["duplicate"], again["accepted"]) == ("done", 3, 0)


@pytest.mark.parametrize(("name", "content", "status", "code"), [
    ("a.xls", b"<html><table></table></html>", 415, "file_kind"),
    ("a.pdf", b"%PDF-1.7 ...", 415, "file_kind"),
    ("a.xlsx", "姓名\n".encode(), 415, "file_kind"),
    ("a.csv", b"", 422, "file_unreadable"),
    ("a.xlsx", b"PK\x03\x04 broken off", 422, "file_unreadable"),
])  # fmt: skip
def test_a_file_of_no_use_is_answered_at_once(
    office: Office, name: str, content: bytes, status: int, code: str
) -> None:
    assert problem(office.file("school_absence", name, content), status)["code"] == code
    assert waiting(office) == 0


def test_a_file_found_unreadable_later_is_a_refused_receipt(office: Office) -> None:
    receipt = office.settled(office.file("school_absence", "a.csv", '姓名,身份证号\n"赵一'.encode() + b"\n" * 200))
    (row,) = receipt["rows"]
    assert (receipt["state"], row["reason"]) == ("refused", "file_unreadable")
    assert "引号" in row["hint"]
    missing = office.settled(office.file("school_absence", "a.csv", csv("姓名,证件", "赵一,1")))
    assert (missing["state"], missing["rows"][0]["reason"]) == ("refused", "column_missing")


def test_a_body_that_is_no_multipart_or_has_no_file_is_refused(office: Office) -> None:
    path = "/v1/feeds/school_absence/files"
    problem(office.bureau.post(path, content=b"x"), 415)
    problem(office.bureau.post(path, files={"other": ("a.csv", b"x")}), 422)
    broken = {"Content-Type": "multipart/form-data; boundary=b"}
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nabc'
    problem(office.bureau.post(path, content=body, headers=broken), 422)
    problem(office.bureau.post(path, content=b"x", headers={"Content-Length": str(300 * 1024**2), **broken}), 413)
    assert waiting(office) == 0


def test_parameters_that_mean_nothing_are_422(office: Office) -> None:
    for asked in ({"as_of": "gestern"}, {"shape": "all"}, {"scope": "110101001"}, {"scope": "x"}):
        problem(office.records("school_absence", [child(1)], **asked), 422)


def test_a_list_in_parts_is_one_sending(tmp_path: Path) -> None:
    office = Office(tmp_path, "health")
    rows = [
        {"姓名": f"人{n}", "身份证号": number(f"53292719800101{n:03d}"), "年度": "2026", "个人自付": f"{n}00"}
        for n in range(1, 6)
    ]
    asked = {"list": "2026-06", "as_of": "2026-06-10"}
    first = office.records("self_paid_year", rows[:2], part="1", **asked)
    assert first.json()["state"] == "working"
    complete = "/v1/feeds/self_paid_year/lists/2026-06/complete"
    office.records("self_paid_year", rows[4:], part="3", **asked)
    problem(office.bureau.post(complete), 409)
    problem(office.records("self_paid_year", rows[1:2], part="1", **asked), 409)
    assert office.records("self_paid_year", rows[:2], part="1", **asked).status_code == 202
    problem(office.records("self_paid_year", rows[2:4], part="2", **(asked | {"as_of": "2026-06-11"})), 409)
    office.records("self_paid_year", rows[2:4], part="2", **asked)
    assert not office.door.work_once()
    receipt = office.settled(office.bureau.post(complete))
    assert receipt["receipt"] == first.json()["receipt"]
    assert (receipt["shape"], receipt["received"], receipt["accepted"]) == ("list", 5, 5)
    assert office.bureau.post(complete).json()["receipt"] == receipt["receipt"]
    problem(office.bureau.post("/v1/feeds/self_paid_year/lists/other/complete"), 404)
    problem(office.records("self_paid_year", rows, list="x"), 400)
    office.close()


def test_rejected_rows_come_as_a_workbook_of_plain_text(office: Office) -> None:
    rows = [child(1, 状态='=cmd|"/c calc"!A1'), child(2, 身份证号="=1+1"), child(3, 状态="+86")]
    receipt = office.settled(office.records("school_absence", rows))
    assert receipt["rejected"] == 3
    answer = office.bureau.get(f"/v1/receipts/{receipt['receipt']}/rejected.xlsx")
    sheet = openpyxl.load_workbook(BytesIO(answer.content)).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert all(cell.value is None for cell in cells if cell.data_type == "n")
    lines = [cell.value for cell in sheet[1]].index("原行号")
    assert [row[lines].value for row in sheet.iter_rows()] == ["原行号", "1", "2", "3"]


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_what_a_department_may_send_is_what_its_contract_says(tmp_path: Path, department: str) -> None:
    office = Office(tmp_path, department)
    said = {feed["type"]: feed for feed in office.bureau.get("/v1/feeds").json()["feeds"]}
    assert said.keys() == {fact.meta.type for fact in facts_of(DEPARTMENTS[department])}
    for type_, feed in said.items():
        meta = FACTS[type_].meta
        assert (feed["title"], feed["subject"], feed["shape"]) == (meta.title, meta.subject, meta.shape)
        assert (feed["rhythm"]["months"], feed["rhythm"]["by"]) == (list(meta.rhythm.months), meta.rhythm.by)
        assert {column["name"] for column in feed["columns"]} >= {"数据日期", "操作", "报送时间"}
    office.close()


def test_a_closed_list_is_a_drop_down_and_ids_are_text(office: Office) -> None:
    content = office.bureau.get("/v1/feeds/school_absence/template.xlsx").content
    sheet = openpyxl.load_workbook(BytesIO(content)).worksheets[0]
    offered = [rule.formula1 for rule in sheet.data_validations.dataValidation]
    assert '"疑似辍学,已辍学,已复学"' in offered
    with zipfile.ZipFile(BytesIO(content)) as parts:
        columns = re.findall(rb"<col [^>]*>", parts.read("xl/worksheets/sheet1.xml"))
        formats = re.findall(rb"<xf numFmtId=\"(\d+)\"", parts.read("xl/styles.xml").split(b"<cellXfs")[1])
    assert sum(int(column.split(b'"')[3]) - int(column.split(b'"')[1]) + 1 for column in columns) == sheet.max_column
    styles = [formats[int(column.split(b'style="')[1].split(b'"')[0])] for column in columns]
    names = [cell.value for cell in sheet[1]]
    assert {styles[names.index(name)] for name in ("身份证号", "台账编号")} == {TEXT_FORMAT}


def test_health_and_metrics_need_no_key(office: Office) -> None:
    office.settled(office.records("school_absence", [child(1)]))
    stranger = client(office.door.app())
    assert stranger.get("/livez").status_code == 200
    assert stranger.get("/readyz").json()["ok"]
    assert 'shouwang_rows_total{counted="accepted"' in stranger.get("/metrics").text


def test_receipts_are_listed_newest_first(office: Office) -> None:
    made = [office.records("school_absence", [child(n)]).json()["receipt"] for n in range(1, 4)]
    listed = office.bureau.get("/v1/receipts", params={"limit": 2}).json()["receipts"]
    assert [one["receipt"] for one in listed] == [made[2], made[1]]
