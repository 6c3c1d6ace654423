"""Rejected rows come back to their sender ready to be mended and sent again, and to nobody else."""

from io import BytesIO
from typing import Any

import openpyxl

from tests.corpus.door import HEAD, Roll, answer, counts, text
from tests.doors import Office
from tests.unit.door.workbooks import workbook


def returned(office: Office, receipt: dict[str, Any], *, county: bool = False) -> Any:
    """The workbook of a receipt's rejected rows."""
    caller = office.county if county else office.bureau
    asked = {"county": "532927"} if county else None
    said = caller.get(f"/v1/receipts/{receipt['receipt']}/rejected.xlsx", params=asked)
    assert said.status_code == 200, said.text
    return openpyxl.load_workbook(BytesIO(said.content))


def column(sheet: Any, name: str) -> int:
    """The number of a column, by its heading."""
    return [cell.value for cell in sheet[1]].index(name) + 1


def saved(book: Any) -> bytes:
    """The bytes of a workbook."""
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_mended_rows_of_a_list_are_added_to_it_and_end_nobody(civil: Office) -> None:
    roll = Roll("returned", 12)
    right = roll.rows[4][1]
    rows = [[row[0], row[1], f"R{n}", "532927100200"] for n, row in enumerate(roll.rows)]
    rows[4][1], rows[7][3] = float(int(right[:15] + "000")), "5329271"
    head = ["姓名", "公民身份号码", "户编号", "村代码"]
    receipt = answer(civil, "名册.xlsx", workbook([["6月名册"], head, *rows]), "household_member")
    assert counts(receipt) == ("done", 12, 10, 2)
    book = returned(civil, receipt)
    sheet = book.active
    assert [sheet.cell(row, column(sheet, "原行号")).value for row in (2, 3)] == ["7", "10"]
    assert not sheet.cell(2, column(sheet, "身份证号")).value, "never a number that looks whole and is not"
    assert "列设为文本格式" in str(sheet.cell(2, column(sheet, "怎样改正")).value)
    sheet.cell(2, column(sheet, "身份证号")).value = right
    sheet.cell(3, column(sheet, "村代码")).value = "532927100201"
    again = answer(civil, "改好.xlsx", saved(book), "household_member")
    assert counts(again) == ("done", 2, 2, 0)
    assert (again["shape"], again["as_of"], again["withdrawn"]) == ("increment", receipt["as_of"], 0)


def test_rows_sent_back_unmended_are_rejected_again_for_the_same_reasons(office: Office) -> None:
    roll = Roll("unmended")
    roll.changed(0, 1, roll.rows[0][1][:15]).changed(1, 1, 5.3292720140512e17).changed(2, 4, "26.6.1")
    receipt = answer(office, "名单.xlsx", workbook(roll.table))
    book = returned(office, receipt)
    again = answer(office, "原样.xlsx", saved(book))
    before = {(row["column"], row["reason"]) for row in receipt["rows"]}
    after = {(row["column"], row["reason"]) for row in again["rows"]}
    assert after - {("身份证号", "id_missing")} == before - {("身份证号", "id_damaged")}
    assert again["accepted"] == 0


def test_records_come_back_too_and_the_county_sees_reasons_only(office: Office) -> None:
    roll = Roll("pushed", 2).changed(1, 3, "不详")
    receipt = office.settled(office.records("school_absence", [dict(zip(HEAD, row, strict=True)) for row in roll.rows]))
    sheet = returned(office, receipt).active
    assert sheet.cell(2, column(sheet, "姓名")).value == roll.rows[1][0]
    seen = [cell.value for row in returned(office, receipt, county=True).active.iter_rows() for cell in row]
    assert "状态" in seen
    assert not {roll.rows[1][0], roll.rows[1][1]} & set(seen)


def test_after_thirty_days_the_rows_are_gone_and_the_reasons_stay(office: Office) -> None:
    roll = Roll("old", 2).changed(1, 3, "不详")
    receipt = answer(office, "名单.csv", text(roll.table).encode())
    office.pass_seconds(32 * 86_400)
    office.door.clean_once()
    sheet = returned(office, receipt).active
    assert sheet.cell(1, 1).value == "原行号"
    assert sheet.cell(2, column(sheet, "被拒原因")).value == "value_unknown"
