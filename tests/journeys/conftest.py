"""One running system for all journeys of a session, with short limits; a town of telephones for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from brief_prompts import write_brief_prompts
from town import SHORT, Town

from hotline.host.tools import espeak
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from hotline.supervisor import Supervisor
from hotline.temporary import temporary_system
from hotline.wiring import build


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def voice() -> Voice:
    return Voice(espeak(default_cache_dir()), default_cache_dir() / "voices")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    brief = write_brief_prompts(tmp_path_factory.mktemp("prompts"))
    with temporary_system(**SHORT, prompts_dir=brief) as supervisor:
        yield supervisor


@pytest.fixture
def make_town(voice: Voice) -> Iterator[Callable[[Supervisor], Town]]:
    """A town of its own for one journey; afterwards every receiver is hung up."""
    with ExitStack() as towns:

        def make(supervisor: Supervisor) -> Town:
            wiring = build(supervisor.settings)
            towns.callback(wiring.close)
            town = Town(supervisor, wiring, voice)
            towns.callback(town.close)
            return town

        yield make


@pytest.fixture
def town(system: Supervisor, make_town: Callable[[Supervisor], Town]) -> Town:
    return make_town(system)
