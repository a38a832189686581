"""Who is given a case: a department or township, a firm in fair turn, a society team. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from router.city_file import EVERYWHERE, City, Firm, Team
from router.lexicon import Lexicon
from router.matters import Matter
from router.place import Place
from router.text import blurred, fold

_BEST_RATING = 5.0
_COMPLAINTS = ("投诉", "举报")
_FIRM_ENDING = re.compile(r"(有限责任公司|有限公司|公司|服务部|经营部|服务中心|中心|店|行)$")
_SHORTEST_NAME = 4


@dataclass(frozen=True)
class FirmState:
    """What the database knows of a firm: jobs given in this turn, rating 0..5 (None: the file's), active."""

    jobs: int = 0
    rating: float | None = None
    active: bool = True


@dataclass(frozen=True)
class Chosen:
    """The unit's code (empty: nobody fits), those who help, and why in the city's language."""

    unit: str
    why: str
    co_units: tuple[str, ...] = ()
    sector: str = ""


class Chooser:
    """Chooses by one city's units, firms and teams."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._zone = ZoneInfo(city.city.time_zone)
        self._names = {
            each.code: each.name
            for group in (city.unit, city.township, city.team, city.expert, city.firm)
            for each in group
        }
        own = city.city.name, city.city.name.removesuffix("市")
        self._firms = Lexicon[str]((said, firm.code) for firm in city.firm for said in _said(firm.name, own))
        self._avoid = tuple(fold(word) for word in city.sorting.avoid_words)

    def name(self, code: str) -> str:
        return self._names[code]

    def choose(
        self,
        matter: Matter,
        place: Place,
        now: datetime,
        folded: str = "",
        *,
        firms: Mapping[str, FirmState],
        not_firms: Iterable[str] = (),
    ) -> Chosen:
        """Who does this matter at this place. `folded`: the message; `not_firms`: firms complained about."""
        if matter.trade:
            return self._firm(matter, place, now, firms, frozenset(not_firms))
        if matter.team:
            return self._society(matter, place, folded)
        return self._government(matter, place, folded)

    def firms_blamed(self, folded: str, kind: str) -> list[str]:
        """Codes of the firms that are named, also by their sound, in a text that does not want them."""
        if kind not in _COMPLAINTS and not any(word in folded for word in self._avoid):
            return []
        hits = (*self._firms.find(folded), *self._firms.find_heard(blurred(folded)))
        return list(dict.fromkeys(code for hit in hits for code in hit.values))

    # ------------------------------------------------------------ government
    def _government(self, matter: Matter, place: Place, folded: str) -> Chosen:
        experts = (*self._helpers(matter, place, folded), *self._experts(matter, place))
        if matter.local and self._city.sorting.local_unit_first and place.code:
            name = self._names[place.code]
            why = f"“{matter.name}”属地办理,先派{name}"
            return Chosen(place.code, why, (matter.unit, *experts), matter.sector)
        why = f"“{matter.name}”的承办单位是{self._names[matter.unit]}"
        return Chosen(matter.unit, why, experts, matter.sector)

    # ------------------------------------------------------------ society
    def _society(self, matter: Matter, place: Place, folded: str) -> Chosen:
        """Of the teams that cover the place and do it: one asked for by its skill, else the usual one."""
        experts = self._experts(matter, place)
        teams = [
            team
            for team in self._city.team
            if _covers(team.areas, place) and (matter.code in team.matters or team.code == matter.team)
        ]
        asked = [team for team in teams if _skill(team, folded)]
        usual = [team for team in teams if team.code == matter.team]
        if chosen := next(iter((*asked, *usual, *teams)), None):
            skill = _skill(chosen, folded)
            can = f"会“{skill}”" if skill else f"会做“{matter.name}”"
            return Chosen(chosen.code, f"{chosen.name}{can},管这一片", experts, matter.sector)
        if place.code:
            why = f"没有队伍管这一片,由{self._names[place.code]}办理"
            return Chosen(place.code, why, experts, "government")
        usual_name = self._names[matter.team]
        return Chosen(matter.team, f"“{matter.name}”由{usual_name}办理", experts, matter.sector)

    def _helpers(self, matter: Matter, place: Place, folded: str) -> tuple[str, ...]:
        """Teams that help a department with this matter, where the citizen asks for what they can do."""
        return tuple(
            team.code
            for team in self._city.team
            if matter.code in team.matters and _covers(team.areas, place) and _skill(team, folded)
        )

    def _experts(self, matter: Matter, place: Place) -> tuple[str, ...]:
        return tuple(
            each.code
            for each in self._city.expert
            if matter.code in each.matters and _covers(each.areas, place)
        )

    # ------------------------------------------------------------ market
    def _firm(
        self,
        matter: Matter,
        place: Place,
        now: datetime,
        states: Mapping[str, FirmState],
        not_firms: frozenset[str],
    ) -> Chosen:
        local = now.astimezone(self._zone)
        able = [
            firm
            for firm in self._city.firm
            if matter.trade in firm.trades
            and firm.contract_until >= local.date()
            and firm.code not in not_firms
            and states.get(firm.code, FirmState()).active
            and _covers(firm.areas, place)
        ]
        working = [firm for firm in able if _open(firm.hours, local.time())]
        if not able:
            return Chosen("", f"没有可派的“{matter.name}”公司", sector=matter.sector)
        chosen = min(working or able, key=partial(_turn, states))
        hours = "正在营业" if working else "都已歇业,等到营业时间"
        why = f"{chosen.name}:会做、管这一片、合同有效、{hours},按评分轮到它"
        return Chosen(chosen.code, why, sector=matter.sector)


def _turn(states: Mapping[str, FirmState], firm: Firm) -> tuple[float, str]:
    """Whose turn it is: the fewest jobs for its rating; a firm of 5 gets twice what one of 2.5 gets."""
    state = states.get(firm.code, FirmState())
    rating = firm.rating if state.rating is None else state.rating
    return (state.jobs + 1) / max(rating / _BEST_RATING, 0.1), firm.code


def _skill(team: Team, folded: str) -> str:
    """What the team can do that the message asks for; empty when it names nothing."""
    return next((skill for skill in team.skills if fold(skill) in folded), "")


def _said(name: str, city: Iterable[str]) -> Iterator[str]:
    """A firm's name as people say it: whole, without the city before it, without what kind of firm it is."""
    for prefix in ("", *city):
        shorter = fold(name).removeprefix(fold(prefix))
        for said in (shorter, _FIRM_ENDING.sub("", shorter)):
            if len(said) >= _SHORTEST_NAME:
                yield said


def _covers(areas: Iterable[str], place: Place) -> bool:
    """Whether the place lies in these areas; an unknown place lies only in the whole city."""
    return EVERYWHERE in areas or (bool(place.code) and place.code in areas)


def _open(hours: str, at: time) -> bool:
    """Whether `at` lies within HH:MM-HH:MM; 24:00 is the end of the day, a later start passes midnight."""
    first, last = (part.replace("24:00", "23:59:59") for part in hours.split("-"))
    begin, end = time.fromisoformat(first), time.fromisoformat(last)
    return begin <= at <= end if begin <= end else at >= begin or at <= end
