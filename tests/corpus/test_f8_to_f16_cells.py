"""Trust F8 to F16: what stands in the cells of files as they really come, each file with its answer."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from random import Random
from typing import Any

import pytest

from shouwang.kit.adapter.files import FileReader
from tests.corpus import biff, fuzz, people
from tests.corpus.door import HEAD, Roll, answer, counts, reasons, refused, text, warned
from tests.doors import Office
from tests.unit.door.workbooks import workbook

MEMBERS = ["姓名", "身份证号", "户编号", "村代码", "与户主关系", "生效日期", "变动"]


def member(seed: str, **more: Any) -> list[Any]:
    """A line of the roster."""
    rng = Random(seed)
    row = {
        "姓名": people.name(rng), "身份证号": people.number(rng), "户编号": f"WS-{rng.randrange(10**9)}",
        "村代码": "532927100200", "与户主关系": "户主", "生效日期": "2026-01-01", "变动": "在户",
    }  # fmt: skip
    return list((row | more).values())


def roster(office: Office, rows: list[list[Any]], name: str = "名册.xlsx", **asked: str) -> dict[str, Any]:
    """The receipt of roster rows, sent as an increment so that files do not speak of each other."""
    content = workbook([MEMBERS, *rows]) if name.endswith("x") else biff.xls(biff.Sheet([MEMBERS, *rows]))
    return answer(office, name, content, "household_member", shape="increment", **asked)


@pytest.mark.parametrize("way", range(len(people.LOSSLESS)))
@pytest.mark.parametrize("make", ["csv", "xlsx", "xls"])
def test_f8_a_number_spelt_without_loss_names_its_person(way: int, make: str) -> None:
    rng = Random(f"F8{way}{make}")
    whole = people.number(rng)
    spelt = people.LOSSLESS[way](rng, whole)
    rows: list[list[object]] = [[*HEAD], ["赵一", spelt, "T1", "已辍学", ""]]
    with closing(FileReader()) as reader:
        read = fuzz.read(reader, f".{make}", fuzz.MAKERS[f".{make}"](rows))
    assert [row.subject for row in read.rows] == [fuzz.DELIVERY.identity.person(whole)]


@pytest.mark.parametrize("way", range(len(people.LOSSY)))
def test_f8_a_number_that_lost_something_is_rejected_with_what_to_do(office: Office, way: int) -> None:
    rng = Random(f"lossy{way}")
    roll = Roll(f"lossy{way}")
    roll.changed(1, 1, people.LOSSY[way](rng, roll.rows[1][1]))
    receipt = answer(office, "名单.xlsx", workbook(roll.table))
    assert counts(receipt) == ("done", 3, 2, 1)
    assert reasons(receipt)[0][:2] == (3, "身份证号")
    assert receipt["rows"][0]["reason"] in ("id_damaged", "id_invalid")
    if receipt["rows"][0]["reason"] == "id_damaged":
        assert "列设为文本格式" in receipt["rows"][0]["hint"]


def test_f8_a_formula_is_no_number_even_when_its_value_is_one(office: Office) -> None:
    roll = Roll("formula")
    number = roll.rows[1][1]

    def touch(_: Any, sheet: Any) -> None:
        sheet.write_formula(2, 1, f'=T("{number}")', None, number)
        sheet.write_formula(3, 4, "=TODAY()", None, "2026-06-01")

    receipt = answer(office, "名单.xlsx", workbook(roll.table, touch=touch))
    assert (counts(receipt), reasons(receipt)) == (("done", 3, 2, 1), [(3, "身份证号", "id_damaged")])


def test_f8_of_three_thousand_damaged_cells_none_names_a_stranger() -> None:
    said = fuzz.run(3_000, seed="suite")
    assert said["wrong"] == 0
    assert said["right"] + said["rejected"] == 3_000
    assert min(said["right"], said["rejected"]) > 500


@pytest.mark.parametrize(("cell", "taken"), [
    ("2026-04-05", True), ("2026/4/5", True), ("20260405", True), ("2026年4月5日", True),
    ("２０２６－０４－０５", True),
    (datetime(2026, 4, 5), True), (46_117, False), ("46117", False), ("26.9.1", False), ("4/5/2026", False),
    ("2026-02-30", False), ("2026-13-01", False), ("9999-12-31", False), ("2026.4.5", False), ("无", True), ("-", True),
])  # fmt: skip
def test_f9_a_day_is_read_in_its_spellings_and_never_guessed(office: Office, cell: object, taken: bool) -> None:
    def touch(book: Any, sheet: Any) -> None:
        if isinstance(cell, datetime):
            sheet.write_datetime(1, 4, cell, book.add_format({"num_format": "yyyy/m/d"}))

    roll = Roll(f"F9{cell!r}", 1).changed(0, 4, "" if isinstance(cell, datetime) else cell)
    receipt = answer(office, "名单.xlsx", workbook(roll.table, touch=touch))
    assert counts(receipt) == ("done", 1, int(taken), int(not taken))
    assert reasons(receipt) == ([] if taken else [(2, "发现日期", "date_invalid")])


@pytest.mark.parametrize("make", ["xlsx", "xls"])
def test_f9_days_of_the_1904_system_are_the_same_days(civil: Office, make: str) -> None:
    rows = [member(f"1904{make}")]
    if make == "xlsx":

        def touch(book: Any, sheet: Any) -> None:
            sheet.write_datetime(1, 5, datetime(2026, 6, 15), book.add_format({"num_format": "yyyy-mm-dd"}))

        content = workbook([MEMBERS, *rows], touch=touch, date_1904=True)
    else:
        rows[0][5] = biff.Day(46_188 - 1_462)
        content = biff.xls(biff.Sheet([MEMBERS, *rows]), date_1904=True)
    before = len(civil.published())
    assert counts(answer(civil, f"名册.{make}", content, "household_member", shape="increment")) == ("done", 1, 1, 0)
    assert "2026, 6, 15" in repr(civil.published()[before].data)


def test_f9_a_day_that_has_not_come_is_rejected(office: Office) -> None:
    receipt = answer(
        office,
        "名单.csv",
        text(Roll("ahead", 2).changed(0, 4, "2026-06-16").changed(1, 4, "2026-06-15").table).encode(),
    )
    assert reasons(receipt) == [(2, "发现日期", "future_date")]


@pytest.mark.parametrize(("cell", "reason"), [
    ("￥1,234.50元", ""), ("1234.5", ""), (1234.5, ""), ("-", ""), ("/", ""), ("无", ""), ("１２３４", ""), (0, ""),
    ("1.2万", "amount_invalid"), ("-50", "amount_invalid"), (-50, "amount_invalid"), ("约500", "amount_invalid"),
    ("1,23,4", "amount_invalid"), ("1e400", "amount_invalid"), ("9" * 400, "amount_invalid"),
])  # fmt: skip
def test_f10_money_is_read_as_written_or_rejected(civil: Office, cell: object, reason: str) -> None:
    rng = Random(f"F10{cell!r}"[:40])
    head = ["姓名", "身份证号", "类别", "金额", "起始日期", "终止日期", "状态"]
    row = [people.name(rng), people.number(rng), "低保", cell, "2026-01-01", "", "享受"]
    receipt = answer(civil, "待遇.xlsx", workbook([head, row]), "allowance", shape="increment")
    assert reasons(receipt) == ([(2, "金额", reason)] if reason else [])


@pytest.mark.parametrize("heading", ["金额（万元）", "金额(单位:万元)", "金额/万元", "金 额\n（万元）"])
def test_f10_ten_thousands_are_said_by_the_heading(civil: Office, heading: str) -> None:
    rng = Random(heading)
    content = text(
        [["姓名", "身份证号", "类别", heading, "状态"], [people.name(rng), people.number(rng), "低保", "1.5", "享受"]]
    )
    before = len(civil.published())
    answer(civil, "待遇.csv", content.encode(), "allowance", shape="increment")
    assert "15000" in str(civil.published()[before])


def test_f11_heads_titles_totals_hidden_rows_and_filters_leave_the_rows_and_are_named(office: Office) -> None:
    roll = Roll("F11", 4)

    def touch(book: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 4, "2026年6月疑似辍学台账", book.add_format())
        sheet.merge_range(2, 0, 2, 1, "学生", book.add_format())
        sheet.merge_range(2, 2, 2, 4, "情况", book.add_format())
        sheet.autofilter(3, 0, 7, 4)
        sheet.set_row(5, None, None, {"hidden": True})
        style = book.add_format({"bg_color": "#eeeeee"})
        for row in range(10, 3_000):
            sheet.write_blank(row, 0, None, style)

    rows = [[], ["填报单位：一小"], [], *roll.table, ["合计", "", "4", "", ""], ["制表人：赵"]]
    receipt = answer(office, "名单.xlsx", workbook(rows, touch=touch))
    assert counts(receipt) == ("done", 4, 4, 0)
    assert set(warned(receipt)) >= {(6, "row_hidden"), (9, "total_row"), (10, "title_row")}
    assert receipt["skipped"] >= 4


def with_sheets(*sheets: tuple[str, bool, list[list[Any]]]) -> bytes:
    """A workbook of these further sheets (name, visible, rows) beside an empty first one."""

    def touch(book: Any, first: Any) -> None:
        for name, visible, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
            if not visible:
                sheet.hide()

    return workbook([], touch=touch)


@pytest.mark.parametrize(("content", "reason", "hint"), [
    (with_sheets(("六月", True, Roll("a").table), ("补报", True, Roll("b").table)), "sheet_several", "六月、补报"),
    (with_sheets(("六月", False, Roll("a").table)), "sheet_hidden", "取消隐藏"),
    (with_sheets(), "file_unreadable", "空的"),
    (with_sheets(("六月", True, [["学校", "班级"], ["一小", "一班"]])), "column_missing", "身份证号"),
    (with_sheets(("六月", True, [["姓名", "身份证号", "状态"], *([*row[:2], "已辍学"] for row in Roll("c").rows)])),
     "", ""),
    (biff.xls(biff.Sheet(Roll("a").table, "甲"), biff.Sheet(Roll("b").table, "乙")), "sheet_several", "甲、乙"),
    (biff.xls(biff.Sheet(Roll("a").table, "甲", hidden=True)), "sheet_hidden", "取消隐藏"),
], ids=["several", "hidden", "empty", "other columns", "no key column", "several xls", "hidden xls"])  # fmt: skip
def test_f11_rows_stand_on_one_visible_sheet(office: Office, content: bytes, reason: str, hint: str) -> None:
    name = "名单.xls" if content.startswith(b"\xd0\xcf") else "名单.xlsx"
    if not reason:  # 台账编号, else the school year of the day
        assert counts(answer(office, name, content))[:2] == ("done", 3)
        return
    said = refused(office, name, content)
    assert (said[0], hint in said[1]) == (reason, True), said


def test_f11_prose_and_a_hidden_list_of_words_beside_the_rows_are_let_be(office: Office) -> None:
    sheets = [("填表说明", True, [["填表说明"], ["x"]]), ("怎么填", True, [["填报说明"]]), ("字典", False, [["a"]])]
    content = with_sheets(("六月", True, Roll("beside").table), *sheets)
    assert counts(answer(office, "名单.xlsx", content)) == ("done", 3, 3, 0)


def test_f12_codes_keep_their_zeros_or_are_rejected(civil: Office) -> None:
    rows = [
        member("z1", 村代码=532927100200), member("z2", 村代码="532927100200 "), member("z3", 村代码="32927100200"),
        member("z4", 村代码=5.32927100200e17), member("z5", 村代码="5.32927E+11"), member("z6", 村代码="532901100200"),
        member("z7", 户编号="WS 0001"), member("z8", 户编号=5.3292710020012345e17), member("z9", 户编号="户1"),
        member("z10", 户编号="5.32927E+17"),
    ]  # fmt: skip
    receipt = roster(civil, rows)
    assert counts(receipt) == ("done", 10, 3, 7)
    assert {reason for _, _, reason in reasons(receipt)} == {"code_invalid"}


def test_f12_a_business_key_that_lost_its_tail_is_rejected(office: Office) -> None:
    roll = Roll("F12key").changed(0, 2, 20260000000000012345).changed(1, 2, "2.026E+19")
    receipt = answer(office, "名单.xlsx", workbook(roll.table))
    assert reasons(receipt) == [(2, "台账编号", "code_invalid"), (3, "台账编号", "code_invalid")]


def test_f13_renamed_repeated_and_further_columns(office: Office) -> None:
    roll = Roll("F13")
    head = ["姓 名", "公民身份号码", "台账编号", "状态", "疑似辍学日期", "状态", "家长电话", "班主任"]
    rows = [[*row, "已复学", "13800000000", "王老师"] for row in roll.rows]
    receipt = answer(office, "名单.xlsx", workbook([head, *rows]))
    assert counts(receipt) == ("done", 3, 3, 0)
    assert receipt["columns_dropped"] == ["状态", "家长电话", "班主任"]
    assert "已复学" not in str(office.published()[-3:])


def test_f13_two_columns_that_name_different_people_are_refused_with_the_line(office: Office) -> None:
    roll, others = Roll("F13two"), Roll("F13other")
    head = ["姓名", "身份证号", "台账编号", "状态", "发现日期", "证件号码"]
    same = [[*row, row[1]] for row in roll.rows]
    assert counts(answer(office, "名单.xlsx", workbook([head, *same]))) == ("done", 3, 3, 0)
    unlike = [*same[:2], [*others.rows[0], roll.rows[0][1]]]
    reason, hint = refused(office, "名单.xlsx", workbook([head, *unlike]))
    assert (reason, "第 4 行" in hint) == ("column_missing", True), hint


@pytest.mark.parametrize("heading", ["身份证", "学生身份证号", "证件号"])
def test_f13_a_renamed_id_is_refused_with_the_likely_column(office: Office, heading: str) -> None:
    head = [heading if name == "身份证号" else name for name in HEAD]
    reason, hint = refused(office, "名单.csv", text([head, *Roll(heading).rows]).encode())
    assert (reason, f"“{heading}”" in hint, "改名" in hint) == ("column_missing", True, True), hint


def test_f14_the_same_bytes_under_another_name_say_nothing_new(office: Office) -> None:
    content = workbook(Roll("F14").table)
    assert counts(answer(office, "六月.xlsx", content)) == ("done", 3, 3, 0)
    before = len(office.published())
    again = answer(office, "六月（最终版）.xlsx", content)
    assert (again["received"], again["duplicate"]) == (3, 3)
    assert [word.type for word in office.published()[before:]] == ["education.sending.v1"]


@pytest.mark.parametrize("make", [workbook, lambda rows: text(rows).encode()], ids=["xlsx", "csv"])
def test_f15_an_upload_broken_off_is_taken_not_at_all(office: Office, make: Callable[[Any], bytes]) -> None:
    content = make(Roll("F15", 300).table)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.xlsx"\r\n\r\n' + content + b"\r\n--x--\r\n"
    said = office.bureau.post(
        "/v1/feeds/school_absence/files",
        content=body[: len(body) * 99 // 100],
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert said.status_code == 422
    assert said.json()["code"] == "multipart_broken"
    assert not office.door.work_once()


def test_f15_a_workbook_cut_off_before_it_was_sent_is_refused_at_the_door(office: Office) -> None:
    content = workbook(Roll("F15cut", 300).table)
    assert refused(office, "名单.xlsx", content[: len(content) * 99 // 100])[0] == "file_unreadable"


def test_f16_names_are_kept_as_written_and_dots_are_all_one(office: Office) -> None:
    names = ["𠮷㐂", "买买提·艾力", "John Smith", "龑  䶮"]
    roll = Roll("F16", 4)
    for row, name in enumerate(names):
        roll.changed(row, 0, name)
    assert counts(answer(office, "一.csv", text(roll.table).encode("gb18030"))) == ("done", 4, 4, 0)
    assert {"𠮷㐂", "买买提·艾力", "John Smith"} <= {person.name for person in office.vault.people}
    for n, dot in enumerate("•・．‧∙", start=1):
        roll.changed(1, 0, f"买买提{dot}艾力").changed(1, 2, f"F16-{n}{n}")
        assert warned(answer(office, "二.csv", text([HEAD, roll.rows[1]]).encode())) == []
    other = roll.changed(1, 0, "买买提江").changed(1, 2, "F16-99")
    assert warned(answer(office, "三.csv", text([HEAD, other.rows[1]]).encode())) == [(2, "name_differs")]
