"""Who works here: an officer's role and area, and which households that covers (docs/trust.md D4). Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody is, as it stands on the screen."""

    COUNTY_ADMIN = "县管理员"
    COUNTY = "县业务"
    TOWNSHIP = "乡镇"
    VILLAGE = "村"
    CLERK = "部门数据员"
    AUDITOR = "审计员"
    OPERATOR = "运维"


AREA_DIGITS: Final = {
    Role.COUNTY_ADMIN: 6,
    Role.COUNTY: 6,
    Role.TOWNSHIP: 9,
    Role.VILLAGE: 12,
    Role.CLERK: 6,
    Role.AUDITOR: 6,
    Role.OPERATOR: 6,
}
"""How much of a village's twelve-digit code says where a role works."""

SEES_HOUSEHOLDS: Final = frozenset({Role.COUNTY_ADMIN, Role.COUNTY, Role.TOWNSHIP, Role.VILLAGE})
"""The auditor reads audit only, whoever runs the machine sees no people, a department sees its own receipts."""


class WrongArea(ValueError):
    """A role and an area do not go together; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody with an account."""

    login: str
    name: str
    role: Role
    area: str
    """The beginning of the codes of the villages that are theirs."""

    @property
    def sees_households(self) -> bool:
        """Whether pages about households are for them at all."""
        return self.role in SEES_HOUSEHOLDS

    def covers(self, village: str) -> bool:
        """Whether a village is theirs; a household nobody has put into a village is the county's."""
        return village.startswith(self.area) if village else len(self.area) == AREA_DIGITS[Role.COUNTY]


def require_area(role: Role, area: str) -> None:
    """Raise WrongArea unless the area is of the role's kind."""
    digits = AREA_DIGITS[role]
    if not (area.isascii() and area.isdigit() and len(area) == digits):
        raise WrongArea(f"{role}的辖区是 {digits} 位代码，不是“{area}”")
