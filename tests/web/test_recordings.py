"""A caller's voice: by ranges, from the recordings' folder only, and each play written down once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from console import Browser, Console

from cases.model import Recording
from cases.states import Role

WAV = "audio/wav"


@pytest.fixture
def recording(console: Console) -> str:
    return recorded(console)


def recorded(console: Console) -> str:
    scene = console.scene
    return scene.records(scene.call(60), 40, "楼下的烧烤摊")


def path_of(console: Console, recording_id: str) -> Path:
    with console.wiring.reading() as unit:
        return console.wiring.settings.recordings / unit.session.get_one(Recording, recording_id).path


def plays(console: Console) -> int:
    return len(console.audit("recording_played"))


def test_a_whole_recording_and_its_parts(console: Console, recording: str) -> None:
    browser, address = console.somebody(Role.AGENT), f"/recordings/{recording}"
    data = path_of(console, recording).read_bytes()
    whole = browser.get(address)
    assert (whole.status_code, whole.mimetype, whole.data) == (200, WAV, data)
    assert whole.headers["Accept-Ranges"] == "bytes"
    for wanted, part in (("bytes=0-", data), ("bytes=100-199", data[100:200]), ("bytes=-50", data[-50:])):
        answer = browser.get(address, headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (206, part)
        assert answer.headers["Content-Range"].endswith(f"/{len(data)}")


def test_a_part_that_is_not_there(console: Console, recording: str) -> None:
    browser = console.somebody(Role.AGENT)
    size = path_of(console, recording).stat().st_size
    answer = browser.get(f"/recordings/{recording}", headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"


def test_asking_for_its_size_is_no_play(console: Console, recording: str) -> None:
    browser = console.somebody(Role.AGENT)
    answer = browser.client.head(f"/recordings/{recording}")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == path_of(console, recording).stat().st_size
    assert plays(console) == 0


def test_a_part_of_a_file_that_has_changed_is_the_whole_new_file(console: Console, recording: str) -> None:
    browser, address = console.somebody(Role.AGENT), f"/recordings/{recording}"
    tag = browser.get(address).headers["ETag"]
    same = browser.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})
    assert same.status_code == 206
    path = path_of(console, recording)
    path.write_bytes(path.read_bytes() + b"more")
    changed = browser.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})
    assert (changed.status_code, changed.data) == (200, path.read_bytes())


def test_one_play_is_written_down_once_however_many_parts_it_asks_for(
    console: Console, recording: str
) -> None:
    browser = console.somebody(Role.AGENT)
    for first in range(0, 5000, 500):
        browser.get(f"/recordings/{recording}", headers={"Range": f"bytes={first}-{first + 499}"})
    assert [(row.who, row.target) for row in console.audit("recording_played")] == [("agent1", recording)]


def test_parts_asked_for_at_once_are_one_play(console: Console, recording: str) -> None:
    browser = console.somebody(Role.AGENT)
    cookie = browser.client.get_cookie("minsheng110")
    assert cookie

    def ask(first: int) -> int:
        other = Browser(console.app.test_client())
        other.client.set_cookie("minsheng110", cookie.value)
        return other.get(f"/recordings/{recording}", headers={"Range": f"bytes={first}-"}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {206}
    assert plays(console) == 1


def test_another_play_another_person_another_recording_is_another_line(
    console: Console, recording: str
) -> None:
    first, second = console.somebody(Role.AGENT), console.somebody(Role.SUPERVISOR)
    first.get(f"/recordings/{recording}")
    second.get(f"/recordings/{recording}")
    first.get(f"/recordings/{recorded(console)}")
    with time_machine.travel(console.wiring.now() + timedelta(minutes=11)):
        first.get(f"/recordings/{recording}")
    assert plays(console) == 4


def test_a_file_outside_the_recordings_is_none_of_them(sqlite_console: Console) -> None:
    console = sqlite_console
    browser, recording = console.somebody(Role.AGENT), recorded(console)
    secret = console.wiring.settings.run_dir / "secrets.toml"
    secret.write_text("a secret")
    for path in ("../secrets.toml", str(secret), "2026/../../secrets.toml", ".", ""):
        with console.wiring.unit_of_work() as unit:
            unit.session.get_one(Recording, recording).path = path
            unit.commit()
        assert browser.get(f"/recordings/{recording}").status_code == 404, path
    assert plays(console) == 0


def test_a_recording_that_is_missing_is_not_played(sqlite_console: Console) -> None:
    console = sqlite_console
    browser, recording = console.somebody(Role.AGENT), recorded(console)
    path_of(console, recording).unlink()
    assert browser.get(f"/recordings/{recording}").status_code == 404
    assert browser.get(f"/recordings/{uuid4()}").status_code == 404
    assert plays(console) == 0
