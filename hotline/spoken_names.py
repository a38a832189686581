"""The names of a city that a recogniser should know: plain words out of the city file, for transcribe."""

from __future__ import annotations

from hotline import logs
from hotline.city import file_of
from hotline.settings import Settings
from router.city_file import City, CityFileError, load
from transcribe.names import Names

log = logs.get(__name__)


def of_city(city: City) -> list[str]:
    """Units, towns, communities, roads, landmarks with their other names, and the matters."""
    book = city.gazetteer
    found = [name for unit in city.unit for name in (unit.name, *unit.aliases)]
    found += [name for town in city.township for name in (town.name, *town.aliases)]
    found += [community.name for community in book.community] + [road.name for road in book.road]
    found += [name for landmark in book.landmark for name in (landmark.name, *landmark.aliases)]
    found += [each.name for first in city.matter for each in (first, *first.second)]
    return found


def names(settings: Settings) -> Names:
    """This installation's; none when its city file cannot be used: words then stay as they were heard."""
    try:
        return Names(of_city(load(file_of(settings)))).ready()
    except (CityFileError, OSError) as error:
        log.error("names are not put right: the city file cannot be used", error=type(error).__name__)
        return Names(())
