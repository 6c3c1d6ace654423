"""Behind the door: crashes, a vault and a log that are away, held lists, numbers without gaps, what is forgotten."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from contracts.topics import Topic
from shouwang.kit.adapter.tables import FenceRow, InboxRow, OutboxRow, SendingRow, table_of
from shouwang.kit.bus import Batch, LogAway, Outgoing
from shouwang.kit.bus.local import LocalLog
from shouwang.kit.vault import Identified
from tests import postgres
from tests.asgi import client
from tests.doors import COUNTY, ListVault, Office

FEED = "self_paid_year"


def number(n: int) -> str:
    """The ID number of an invented man; never one that ends in 000, which would be taken for damaged."""
    base = f"532927198001{1 + n // 400:02d}{n % 400 * 2 + 1:03d}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(base)) % 11
    return base + "10X98765432"[total]


def row(n: int, amount: str = "100", **more: str) -> dict[str, Any]:
    return {"姓名": f"人{n}", "身份证号": number(n), "年度": "2026", "个人自付": amount} | more


def whole(office: Office, count: int, *, day: str = "2026-06-10", amount: str = "100") -> dict[str, Any]:
    rows = [row(n, amount) for n in range(1, count + 1)]
    return office.settled(office.records(FEED, rows, shape="list", as_of=day))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, "health")
    yield made
    made.close()


class FickleLog:
    """A local log that can be away, before it takes anything or after."""

    def __init__(self, log: LocalLog) -> None:
        self.log, self.away, self.unanswered = log, False, False

    def ensure(self, topics: Sequence[Topic]) -> None:
        self.log.ensure(topics)

    def check(self, topics: Sequence[Topic]) -> None:
        self.log.check(topics)

    def send(self, records: Sequence[Outgoing]) -> None:
        if self.away:
            raise LogAway("away")
        self.log.send(records)
        if self.unanswered:
            raise LogAway("no answer")

    def read(self, topic: str, partition: int, offset: int, limit: int = 4000) -> Batch:
        return self.log.read(topic, partition, offset, limit)

    def ends(self, topics: Sequence[str], partition: int) -> dict[str, int]:
        return self.log.ends(topics, partition)

    def topic_ids(self, topics: Sequence[str]) -> dict[str, str]:
        return self.log.topic_ids(topics)

    def forget(self, topic: str, partition: int, before: int) -> None:
        self.log.forget(topic, partition, before)

    def close(self) -> None:
        self.log.close()


def test_a_sending_taken_before_a_crash_is_translated_after_it_and_its_retry_is_the_same(office: Office) -> None:
    headers = {"Idempotency-Key": "once"}
    body = {"records": [row(1), row(2)]}
    path = f"/v1/feeds/{FEED}/records"
    taken = office.bureau.post(path, json=body, headers=headers).json()["receipt"]
    # The sender never saw the answer: the process died after the inbox had committed. Another one starts.
    again = office.another_door()
    answer = client(again.app(), key=office.key).post(path, json=body, headers=headers)
    assert answer.json()["receipt"] == taken
    assert again.work_once()
    assert not again.work_once()
    assert office.receipt(taken)["accepted"] == 2
    again.stop()


def test_while_the_vault_is_away_a_sending_works_on_and_says_why(office: Office) -> None:
    office.vault.away = True
    answer = office.records(FEED, [row(n) for n in range(1, 5)])
    waiting = office.settled(answer)
    assert (waiting["state"], waiting["accepted"]) == ("working", 0)
    assert "身份库" in waiting["held_because"]
    assert office.published() == []
    office.vault.away = False
    assert not office.door.work_once()
    office.pass_seconds(31)
    done = office.settled(answer)
    assert (done["state"], done["accepted"], done["held_because"]) == ("done", 4, None)
    assert [word.seq for word in office.published()] == [1, 2, 3, 4, 5]


def test_the_vault_is_called_once_per_thousand_people(office: Office) -> None:
    office.settled(office.records(FEED, [row(n) for n in range(1, 1000)] + [row(1, 姓名="别名"), row(2, 姓名="别名")]))
    assert office.vault.calls == [1000, 1]


def test_sendings_are_translated_in_the_order_they_came(office: Office) -> None:
    first = office.records(FEED, [row(1, "1")]).json()["receipt"]
    second = office.records(FEED, [row(1, "2")]).json()["receipt"]
    while office.door.work_once():
        pass
    assert [word.sending for word in office.published()] == [first, first, second, second]


def test_what_arrives_later_is_stated_later_though_the_clock_goes_back(office: Office) -> None:
    office.settled(office.records(FEED, [row(1, "1")]))
    office.pass_seconds(-7200)
    receipt = office.settled(office.records(FEED, [row(1, "2")]))
    assert receipt["accepted"] == 1
    *_, word, _closing = office.published()
    assert str(word.data.个人自付) == "2"


class Meddling(ListVault):
    """A vault in whose time another translator commits, once."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.engine, self.meddled = office.engine, False

    def keep(self, county: str, department: str, people: Sequence[Identified]) -> None:
        """Keeps them, and lets the other one commit."""
        super().keep(county, department, people)
        if not self.meddled:
            self.meddled, fence = True, table_of(FenceRow)
            with self.engine.begin() as connection:
                connection.execute(update(fence).values(version=fence.c.version + 1))


def test_a_translator_that_was_overtaken_writes_nothing_and_looks_again(office: Office) -> None:
    office.vault = vault = Meddling(office)
    slow = office.another_door()
    receipt = office.records(FEED, [row(1)]).json()["receipt"]
    assert slow.work_once()
    assert vault.meddled
    assert office.receipt(receipt)["state"] == "working"
    assert office.published() == []
    assert slow.work_once()
    assert office.receipt(receipt)["accepted"] == 1
    assert [word.seq for word in office.published()] == [1, 2]
    slow.stop()


def test_a_short_list_is_held_says_nothing_and_the_county_confirms_it(office: Office) -> None:
    whole(office, 60)
    before = len(office.published())
    held = whole(office, 20, day="2026-06-12")
    assert (held["state"], held["received"], held["accepted"]) == ("held", 20, 0)
    assert held["held_because"]
    assert len(office.published()) == before
    confirm = f"/v1/receipts/{held['receipt']}/confirm"
    assert office.bureau.post(confirm).status_code == 403
    assert office.county.post(confirm, params={"county": COUNTY.code}).status_code == 200
    while office.door.work_once():
        pass
    done = office.receipt(held["receipt"])
    assert (done["state"], done["withdrawn"]) == ("done", 40)
    assert office.county.post(confirm, params={"county": COUNTY.code}).status_code == 409
    assert sum(word.op == "omit" for word in office.published()) == 40


def test_the_sender_may_discard_a_held_list_and_send_the_same_file_again(office: Office) -> None:
    whole(office, 60)
    held = whole(office, 20, day="2026-06-12")
    gone = office.bureau.post(f"/v1/receipts/{held['receipt']}/discard").json()
    assert (gone["state"], gone["rows"][0]["reason"]) == ("refused", "discarded")
    assert office.bureau.post(f"/v1/receipts/{held['receipt']}/discard").status_code == 409
    assert whole(office, 20, day="2026-06-12")["state"] == "held"


def test_a_newer_list_that_is_applied_ends_the_waiting_of_a_held_one(office: Office) -> None:
    whole(office, 60)
    held = whole(office, 20, day="2026-06-12")
    assert whole(office, 61, day="2026-06-13")["state"] == "done"
    assert office.receipt(held["receipt"])["state"] == "refused"
    answer = office.county.post(f"/v1/receipts/{held['receipt']}/confirm", params={"county": COUNTY.code})
    assert answer.status_code == 409


def test_settling_leaves_one_audit_row_each(office: Office) -> None:
    whole(office, 60)
    held = whole(office, 20, day="2026-06-12")
    office.bureau.post(f"/v1/receipts/{held['receipt']}/discard")
    office.bureau.post(f"/v1/receipts/{held['receipt']}/discard")
    with office.engine.connect() as connection:
        verified = office.door.audit.verify(connection)
    assert (verified.rows, verified.broken_at) == (2, None)  # the key of this office, and one discard


def test_while_the_log_is_away_words_wait_and_then_come_once(tmp_path: Path) -> None:
    log = FickleLog(LocalLog(tmp_path / "log.db", durable=False))
    office = Office(tmp_path, "health", log=log)
    office.settled(office.records(FEED, [row(n) for n in range(1, 4)]))
    log.away = True
    with pytest.raises(LogAway):
        office.door.relay_once()
    assert not office.door.idle(COUNTY.code)
    log.away = False
    assert [word.seq for word in office.published()] == [1, 2, 3, 4]
    assert office.door.idle(COUNTY.code)
    office.close()
    log.close()


def test_words_whose_acknowledgement_was_lost_are_sent_again_under_the_same_numbers(tmp_path: Path) -> None:
    log = FickleLog(LocalLog(tmp_path / "log.db", durable=False))
    office = Office(tmp_path, "health", log=log)
    office.settled(office.records(FEED, [row(1)]))
    log.unanswered = True
    with pytest.raises(LogAway):
        office.door.relay_once()
    log.unanswered = False
    words = office.published()
    assert [word.seq for word in words] == [1, 2, 1, 2]
    assert words[:2] == words[2:]
    office.close()
    log.close()


def test_the_outbox_can_be_sent_again_from_a_number(office: Office) -> None:
    office.settled(office.records(FEED, [row(n) for n in range(1, 4)]))
    office.published()
    office.door.relay.resend(COUNTY.code, 3)
    assert [word.seq for word in office.published()] == [1, 2, 3, 4, 3, 4]
    with pytest.raises(ValueError, match="no longer"):
        office.door.relay.resend(COUNTY.code, 0)


def test_after_thirty_days_raw_sendings_and_sent_words_are_gone_and_unsent_ones_are_not(office: Office) -> None:
    office.settled(office.records(FEED, [row(1)]))
    office.published()
    office.settled(office.records(FEED, [row(2)]))
    office.clock.set(office.clock.now() + timedelta(days=33))
    office.door.clean_once()
    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table_of(InboxRow))).scalar_one() == 0
        assert connection.execute(select(table_of(OutboxRow).c.seq)).scalars().all() == [3, 4]
    assert list((office.folder / "keys" / "inbox").glob("*.key")) == []


def test_an_upload_that_was_broken_off_leaves_nothing_behind(office: Office) -> None:
    spool = office.door.inbox.spool()
    spool.add(b"x" * 20 * 1024 * 1024)
    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table_of(InboxRow))).scalar_one() > 0
    assert not office.door.work_once()
    office.pass_seconds(2 * 86_400)
    office.door.clean_once()
    with office.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(table_of(InboxRow))).scalar_one() == 0


def test_a_large_file_rests_in_pieces_and_is_read_whole(office: Office) -> None:
    header = "姓名,身份证号,年度,个人自付,备注\n"
    lines = "".join(f"人{n},{number(n)},2026,{n},{'x' * 20_000}\n" for n in range(1, 999))
    receipt = office.settled(office.file(FEED, "a.csv", (header + lines).encode()))
    assert (receipt["state"], receipt["accepted"]) == ("done", 998)
    assert receipt["columns_dropped"] == ["备注"]


def test_a_sending_that_crashes_the_translator_is_set_aside_and_the_others_go_on(office: Office) -> None:
    bad = office.records(FEED, [row(1)]).json()["receipt"]
    good = office.records(FEED, [row(2)]).json()["receipt"]
    with office.engine.begin() as connection:
        sending = table_of(SendingRow)
        connection.execute(update(sending).where(sending.c.receipt == bad).values(feed="gone"))
    for _ in range(4):
        while office.door.work_once():
            pass
        office.pass_seconds(31)
    assert office.receipt(bad)["state"] == "refused"
    assert office.receipt(good)["state"] == "done"


def test_two_counties_are_numbered_and_kept_apart(office: Office) -> None:
    from tests.doors import OTHER

    stranger = client(office.door.app(), key=office.issue(OTHER))
    office.records(FEED, [row(1)])
    stranger.post(f"/v1/feeds/{FEED}/records", json={"records": [row(1)]})
    while office.door.work_once():
        pass
    ours, theirs = office.published(COUNTY), office.published(OTHER)
    assert [word.seq for word in ours] == [word.seq for word in theirs] == [1, 2]
    assert ours[0].subject != theirs[0].subject


@pytest.mark.postgres
def test_postgresql_gives_the_same_receipts_and_words(tmp_path: Path) -> None:
    try:
        with postgres.server() as server, postgres.database(server) as url:
            stories = []
            for folder, address in (("sqlite", ""), ("postgresql", url)):
                office = Office(tmp_path / folder, "health", url=address)
                receipts = [whole(office, 60), whole(office, 20, day="2026-06-12"), whole(office, 58, day="2026-06-13")]
                for receipt in receipts:
                    del receipt["receipt"]
                words = [(word.seq, word.op, word.fact, word.asof) for word in office.published()]
                stories.append((receipts, [one for one in words if len(one[2]) == 4]))
                office.close()
            assert stories[0] == stories[1]
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))


def test_a_database_that_is_away_stops_the_translator_and_costs_nothing(office: Office) -> None:
    answer = office.records(FEED, [row(1)])
    with office.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sending RENAME TO elsewhere")
    with pytest.raises(OperationalError):
        office.door.work_once()
    with office.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO sending")
    assert office.settled(answer)["accepted"] == 1


def test_a_number_ending_in_000_is_taken_once_an_officer_has_confirmed_it(office: Office) -> None:
    real = next(found for n in range(100, 1000, 100) if (found := _ending(n)).endswith("000"))
    content = f"姓名,身份证号,年度,个人自付\n人1,{number(1)},2026,1\n人2,{real},2026,2\n人3,12,2026,3\n".encode()
    receipt = office.settled(office.file(FEED, "a.csv", content))
    assert [(one["line"], one["reason"]) for one in receipt["rows"]] == [(3, "id_damaged"), (4, "id_invalid")]
    asked = {"county": COUNTY.code}
    confirm = f"/v1/receipts/{receipt['receipt']}/rows/{{line}}/confirm-number"
    assert office.bureau.post(confirm.format(line=3)).status_code == 403
    assert office.county.post(confirm.format(line=2), params=asked).status_code == 404
    assert office.county.post(confirm.format(line=4), params=asked).status_code == 404
    assert office.county.post(confirm.format(line=3), params=asked).status_code == 200
    assert office.settled(office.records(FEED, [row(2) | {"身份证号": real}]))["accepted"] == 1


def _ending(n: int) -> str:
    base = f"53292719800101{n:03d}"
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(base)) % 11
    return base + "10X98765432"[total]


def test_a_sending_that_waited_for_the_vault_is_not_nearer_to_being_given_up(office: Office) -> None:
    office.vault.away = True
    answer = office.records(FEED, [row(1)])
    for _ in range(5):
        assert office.settled(answer)["state"] == "working"
        office.pass_seconds(31)
    with office.engine.connect() as connection:
        assert connection.execute(select(table_of(SendingRow).c.attempts)).scalar_one() == 0


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError, InternalError])
def test_t10_a_sending_is_not_given_up_for_the_trouble_of_a_database(
    office: Office, trouble: type[OperationalError | InterfaceError | InternalError]
) -> None:
    answer = office.records(FEED, [row(1)])

    def full(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE fence"):
            raise trouble(statement, {}, Exception("could not write block: No space left on device"))

    event.listen(office.engine, "before_cursor_execute", full)
    for _ in range(4):
        with pytest.raises(trouble):
            office.door.work_once()
    event.remove(office.engine, "before_cursor_execute", full)
    assert office.settled(answer)["state"] == "done"
