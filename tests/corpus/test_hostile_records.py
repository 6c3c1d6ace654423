"""Pushes that are broken, huge or made to hurt: a 4xx that says why, or a verdict a row; no crash (A19, A24, T15)."""

import gzip
import json
from random import Random
from typing import Any

import pytest

from tests.corpus import people
from tests.corpus.door import Roll, counts, reasons
from tests.doors import Office

PATH = "/v1/feeds/school_absence/records"
CHINESE = range(0x4E00, 0xA000)


def record(seed: str, **more: Any) -> dict[str, Any]:
    """One good record, but for what is said."""
    rng = Random(seed)
    return {"姓名": people.name(rng), "身份证号": people.number(rng), "台账编号": seed, "状态": "已辍学"} | more


def push(office: Office, content: bytes, **headers: str) -> Any:
    """The answer to raw bytes."""
    said = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return office.bureau.post(PATH, content=content, headers=said)


def raw(value: str) -> bytes:
    """A body with one record whose 缺课天数 is this piece of JSON."""
    good = json.dumps(record("raw"), ensure_ascii=False)[:-1]
    return f'{{"records": [{good}, "缺课天数": {value}}}]}}'.encode("utf-8", "surrogatepass")


BROKEN = (
    b"", b"null", b"[]", b'{"records": {}}', b'{"records": [1]}', b'{"records": [[]]}', b"[" * 100_000, b"\xff\xfe{}",
    b'{"records":' + b"[" * 20_000 + b"]" * 20_000 + b"}", raw("[" * 9_000 + "]" * 9_000), raw("NaN"), raw("1")[:-3],
    raw("-Infinity"), raw("1" * 5_000), raw('{"a": 1}'), raw('"\\ud800"'), raw('"\ud800"'), b"\x1f\x8b" + b"x" * 50,
)  # fmt: skip


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a24_a_body_that_is_no_list_of_flat_records_is_refused_whole(office: Office, content: bytes) -> None:
    said = push(office, content)
    assert said.status_code == 422, said.text
    assert said.headers["content-type"] == "application/problem+json"
    assert any(ord(char) in CHINESE for char in said.json()["detail"])


@pytest.mark.parametrize(("value", "reason"), [
    ("1" * 300, "amount_invalid"), ("1e308", "amount_invalid"), ("-1", "amount_invalid"), ("1.5", "amount_invalid"),
    ("true", "amount_invalid"), (f'"{"9" * 10_000}"', "amount_invalid"), ('"\\u0000"', "amount_invalid"),
    ("null", ""), ('"35"', ""), ("35.0", ""),
], ids=range(10))  # fmt: skip
def test_t15_a_value_out_of_this_world_costs_its_row_and_no_other(office: Office, value: str, reason: str) -> None:
    said = push(office, raw(value))
    assert said.status_code == 202
    receipt = office.settled(said)
    assert reasons(receipt) == ([(1, "缺课天数", reason)] if reason else [])


@pytest.mark.parametrize(
    "text",
    ["\x00", "a\x00b", "\x1b[31m", "\r\n[error] x", "=1+1", "'; DROP TABLE sending; --", "\u202e", "\U0001f600" * 500],
)
@pytest.mark.parametrize("column", ["姓名", "台账编号", "学校", "身份证号"])
def test_t15_odd_texts_are_texts_or_a_verdict(office: Office, column: str, text: str) -> None:
    seed = f"odd{column}{text[:3]!r}"
    good, odd = record(seed + "+"), record(seed, **{column: text})
    receipt = office.settled(office.records("school_absence", [good, odd]))
    assert receipt["state"] == "done"
    assert receipt["received"] == 2
    assert all(row["line"] == 2 for row in receipt["rows"])
    office.published()


@pytest.mark.parametrize(("headers", "status"), [
    ({"Content_Type": "text/csv"}, 415), ({"Content_Type": "multipart/form-data"}, 415), ({"Content_Type": ""}, 415),
    ({"Content_Encoding": "br"}, 415), ({"Content_Encoding": "gzip, gzip"}, 415), ({"Content_Encoding": "gzip"}, 422),
    ({"Idempotency_Key": "x" * 201}, 422),
])  # fmt: skip
def test_a19_other_media_and_encodings_are_refused(office: Office, headers: dict[str, str], status: int) -> None:
    assert push(office, json.dumps({"records": [record("media")]}).encode(), **headers).status_code == status


def test_a19_a_gzip_bomb_is_let_out_no_further_than_the_limit(office: Office) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    assert len(bomb) < 100_000
    for content in (bomb, gzip.compress(bomb), gzip.compress(b"a" * 4_000_000) * 40):
        assert push(office, content, Content_Encoding="gzip").status_code in (413, 422)
    assert push(office, b" " * (8 * 1024 * 1024 + 1)).status_code == 413
    half = gzip.compress(json.dumps({"records": [record("half")]}).encode())
    assert push(office, half[:-5], Content_Encoding="gzip").status_code == 422
    assert push(office, half, Content_Encoding="gzip").status_code == 202


def test_a19_more_rows_than_the_limit_and_ten_thousand_columns(office: Office) -> None:
    many = json.dumps({"records": [{"a": 1}] * 10_001}).encode()
    assert push(office, many).status_code == 413
    wide = record("wide") | {f"列{n}": "x" for n in range(10_000)}
    receipt = office.settled(office.records("school_absence", [wide]))
    assert counts(receipt) == ("done", 1, 1, 0)
    assert len(receipt["columns_dropped"]) == 10_000


def test_a12_the_same_key_with_other_content_is_refused_and_with_the_same_answered_alike(office: Office) -> None:
    body = json.dumps({"records": [record("repeat")]}).encode()
    other = json.dumps({"records": [record("repeat2")]}).encode()
    first = push(office, body, Idempotency_Key="k-1")
    assert push(office, body, Idempotency_Key="k-1").json()["receipt"] == first.json()["receipt"]
    refused = push(office, other, Idempotency_Key="k-1")
    assert (refused.status_code, refused.json()["code"]) == (409, "repeat_conflict")
    path = f"{PATH}?as_of=2026-06-01"
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
    assert office.bureau.post(path, content=body, headers=headers).status_code == 409
    office.pass_seconds(73 * 3600)
    assert push(office, other, Idempotency_Key="k-1").status_code == 202


@pytest.mark.parametrize(("scope", "status"), [
    ("532927100", 202), ("532927100200", 202), ("", 202), ("532927", 422), ("5329271", 422), ("532901100", 422),
    ("5329271002001", 422), ("53292710０", 422), ("53292710a", 422), ("532927100 ", 422),
])  # fmt: skip
def test_a_scope_is_a_township_or_a_village_of_the_county(civil: Office, scope: str, status: int) -> None:
    rows = [{"身份证号": people.number(Random(scope)), "户编号": f"S{len(scope)}"}]
    pushed = civil.records("household_member", rows, shape="list", scope=scope)
    assert pushed.status_code == status
    sent = civil.file("household_member", "a.csv", Roll("scope").seed.encode(), scope=scope)
    assert sent.status_code == status
    while civil.door.work_once():
        pass
