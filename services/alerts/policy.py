"""Load a rulebook folder as a whole: a Policy that passed its own cases, or a refusal with file, line and reason."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.catalogue import FACTS
from contracts.vocabulary import Purpose
from services.alerts.domain import reading, worked_case
from services.alerts.domain.condition import Compiler
from services.alerts.domain.documents import (
    CalendarFile,
    CountyFile,
    Document,
    ParameterFile,
    QueuesFile,
    RuleFile,
    SignalFile,
)
from services.alerts.domain.household import MEMBER, SURVEY
from services.alerts.domain.node import Language, Reads, Refused, Term, Threshold, parse
from services.alerts.domain.parameters import Line, Parameter
from services.alerts.domain.rulebook import Asked, Policy
from services.alerts.domain.rules import compile_rule
from services.alerts.domain.scope import Law
from services.alerts.domain.signals import compile_signal

__all__ = ["Finding", "Policy", "RulebookRefused", "load_rulebook"]

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r'^\s*"?([^"=\s]+)"?\s*=')
Model = TypeVar("Model", bound=BaseModel)


class Finding(NamedTuple):
    """What is wrong, and where."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class RulebookRefused(Exception):
    """A rulebook that cannot be used, with everything that is wrong with it."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = tuple(findings)


@dataclass(slots=True)
class Source:
    """One file of the rulebook: its text, its content, and where a key stands."""

    name: str
    text: str
    content: dict[str, Any]

    def opens(self, where: tuple[Any, ...]) -> int:
        """How many lines below its key a text begins: 1 where it stands in three quotes."""
        return int(self.text.splitlines()[self.line(where) - 1].rstrip().endswith(("'''", '"""')))

    def line(self, where: tuple[Any, ...]) -> int:
        """The line of a key such as `("level", 1, "when")`; of the table when the key is not there."""
        *path, key = where or ("",)
        table = ".".join(str(part) for part in path if not isinstance(part, int))
        wanted = next((part for part in reversed(path) if isinstance(part, int)), 0)
        if isinstance(key, int):
            return self._find(table, key, None) or 1
        return self._find(table, wanted, str(key)) or self._find(table, wanted, None) or 1

    def _find(self, table: str, wanted: int, key: str | None) -> int | None:
        current, seen = "", {"": 0}
        for number, text in enumerate(self.text.splitlines(), start=1):
            header, name = _HEADER.match(text), _KEY.match(text)
            if header:
                current = header[1].replace('"', "")
                seen[current] = seen.get(current, -1) + 1
            inside = current == table and seen[current] == wanted
            if inside and (key is None if header else name is not None and name[1] == key):
                return number
        return None


@dataclass(slots=True)
class Loading:
    """A rulebook being read: what was found wrong so far."""

    folder: Path
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, source: Source, where: tuple[Any, ...], reason: str, further: int = 0) -> None:
        """Note what is wrong with a key."""
        self.findings.append(Finding(source.name, source.line(where) + further, reason))

    def read(self, path: Path) -> Source | None:
        """Read one TOML file."""
        name = path.relative_to(self.folder).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
            return Source(name, text, tomllib.loads(text))
        except FileNotFoundError:
            self.findings.append(Finding(name, 1, "缺这个文件"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            line = re.search(r"at line (\d+)", str(error))
            self.findings.append(Finding(name, int(line[1]) if line else 1, f"不是有效的 TOML：{error}"))
        return None

    def shaped(self, source: Source | None, shape: type[Model], content: Any = None, under: str = "") -> Model | None:
        """The content of a file, or of one table of it, in its shape."""
        if source is None:
            return None
        try:
            return shape.model_validate(source.content if content is None else content)
        except ValidationError as error:
            for one in error.errors():
                where = (under, *one["loc"]) if under else one["loc"]
                self.wrong(source, where, f"{'.'.join(map(str, one['loc']))}：{_in_chinese(one['type'], one['msg'])}")
        return None

    def attempt(self, source: Source, where: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Compile something of a file; None when it is refused."""
        try:
            return make()
        except Refused as refused:
            path = (
                tuple(int(part) if part.isdigit() else part for part in refused.where.split("."))
                if refused.where
                else where
            )
            self.wrong(source, path, refused.reason, source.opens(path) + refused.line - 1)
        return None


def _in_chinese(type_: str, message: str) -> str:
    return {"missing": "缺这一项", "extra_forbidden": "不认识这一项"}.get(type_, f"不对（{message}）")


@dataclass(slots=True)
class Files:
    """A rulebook's files in their shapes."""

    county: tuple[Source, CountyFile]
    parameters: dict[str, Parameter]
    signals: dict[str, tuple[Source, SignalFile]]
    rules: dict[str, tuple[Source, RuleFile]]
    queues: QueuesFile
    calendars: dict[int, CalendarFile]

    def documents(self) -> Iterator[tuple[str, Source, Document]]:
        """Signals and rules, in the order of their ids."""
        yield from ((id_, source, file) for id_, (source, file) in self.signals.items())
        yield from ((id_, source, file) for id_, (source, file) in self.rules.items())


def load_rulebook(folder: Path) -> Policy:
    """Load a folder; raises `RulebookRefused` with every finding."""
    loading = Loading(folder)
    files = _read(loading)
    if files is not None:
        _check_documents(loading, files)
        policy = _compile(loading, files, _version(folder), {})
        if policy is not None and not loading.findings:
            _run_cases(loading, files)
            if not loading.findings:
                return policy
    raise RulebookRefused(sorted(set(loading.findings)))


def _version(folder: Path) -> str:
    """Hash of every file's name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.toml")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _read(loading: Loading) -> Files | None:
    folder = loading.folder
    county_source = loading.read(folder / "county.toml")
    county = loading.shaped(county_source, CountyFile)
    parameters = _parameters(loading, loading.read(folder / "parameters.toml"))
    queues = loading.shaped(loading.read(folder / "queues.toml"), QueuesFile)
    calendars = [loading.shaped(loading.read(path), CalendarFile) for path in sorted(folder.glob("calendar/*.toml"))]
    signals = _documents(loading, "signals", SignalFile)
    rules = _documents(loading, "rules", RuleFile)
    if county_source is None or county is None or parameters is None or queues is None:
        return None
    by_year = {one.year: one for one in calendars if one is not None}
    return Files((county_source, county), parameters, signals, rules, queues, by_year)


def _documents(loading: Loading, kind: str, shape: type[Model]) -> dict[str, tuple[Source, Model]]:
    paths = sorted((loading.folder / kind).glob("*.toml"))
    if not paths:
        loading.findings.append(Finding(kind, 1, "这个文件夹里没有文件"))
    found = {}
    for path in paths:
        source = loading.read(path)
        file = loading.shaped(source, shape)
        if source is not None and file is not None:
            found[path.stem] = source, file
    return found


def _parameters(loading: Loading, source: Source | None) -> dict[str, Parameter] | None:
    if source is None:
        return None
    found = {}
    for name, content in source.content.items():
        file = loading.shaped(source, ParameterFile, content, under=name)
        if file is not None:
            lines = tuple(Line(one.value, one.valid_from, one.class_, one.place) for one in file.line)
            found[name] = Parameter(name, file.title, file.unit, file.source, lines, file.yearly)
    return found


def _check_documents(loading: Loading, files: Files) -> None:
    said: dict[tuple[str, str], str] = {}
    for id_, source, file in files.documents():
        if file.approved_by in (file.owner, file.author):
            loading.wrong(source, ("approved_by",), "批准人不能就是责任单位或起草人")
        results = {case.result for case in file.case}
        if not results - {"miss", "cannot_tell"}:
            loading.wrong(source, ("when",), "没有一个会成立的例子（[[case]] result）")
        if "miss" not in results:
            loading.wrong(source, ("when",), '没有一个不成立的例子（[[case]] result = "miss"）')
        text = (type(file).__name__ + getattr(file, "for_each", ""), " ".join(file.when.split()))
        if text in said:
            loading.wrong(source, ("when",), f"与“{said[text]}”说的是同一件事")
        said[text] = id_


Watch = Mapping[str, list[Threshold]]


def _compile(loading: Loading, files: Files, version: str, watch: Watch) -> Policy | None:
    source, county = files.county
    terms = _terms(loading, source, county)
    language = Language(terms, files.parameters)
    levels = tuple(one.id for one in county.level)
    law, class_reads = _law(loading, files, Language(terms=terms))
    signals = {
        id_: found
        for id_, (at, file) in files.signals.items()
        if (found := loading.attempt(at, ("when",), partial(compile_signal, id_, file, language, watch.get(id_))))
    }
    dated = {id_: bool(file.on) for id_, (_, file) in files.signals.items()}
    groups = {one.name: tuple(one.signals) for one in county.group}
    language = Language(terms, files.parameters, dated, groups)
    rules = {
        id_: found
        for id_, (at, file) in files.rules.items()
        if (found := loading.attempt(at, ("when",), partial(compile_rule, id_, file, language, levels, watch.get(id_))))
    }
    if loading.findings:
        return None
    reads = {id_: one.reads for id_, one in (signals | rules).items()}
    _check_purposes(loading, files, reads)
    of_households = tuple(one for one in rules.values() if one.for_each == "household")
    documents: dict[str, Document] = {id_: file for id_, _, file in files.documents()}
    return Policy(
        version=version,
        county=county,
        law=law,
        levels=levels,
        signals=signals,
        rules=rules,
        documents=documents,
        queues=tuple(files.queues.queue),
        calendars=files.calendars,
        sentences=tuple(reading.read(county, files.parameters, terms, documents)),
        reads=_readers({**reads, "county": class_reads}),
        coverage_types=frozenset(type_ for one in (*reads.values(), class_reads) for type_ in one.coverage),
        household_rules=of_households,
        village_rules=tuple(one for one in rules.values() if one.for_each == "village"),
        asked=Asked.of(signals.values(), frozenset[str]().union(*(one.names for one in of_households))),
    )


def _terms(loading: Loading, source: Source, county: CountyFile) -> dict[str, Term]:
    found = {}
    for n, file in enumerate(county.term):
        tree = loading.attempt(source, ("term", n, "means"), partial(parse, file.means))
        if tree is not None:
            found[file.name] = Term(file.name, file.title, tuple(file.args), tree)
    return found


def _law(loading: Loading, files: Files, language: Language) -> tuple[Law, Reads]:
    source, county = files.county
    compiler, classes = Compiler(language, "household"), []
    for n, one in enumerate(county.class_):
        with compiler.certainty():
            node = loading.attempt(source, ("class", n, "when"), partial(compiler.condition, one.when))
        if node is not None:
            classes.append((one.name, node.run))
    return Law(tuple(classes), county.other_class), compiler.reads


def _check_purposes(loading: Loading, files: Files, reads: Mapping[str, Reads]) -> None:
    for id_, source, _ in files.documents():
        for type_ in sorted(reads[id_].types):
            if Purpose.POVERTY_WATCH not in FACTS[type_].meta.purposes:
                loading.wrong(
                    source, ("when",), f"部门没有同意把“{FACTS[type_].meta.title}”用于{Purpose.POVERTY_WATCH}"
                )


def _readers(reads: Mapping[str, Reads]) -> dict[str, frozenset[str]]:
    """Which documents read a type; membership and the household's village are read by judging itself."""
    found: dict[str, set[str]] = {MEMBER: {"household"}, SURVEY: {"household"}}
    for id_, one in reads.items():
        for type_ in one.types:
            found.setdefault(type_, set()).add(id_)
    return {type_: frozenset(ids) for type_, ids in found.items()}


def _run_cases(loading: Loading, files: Files) -> None:
    """Run every document's cases, and see that each boundary was met in them."""
    watch: dict[str, list[Threshold]] = {id_: [] for id_, _, _ in files.documents()}
    policy = _compile(loading, files, "", watch)
    if policy is None:
        return
    for id_, source, file in files.documents():
        for threshold in watch[id_]:
            threshold.seen.clear()
        for n in range(len(file.case)):
            _run_case(loading, source, (policy, id_, file), n)
        for threshold in watch[id_]:
            for lacking in threshold.missing():
                loading.wrong(source, ("when",), f"界限 `{threshold.text}` 没有这样的例子：{lacking}")


def _run_case(loading: Loading, source: Source, about: tuple[Policy, str, Document], n: int) -> None:
    policy, id_, file = about
    case = file.case[n]
    try:
        found = worked_case.run(policy, id_, file, case)
    except (KeyError, TypeError, ValueError) as error:
        found = [f"例子写得不对（{error}）"]
    for reason in found:
        loading.wrong(source, ("case", n, "name"), f"例子“{case.name}”：{reason}")
