"""A department's declaration compares itself with its contract."""

from importlib import import_module
from types import ModuleType

import pytest

from contracts import civil_affairs, education, health
from shouwang.kit.adapter.columns import Amount, Choice, Text, Year
from shouwang.kit.adapter.declaration import (
    PLAIN,
    Adapter,
    DeclarationRefused,
    HouseholdRecord,
    Key,
    PersonRecord,
)


class PaidRow(PersonRecord):
    年度 = Year()
    个人自付 = Amount("合规自付")


class AbsenceRow(PersonRecord):
    学段 = Choice[education.Stage]()


def declared(contract: ModuleType = health) -> Adapter:
    return Adapter(contract.__name__.rsplit(".", 1)[1], contract=contract)


def test_a_contract_that_no_feed_states_is_refused_in_one_sentence() -> None:
    with pytest.raises(
        DeclarationRefused, match=r"^education: contract states SchoolAbsence, but no feed returns it\.$"
    ):
        declared(education).complete()


def test_a_whole_declaration_is_taken() -> None:
    adapter = declared(civil_affairs)
    own = import_module("services.civil_affairs.adapter").adapter
    adapter.feeds |= own.feeds
    assert adapter.complete().feeds["allowance"].type == "civil_affairs.allowance.v1"
    del adapter.feeds["allowance"]
    with pytest.raises(DeclarationRefused, match="contract states Allowance, but no feed returns it"):
        adapter.complete()


def test_a_fact_of_another_department_is_refused() -> None:
    with pytest.raises(DeclarationRefused, match="returns SchoolAbsence, which its contract does not state"):

        @declared().feed("school_absence", AbsenceRow, key=PLAIN)
        def absence(row: AbsenceRow) -> education.SchoolAbsence:
            return education.SchoolAbsence(学段=row.学段)


@pytest.mark.parametrize(
    ("name", "key", "sentence"),
    [
        ("self_paid", "年度", "so it is called self_paid_year"),
        ("self_paid_year", PLAIN, "needs a key, the contract's 年度"),
        ("self_paid_year", "年月", "has a key of columns it does not have"),
    ],
)
def test_another_name_or_key_than_the_contracts_is_refused(name: str, key: Key | str, sentence: str) -> None:
    with pytest.raises(DeclarationRefused, match=sentence):

        @declared().feed(name, PaidRow, key=key)
        def paid(row: PaidRow) -> health.SelfPaidYear:
            return health.SelfPaidYear(年度=row.年度)


def test_a_key_where_the_contract_says_none_is_refused() -> None:
    class SchoolRow(PersonRecord):
        学校 = Text()

    with pytest.raises(DeclarationRefused, match="has a key, but the contract says none"):

        @declared(education).feed("enrolment", SchoolRow, key="学校")
        def enrolled(row: SchoolRow) -> education.Enrolment:
            return education.Enrolment(学校=row.学校)


def test_shape_and_rhythm_are_the_contracts() -> None:
    adapter = declared()

    @adapter.feed("self_paid_year", PaidRow, key="年度")
    def paid(row: PaidRow) -> health.SelfPaidYear:
        return health.SelfPaidYear(年度=row.年度)

    meta, feed = health.SelfPaidYear.meta, adapter.feeds["self_paid_year"]
    assert (feed.shape, feed.rhythm, feed.period) == (meta.shape, meta.rhythm, "年度")


def test_rows_about_another_kind_of_subject_are_refused() -> None:
    class HomeRow(HouseholdRecord):
        年度 = Year()

    with pytest.raises(DeclarationRefused, match="has rows about a household, but the contract says person"):

        @declared().feed("self_paid_year", HomeRow, key="年度")
        def paid(row: HomeRow) -> health.SelfPaidYear:
            return health.SelfPaidYear(年度=row.年度)


def test_a_period_without_its_column_and_two_columns_of_one_name_are_refused() -> None:
    class YearlessRow(PersonRecord):
        个人自付 = Amount()

    class TwiceRow(PaidRow):
        负担 = Amount("合规自付")

    with pytest.raises(DeclarationRefused, match="needs a column 年度"):

        @declared().feed("self_paid_year", YearlessRow, key=PLAIN)
        def one(row: YearlessRow) -> health.SelfPaidYear:
            return health.SelfPaidYear(年度="2026", 个人自付=row.个人自付)

    with pytest.raises(DeclarationRefused, match="has two columns of one name"):

        @declared().feed("self_paid_year", TwiceRow, key="年度")
        def other(row: TwiceRow) -> health.SelfPaidYear:
            return health.SelfPaidYear(年度=row.年度)


def test_choices_are_those_of_the_contract() -> None:
    column = AbsenceRow.columns()["学段"]
    assert isinstance(column, Choice)
    assert column.choices[:3] == ("学前教育", "小学", "初中")


def test_columns_come_in_the_order_of_the_template_and_the_general_ones_last() -> None:
    assert list(PaidRow.columns()) == ["姓名", "身份证号", "年度", "个人自付", "数据日期", "操作", "报送时间"]
    assert PaidRow.own_columns() == ("年度", "个人自付")


def test_a_departments_title_is_the_catalogues() -> None:
    assert Adapter("civil_affairs", contract=civil_affairs).title == "民政局"
    assert Adapter("civil_affairs", contract=civil_affairs).liaison == "民政局 社会救助股"
    assert Text("别名").aliases == ("别名",)
