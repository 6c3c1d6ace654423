"""Invented names and ID numbers: valid in form, belonging to nobody."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from stdnum.cn import ric

SURNAMES = "字左茶罗张李杨马熊毕杞阿段陈王赵周忽米闭范饶"
GIVEN = "文金国燕秀志华萍建春学兰英强玉明芳红军丽平云龙凤祥贵梅成荣光"
RARE = ("龑", "䶮", "玥", "翀", "𬀩", "㐂", "堃")
"""Characters outside GB2312 (trust F16): they must survive csv in GB18030 and every screen."""
MINORITY = ("阿鲁·木呷", "吉克·阿依", "沙马·拉且", "曲比·阿乌", "阿苏·尔古", "吉木·伍果", "阿尔·子黑", "罗洪·阿木")
GENERATION = "一二三四五六七八九"
DOTS = ("·", "•", "‧", "・")
"""Every bureau types another middle dot; they are one name (feeds: names)."""


@dataclass(slots=True)
class Registry:
    """Hands out names and numbers, never the same number twice."""

    rng: Random
    area: str
    taken: set[str] = field(default_factory=set)

    def number(self, born: date, sex: str) -> str:
        """An 18-character ID number; never one that ends in 000, which looks as if Excel had cut it."""
        while True:
            order = self.rng.randrange(1, 1000)
            order += (order % 2 == 0) == (sex == "男")
            head = f"{self.area}{born:%Y%m%d}{order % 1000:03d}"
            number = head + ric.calc_check_digit(head + "0")
            if number not in self.taken and not number.endswith("00"):
                self.taken.add(number)
                return number

    def name(self, surname: str = "") -> str:
        """A name, of a given family or of none; about one in twenty-five is written with a middle dot."""
        if not surname and self.rng.random() < 0.04:
            return self.rng.choice(MINORITY)
        return (surname or self.rng.choice(SURNAMES)) + self._given()

    def _given(self) -> str:
        first = self.rng.choice(RARE) if self.rng.random() < 0.03 else self.rng.choice(GIVEN)
        return first + (self.rng.choice(GIVEN) if self.rng.random() < 0.75 else "")


def surname_of(name: str) -> str:
    """The family's name, as far as a child of it would carry it."""
    return name.split("·", maxsplit=1)[0] + "·" if "·" in name else name[0]
