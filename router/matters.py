"""Second-level matters with everything that their first level gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from router.city_file import City, FirstMatter, SecondMatter

NOTHING = "nothing"
"""The label of examples that say nothing: a model that knows it does not force a matter on them."""


@dataclass(frozen=True)
class Matter:
    """One second-level matter. One of `unit`, `trade`, `team` says who usually does it."""

    code: str
    name: str
    first_code: str
    first_name: str
    sector: str
    deadline_class: str
    kind: str
    unit: str
    trade: str
    team: str
    local: bool
    words: tuple[str, ...]
    strong: tuple[str, ...]
    patterns: tuple[str, ...]

    @property
    def path(self) -> tuple[str, str]:
        return self.first_name, self.name

    def within(self, codes: Iterable[str]) -> bool:
        """Whether one of these codes is this matter or its first level."""
        return any(code in (self.code, self.first_code) for code in codes)


def matters_of(city: City) -> tuple[Matter, ...]:
    """Every second-level matter, in the file's order."""
    return tuple(_matter(first, second) for first in city.matter for second in first.second)


def labels_of(city: City) -> frozenset[str]:
    """What a model of this city may say."""
    return frozenset(matter.code for matter in matters_of(city)) | {NOTHING}


def _matter(first: FirstMatter, second: SecondMatter) -> Matter:
    own = second.trade or second.team
    return Matter(
        code=second.code,
        name=second.name,
        first_code=first.code,
        first_name=first.name,
        sector=second.sector or first.sector,
        deadline_class=second.deadline_class or first.deadline_class,
        kind=second.kind,
        unit=second.unit or ("" if own else first.unit or ""),
        trade=second.trade or "",
        team=second.team or "",
        local=second.local,
        words=tuple(second.words),
        strong=tuple(second.strong),
        patterns=tuple(second.patterns),
    )
