"""The prompts: texts in prompts/zh.toml, and their sounds, made at build time.

A sound is `NAME.alaw` (8 kHz A-law, what Asterisk plays) with `NAME.wav` beside it for people and tools. It
is spoken by espeak-ng from pinyin, never from hanzi, which its Mandarin voice spells as English letters; or
it is somebody's recording of the same name. What has not changed is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ivr import speech

TEXTS = Path(__file__).parent / "prompts" / "zh.toml"
LONGEST_SECONDS = 9.0
_BUILT = "built.json"
_RECIPE = "2"
"""Raised when the way from text to sound changes."""


class PromptError(Exception):
    """A prompt cannot be made; the message names it and says what to do."""


@dataclass(frozen=True)
class Prompt:
    """`silence`: a pause of so many seconds, with nothing said; `rest`: quiet after what is said."""

    name: str
    text: str = ""
    pinyin: str = ""
    silence: float = 0.0
    rest: float = 0.0


@cache
def prompts() -> dict[str, Prompt]:
    """Every prompt by its name, in the order of the file."""
    return {prompt.name: prompt for prompt in _read(TEXTS)}


def _read(path: Path) -> list[Prompt]:
    found = []
    for group in tomllib.loads(path.read_text("utf-8")).values():
        for name, entry in group.items():
            fields = {"text": entry} if isinstance(entry, str) else entry
            found.append(Prompt(name, **fields))
    return found


def build(
    out: Path,
    replacements: Path | None,
    espeak: Sequence[str],
    progress: Callable[[str], None] = lambda _line: None,
) -> int:
    """Make what is missing or changed in `out`; -> how many were made.

    `replacements`: a folder of recordings (NAME.wav, NAME.flac, NAME.ogg), `espeak`: the words that start
    espeak-ng. Raises PromptError for a text that cannot be spoken or a recording that cannot be read.
    """
    out.mkdir(parents=True, exist_ok=True)
    before = _built(out)
    wanted = {name: _digest(prompt, _replacement(name, replacements)) for name, prompt in prompts().items()}
    missing = [name for name, digest in wanted.items() if before.get(name) != digest or not _there(out, name)]
    if missing:
        progress(f"prompts: making {len(missing)} of {len(wanted)}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each waits for a process of its own
        for name in pool.map(lambda name: _make(name, out, replacements, espeak), missing):
            before[name] = wanted[name]
    if missing:
        (out / _BUILT).write_text(json.dumps({name: before[name] for name in wanted}, indent=1), "utf-8")
    return len(missing)


def remake(name: str, out: Path, replacements: Path | None, espeak: Sequence[str]) -> None:
    """Make this one prompt anew, by its recording where there is one.

    Raises PromptError; then nothing has changed.
    """
    _make(name, out, replacements, espeak)
    built = {**_built(out), name: _digest(prompts()[name], _replacement(name, replacements))}
    (out / _BUILT).write_text(json.dumps(built, indent=1), "utf-8")


def replaced_by(name: str, replacements: Path) -> Path | None:
    """The recording that stands in for this prompt; None: the prompt is ours."""
    return _replacement(name, replacements)


def _built(out: Path) -> dict[str, str]:
    try:
        found = json.loads((out / _BUILT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _there(out: Path, name: str) -> bool:
    return (out / f"{name}.alaw").exists() and (out / f"{name}.wav").exists()


def _replacement(name: str, folder: Path | None) -> Path | None:
    if folder is None:
        return None
    candidates = (folder / f"{name}{ending}" for ending in (".wav", ".flac", ".ogg"))
    return next((path for path in candidates if path.exists()), None)


def _digest(prompt: Prompt, replacement: Path | None) -> str:
    content = replacement.read_bytes() if replacement else repr(prompt).encode()
    return hashlib.sha256(_RECIPE.encode() + content).hexdigest()


def _make(name: str, out: Path, replacements: Path | None, espeak: Sequence[str]) -> str:
    prompt, recording = prompts()[name], _replacement(name, replacements)
    try:
        if recording is not None:
            sound = speech.recorded(recording)
        elif prompt.silence:
            sound = speech.silence(prompt.silence)
        else:
            sound = speech.spoken(prompt.pinyin or speech.pinyin(prompt.text), espeak)
    except speech.SpeechError as error:
        raise PromptError(f"prompt {name}: {error}") from error
    if prompt.rest:
        sound = speech.joined(sound, speech.silence(prompt.rest))
    seconds = len(sound) / speech.RATE
    if seconds > LONGEST_SECONDS:
        whose = recording.name if recording else "its text"
        raise PromptError(
            f"prompt {name}: {whose} takes {seconds:.1f} s; shorten it to {LONGEST_SECONDS:g} s"
        )
    speech.write(sound, out / f"{name}.wav", out / f"{name}.alaw")
    return name


def measure(out: Path) -> dict[str, speech.Measure]:
    """Length, level and silence of every built prompt. Raises PromptError for one that is missing."""
    for name in prompts():
        if not _there(out, name):
            raise PromptError(f"prompt {name} is not built: run `minsheng110 prompts build`")
    return {name: speech.measure(out / f"{name}.wav") for name in prompts()}
