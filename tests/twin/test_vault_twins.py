"""The vault in process and over HTTP: one suite, both ways."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from services.vault.keeper import MIGRATIONS, VaultStore
from services.vault.rows import KEYS, SAID
from services.vault.web import build
from shouwang.kit.audit import TABLE, Audit, verify
from shouwang.kit.clock import SHANGHAI, FixedClock
from shouwang.kit.database import open_database, upgrade
from shouwang.kit.identity import Identity
from shouwang.kit.keys import KeyRing
from shouwang.kit.metrics import Metrics
from shouwang.kit.vault import Identified, ReasonMissing, Unmasked, Vault, VaultAway, VaultHttp, masked
from tests.asgi import AsgiTransport

COUNTY = "532927"
IDENTITY = Identity(bytes(32))
AUDIT_KEY = bytes(32)
NUMBER = "53292720140315001X"
REF = IDENTITY.person(NUMBER)
ZHANG = Identified(REF, NUMBER, "张小明", "13800000000", "某村3组")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    made = open_database(f"sqlite:///{tmp_path}/vault.db")
    upgrade(made, MIGRATIONS)
    return made


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> VaultStore:
    clock = FixedClock(datetime(2026, 6, 15, tzinfo=SHANGHAI))
    sealer = KeyRing.open(tmp_path / "keys", create=True).sealer("vault")
    return VaultStore(engine, sealer, Audit(AUDIT_KEY, clock))


def over_http(app: FastAPI, key: str = "key") -> VaultHttp:
    return VaultHttp("", key, client=httpx.Client(transport=AsgiTransport(app), base_url="http://vault.test"))


@pytest.fixture(params=["in process", "over http"])
def vault(request: pytest.FixtureRequest, store: VaultStore) -> Vault:
    if request.param == "in process":
        return store
    return over_http(build(store, "key", Metrics(CollectorRegistry())))


@pytest.fixture
def acts(engine: Engine) -> Callable[[], list[tuple[Any, ...]]]:
    def read() -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(TABLE).order_by(TABLE.c.seq)).mappings()]
        assert verify(AUDIT_KEY, rows).broken_at is None
        return [(row["actor"], row["action"], row["object"], row["reason"], row["result"]) for row in rows]

    return read


def test_what_was_kept_is_found_masked_and_unmasked_whole(vault: Vault) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    assert vault.find(COUNTY, [REF, IDENTITY.person("other")], actor="杨丽华") == {REF: "张*"}
    assert vault.unmask(COUNTY, REF, actor="杨丽华", reason="入户核查") == (
        Unmasked(REF, "education", NUMBER, "张小明", "13800000000", "某村3组"),
    )


def test_the_newest_of_each_department_is_kept_and_the_last_to_say_something_new_names(vault: Vault) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    vault.keep(COUNTY, "health", [Identified(REF, NUMBER, "章小明")])
    vault.keep(COUNTY, "education", [Identified(REF, NUMBER, "李小明")])
    assert vault.find(COUNTY, [REF], actor="a") == {REF: "李*"}
    known = vault.unmask(COUNTY, REF, actor="a", reason="信息核对")
    assert [(one.department, one.name) for one in known] == [("health", "章小明"), ("education", "李小明")]


def test_what_a_later_statement_leaves_empty_stays(vault: Vault) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    vault.keep(COUNTY, "education", [Identified(REF, NUMBER, "", "13900000000")])
    (known,) = vault.unmask(COUNTY, REF, actor="a", reason="信息核对")
    assert (known.name, known.phone, known.address) == ("张小明", "13900000000", "某村3组")


def test_a_person_named_twice_in_one_call_is_the_later(vault: Vault) -> None:
    vault.keep(COUNTY, "education", [ZHANG, Identified(REF, NUMBER, "李小明")])
    assert vault.find(COUNTY, [REF], actor="a") == {REF: "李*"}


def test_counties_do_not_see_each_other(vault: Vault) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    assert vault.find("532928", [REF], actor="a") == {}
    assert vault.unmask("532928", REF, actor="a", reason="信息核对") == ()


def test_every_call_is_audited_without_a_name_or_number(
    vault: Vault, acts: Callable[[], list[tuple[Any, ...]]]
) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    vault.find(COUNTY, [REF], actor="杨丽华")
    vault.unmask(COUNTY, REF, actor="杨丽华", reason="入户核查")
    assert acts() == [
        ("education", "vault.keep", COUNTY, "receive", "1 references"),
        ("杨丽华", "vault.find", COUNTY, "", "1 of 1"),
        ("杨丽华", "vault.unmask", f"{COUNTY}/{REF}", "入户核查", "1 departments"),
    ]


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_unmasked(
    vault: Vault, reason: str, acts: Callable[[], list[tuple[Any, ...]]]
) -> None:
    with pytest.raises(ReasonMissing):
        vault.unmask(COUNTY, REF, actor="a", reason=reason)
    assert acts() == []


def test_more_people_than_one_statement_takes_are_all_kept(vault: Vault) -> None:
    people = [Identified(IDENTITY.person(str(place)), str(place), f"王{place}") for place in range(2_000)]
    vault.keep(COUNTY, "health", people)
    assert len(vault.find(COUNTY, [one.ref for one in people], actor="a")) == 2_000


def test_nothing_of_a_person_is_readable_in_the_file(vault: Vault, tmp_path: Path) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    resting = b"".join(file.read_bytes() for file in tmp_path.glob("vault.db*"))
    for clear in (NUMBER, "张小明", "13800000000", "某村3组"):
        assert clear.encode() not in resting


def test_a_row_moved_to_another_person_cannot_be_read(store: VaultStore, engine: Engine) -> None:
    other = IDENTITY.person("other")
    store.keep(COUNTY, "education", [ZHANG, Identified(other, "other", "李四")])
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE vault_said SET sealed = (SELECT sealed FROM vault_said WHERE ref = :a) WHERE ref = :b"),
            {"a": REF, "b": other},
        )
    with pytest.raises(InvalidTag):
        store.unmask(COUNTY, other, actor="a", reason="信息核对")


def test_destroying_the_data_key_makes_a_person_unreadable(store: VaultStore, engine: Engine) -> None:
    store.keep(COUNTY, "education", [ZHANG])
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM vault_keys WHERE ref = :ref"), {"ref": REF})
    assert store.unmask(COUNTY, REF, actor="a", reason="信息核对") == ()


def test_an_erased_person_is_known_no_more_until_somebody_says_again(
    vault: Vault, store: VaultStore, engine: Engine
) -> None:
    vault.keep(COUNTY, "education", [ZHANG])
    assert store.erase(COUNTY, REF, actor="a", reason="本人申请")
    assert vault.find(COUNTY, [REF], actor="a") == {}
    assert vault.unmask(COUNTY, REF, actor="a", reason="信息核对") == ()
    assert not store.erase(COUNTY, REF, actor="a", reason="本人申请")
    with engine.connect() as connection:
        left = [connection.execute(sa.select(sa.func.count()).select_from(table)).scalar() for table in (KEYS, SAID)]
    assert left == [0, 0]
    vault.keep(COUNTY, "health", [ZHANG])
    assert vault.find(COUNTY, [REF], actor="a") == {REF: "张*"}


def test_nobody_is_erased_without_a_reason(store: VaultStore) -> None:
    store.keep(COUNTY, "education", [ZHANG])
    with pytest.raises(ReasonMissing):
        store.erase(COUNTY, REF, actor="a", reason=" ")
    assert store.find(COUNTY, [REF], actor="a") == {REF: "张*"}


def test_a_thousand_people_are_kept_in_as_many_statements_as_one(store: VaultStore, engine: Engine) -> None:
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    people = [Identified(IDENTITY.person(str(place)), f"{place:018d}", "王小明") for place in range(901)]
    store.keep(COUNTY, "health", people[:1])
    for_one = len(asked)
    store.keep(COUNTY, "health", people[1:])
    assert len(asked) == 2 * for_one


def test_a_vault_that_cannot_be_reached_is_away() -> None:
    with pytest.raises(VaultAway):
        VaultHttp("http://127.0.0.1:9", "key").find(COUNTY, [REF], actor="a")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_vault_that_cannot_serve_is_away(status: int) -> None:
    app = FastAPI()

    @app.post("/v1/keep")
    def keep() -> JSONResponse:
        return JSONResponse({}, status)

    with pytest.raises(VaultAway, match=str(status)):
        over_http(app).keep(COUNTY, "education", [ZHANG])


def test_a_wrong_key_is_our_fault_and_not_an_absence(store: VaultStore) -> None:
    app = build(store, "key", Metrics(CollectorRegistry()))
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        over_http(app, "wrong").find(COUNTY, [REF], actor="a")


@pytest.mark.parametrize(("name", "shown"), [("张小明", "张*"), ("阿卜杜拉·买买提", "阿*"), ("𠮷田", "𠮷*"), ("", "")])
def test_of_a_name_its_first_character_is_shown(name: str, shown: str) -> None:
    assert masked(name) == shown
