"""What is true of every document of the starting pack, beyond the cases it carries (those run whenever it loads)."""

from collections import Counter
from datetime import date

import pytest

from contracts.catalogue import FACTS
from services.alerts.domain.documents import Document, RuleFile
from services.alerts.domain.worked_case import run
from services.alerts.policy import Policy
from tests.spec.conftest import RULEBOOK

SIGNALS = {
    "medical_burden", "medical_burden_near", "hospital_stay_cost", "outpatient_cost", "serious_illness", "not_insured",
    "dropout", "school_cost", "job_lost", "came_home", "contributions_stopped", "new_allowance", "newly_disabled",
    "unsafe_dwelling", "unsafe_water", "low_income", "no_labour", "water_cut", "disaster", "no_measure",
}  # fmt: skip
RULES = {
    "illness", "schooling", "livelihood", "housing", "water", "disability", "relief", "income", "illness_and_income",
    "schooling_after_income_loss", "cross_department", "missed_help", "village",
}  # fmt: skip
IDS = sorted(SIGNALS | RULES)


def results(document: Document) -> Counter[str]:
    return Counter(case.result for case in document.case)


def test_the_pack_has_all_of_rulepack_md(policy: Policy) -> None:
    assert policy.signals.keys() >= SIGNALS
    assert policy.rules.keys() >= RULES


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
    assert set(policy.overdue(date(2030, 1, 1))) == set(policy.documents)


def test_every_type_of_the_catalogue_but_public_posts_is_read_by_some_document(policy: Policy) -> None:
    assert policy.reads.keys() == FACTS.keys() - {"human_resources.public_post.v1"}


def test_two_lists_can_change_an_answer_by_coming(policy: Policy) -> None:
    """A month of contributions without a row, and a member without a labour skill, are none once the list came."""
    assert policy.coverage_types == {"human_resources.insured_month.v1", "rural_affairs.member_condition.v1"}


def test_what_is_sent_to_a_queue_of_its_own_is_a_rule_or_a_waiting_fact(policy: Policy) -> None:
    assert {one.rule for one in policy.queues if one.rule} - {"unplaced"} <= policy.rules.keys()
    assert {one.level for one in policy.queues if one.level} == set(policy.levels)


def test_every_document_reads_as_a_sentence(policy: Policy) -> None:
    sentences = dict(policy.read())
    assert sentences.keys() == policy.documents.keys() >= SIGNALS | RULES
    burden = "本人今年累计自付达到限额（监测对象5,000元、脱贫户5,000元、其他20,000元）"
    assert sentences["medical_burden"] == burden
    loss = "「疑似辍学」与「失业」、「外出务工后返乡」相隔天数不超过90；为红色"
    assert sentences["schooling_after_income_loss"] == loss
    grades = set("“A”“B”“C”“D”")
    strange = [text for text in sentences.values() if {one for one in text if one.isascii() and one.isalpha()} - grades]
    assert not strange


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
