"""Files of every sort, read in a child process: rows as they are, or a refusal that says what to do (trust F1–F12)."""

import os
import signal
from collections.abc import Iterator
from datetime import date, datetime
from time import monotonic
from typing import Any

import pytest

from shouwang.kit.adapter.files import FileReader
from shouwang.kit.adapter.table import Formula, Table
from shouwang.kit.sheets import Refused
from tests.unit.door.workbooks import archive, ole, rewritten, workbook


@pytest.fixture(scope="module")
def reader() -> Iterator[FileReader]:
    made = FileReader()
    yield made
    made.close()


def rows_of(table: Table) -> list[tuple[int, list[Any]]]:
    return list(table.rows)


def refusal(reader: FileReader, suffix: str, content: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        rows_of(reader.read(suffix, [content]))
    assert refused.value.hint
    return refused.value


def test_a_workbook_keeps_texts_numbers_and_days_apart(reader: FileReader) -> None:
    def touch(book: Any, sheet: Any) -> None:
        sheet.write_datetime(2, 0, datetime(2026, 4, 5), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_datetime(2, 1, datetime(2026, 4, 5, 9, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))

    table = reader.read(".xlsx", [workbook([["身份证号", "金额"], [522426198111055732, 1.5]], touch=touch)])
    assert (table.source, table.sheet) == ("xlsx", "数据")
    assert rows_of(table) == [
        (1, ["身份证号", "金额"]),
        (2, [5.224261981110557e17, 1.5]),
        (3, [date(2026, 4, 5), datetime(2026, 4, 5, 9, 30)]),
    ]


def test_days_of_the_1904_system_are_the_same_days(reader: FileReader) -> None:
    def touch(book: Any, sheet: Any) -> None:
        sheet.write_datetime(0, 0, datetime(2026, 4, 5), book.add_format({"num_format": "yyyy-mm-dd"}))

    table = reader.read(".xlsx", [workbook([], touch=touch, date_1904=True)])
    assert rows_of(table) == [(1, [date(2026, 4, 5)])]


def test_lines_are_those_of_the_sheet_and_empty_ones_are_there(reader: FileReader) -> None:
    table = reader.read(".xlsx", [workbook([[], [], [None, "姓名"], [], [None, "赵一"]])])
    assert rows_of(table)[2:] == [(3, [None, "姓名"]), (4, [None, None]), (5, [None, "赵一"])]


def test_a_formula_is_seen_as_one_and_keeps_its_value(reader: FileReader) -> None:
    def touch(_: Any, sheet: Any) -> None:
        sheet.write_formula(1, 1, '=T("522426198111055732")', None, "522426198111055732")

    table = reader.read(".xlsx", [workbook([["姓名", "身份证号"], ["赵一"]], touch=touch)])
    assert rows_of(table)[1] == (2, ["赵一", Formula("522426198111055732")])


def test_hidden_rows_are_rows_and_are_named(reader: FileReader) -> None:
    table = reader.read(
        ".xlsx", [workbook([["a"], ["b"], ["c"]], touch=lambda _, s: s.set_row(1, None, None, {"hidden": True}))]
    )
    assert table.hidden_rows == {2}
    assert len(rows_of(table)) == 3


def test_data_only_in_a_hidden_sheet_is_refused(reader: FileReader) -> None:
    def touch(book: Any, sheet: Any) -> None:
        book.add_worksheet("封面").activate()
        sheet.hide()

    assert refusal(reader, ".xlsx", workbook([["a"]], touch=touch)).code == "sheet_hidden"


def test_data_in_two_visible_sheets_is_refused_and_both_are_named(reader: FileReader) -> None:
    refused = refusal(
        reader, ".xlsx", workbook([["a"]], touch=lambda book, _: book.add_worksheet("补报").write(0, 0, "b"))
    )
    assert refused.code == "sheet_several"
    assert "数据" in refused.hint
    assert "补报" in refused.hint


def test_a_hidden_sheet_beside_the_visible_one_is_let_be(reader: FileReader) -> None:
    def touch(book: Any, _: Any) -> None:
        other = book.add_worksheet("字典")
        other.write(0, 0, "b")
        other.hide()

    assert rows_of(reader.read(".xlsx", [workbook([["a"]], touch=touch)])) == [(1, ["a"])]


def test_prose_on_a_sheet_called_explanation_is_no_data(reader: FileReader) -> None:
    table = reader.read(
        ".xlsx", [workbook([["a"]], touch=lambda book, _: book.add_worksheet("说明").write(0, 0, "填报说明"))]
    )
    assert rows_of(table) == [(1, ["a"])]


def test_a_sparse_bomb_is_a_refusal_within_a_second_and_the_next_file_is_read(reader: FileReader) -> None:
    bomb = workbook([["a"]], touch=lambda _, sheet: sheet.write(1_048_575, 16_383, "b"))
    assert len(bomb) < 10_000
    start = monotonic()
    assert refusal(reader, ".xlsx", bomb).code == "file_unreadable"
    assert monotonic() - start < 5
    assert rows_of(reader.read(".xlsx", [workbook([["a"]])])) == [(1, ["a"])]


def test_a_part_that_inflates_a_hundredfold_is_refused_unopened(reader: FileReader) -> None:
    sheet = b"<row/>" * 1_000_000
    refused = refusal(reader, ".xlsx", archive(xl__workbook_dot_xml=b"<a/>", xl__worksheets__sheet1_dot_xml=sheet))
    assert (refused.code, "结构异常" in refused.hint) == ("file_unreadable", True)


def test_too_many_parts_are_refused(reader: FileReader) -> None:
    parts = {f"xl__p{n}": b"" for n in range(1_001)}
    assert refusal(reader, ".xlsx", archive(xl__workbook_dot_xml=b"<a/>", **parts)).code == "file_unreadable"


@pytest.mark.parametrize("entity", [
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><sst><si><t>&a;</t></si></sst>',
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>',
])  # fmt: skip
def test_entities_are_never_followed(reader: FileReader, entity: bytes) -> None:
    made = rewritten(workbook([["a"]]), "xl/sharedStrings.xml", lambda _: b'<?xml version="1.0"?>' + entity)
    try:
        rows = rows_of(reader.read(".xlsx", [made]))
    except Refused as refused:
        rows = [(0, [refused.code])]
    assert "root:" not in str(rows)
    assert "haha" not in str(rows)


@pytest.mark.parametrize(("suffix", "content", "code", "named"), [
    (".xlsx", archive(xl__workbook_dot_bin=b"x"), "file_kind", ".xlsb"),
    (".ods", archive(mimetype=b"application/vnd.oasis.opendocument", content_dot_xml=b"x"), "file_kind", ".ods"),
    (".xlsm", archive(xl__workbook_dot_xml=b"x", xl__vbaProject_dot_bin=b"x"), "file_kind", "宏"),
    (".zip", archive(a_dot_xlsx=b"x"), "file_kind", "压缩包"),
    (".docx", archive(word__document_dot_xml=b"x"), "file_kind", "不是表格"),
    (".et", ole("Workbook"), "file_kind", ".et"),
    (".xlsx", ole("EncryptedPackage"), "file_unreadable", "密码"),
    (".doc", ole("WordDocument"), "file_kind", "不是表格"),
    (".xls", ole("Workbook"), "file_unreadable", "损坏"),
    (".xls", b"<html><table><tr><td>a</td></tr></table></html>", "file_kind", "网页"),
    (".xls", b'\xef\xbb\xbf  <table border="1">', "file_kind", "网页"),
    (".xls", b'<?xml version="1.0"?><Workbook>', "file_kind", "XML"),
    (".xlsx", "姓名,身份证号\n".encode(), "file_kind", ".csv"),
    (".csv", b"%PDF-1.7", "file_kind", "PDF"),
    (".csv", b"\x00\x01\x02\x03", "file_kind", "认不出"),
    (".csv", b"", "file_unreadable", "空"),
    (".xlsx", b"PK\x03\x04 broken off", "file_unreadable", "损坏"),
    (".csv", '姓名\n"赵一\n'.encode() + b"x\n" * 200, "file_unreadable", "引号"),
    (".csv", "姓名\n赵一\n".encode("gb18030") + b"\xff\xff\n", "file_unreadable", "第 3 行第 1 个字节"),
    (".ndjson", b'{"a": 1}\n{"a": \n', "file_unreadable", "第 2 行"),
    (".ndjson", b'{"a": 1}\n{"a": {"b": 1}}\n', "file_unreadable", "第 2"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_with_what_to_do(
    reader: FileReader, suffix: str, content: bytes, code: str, named: str
) -> None:
    refused = refusal(reader, suffix, content)
    assert (refused.code, named in refused.hint) == (code, True), refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_every_encoding_and_delimiter(reader: FileReader, encoding: str, delimiter: str) -> None:
    text = "\r\n".join(
        delimiter.join(cells)
        for cells in (("姓名", "学校"), ("𠮷㐂·龑", "一小"), ("赵,一" if delimiter != "," else "赵一", ""))
    )
    table = reader.read(".csv", [(text + "\r\n").encode(encoding)])
    assert rows_of(table)[1] == (2, ["𠮷㐂·龑", "一小"])
    assert rows_of(reader.read(".csv", [text.encode(encoding)]))[2][1][1] is None


def test_a_record_over_several_lines_has_the_number_of_its_first(reader: FileReader) -> None:
    table = reader.read(".csv", ['姓名,备注\n赵一,"第一行\n第二行"\n钱二,x\n'.encode()])
    assert [line for line, _ in rows_of(table)] == [1, 2, 4]


def test_json_lines_are_a_table_with_the_lines_of_the_file(reader: FileReader) -> None:
    table = reader.read(".ndjson", ['{"姓名": "赵一"}\n\n{"学校": "一小", "缺课天数": 3}\n'.encode()])
    assert table.source == "records"
    assert rows_of(table) == [(0, ["姓名", "学校", "缺课天数"]), (1, ["赵一", None, None]), (3, [None, "一小", 3])]


def test_a_child_that_is_killed_costs_one_file(reader: FileReader) -> None:
    table = reader.read(".csv", [b"a,b\n" * 200_000])
    rows = iter(table.rows)
    next(rows)
    child = reader._child
    assert child is not None
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(Refused):
        list(rows)
    assert rows_of(reader.read(".csv", [b"a\n"])) == [(1, ["a"])]


def test_rows_not_taken_to_the_end_do_not_run_into_the_next_file(reader: FileReader) -> None:
    first = iter(reader.read(".csv", [b"a,b\n" * 100_000]).rows)
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert rows_of(reader.read(".csv", [b"c\n"])) == [(1, ["c"])]
