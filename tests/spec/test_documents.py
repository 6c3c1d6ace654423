"""What is true of every document of the starting pack, beyond the cases it carries (those run whenever it loads)."""

from collections import Counter
from datetime import date

import pytest

from contracts.catalogue import FACTS
from services.alerts.domain.documents import Document, RuleFile
from services.alerts.domain.worked_case import run
from services.alerts.policy import Policy
from tests.spec.conftest import RULEBOOK

SIGNALS = {"dropout", "medical_burden", "medical_burden_near", "job_lost", "low_income"}
RULES = {"schooling", "illness", "livelihood", "income", "schooling_after_income_loss", "cross_department"}
IDS = sorted(SIGNALS | RULES)


def results(document: Document) -> Counter[str]:
    return Counter(case.result for case in document.case)


def test_the_pack_is_the_slice(policy: Policy) -> None:
    assert policy.signals.keys() == SIGNALS
    assert policy.rules.keys() == RULES


@pytest.mark.parametrize("id_", IDS)
def test_every_case_of_a_document_comes_out_as_written(policy: Policy, id_: str) -> None:
    document = policy.documents[id_]
    assert [(case.name, found) for case in document.case if (found := run(policy, id_, document, case))] == []


@pytest.mark.parametrize("id_", IDS)
def test_every_document_has_a_hit_a_miss_and_an_unknown(policy: Policy, id_: str) -> None:
    document = policy.documents[id_]
    found = results(document)
    assert found["miss"]
    assert found["cannot_tell"]
    if isinstance(document, RuleFile):
        assert {one.level for one in document.level} <= found.keys()
    else:
        assert found["hit"]


@pytest.mark.parametrize("id_", IDS)
def test_a_wrong_result_is_noticed(policy: Policy, id_: str) -> None:
    document = policy.documents[id_]
    case = next(one for one in document.case if one.result == "miss")
    wrong = case.model_copy(update={"result": "hit"})
    assert run(policy, id_, document, wrong)


def test_a_clean_pack_has_nothing_overdue_until_its_review_day(policy: Policy) -> None:
    assert policy.overdue(date(2026, 6, 15)) == []
    assert set(policy.overdue(date(2030, 1, 1))) == set(IDS)


def test_documents_read_types_of_the_catalogue(policy: Policy) -> None:
    assert set() < policy.reads.keys() <= FACTS.keys()


def test_no_list_alone_can_change_an_answer_of_this_pack(policy: Policy) -> None:
    assert policy.coverage_types == frozenset()


def test_every_document_reads_as_a_sentence(policy: Policy) -> None:
    sentences = dict(policy.read())
    assert sentences.keys() == SIGNALS | RULES
    burden = "本人今年累计自付达到限额（监测对象5,000元、脱贫户5,000元、其他20,000元）"
    assert sentences["medical_burden"] == burden
    assert sentences["schooling_after_income_loss"] == "「疑似辍学」与「失业」相隔天数不超过90；为红色"
    assert not [text for text in sentences.values() if any(letter.isascii() and letter.isalpha() for letter in text)]


def test_every_document_says_its_basis_and_is_approved_by_another_than_who_answers_for_it(policy: Policy) -> None:
    for document in policy.documents.values():
        assert document.basis
        assert document.approved_by not in (document.owner, document.author)


def test_the_rulebook_ships_with_the_calendar_of_its_year(policy: Policy) -> None:
    calendar = policy.calendars[2026]
    assert date(2026, 10, 1) in calendar.days_off
    assert all(day.weekday() < 5 for day in calendar.days_off)
    assert all(day.weekday() >= 5 for day in calendar.working_days)
    assert RULEBOOK.is_dir()
