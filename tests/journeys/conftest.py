"""One running system for all journeys of a session, with short limits; a town of telephones for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from town import Town

from hotline.host.tools import espeak
from hotline.phone.voice import Voice
from hotline.settings import default_cache_dir
from hotline.supervisor import Supervisor
from hotline.temporary import temporary_system
from hotline.wiring import build

SHORT = {
    "desk_ring_seconds": 2,
    "agent_wait_seconds": 3,
    "message_seconds": 15,
    "message_silence_seconds": 2,
    "sweep_seconds": 0.5,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def voice() -> Voice:
    return Voice(espeak(default_cache_dir()), default_cache_dir() / "voices")


@pytest.fixture(scope="session")
def system() -> Iterator[Supervisor]:
    with temporary_system(**SHORT) as supervisor:
        yield supervisor


@pytest.fixture
def town(system: Supervisor, voice: Voice) -> Iterator[Town]:
    wiring = build(system.settings)
    town = Town(system, wiring, voice)
    yield town
    town.close()
    wiring.close()
