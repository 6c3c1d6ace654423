"""The operator who was not there when it was built: keys kept, a county opened, a version brought up, the doctor."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from shouwang.backup import escrow
from shouwang.cli.commands import app
from shouwang.cli.look_folder import documents
from shouwang.demo.names import Registry
from shouwang.kit.clock import SystemClock
from shouwang.kit.database import upgrade
from shouwang.kit.keys import KeyRing
from shouwang.standalone.installation import Installation, schemas
from shouwang.standalone.serve import Standalone

ROOT = Path(__file__).parents[2]
FIRST = {"alerts": "0001", "vault": "0001"}
"""The revisions of the first version; the departments' is their first too."""


def shouwang(data: Path, *words: str) -> tuple[int, str, str]:
    ended = CliRunner().invoke(app, (*words, "--data", str(data)))
    return ended.exit_code, ended.stdout, ended.stderr


def doctor(data: Path, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shouwang(data, "doctor", "--json", *more)[1].splitlines()]


def reds(data: Path, *more: str) -> str:
    return "\n".join(one["what"] for one in doctor(data, *more) if one["weight"] == "red")


def keep_keys(data: Path, folder: Path) -> None:
    (folder / "pass").write_text("kept by another", encoding="ascii")
    given = ("--passphrase-file", str(folder / "pass"))
    assert shouwang(data, "keys", "backup", str(folder / "county.keys"), *given)[0] == 0
    assert shouwang(data, "keys", "confirm", str(folder / "county.keys"), *given)[0] == 0


def test_the_doctor_is_red_until_a_backup_of_the_keys_has_been_opened(standalone: Standalone, tmp_path: Path) -> None:
    data = standalone.installation.folder
    assert "密钥备份还没有确认" in reds(data)
    (tmp_path / "pass").write_text("wrong", encoding="ascii")
    shouwang(data, "keys", "backup", str(tmp_path / "other.keys"))
    wrong = shouwang(data, "keys", "confirm", str(tmp_path / "other.keys"), "--passphrase-file", str(tmp_path / "pass"))
    assert wrong[0] == 1
    assert "口令不对" in wrong[2]
    assert "密钥备份还没有确认" in reds(data)
    keep_keys(data, tmp_path)
    assert reds(data) == ""
    standalone.keys.secret("another")
    assert "密钥备份还没有确认" in reds(data)


def test_keys_that_were_lost_come_back_from_their_backup_and_no_other(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    ring = KeyRing.open(keys, create=True)
    secret, moment = ring.secret("county-532927"), SystemClock().now()
    passphrase = escrow.new_passphrase()
    text = escrow.seal(keys, passphrase, moment)
    assert secret not in text.encode()
    (keys / "county-532927.key").unlink()
    opened = escrow.unseal(text, passphrase.lower().replace("-", " "))
    assert escrow.recover(keys, opened) == ["county-532927"]
    assert KeyRing.open(keys).secret("county-532927") == secret
    other = tmp_path / "other"
    KeyRing.open(other, create=True).secret("county-532927")
    with pytest.raises(escrow.NotOpened, match="另一套密钥"):
        escrow.recover(other, opened)
    for spoilt in (text.replace("\n", "\n ")[: len(text) // 2], "", text.replace("A", "B")):
        with pytest.raises(escrow.NotOpened):
            escrow.unseal(spoilt, passphrase)


def test_a_key_backup_never_replaces_an_older_one(standalone: Standalone, tmp_path: Path) -> None:
    old = tmp_path / "county.keys"
    old.write_text("kept", encoding="ascii")
    assert shouwang(standalone.installation.folder, "keys", "backup", str(old))[0] == 1
    assert old.read_text(encoding="ascii") == "kept"


def test_a_county_is_opened_in_its_own_order_with_who_and_when(standalone: Standalone, tmp_path: Path) -> None:
    data = standalone.installation.folder
    day = SystemClock().now().date() + timedelta(days=30)
    assert any("还没有开县" in one["what"] for one in doctor(data))
    stranger = shouwang(data, "open", day.isoformat(), "--budget", "5", "--by", "li.si")
    assert stranger[0] == 4
    assert shouwang(data, "users", "add", "li.si", "--name", "李四", "--role", "县管理员")[0] == 0
    assert shouwang(data, "open", day.isoformat(), "--budget", "5", "--by", "li.si")[0] == 0
    past = shouwang(data, "open", "2020-01-01", "--budget", "5")
    assert past[0] == 4
    assert "不能早于今天" in past[2]
    # The worker goes on behind it: the county's day, and whatever comes.
    roster = tmp_path / "户成员名册.csv"
    number = Registry(Random(1), "532927").number(date(1980, 3, 1), "男")
    head = "姓名,身份证号,户编号,村代码,与户主关系,生效日期,变动"
    row = f"张一,{number},5329270000001,532927100200,户主,2020-01-01,在户"
    roster.write_text(f"{head}\n{row}\n", encoding="utf-8")
    shouwang(data, "push", "civil_affairs", "household_member", str(roster))
    assert shouwang(data, "day")[0] == 0
    words = [json.loads(line) for line in shouwang(data, "words", "--json")[1].splitlines()]
    assert [word["type"] for word in words][:2] == ["alerts.opening.v1", "alerts.day.v1"]
    assert words[0]["data"] == {"opens_on": day.isoformat(), "budget": 5, "by": "li.si"}
    assert any(f"定于 {day} 开县" in one["what"] and "li.si" in one["what"] for one in doctor(data))
    with standalone.installation.database("alerts").connect() as connection:
        acts = connection.exec_driver_sql("select actor, action from audit").all()
    assert ("li.si", "county.open") in [tuple(act) for act in acts]


def test_the_first_versions_databases_are_backed_up_and_brought_up(tmp_path: Path) -> None:
    data = tmp_path / "var"
    installation = Installation(data)
    ring = installation.keys(create=True)
    installation.settle_county()
    for name, migrations in schemas().items():
        engine = installation.database(name)
        upgrade(engine, migrations, FIRST.get(name, "0001"))
        engine.dispose()
        ring.secret(f"audit-{name}")
    assert "数据库结构是旧版本的" in reds(data)
    refused = shouwang(data, "up", "--port", "0")
    assert refused[0] == 1
    assert "shouwang upgrade" in refused[2]
    code, _, said = shouwang(data, "upgrade")
    assert code == 0, said
    assert installation.outdated() == []
    (made,) = (tmp_path / "var-before-upgrade").iterdir()
    assert json.loads((made / "manifest.json").read_text(encoding="utf-8"))["databases"]["alerts"]["revision"] == "0001"
    assert shouwang(data, "upgrade")[2] == "数据库已是本版本，不需要升级。\n"
    # And the way back: the old backup is restored and brought up again.
    assert shouwang(data, "restore", str(made), "--replace")[0] == 0


def test_backups_that_are_too_old_are_said_and_a_fresh_one_settles_it(standalone: Standalone, tmp_path: Path) -> None:
    data = standalone.installation.folder
    keep_keys(data, tmp_path)
    old = datetime(2026, 1, 1, 2, tzinfo=SystemClock().now().tzinfo)
    (data / "last-backup.json").write_text(json.dumps({"at": old.isoformat()}), encoding="ascii")
    assert "上次备份是 2026-01-01 02:00" in reds(data)
    for _ in range(3):
        assert shouwang(data, "backup", str(tmp_path / "backups"), "--dated", "--keep", "2", "--json")[0] == 0
    assert 1 <= len(list((tmp_path / "backups").iterdir())) <= 2
    assert reds(data) == ""


def test_strict_names_what_must_not_be_where_it_counts(standalone: Standalone, tmp_path: Path) -> None:
    data = standalone.installation.folder
    keep_keys(data, tmp_path)
    standalone.installation.clock().turn(standalone.installation.county_code(), date(2026, 6, 15))
    data.chmod(0o755)
    said = reds(data, "--strict")
    for wrong in ("试用实例", "没有县管理员账号", "别的用户也能读"):
        assert wrong in said
    assert "试用实例" not in reds(data)


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 6, 1), ""),
        (date(2026, 12, 1), "没有 2027 年的放假安排"),
        (date(2028, 1, 5), "没有 2028 年的放假安排"),
        (date(2030, 1, 5), "已过复核日期"),
    ],
)
def test_calendars_and_documents_are_asked_for_in_time(today: date, said: str) -> None:
    rulebook = ROOT / "services" / "alerts" / "rulebook"
    found = [finding.what for finding in documents(rulebook, today, strict=False)]
    assert any(said in what for what in found) if said else not any(what.startswith("没有") for what in found)


def test_every_finding_says_what_to_do(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "shouwang", "doctor", "--json", "--strict", "--data", str(tmp_path / "none")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 1
    assert found
    assert all(one["what"] and one["remedy"] for one in found)
