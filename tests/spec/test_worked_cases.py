"""Worked cases written outside the project: {given, day, signals, cannot_tell, alerts}, in the feeds' own words."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.catalogue import BY_NAME
from contracts.vocabulary import NONE
from services.alerts.domain.judgement import Judgement, judge, judge_village
from services.alerts.domain.kinds import fields, none_is_stated
from services.alerts.domain.worked_case import HOME, LONG_AGO, VILLAGE, Given, Received, build
from services.alerts.policy import Policy

Case = Mapping[str, Any]


def readable(case: Case, policy: Policy) -> bool:
    """Everything the case states has a contract, and what it is about is in the rulebook."""
    named = {row[0] for row in (*case["given"], *case.get("received", []))}
    about = {*case["signals"], *case["cannot_tell"], *(rule.split("@")[0] for rule in case["alerts"])}
    return named <= BY_NAME.keys() and bool(about & (policy.signals.keys() | policy.rules.keys()))


def said(name: str, stated: Mapping[str, Any]) -> Mapping[str, Any]:
    """Cells as the doors read them: words of a closed list are text, and empty says none in some columns."""
    of = BY_NAME[name]
    kinds = fields(of)

    def read(column: str, value: Any) -> Any:
        if value is None:
            return NONE if none_is_stated(of, column) else None
        return str(value) if kinds[column].words else value

    return {column: read(column, value) if column in kinds else value for column, value in stated.items()}


def judged(case: Case, policy: Policy, home: str = HOME) -> Judgement:
    people = {who: date.fromisoformat(born) for who, born in case["people"].items()}
    given = [
        Given(row[0], row[1], said(row[0], row[2]), date.fromisoformat(row[3]) if row[3:] else LONG_AGO)
        for row in case["given"]
    ]
    received = [Received(row[0], row[1], tuple(row[2:])) for row in case.get("received", [])]
    households, lists = build(people, given, received)
    day = date.fromisoformat(case["day"])
    if home == VILLAGE:
        return judge_village(VILLAGE, households[HOME].village, policy, day, lists)
    return judge(households[home], policy, day, lists)


def differences(case: Case, policy: Policy) -> list[str]:
    found, home, village = [], judged(case, policy), judged(case, policy, VILLAGE)
    for signal, who in case["signals"].items():
        got = sorted({one.subject for one in (*home.signals, *village.signals) if one.id == signal})
        if signal in policy.signals and got != sorted(who):
            found.append(f"{case['id']}: {signal} stands for {got}, not for {who}")
    for signal in policy.signals.keys() & (case["signals"].keys() | case["cannot_tell"].keys()):
        got = sorted({who for id_, who in (*home.unknown, *village.unknown) if id_ == signal})
        want = sorted(case["cannot_tell"].get(signal, []))
        if got != want:
            found.append(f"{case['id']}: {signal} cannot be told for {got}, not for {want}")
    for name, want in case["alerts"].items():
        rule, _, elsewhere = name.partition("@")
        if rule in policy.rules:
            at_home = VILLAGE if policy.rules[rule].for_each == "village" else HOME
            found += _alert_differences(case, policy, (rule, elsewhere or at_home), want)
    return found


def _alert_differences(case: Case, policy: Policy, about: tuple[str, str], want: Any) -> list[str]:
    rule, home = about
    alert = next((one for one in judged(case, policy, home).alerts if one.rule == rule), None)
    expected = want if isinstance(want, dict) else {"level": want}
    got = {"level": alert.level if alert else None, "suppressed": alert.suppressed if alert else False}
    return [
        f"{case['id']}: {rule}@{home} {key} is {got[key]}, not {value}"
        for key, value in expected.items()
        if got[key] != value
    ]


def test_every_worked_case_about_what_is_here_comes_out_as_worked(policy: Policy, cases_file: Path) -> None:
    cases = [json.loads(line) for line in cases_file.read_text(encoding="utf-8").splitlines() if line.strip()]
    ours = [case for case in cases if readable(case, policy)]
    assert len(ours) == len(cases)
    assert [sentence for case in ours for sentence in differences(case, policy)] == []
