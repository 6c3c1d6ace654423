"""The list of departments, hence of every fact and topic."""

from types import ModuleType

from contracts import civil_affairs, education, health, human_resources, rural_affairs
from contracts.facts import Fact

_CONTRACTS: tuple[ModuleType, ...] = (education, health, civil_affairs, human_resources, rural_affairs)

DEPARTMENTS: dict[str, ModuleType] = {contract.__name__.rpartition(".")[2]: contract for contract in _CONTRACTS}
"""The contract of each department by its name, `education`."""

TITLES: dict[str, str] = {name: contract.TITLE for name, contract in DEPARTMENTS.items()}
"""What each department is called, 教育体育局."""

SHORT_TITLES: dict[str, str] = {name: contract.SHORT_TITLE for name, contract in DEPARTMENTS.items()}
"""The same where there is little room, 教体."""

LIAISONS: dict[str, str] = {name: contract.LIAISON for name, contract in DEPARTMENTS.items()}
"""The office of each department that answers questions, and is asked when its data does not come."""


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
