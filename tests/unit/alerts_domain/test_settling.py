"""What changed between what stands and what was judged, and why."""

from typing import Literal

import pytest

from services.alerts.domain.judgement import Alert, Judgement
from services.alerts.domain.settle import Cause, settle
from services.alerts.domain.signals import Evidence

LEVELS = ("red", "orange", "yellow")
WORDS = Cause("words", ("w1",))


def alert(level: str = "yellow", says: str = "累计自付5,000元", *, suppressed: bool = False) -> Alert:
    evidence = Evidence("medical_burden", "父", "health", says, ("w0",))
    return Alert("illness", level, "脱贫户", suppressed, "532927100201", (evidence,), ())


def changes(before: Alert | None, after: Alert | None, cause: Cause = WORDS) -> list[str]:
    standing = {before.rule: before} if before else {}
    return [one.kind for one in settle(standing, Judgement((after,) if after else (), None), cause, LEVELS)]


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        (None, alert(), ["raised"]),
        (alert(), alert("red"), ["risen"]),
        (alert("red"), alert("orange"), ["eased"]),
        (alert(), alert(says="累计自付6,000元"), ["updated"]),
        (alert(), alert(suppressed=True), ["updated"]),
        (alert(), alert(), []),
        (None, None, []),
    ],
)
def test_a_change_is_called_by_what_it_is(before: Alert | None, after: Alert | None, kinds: list[str]) -> None:
    assert changes(before, after) == kinds


@pytest.mark.parametrize(("cause", "kind"), [("words", "withdrawn"), ("day", "lapsed"), ("rulebook", "superseded")])
def test_an_alert_that_ended_says_what_ended_it(cause: Literal["words", "day", "rulebook"], kind: str) -> None:
    assert changes(alert(), None, Cause(cause)) == [kind]


def test_a_change_names_the_words_behind_it_and_what_came_and_went() -> None:
    (change,) = settle({"illness": alert()}, Judgement((alert(says="累计自付6,000元"),), None), WORDS, LEVELS)
    assert change.words == ("w1",)
    assert "现有：累计自付6,000元" in change.reason
    (change,) = settle({"illness": alert()}, Judgement((), None), WORDS, LEVELS)
    assert "不再成立：累计自付5,000元" in change.reason


def test_equal_alerts_are_equal_text_and_other_alerts_are_not() -> None:
    assert alert().evidence_json() == alert().evidence_json()
    assert alert().evidence_json() != alert(says="累计自付6,000元").evidence_json()
