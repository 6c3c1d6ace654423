"""The list of departments, hence of every fact and topic."""

from types import ModuleType

from contracts import civil_affairs, education, health, human_resources, rural_affairs
from contracts.facts import Fact

DEPARTMENTS: dict[str, ModuleType] = {
    "education": education,
    "health": health,
    "civil_affairs": civil_affairs,
    "human_resources": human_resources,
    "rural_affairs": rural_affairs,
}
TITLES: dict[str, str] = {
    "education": "教育体育局",
    "health": "医疗保障局",
    "civil_affairs": "民政局",
    "human_resources": "人力资源和社会保障局",
    "rural_affairs": "农业农村局",
}
LIAISONS: dict[str, str] = {
    "education": "教育体育局 学籍科",
    "health": "医疗保障局 信息科",
    "civil_affairs": "民政局 社会救助股",
    "human_resources": "人力资源和社会保障局 就业局",
    "rural_affairs": "农业农村局 乡村振兴股",
}
"""The office of each department that is asked when its data does not come."""


def facts_of(contract: ModuleType) -> tuple[type[Fact], ...]:
    """The facts one department states."""
    facts: tuple[type[Fact], ...] = contract.FACTS
    return facts


FACTS: dict[str, type[Fact]] = {
    fact.meta.type: fact for contract in DEPARTMENTS.values() for fact in facts_of(contract)
}
"""Every fact by its type, `education.school_absence.v1`."""

BY_NAME: dict[str, type[Fact]] = {fact.meta.name: fact for fact in FACTS.values()}
"""Every fact by the name rule documents use, `education.school_absence`."""
