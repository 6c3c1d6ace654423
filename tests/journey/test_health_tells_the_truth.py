"""/livez and /readyz of an adapter while what it needs breaks and comes back: T8 of docs, on real twins."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import make_url

from shouwang.kit.bus import LogAway, Outgoing
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.health import EVERY_SECONDS, PATIENCE_SECONDS
from tests.doors import Office
from tests.postgres import NoPostgres, database, server
from tests.proxy import Proxy, proxied

PATIENCE = 40.0
"""Seconds the test waits for a sentence; how soon it comes is a constant of kit/health.py, checked below."""


class FailingLog(LocalLog):
    """The local log, whose broker can be away."""

    away = False
    broken = False

    def send(self, records: Sequence[Outgoing]) -> None:
        """Raises what is a bug of ours while it is broken."""
        if self.broken:
            raise ZeroDivisionError
        super().send(records)

    def ends(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        """Raises LogAway while it is away."""
        if self.away:
            raise LogAway("away")
        return super().ends(topics, partition)


@pytest.fixture
def postgres() -> Iterator[str]:
    try:
        with server() as url, database(url) as one:
            yield one
    except NoPostgres as none:
        pytest.skip(str(none))


def wrong(office: Office, path: str = "/readyz") -> dict[str, str]:
    """The checks that say something is wrong."""
    answer = office.bureau.get(path)
    said: dict[str, str] = answer.json()["checks"]
    found = {name: sentence for name, sentence in said.items() if sentence != "ok"}
    assert (answer.status_code == 200) == (not found)
    return found


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_t8_a_fault_shows_within_15_seconds() -> None:
    assert EVERY_SECONDS + PATIENCE_SECONDS <= 15


def test_a_log_and_a_vault_that_are_away_are_named_and_it_heals_by_itself(tmp_path: Path) -> None:
    log = FailingLog(tmp_path / "log.db", durable=False)
    office = Office(tmp_path, "education", log=log)
    office.door.start()
    try:
        assert wrong(office) == {}
        log.away, office.vault.away = True, True
        wait(lambda: len(wrong(office)) == 2)
        assert wrong(office) == {"relay": "消息日志现在用不了（LogAway）", "vault": "身份库现在用不了（VaultAway）"}
        assert wrong(office, "/livez") == {}  # it waits, and lives
        assert office.records("school_absence", []).status_code == 202  # and still takes what is sent
        log.away, office.vault.away = False, False
        wait(lambda: not wrong(office))
    finally:
        office.close()


def _through(proxy: Proxy, url: str) -> str:
    changed = make_url(url).set(host="127.0.0.1", port=proxy.port, query={"gssencmode": "disable"})
    return changed.render_as_string(hide_password=False)


def _place_of(url: str) -> tuple[str, int] | str:
    address = make_url(url)
    host, port = address.host or str(address.query.get("host", "")), address.port or 5432
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def test_t8_a_database_that_no_longer_answers_shows_and_one_that_is_back_heals(tmp_path: Path, postgres: str) -> None:
    with proxied(_place_of(postgres)) as proxy:
        office = Office(tmp_path, "education", url=_through(proxy, postgres))
        office.door.start()
        assert wrong(office) == {}
        proxy.freeze()  # half-open: nobody says that anything is wrong
        wait(lambda: "database" in wrong(office))
        assert "没有应答" in wrong(office)["database"]
        proxy.heal()
        wait(lambda: not wrong(office))
        proxy.cut()
        wait(lambda: wrong(office).get("database") == "数据库现在用不了（OperationalError）")
        proxy.heal()
        wait(lambda: not wrong(office))
        office.close()


def test_a_loop_that_has_crashed_is_named_by_livez_until_it_is_started_again(tmp_path: Path) -> None:
    log = FailingLog(tmp_path / "log.db", durable=False)
    office = Office(tmp_path, "education", log=log)
    office.door.start()
    try:
        log.broken = True
        office.settled(office.records("school_absence", [{"身份证号": "1", "台账编号": "1"}]))
        wait(lambda: "publish" in wrong(office, "/livez"))
        assert wrong(office, "/livez") == {"publish": "发送已经停止"}
        log.broken = False
        office.door.revive()
        wait(lambda: not wrong(office, "/livez"))
    finally:
        office.close()
