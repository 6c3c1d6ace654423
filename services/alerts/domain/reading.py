"""Read a document aloud: its syntax tree as a Chinese sentence, so that staff never have to read a condition."""

import ast
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from contracts.facts import Fact
from services.alerts.domain import kinds
from services.alerts.domain.documents import CountyFile, Document, RuleFile, SignalFile
from services.alerts.domain.kinds import Kind
from services.alerts.domain.node import Term, parse
from services.alerts.domain.parameters import Parameter
from services.alerts.domain.sentence import plain, yuan
from services.alerts.domain.terms import expand

_AMOUNTS: Final = {ast.Gt: "超过", ast.GtE: "达到", ast.Lt: "低于", ast.LtE: "不超过", ast.Eq: "为", ast.NotEq: "不为"}
_DATES: Final = {ast.Gt: "晚于", ast.GtE: "不早于", ast.Lt: "早于", ast.LtE: "不晚于", ast.Eq: "为", ast.NotEq: "不为"}
_KINDS: Final = {
    "person": kinds.PERSON,
    "household": kinds.HOUSEHOLD,
    "village": kinds.VILLAGE,
    "members": kinds.PERSON,
    "today": kinds.DATE,
}
_SUBJECTS: Final = {"person": "本人", "household": "本户", "village": "所在村", "members": "家庭成员", "today": "今天"}


def read(
    county: CountyFile,
    parameters: Mapping[str, Parameter],
    terms: Mapping[str, Term],
    documents: Mapping[str, Document],
) -> Iterator[tuple[str, str]]:
    """Every document as (id, sentence), in the order given."""
    titles = {id_: file.title for id_, file in documents.items()} | {one.name: one.title for one in county.group}
    levels = {one.id: one.title for one in county.level}
    for id_, file in documents.items():
        reader = Reader(county.reads_as, parameters, terms, titles)
        if isinstance(file, RuleFile):
            yield id_, _rule(reader, file, levels)
        elif isinstance(file, SignalFile):
            yield id_, reader.sentence(file.when)


def _rule(reader: "Reader", file: RuleFile, levels: Mapping[str, str]) -> str:
    parts = [reader.sentence(file.when)]
    for one in file.level:
        level = levels.get(one.level, one.level)
        rest = "其余为" if len(file.level) > 1 else "为"
        parts.append(f"其中{reader.sentence(one.when)}，为{level}色" if one.when else f"{rest}{level}色")
    if file.suppressed_when:
        parts.append(f"{reader.sentence(file.suppressed_when)}时只记录、不提示")
    return "；".join(parts)


class Reader:
    """Reads the expressions of one document."""

    def __init__(
        self,
        reads_as: Mapping[str, str],
        parameters: Mapping[str, Parameter],
        terms: Mapping[str, Term],
        titles: Mapping[str, str],
    ) -> None:
        self.reads_as, self.parameters, self.terms, self.titles = reads_as, parameters, terms, titles
        self.variables: dict[str, tuple[str, Kind]] = {}

    def sentence(self, text: str) -> str:
        """An expression as text."""
        return self.phrase(parse(text))

    def phrase(self, node: ast.expr) -> str:
        """Any part of an expression as text; what has no reading of its own is shown as written."""
        read_it = _READINGS.get(type(node))
        return read_it(self, node) if read_it else ast.unparse(node)

    def kind(self, node: ast.expr) -> Kind | None:
        """The kind of a subject, fact or field, as far as reading needs it."""
        if isinstance(node, ast.Name):
            return self.variables[node.id][1] if node.id in self.variables else _KINDS.get(node.id)
        if isinstance(node, ast.Subscript):
            return self.kind(node.value)
        if isinstance(node, ast.Call):
            return self._kind_of_call(node)
        return self._kind_below(node) if isinstance(node, ast.Attribute) else None

    def _kind_below(self, node: ast.Attribute) -> Kind | None:
        holder = self.kind(node.value)
        if holder is None or holder.fact is None:
            found = kinds.fact_named(holder, node.attr) if holder else None
            return kinds.fact(found) if found else None
        return kinds.fields(holder.fact).get(node.attr)

    def _kind_of_call(self, node: ast.Call) -> Kind | None:
        name = ast.unparse(node.func)
        if name in self.terms:
            return self.kind(expand(self.terms[name], node))
        if name in ("latest", "first"):
            return self.kind(node.args[0])
        if name == "after_last" and isinstance(node.args[0], ast.GeneratorExp):
            return self.kind(node.args[0].generators[0].iter)
        return {"end": kinds.DATE, "months_after": kinds.DATE, "last_months": kinds.MONTHS}.get(name)


def _name(reader: Reader, node: ast.Name) -> str:
    return reader.variables[node.id][0] if node.id in reader.variables else _SUBJECTS.get(node.id, node.id)


def _constant(_: Reader, node: ast.Constant) -> str:
    return f"“{node.value}”" if isinstance(node.value, str) else plain(Decimal(str(node.value)))


def _several(reader: Reader, node: ast.Tuple) -> str:
    return "或".join(reader.phrase(part) for part in node.elts)


def _attribute(reader: Reader, node: ast.Attribute) -> str:
    kind = reader.kind(node.value)
    if kind is None or kind.fact is None:
        found = reader.kind(node)
        return f"{reader.phrase(node.value)}的{found.title if found else node.attr}"
    called = reader.reads_as.get(f"{kind.fact.meta.name}.{node.attr}")
    if isinstance(node.value, ast.Name):
        return f"{reader.phrase(node.value)}{called or node.attr}"
    return f"{_holder(reader, node.value, kind.fact, named=called is None)}{called or '的' + node.attr}"


def _holder(reader: Reader, node: ast.expr, fact: type[Fact], *, named: bool) -> str:
    """Whose fact it is, and which: 本人今年, 本人最近一次疑似辍学台账."""
    title = fact.meta.title if named else ""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        return f"{reader.phrase(node.value.value)}{reader.phrase(node.slice)}{title}"
    if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Attribute):
        which = "最近一次" if ast.unparse(node.func) == "latest" else "最早一次"
        return f"{reader.phrase(node.args[0].value)}{which}{title}"
    return f"{reader.phrase(node.value)}{title}" if isinstance(node, ast.Attribute) else reader.phrase(node)


def _both(reader: Reader, node: ast.BoolOp) -> str:
    word = "，且" if isinstance(node.op, ast.And) else "，或"
    parts = [f"（{reader.phrase(one)}）" if isinstance(one, ast.BoolOp) else reader.phrase(one) for one in node.values]
    return word.join(parts)


def _not(reader: Reader, node: ast.UnaryOp) -> str:
    operand = node.operand
    name = ast.unparse(operand.func) if isinstance(operand, ast.Call) else ""
    if isinstance(operand, ast.Call) and name == "known":
        return f"并不确知{reader.phrase(operand.args[0])}"
    if isinstance(operand, ast.Call) and name == "any":
        return _loop(("没有{0}，", "{0}中没有一个月，"))(reader, operand)
    return f"不是（{reader.phrase(operand)}）"


def _arithmetic(reader: Reader, node: ast.BinOp) -> str:
    left, right = reader.phrase(node.left), reader.phrase(node.right)
    if isinstance(node.op, ast.Mult):
        return f"{left}的{right}"
    return f"{left}{'加' if isinstance(node.op, ast.Add) else '减'}{right}"


def _compare(reader: Reader, node: ast.Compare) -> str:
    if len(node.ops) == 2 and all(isinstance(op, ast.LtE) for op in node.ops):
        low, value, high = node.left, node.comparators[0], node.comparators[1]
        return f"{reader.phrase(value)}在{reader.phrase(low)}至{reader.phrase(high)}之间（含）"
    values = [node.left, *node.comparators]
    steps = zip(values, node.ops, values[1:], strict=False)
    return "，且".join(_step(reader, left, op, right) for left, op, right in steps)


def _step(reader: Reader, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
    if isinstance(op, ast.In | ast.NotIn):
        return f"{reader.phrase(left)}{'为' if isinstance(op, ast.In) else '不为'}{reader.phrase(right)}"
    dated = kinds.DATE in (reader.kind(left), reader.kind(right))
    if isinstance(op, ast.Eq) and isinstance(right, ast.Constant) and right.value in ("是", "否"):
        return f"{reader.phrase(left)}为{right.value}"
    word = (_DATES if dated else _AMOUNTS)[type(op)]
    return f"{reader.phrase(left)}{word}{reader.phrase(right)}"


def _call(reader: Reader, node: ast.Call) -> str:
    name = ast.unparse(node.func)
    if name in reader.terms:
        term = reader.terms[name]
        return term.title.format(**dict(zip(term.args, map(reader.phrase, node.args), strict=False)))
    say = _SAID.get(name)
    return say(reader, node) if say else ast.unparse(node)


def _limit(reader: Reader, node: ast.Call) -> str:
    parameter = reader.parameters.get(str(ast.literal_eval(node.args[0])))
    if parameter is None:
        return ast.unparse(node)
    if parameter.unit == "倍":
        return "、".join(f"{plain(value * 100)}%" for value in parameter.newest().values())
    newest = parameter.newest()
    several = len(newest) > 1
    values = [f"{(class_ or '其他') if several else ''}{yuan(value)}" for class_, value in newest.items()]
    return f"{parameter.title}（{'、'.join(values)}）"


def _loop(openings: tuple[str, str]) -> Callable[[Reader, ast.Call], str]:
    """How a generator is read: what it opens with, over members or facts and over months."""

    def say(reader: Reader, node: ast.Call) -> str:
        generator = node.args[0]
        if not isinstance(generator, ast.GeneratorExp):
            return ast.unparse(node)
        (conditions, answer), many = _inside(reader, generator)
        over_months = reader.kind(generator.generators[0].iter) == kinds.MONTHS
        said = "，且".join(text for text in (conditions, answer) if text not in ("", "其"))
        return openings[over_months].format(many) + said

    return say


def _inside(reader: Reader, generator: ast.GeneratorExp) -> tuple[tuple[str, str], str]:
    """The filters and the element of a generator, and what it goes over."""
    part = generator.generators[0]
    kind, many, before = reader.kind(part.iter), reader.phrase(part.iter), reader.variables
    if kind is not None:
        over_months = kind == kinds.MONTHS
        item = kinds.MONTH if over_months else kind
        reader.variables = {**before, ast.unparse(part.target): ("当月" if over_months else "其", item)}
    said = "，且".join(reader.phrase(one) for one in part.ifs), reader.phrase(generator.elt)
    reader.variables = before
    return said, many


def _all(reader: Reader, node: ast.Call) -> str:
    generator = node.args[0]
    if isinstance(generator, ast.GeneratorExp) and generator.generators[0].ifs:
        (conditions, answer), many = _inside(reader, generator)
        return f"{many}中，凡{conditions}的，都满足：{answer}"
    people = isinstance(generator, ast.GeneratorExp) and ast.unparse(generator.generators[0].iter) == "members"
    return _loop(("每个{0}，" if people else "每条{0}，", "{0}中每个月，"))(reader, node)


def _after_last(reader: Reader, node: ast.Call) -> str:
    last = _loop(("最后一条满足（{0}，", "最后一月满足（{0}，"))(reader, node)
    return f"{last}）之后的各条"


def _titles(reader: Reader, node: ast.Call) -> str:
    names = [str(one.value) for one in node.args if isinstance(one, ast.Constant)]
    return "、".join(f"「{reader.titles.get(name, name)}」" for name in names)


def _has(reader: Reader, node: ast.Call) -> str:
    whose = reader.phrase(node.keywords[0].value) if node.keywords else ""
    return f"{whose}有{_titles(reader, node)}{'之一' if len(node.args) > 1 else ''}"


def _apart(reader: Reader, node: ast.Call) -> str:
    first, *others = node.args
    one, many = ast.Call(node.func, [first], []), ast.Call(node.func, others, [])
    return f"{_titles(reader, one)}与{_titles(reader, many)}相隔天数"


def _argument(text: str) -> Callable[[Reader, ast.Call], str]:
    return lambda reader, node: text.format(*map(reader.phrase, node.args))


_SAID: Final[dict[str, Callable[[Reader, ast.Call], str]]] = {
    "within": _argument("{0}至今不超过{1}天"),
    "days_since": _argument("{0}至今的天数"),
    "age": _argument("{0}年龄（周岁）"),
    "year": lambda *_: "今年",
    "school_year": lambda *_: "本学年",
    "limit": _limit,
    "known": _argument("已知{0}"),
    "stated": _argument("{0}已填"),
    "empty": _argument("{0}为空或无"),
    "listed": _argument("{0}在名单中"),
    "missing": _argument("{0}不在名单中"),
    "none": _argument("{0}为无"),
    "latest": _argument("最近一次{0}"),
    "first": _argument("{0}中的第一条"),
    "after_last": _after_last,
    "end": _argument("{0}的月末"),
    "last_months": _argument("最近{0}个整月"),
    "days": _argument("{0}到{1}的天数"),
    "months_after": _argument("{0}后{1}个月"),
    "any": _loop(("有{0}，", "{0}中有一个月，")),
    "all": _all,
    "count": _loop(("符合条件的{0}数：", "{0}中符合条件的月数：")),
    "sum": _loop(("{0}合计：", "{0}合计：")),
    "min": _loop(("{0}中最小的", "{0}中最小的")),
    "max": _loop(("{0}中最大的", "{0}中最大的")),
    "has": _has,
    "different": lambda reader, node: f"{_titles(reader, node)}中不同信号的个数",
    "kinds": lambda reader, node: f"{_titles(reader, node)}涉及的风险种类数",
    "departments": lambda reader, node: f"{_titles(reader, node)}涉及的部门数",
    "apart": _apart,
}
_READINGS: Final[dict[type[ast.expr], Callable[[Reader, Any], str]]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Tuple: _several,
    ast.Attribute: _attribute,
    ast.BoolOp: _both,
    ast.UnaryOp: _not,
    ast.BinOp: _arithmetic,
    ast.Compare: _compare,
    ast.Call: _call,
}
