"""The prompts on the console: heard, measured, replaced by a WAV that can be used, brought back to ours."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
import soundfile
from console import Console

from cases.states import Role
from hotline.host import tools
from ivr import prompts, speech

RATE = 44_100


def wav(seconds: float = 1.0, level: float = 0.02, rate: int = RATE, form: str = "WAV") -> bytes:
    """Somebody's voice, as it were: two channels, far too quiet, with a second of silence around it."""
    time = np.arange(int(seconds * rate)) / rate
    voice = level * np.sin(2 * np.pi * 440 * time)
    sound = np.concatenate([np.zeros(rate), voice, np.zeros(rate)])
    file = io.BytesIO()
    soundfile.write(file, np.column_stack([sound, sound]), rate, format=form)
    return file.getvalue()


@pytest.fixture
def name(sqlite_console: Console) -> str:
    """A prompt that is built."""
    settings = sqlite_console.wiring.settings
    found = next(each.name for each in prompts.prompts().values() if each.text and not each.rest)
    settings.prompt_sounds.mkdir(parents=True)
    prompts.remake(found, settings.prompt_sounds, None, tools.espeak(settings.cache_dir))
    return found


def upload(console: Console, browser: Any, name: str, content: bytes) -> Any:
    return browser.post(f"/prompts/{name}", {"file": (io.BytesIO(content), "mine.wav")})


def test_every_prompt_says_its_text_and_what_was_measured(sqlite_console: Console, name: str) -> None:
    page = sqlite_console.somebody(Role.ADMIN).get("/prompts").text
    assert page.count('class="row prompt"') == len(prompts.prompts())
    assert prompts.prompts()[name].text in page
    assert re.search(r"响度 -\d+\.\d 分贝", page)
    assert "请运行 minsheng110 prompts build" in page, "the others are not built"


def test_a_prompt_is_heard(sqlite_console: Console, name: str) -> None:
    browser = sqlite_console.somebody(Role.ADMIN)
    answer = browser.get(f"/prompts/{name}")
    assert answer.mimetype == "audio/wav"
    assert answer.data[:4] == b"RIFF"
    for nothing in ("nothing", "..%2F..%2Fsecret", "%00"):
        assert browser.get(f"/prompts/{nothing}").status_code == 404


def test_a_recording_is_cut_levelled_and_heard_from_the_next_call_on(
    sqlite_console: Console, name: str
) -> None:
    sounds = sqlite_console.wiring.settings.prompt_sounds
    browser = sqlite_console.somebody(Role.ADMIN)
    before = (sounds / f"{name}.alaw").read_bytes()
    answer = upload(sqlite_console, browser, name, wav(1.0))
    assert answer.status_code == 302, answer.text
    measured = speech.measure(sounds / f"{name}.wav")
    assert 0.9 < measured.seconds < 1.2
    assert -20.8 <= measured.level <= -19.2
    assert soundfile.info(sounds / f"{name}.wav").samplerate == speech.RATE
    assert (sounds / f"{name}.alaw").read_bytes() != before
    assert "自己的录音" in browser.get("/prompts").text
    assert [(each.who, each.target) for each in sqlite_console.audit("prompt_replaced")] == [("admin1", name)]

    browser.post(f"/prompts/{name}/ours")
    assert (sounds / f"{name}.alaw").read_bytes() == before
    assert "自己的录音" not in browser.get("/prompts").text
    assert [each.target for each in sqlite_console.audit("prompt_restored")] == [name]


def test_a_replaced_prompt_stays_replaced_when_all_are_built(sqlite_console: Console, name: str) -> None:
    settings = sqlite_console.wiring.settings
    upload(sqlite_console, sqlite_console.somebody(Role.ADMIN), name, wav(1.0))
    own = (settings.prompt_sounds / f"{name}.alaw").read_bytes()
    prompts.build(settings.prompt_sounds, settings.own_prompts, tools.espeak(settings.cache_dir))
    assert (settings.prompt_sounds / f"{name}.alaw").read_bytes() == own


@pytest.mark.parametrize(
    "content",
    [
        b"", b"RIFF", b"RIFF" + b"\x00" * 5000, b"x" * 100_000, wav(1.0, form="FLAC"), wav(1.0)[:60],
        wav(1.0, level=0.0), wav(12.0), wav(80.0, rate=8000), "😀'; DROP TABLE".encode(),
    ],
    ids=["empty", "magic", "zeros", "text", "flac", "cut", "silence", "long", "very long", "emoji"],
)  # fmt: skip
def test_what_cannot_be_a_prompt_leaves_the_old_one(
    sqlite_console: Console, name: str, content: bytes
) -> None:
    sounds = sqlite_console.wiring.settings.prompt_sounds
    before = (sounds / f"{name}.alaw").read_bytes()
    answer = upload(sqlite_console, sqlite_console.somebody(Role.ADMIN), name, content)
    assert answer.status_code == 422
    assert "没有换" in answer.text
    assert (sounds / f"{name}.alaw").read_bytes() == before
    assert not list(sqlite_console.wiring.settings.own_prompts.glob("*.wav"))


def test_a_gigabyte_is_refused_before_it_is_read(sqlite_console: Console, name: str) -> None:
    browser = sqlite_console.somebody(Role.ADMIN)
    assert upload(sqlite_console, browser, name, b"RIFF" + b"\x00" * 10_000_000).status_code == 413
