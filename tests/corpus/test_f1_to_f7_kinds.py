"""Trust F1 to F7: large files, bombs, files of every kind and encoding; what cannot be read is refused with why."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from shouwang.kit.adapter.files import FileReader
from shouwang.kit.sheets import workbook as reading
from tests.corpus import biff
from tests.corpus.door import HEAD, Roll, answer, counts, reasons, refused, text, warned
from tests.doors import Office
from tests.unit.door.workbooks import archive, rewritten, workbook

SHEET = "xl/worksheets/sheet1.xml"


def high_water(reader: FileReader) -> int:
    """The child's greatest memory so far, in KiB."""
    assert reader._child is not None
    status = Path(f"/proc/{reader._child.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def test_f1_a_long_text_file_is_never_held_whole_as_text() -> None:
    content = text([HEAD, *(["赵一𠮷", "1" * 18, str(n), "已辍学", "2026-06-01"] for n in range(120_000))]).encode(
        "gb18030"
    )
    reader = FileReader()
    small = sum(1 for _ in reader.read(".csv", [content[:1000]]).rows)
    before = high_water(reader)
    assert sum(1 for _ in reader.read(".csv", [content]).rows) == 120_001 > small
    assert (high_water(reader) - before) * 1024 < 3 * len(content)
    reader.close()


def test_f2_a_workbook_above_the_cap_is_read_row_by_row_to_the_same_cells() -> None:
    def touch(book: Any, sheet: Any) -> None:
        sheet.write_formula(4, 1, '=T("x")', None, "532927")
        sheet.set_row(5, None, None, {"hidden": True})
        for row in range(20, 400):
            sheet.write_blank(row, 3, None, book.add_format({"bold": True}))

    content = workbook([["题"], [], *Roll("F2", 4).table], touch=touch)
    slow: list[str] = []
    whole = reading.read_workbook(content, "xlsx")
    streamed = reading.read_workbook(content, "xlsx", streamed=5, slowly=lambda: slow.append("slow"))
    assert slow == ["slow"]
    assert streamed.marks == whole.marks
    plain = [(line, [cell or None for cell in cells]) for line, cells in whole.rows]
    cut = [(line, cells + [None] * (5 - len(cells))) for line, cells in streamed.rows]
    assert cut == plain


def test_f3_a_sparse_bomb_is_refused_and_the_next_file_is_read(office: Office) -> None:
    bomb = workbook([["a"]], touch=lambda _, sheet: sheet.write(1_048_575, 16_383, "b"))
    assert len(bomb) < 10_000
    assert refused(office, "名单.xlsx", bomb) == (
        "file_unreadable",
        "文件结构异常，请用表格软件打开后另存为新的 .xlsx 再报送",
    )
    assert counts(answer(office, "好.xlsx", workbook(Roll("F3").table))) == ("done", 3, 3, 0)


def bomb_by_ratio() -> bytes:
    return rewritten(
        workbook([["a"]]), SHEET, lambda old: old.replace(b"</sheetData>", b"<row/>" * 2_000_000 + b"</sheetData>")
    )


def nested() -> bytes:
    return archive(xl__workbook_dot_xml=b"<a/>", inner_dot_zip=archive(a=b"x"))


def many_parts() -> bytes:
    return archive(xl__workbook_dot_xml=b"<a/>", **{f"xl__p{n}": b"" for n in range(1_001)})


def _with(name: str, content: bytes, mode: int = 0o100644) -> bytes:
    out = BytesIO(workbook(Roll(name).table))
    with zipfile.ZipFile(out, "a") as made:
        part = zipfile.ZipInfo(name)
        part.external_attr = mode << 16
        made.writestr(part, content)
    return out.getvalue()


def slipping() -> bytes:
    return _with("../../etc/cron.d/evil", b"x")


def linking() -> bytes:
    return _with("xl/passwd", b"/etc/passwd", 0o120777)


def commanding() -> bytes:
    return _with("xl/externalLinks/externalLink1.xml", b'<externalLink><ddeLink ddeService="cmd"/></externalLink>')


@pytest.mark.parametrize("made", [bomb_by_ratio, nested, many_parts])
def test_f4_a_zip_bomb_is_refused_at_the_door(office: Office, made: Callable[[], bytes]) -> None:
    reason, hint = refused(office, "名单.xlsx", made())
    assert reason in ("file_unreadable", "file_kind")
    assert "另存为" in hint or "解压" in hint


def test_f4_a_zip_that_says_less_than_it_holds_is_refused(office: Office) -> None:
    content = bytearray(bomb_by_ratio())
    with zipfile.ZipFile(BytesIO(bytes(content))) as parts:
        size = parts.getinfo(SHEET).file_size.to_bytes(4, "little")
    content[content.rfind(size) : content.rfind(size) + 4] = (1000).to_bytes(4, "little")
    assert refused(office, "名单.xlsx", bytes(content))[0] == "file_unreadable"


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/workbook.xml", SHEET])
@pytest.mark.parametrize("entity", ['SYSTEM "file:///etc/passwd"', '"ha"'], ids=["outside", "laughs"])
def test_f5_entities_are_never_followed(office: Office, part: str, entity: str) -> None:
    laughs = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10 if n else "&a;" * 10}">' for n in range(12))

    def change(old: bytes) -> bytes:
        head, _, rest = old.partition(b"?>")
        body = rest.lstrip()
        root = body[1:].split(maxsplit=1)[0].decode()
        declared = f"<!DOCTYPE {root} [<!ENTITY a {entity}>{laughs}]>".encode()
        return head + b"?>" + declared + body.replace("赵".encode(), b"&b11;", 1).replace("数据".encode(), b"&b11;", 1)

    roll = Roll(f"F5{part[3:6]}{entity[:3]}").changed(0, 0, "赵")
    receipt = answer(office, "名单.xlsx", rewritten(workbook(roll.table), part, change))
    assert receipt["state"] in ("refused", "done")
    assert "root:" not in str(receipt) + str(office.vault.people)
    assert not any("ha" in person.name for person in office.vault.people)


@pytest.mark.parametrize(("name", "content", "reason", "hint"), [
    ("名单.xlsb", archive(xl__workbook_dot_bin=b"x"), "file_kind", ".xlsb"),
    ("名单.xlsx", archive(mimetype=b"x", content_dot_xml=b"x"), "file_kind", ".ods"),
    ("名单.et", biff.xls(biff.Sheet(Roll("et").table)), "file_kind", ".et"),
    ("名单.xls", f"<table>{text(Roll('html').table)}</table>".encode(), "file_kind", "另存为"),
    ("名单.xls", text(Roll("tsv").table, "\t").encode("gb18030"), "file_kind", "扩展名"),
    ("名单.xlsx", text(Roll("csv").table).encode(), "file_kind", ".csv"),
    ("名单.xlsx", biff.ole({"EncryptionInfo": b"x", "EncryptedPackage": bytes(300_000)}), "file_unreadable", "密码"),
    ("名单.xls", biff.xls(biff.Sheet(Roll("locked").table), locked=True), "file_unreadable", "密码"),
    ("名单.xlsm", archive(xl__workbook_dot_xml=b"x", xl__vbaProject_dot_bin=b"x"), "file_kind", "宏"),
    ("名单.xlsx", workbook(Roll("cut", 200).table)[:-60], "file_unreadable", "不完整"),
    ("名单.xls", biff.xls(biff.Sheet(Roll("cutxls", 200).table))[:3000], "file_unreadable", "不完整"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_f6_each_kind_is_known_by_its_bytes_and_named(
    office: Office, name: str, content: bytes, reason: str, hint: str
) -> None:
    said = refused(office, name, content)
    assert (said[0], hint in said[1]) == (reason, True), said


def test_f6_an_old_workbook_is_read_with_its_days_formulas_and_hidden_rows(office: Office) -> None:
    roll = Roll("F6xls", 4)
    roll.changed(0, 4, biff.Day(46_174)).changed(1, 1, biff.Computed(roll.rows[1][1])).changed(2, 1, 5.3292720140512e17)
    content = biff.xls(biff.Sheet(roll.table, "六月", hidden_rows={5}), biff.Sheet([["字典"]], "字典", hidden=True))
    receipt = answer(office, "名单.XLS", content)
    assert counts(receipt) == ("done", 4, 2, 2)
    assert reasons(receipt) == [(3, "身份证号", "id_damaged"), (4, "身份证号", "id_damaged")]
    assert warned(receipt) == [(5, "row_hidden")]


@pytest.mark.parametrize("suffix", [".xls", ".xlsx"])
def test_f6_links_out_and_dde_are_texts_or_nothing(office: Office, suffix: str) -> None:
    roll = Roll(f"dde{suffix}").changed(0, 2, "=cmd|'/c calc'!A1").changed(1, 2, "='[C:\\a.xlsx]表'!A1")
    made = biff.xls(biff.Sheet(roll.table)) if suffix == ".xls" else workbook(roll.table)
    assert counts(answer(office, f"名单{suffix}", made))[:2] == ("done", 3)


@pytest.mark.parametrize("made", [slipping, linking, commanding])
def test_f6_names_that_climb_links_and_commands_are_refused(office: Office, made: Callable[[], bytes]) -> None:
    reason, hint = refused(office, "名单.xlsx", made())
    assert reason in ("file_unreadable", "file_kind")
    assert "另存为" in hint


def test_f6_a_link_to_another_workbook_is_never_followed_and_stored_values_count(office: Office) -> None:
    content = _with("xl/externalLinks/externalLink1.xml", b'<externalLink><externalBook r:id="rId1"/></externalLink>')
    assert counts(answer(office, "名单.xlsx", content)) == ("done", 3, 3, 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_f7_no_name_is_spoilt_in_any_encoding(office: Office, encoding: str, delimiter: str) -> None:
    who = "赵镕" if encoding == "gbk" else "𠮷㐂·龑"
    roll = Roll(f"F7{encoding}{ord(delimiter)}").changed(1, 0, who)
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    receipt = answer(office, "名单.csv", mark + text(roll.table, delimiter).encode(encoding))
    assert counts(receipt) == ("done", 3, 3, 0)
    assert [person.name for person in office.vault.people[-3:]] == [row[0] for row in roll.rows]


@pytest.mark.parametrize(("content", "place"), [
    (text(HEAD[:2] and [HEAD]).encode() + "赵一,1\r\n".encode() + b"\xff\xfe,2\r\n", "第 3 行第 1 个字节"),
    (text([HEAD]).encode("gb18030") + b"a,\xff\r\n", "第 2 行第 3 个字节"),
    (text([HEAD]).encode("gb18030") + "赵一,1\r\n".encode("gb18030") + "x,张三\r\n".encode(), "第 3 行第 3 个字节"),
    (text([HEAD]).encode() + "x,张三\r\n".encode() + "李四,1\r\n".encode("gbk"), "第 3 行第 1 个字节"),
    (b"\xef\xbb\xbf" + text([HEAD]).encode() + "李四,1\r\n".encode("gbk"), "第 2 行第 1 个字节"),
], ids=["broken utf-8", "broken gbk", "utf-8 in gbk", "gbk in utf-8", "gbk after a mark"])  # fmt: skip
def test_f7_what_is_in_no_encoding_or_two_is_refused_with_row_and_byte(
    office: Office, content: bytes, place: str
) -> None:
    reason, hint = refused(office, "名单.csv", content)
    assert (reason, place in hint) == ("file_unreadable", True), hint
