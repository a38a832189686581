"""From the city file (router) to the rows (cases): the two rooms do not know each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cases import prices
from cases.calendar import OFFICE_HOURS
from cases.city import CityRows, Difference, MatterRow, UnitRow, differences, load_city
from cases.states import Sector, UnitType
from hotline.city_path import file_of as file_of
from hotline.settings import Settings
from hotline.wiring import Wiring
from router.city_file import City, Firm, Team, Township, Unit, load


def rows(path: Path) -> CityRows:
    """Read and check a city file. Raises CityFileError."""
    city = load(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return CityRows(city.city.name, digest, _units(city), _matters(city), _prices(city))


def what_would_change(wiring: Wiring, city: CityRows) -> list[Difference]:
    with wiring.reading() as unit:
        missing = prices.missing(unit.session, city.prices)
        return [*differences(unit.session, city), *_told(missing)]


def load_file(wiring: Wiring, city: CityRows) -> list[Difference]:
    """Apply it; a second time changes nothing. Prices that somebody imported since are left as they are."""
    with wiring.unit_of_work() as unit:
        changed = load_city(unit.session, city, wiring.now())
        fresh = prices.missing(unit.session, city.prices)
        prices.put(unit.session, fresh)
        unit.commit()
    return [*changed, *_told(fresh)]


def household_kinds(settings: Settings) -> dict[str, str]:
    """Kinds of households that are served free: code → name. Raises CityFileError."""
    return {each.code: each.name for each in load(file_of(settings)).household}


def _told(rows: Sequence[prices.PriceRow]) -> list[Difference]:
    return [Difference("added", "price", f"{row.trade}/{row.service}", row.name) for row in rows]


def _prices(city: City) -> list[prices.PriceRow]:
    return [prices.PriceRow(**each.model_dump()) for each in city.price]


def _units(city: City) -> list[UnitRow]:
    government, society, market = Sector.GOVERNMENT, Sector.SOCIETY, Sector.MARKET
    found = [
        UnitRow(each.code, each.name, UnitType.DEPARTMENT, government, _headed(each, aliases=each.aliases))
        for each in city.unit
    ]
    for township in city.township:
        detail = _headed(township, kind=township.kind, aliases=township.aliases)
        found.append(UnitRow(township.code, township.name, UnitType.TOWNSHIP, government, detail))
    for team in city.team:
        detail = _detail(team)
        found.append(UnitRow(team.code, team.name, UnitType.TEAM, society, detail))
    for expert in city.expert:
        detail = _detail(expert)
        found.append(UnitRow(expert.code, expert.name, UnitType.EXPERT, society, detail))
    for firm in city.firm:
        detail = _detail(firm)
        found.append(UnitRow(firm.code, firm.name, UnitType.FIRM, market, detail))
    return found


def _headed(unit: Unit | Township, **detail: Any) -> dict[str, Any]:
    """What is given of a unit, and nothing of what is not."""
    own = {"head": unit.head, OFFICE_HOURS: unit.office_hours, "phone": unit.phone}
    return {**detail, **{name: value for name, value in own.items() if value}}


def _detail(unit: Team | Firm) -> dict[str, Any]:
    """Everything that is given; a telephone only where there is one."""
    without = {"code", "name"} if unit.phone else {"code", "name", "phone"}
    return unit.model_dump(mode="json", exclude=without)


def _matters(city: City) -> list[MatterRow]:
    found = []
    for first in city.matter:
        sector = Sector(first.sector)
        found.append(MatterRow(first.code, first.name, None, first.unit, sector, first.deadline_class))
        for second in first.second:
            found.append(
                MatterRow(
                    second.code,
                    second.name,
                    first.code,
                    second.unit or first.unit,
                    Sector(second.sector) if second.sector else sector,
                    second.deadline_class or first.deadline_class,
                )
            )
    return found
