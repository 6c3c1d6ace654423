"""The commands against a real embedded instance: a process of its own, stopped, killed and started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shouwang.demo.names import Registry
from shouwang.standalone.installation import Busy, Installation
from shouwang.standalone.serve import Standalone

pytestmark = pytest.mark.xdist_group("cli")

ROOT = Path(__file__).parents[2]
SHOUWANG = (sys.executable, "-m", "shouwang")


def shouwang(data: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*SHOUWANG, *words, "--data", str(data)),
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@contextmanager
def up(data: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`shouwang up`, until it answers; killed at the end if it is still there."""
    process = subprocess.Popen(
        (*SHOUWANG, "up", "--data", str(data), "--port", "0"), cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            place = data / "instance.json"
            if place.exists() and json.loads(place.read_text(encoding="utf-8"))["pid"] == process.pid:
                break
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """Three people of one household, and one whose number a spreadsheet has spoilt."""
    from datetime import date
    from random import Random

    registry = Registry(Random(1), "532927")
    numbers = [registry.number(date(1980 + n, 3, 1), "男") for n in range(3)]
    rows = [f"张{n},{number},5329270000001,532927100200,户主,2020-01-01,在户" for n, number in enumerate(numbers)]
    text = "\n".join(["姓名,身份证号,户编号,村代码,与户主关系,生效日期,变动", *rows])
    file = tmp_path / "户成员名册.csv"
    file.write_text(text + "\n", encoding="utf-8")
    return file


def test_a_kill_loses_nothing_and_a_restart_needs_nobody(tmp_path: Path, roster: Path) -> None:
    data = tmp_path / "var"
    with up(data) as first:
        pushed = shouwang(
            data, "push", "civil_affairs", "household_member", str(roster), "--as-of", "2026-06-01", "--json"
        )
        assert pushed.returncode == 0, pushed.stderr
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    away = shouwang(data, "alerts")
    assert away.returncode == 5
    with up(data) as second:
        again = shouwang(
            data, "push", "civil_affairs", "household_member", str(roster), "--as-of", "2026-06-01", "--json"
        )
        assert json.loads(again.stdout)["duplicate"] == 3
        assert shouwang(data, "day").returncode == 0
        words = [json.loads(line) for line in shouwang(data, "words", "--json").stdout.splitlines()]
        assert sum(word["type"] == "civil_affairs.household_member.v1" for word in words) == 3
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
    assert not (data / "instance.json").exists()


def test_a_folder_takes_one_instance(standalone: Standalone) -> None:
    with pytest.raises(Busy, match="已有一个实例"), Standalone(Installation(standalone.installation.folder), port=0):
        pass


def test_a_taken_port_is_said_in_one_sentence(standalone: Standalone, tmp_path: Path) -> None:
    taken = shouwang(tmp_path / "other", "up", "--port", standalone.url.rsplit(":", 1)[1])
    assert taken.returncode == 1
    assert taken.stderr.count("\n") == 1
    assert "用 --port 换一个端口" in taken.stderr


def test_the_address_and_key_are_for_their_owner_only(standalone: Standalone) -> None:
    folder = standalone.installation.folder
    assert (folder / "instance.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700


def test_a_department_key_opens_its_own_door_only_until_it_is_revoked(standalone: Standalone, roster: Path) -> None:
    data = standalone.installation.folder
    issued = json.loads(shouwang(data, "keys", "issue", "health", "--json").stdout)
    sent = ("push", "civil_affairs", "household_member", str(roster), "--key", issued["key"])
    foreign = shouwang(data, *sent)
    assert foreign.returncode == 4
    assert "密钥属于另一个部门" in foreign.stderr
    listed = [json.loads(line) for line in shouwang(data, "keys", "list", "--json").stdout.splitlines()]
    assert issued["id"] in {one["id"] for one in listed}
    assert all("key" not in one for one in listed)
    assert shouwang(data, "keys", "revoke", issued["id"]).returncode == 0
    assert shouwang(data, *sent[:-1], issued["key"]).returncode == 4


def test_an_instance_without_faults_is_told_so_and_a_stopped_one_is_not(standalone: Standalone, tmp_path: Path) -> None:
    data = standalone.installation.folder
    (tmp_path / "pass").write_text("kept by another", encoding="ascii")
    for act in ("backup", "confirm"):
        shouwang(data, "keys", act, str(tmp_path / "county.keys"), "--passphrase-file", str(tmp_path / "pass"))
    well = shouwang(data, "doctor")
    assert "坏：" not in well.stdout
    assert well.returncode == ("注意：" in well.stdout)  # a calendar nobody has entered yet is a matter of the date
    ill = shouwang(tmp_path / "nowhere", "doctor")
    assert ill.returncode == 1
    assert "没有运行的实例" in ill.stdout


def test_references_are_those_in_the_words_and_asking_is_audited(standalone: Standalone, roster: Path) -> None:
    data = standalone.installation.folder
    numbers = [line.split(",")[1] for line in roster.read_text(encoding="utf-8").splitlines()[1:]]
    shouwang(data, "push", "civil_affairs", "household_member", str(roster))
    shouwang(data, "day")
    said = shouwang(data, "ref", "person", "-", given="\n".join(numbers))
    refs = [json.loads(line) for line in said.stdout.splitlines()]
    assert [one["number"] for one in refs] == numbers
    words = [json.loads(line) for line in shouwang(data, "words", "--json").stdout.splitlines()]
    assert {one["ref"] for one in refs} == {
        w["subject"] for w in words if w["type"] == "civil_affairs.household_member.v1"
    }
    with standalone.installation.database("vault").connect() as connection:
        acts = connection.exec_driver_sql("select action, result from audit").all()
    assert ("vault.ref", "3") in [tuple(act) for act in acts]


def test_receipts_are_listed_and_an_unknown_feed_is_refused(standalone: Standalone, roster: Path) -> None:
    data = standalone.installation.folder
    shouwang(data, "push", "civil_affairs", "household_member", str(roster))
    listed = [json.loads(line) for line in shouwang(data, "receipts", "list", "--json").stdout.splitlines()]
    assert [(one["feed"], one["accepted"]) for one in listed] == [("household_member", 3)]
    shown = shouwang(data, "receipts", "show", listed[0]["receipt"])
    assert "收到 3，采用 3" in shown.stdout
    unknown = shouwang(data, "push", "civil_affairs", "weather", str(roster))
    assert unknown.returncode == 4


def test_a_folder_stays_with_its_county(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with Standalone(Installation(data, county="530111"), port=0, quiet=True) as standalone:
        assert standalone.installation.county_code() == "530111"
    other = shouwang(data, "up", "--county", "532927", "--port", "0")
    assert other.returncode == 1
    assert "530111" in other.stderr
