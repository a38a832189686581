"""The city file: everything that is one city's own, read, checked, named by line and key when it is wrong.

The schema is described in docs/city-file.md. Nothing about a city is in the code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CITIES = Path(__file__).parent / "city"
EVERYWHERE = "*"
"""As an area: the whole city."""

Key = tuple[str | int, ...]
SectorName = Literal["government", "society", "market"]
KindName = Literal["咨询", "求助", "投诉", "举报", "建议", "政务办理", "感谢"]


class CityFileError(Exception):
    """A city file is wrong; each problem is `FILE:LINE: KEY: what`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Named(_Table):
    code: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{1,62}$")
    name: str = Field(min_length=1, max_length=60)


class About(_Table):
    name: str = Field(min_length=1)
    code: str = Field(pattern=r"^\d{6}$")
    area_code: str = Field(pattern=r"^0\d{2,3}$")
    time_zone: str = "Asia/Shanghai"


class Sorting(_Table):
    unsure_below: float = Field(ge=0, le=1)
    urgent_words: list[str] = []
    avoid_words: list[str] = []
    """Said with a firm's name: not that firm again."""
    repeat_hours: int = Field(ge=1)
    burst_minutes: int = Field(ge=1)
    burst_callers: int = Field(ge=2)
    local_unit_first: bool


_OFFICE_HOURS = r"^\d\d:[0-5]\d-\d\d:[0-5]\d(,\d\d:[0-5]\d-\d\d:[0-5]\d)*$"


class _Reached(_Named):
    phone: str = Field("", max_length=60)
    """By which the hotline reaches it; no citizen is told."""


class Unit(_Reached):
    head: str = Field("", max_length=60)
    """Who answers for it: scores count on the head."""
    office_hours: str | None = Field(None, pattern=_OFFICE_HOURS)
    """Its own, when they are not the city's: 08:00-12:00,14:00-17:30."""
    aliases: list[str] = []
    listed: bool = True
    """False: not one of the units that the platform's founding article lists."""


class Township(_Reached):
    head: str = Field("", max_length=60)
    office_hours: str | None = Field(None, pattern=_OFFICE_HOURS)
    kind: Literal["street", "town", "township"]
    aliases: list[str] = []


class Household(_Named):
    words: list[str]


class KindWords(_Table):
    name: KindName
    words: list[str]
    patterns: list[str] = []


class Danger(_Table):
    words: list[str]
    before: list[str]
    after: list[str]
    past: list[str]
    harmless: list[str]
    feared: list[str] = []
    """Before it: only feared. Not for what is dire."""
    dire: list[str] = []
    """Danger that counts even if it is only feared: somebody who may kill himself."""
    denies_nothing: list[str] = []
    """Holds a word of `before` and denies nothing: 没想到."""


class Boundary(_Table):
    direction: Literal["from_110", "shared", "to_110"]
    name: str
    words: list[str] = []
    matters: list[str] = []
    unit: str | None = None


class Team(_Reached):
    skills: list[str]
    matters: list[str]
    areas: list[str]


class Expert(Team):
    role: str
    sample: bool = False


class Firm(_Reached):
    trades: list[str] = Field(min_length=1)
    hours: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$")
    areas: list[str] = Field(min_length=1)
    contract_until: date
    rating: float = Field(4.0, ge=0, le=5)
    sample: bool = False


class Price(_Table):
    """What the market asks for a service; a service with a matter's code is what that matter costs."""

    trade: str = Field(min_length=1, max_length=64)
    service: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=60)
    reference_fen: int = Field(ge=0, le=100_000_000)
    valid_from: date
    valid_until: date | None = None
    per: str = Field("次", min_length=1, max_length=16)
    usual: bool = False
    sample: bool = False


class Community(_Table):
    name: str
    township: str


class Road(_Table):
    name: str
    townships: list[str]


class Landmark(_Table):
    name: str
    township: str | None = None
    aliases: list[str] = []


class Gazetteer(_Table):
    sample: bool = False
    community: list[Community] = []
    road: list[Road] = []
    landmark: list[Landmark] = []


class SecondMatter(_Named):
    kind: KindName
    words: list[str] = Field(min_length=1)
    strong: list[str] = []
    patterns: list[str] = []
    local: bool = False
    unit: str | None = None
    deadline_class: str | None = None
    sector: SectorName | None = None
    trade: str | None = None
    team: str | None = None


class FirstMatter(_Named):
    sector: SectorName
    deadline_class: str
    unit: str | None = None
    second: list[SecondMatter] = Field(min_length=1)


class City(_Table):
    """A whole city file, checked: codes are unique, and what is referred to is there."""

    schema_: Literal[1] = Field(alias="schema")
    city: About
    sorting: Sorting
    deadline_classes: dict[str, int]
    unit: list[Unit]
    township: list[Township]
    household: list[Household] = []
    kind: list[KindWords]
    danger: Danger
    boundary: list[Boundary] = []
    team: list[Team] = []
    expert: list[Expert] = []
    firm: list[Firm] = []
    price: list[Price] = []
    gazetteer: Gazetteer = Gazetteer()
    matter: list[FirstMatter] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> City:
        found = list(_references(self))
        if found:
            raise _WrongReferences(found)
        return self


class _WrongReferences(ValueError):
    def __init__(self, found: list[tuple[Key, str]]) -> None:
        super().__init__("references")
        self.found = found


def _references(city: City) -> Iterator[tuple[Key, str]]:
    """Every code that stands twice, and every name of a thing that is not there."""
    yield from _doubles(city)
    units = {each.code for each in city.unit}
    townships = {each.code for each in city.township}
    teams = {each.code for each in city.team}
    trades = {trade for firm in city.firm for trade in firm.trades}
    classes = set(city.deadline_classes)
    matters = {first.code for first in city.matter} | {
        second.code for first in city.matter for second in first.second
    }

    def known(where: Key, value: str | None, among: set[str], what: str) -> Iterator[tuple[Key, str]]:
        if value is not None and value not in among:
            yield where, f"there is no {what} {value!r}"

    for i, first in enumerate(city.matter):
        at: Key = ("matter", i)
        yield from known((*at, "unit"), first.unit, units, "unit")
        yield from known((*at, "deadline_class"), first.deadline_class, classes, "deadline class")
        for j, second in enumerate(first.second):
            below: Key = (*at, "second", j)
            yield from known((*below, "unit"), second.unit, units, "unit")
            yield from known((*below, "deadline_class"), second.deadline_class, classes, "deadline class")
            yield from known((*below, "team"), second.team, teams, "team")
            yield from known((*below, "trade"), second.trade, trades, "firm of the trade")
    for table in ("team", "expert", "firm"):
        for i, each in enumerate(getattr(city, table)):
            for area in each.areas:
                yield from known((table, i, "areas"), area, townships | {EVERYWHERE}, "township")
            for matter in getattr(each, "matters", []):
                yield from known((table, i, "matters"), matter, matters, "matter")
    for i, price in enumerate(city.price):
        yield from known(("price", i, "trade"), price.trade, trades, "firm of the trade")
    for i, boundary in enumerate(city.boundary):
        yield from known(("boundary", i, "unit"), boundary.unit, units, "unit")
        for matter in boundary.matters:
            yield from known(("boundary", i, "matters"), matter, matters, "matter")
    for i, community in enumerate(city.gazetteer.community):
        yield from known(("gazetteer", "community", i, "township"), community.township, townships, "township")
    for i, road in enumerate(city.gazetteer.road):
        for township in road.townships:
            yield from known(("gazetteer", "road", i, "townships"), township, townships, "township")
    for i, landmark in enumerate(city.gazetteer.landmark):
        yield from known(("gazetteer", "landmark", i, "township"), landmark.township, townships, "township")


def _doubles(city: City) -> Iterator[tuple[Key, str]]:
    seen: set[str] = set()
    places: list[tuple[Key, str]] = []
    for table in ("unit", "township", "team", "expert", "firm", "matter"):
        places += [((table, i, "code"), each.code) for i, each in enumerate(getattr(city, table))]
    for i, first in enumerate(city.matter):
        places += [(("matter", i, "second", j, "code"), each.code) for j, each in enumerate(first.second)]
    for i, price in enumerate(city.price):
        places.append((("price", i, "service"), f"{price.trade}/{price.service} {price.valid_from}"))
    for where, code in places:
        if code in seen:
            yield where, f"the code {code!r} stands twice"
        seen.add(code)


# ---------------------------------------------------------------- reading, and naming lines


def path_of(city: str) -> Path:
    """The file of a city that comes with the project."""
    return CITIES / f"{city}.toml"


def load(path: Path) -> City:
    """Read and check. Raises CityFileError with every problem, each with its line and key."""
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise CityFileError([f"{path}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CityFileError([f"{path}: {error}"]) from error
    try:
        return City.model_validate(data)
    except ValidationError as error:
        lines = _lines(text)
        raise CityFileError([_told(path, lines, where, what) for where, what in _problems(error)]) from error


def _problems(error: ValidationError) -> Iterator[tuple[Key, str]]:
    for each in error.errors():
        inner = each.get("ctx", {}).get("error")
        if isinstance(inner, _WrongReferences):
            yield from inner.found
        else:
            yield tuple(each["loc"]), each["msg"]


def _told(path: Path, lines: dict[Key, int], where: Key, what: str) -> str:
    near = where
    while near and near not in lines:
        near = near[:-1]
    return f"{path}:{lines.get(near, 1)}: {_key(where)}: {what}"


def _key(where: Key) -> str:
    """("matter", 3, "unit") → matter[3].unit, counted from 0 as TOML's tables are written down."""
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "(file)"


_HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_ENTRY = re.compile(r"^\s*([\w\-]+)\s*=")


def _lines(text: str) -> dict[Key, int]:
    """Key → the line where it stands."""
    found: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    here: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        header, entry = _HEADER.match(line), _ENTRY.match(line)
        if header:
            here = ()
            names = header[2].split(".")
            for name in names[:-1]:
                here = (*here, name)
                if here in counts:
                    here = (*here, counts[here])
            here = (*here, names[-1])
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here = (*here, counts[here])
            found[here] = number
        elif entry:
            found[(*here, entry[1])] = number
    return found
