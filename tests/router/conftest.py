"""The project's own city, sorted by its words alone and by its words and its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.settings import default_cache_dir
from router.city_file import City, load, path_of
from router.decide import Sorter
from router.examples import Example
from router.model import Model
from router.ready import make_model

LAMPS = ("路灯不亮", "路灯坏了没人修", "楼下的路灯又不亮了", "巷子里路灯全黑", "晚上路灯不开", "请修一下路灯")
WATER = ("家里停水了", "自来水停了两天", "什么时候来水", "水管没有水", "又停水没通知", "四楼没有自来水")
WAGES = ("老板拖欠工资", "工资三个月没发", "欠薪怎么办", "包工头不给工钱", "讨要工资", "工钱一直拖着")


@pytest.fixture(scope="session")
def city_file() -> Path:
    return path_of("shaowu")


@pytest.fixture(scope="session")
def city(city_file: Path) -> City:
    return load(city_file)


@pytest.fixture(scope="session")
def model(city_file: Path) -> Model:
    return Model.load(make_model(city_file, default_cache_dir(), lambda _: None))


@pytest.fixture(scope="session")
def sorter(city: City, model: Model) -> Sorter:
    return Sorter(city, model)


@pytest.fixture(scope="session")
def words_alone(city: City) -> Sorter:
    return Sorter(city)


@pytest.fixture
def few() -> list[Example]:
    """Eighteen texts of three labels."""
    spoken = {"lamp": LAMPS, "water": WATER, "wages": WAGES}
    return [Example(text, label) for label, texts in spoken.items() for text in texts]
