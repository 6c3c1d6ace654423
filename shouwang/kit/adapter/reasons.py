"""Why a cell, a row or a sending is not taken: one code of docs/feeds.md each, and what to do about it, in Chinese."""

from collections.abc import Sequence


class Unreadable(Exception):
    """A cell that cannot be read: its code and the kind of value found, never the value."""

    def __init__(self, reason: str, kind: str, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.kind, self.hint = reason, kind, hint or HINTS[reason]


HINTS = {
    "id_missing": "请填写{column}",
    "id_damaged": "请把{column}列设为文本格式，重新填写完整的号码；末三位确为000的，请核实后确认",
    "id_invalid": "请核对{column}：应为18位，出生日期和末位校验码要对得上",
    "key_missing": "请填写{column}，用来区分同一对象的不同记录",
    "date_invalid": "请填写真实日期，如2026-04-05、2026/4/5、20260405（文本）或2026年4月5日",
    "month_invalid": "请填写年月，如2026-04、202604（文本）或2026年4月",
    "year_invalid": "请填写年份，如2026或2026年",
    "future_date": "请核对{column}：不能晚于数据日期",
    "amount_invalid": "请填写不带文字的金额，如1234.50；万元写在列名里，不能为负数",
    "code_invalid": "请核对{column}",
    "value_unknown": "请按规定选项填写{column}",
    "conflict": "请核对：同一份名单里同一对象有内容不同的几行，只保留正确的一行",
}
"""What to do, verb first; `{column}` is the template's name of the column."""

VILLAGE_HINT = "请填写本县（{county}开头）的12位村代码，并把该列设为文本格式"
HOUSEHOLD_HINT = "请核对{column}：最多32位，只能用字母、数字和短横线"
CODE_HINT = "请核对{column}：最多80个字符"
CODE_DAMAGED_HINT = "请把{column}列设为文本格式，重新填写完整的编号"
COUNT_HINT = "请填写不带单位的整数，如35"


def choices_hint(choices: Sequence[str]) -> str:
    """Names the closed list, so that nobody has to look it up."""
    return "请填写下列之一：" + "、".join(choices)


REFUSALS = {
    "column_missing": "缺少“{column}”列，请补上后重新报送",
    "column_renamed": "缺少“{column}”列，是否写成了“{found}”？请改名后重新报送",
    "column_twice": "有两列“{column}”，第 {line} 行的两个号码不同：请只留要报送的那个人的一列",
    "column_none": "没有找到列名，请用模板填报，列名中要有“{column}”",
    "shape_mixed": "只有部分行填了“操作”：要报全量名单请清空该列，要报增量请每行都填",
    "as_of_mixed": "同一份名单的数据日期不一致，请统一后重新报送",
    "future_date": "数据日期晚于今天，请核对后重新报送",
    "nothing_readable": "没有一行可以读取，请按各行提示改正后重新报送",
    "nothing_listed": "名单里没有数据行，请核对后重新报送",
}
"""What to do about a sending that is refused as a whole."""
