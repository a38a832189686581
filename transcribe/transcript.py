"""A recording written down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transcribe.audio import blocks, look
from transcribe.engine import Engine, Word

_BLOCK_SECONDS = 0.5


class NotAudio(Exception):
    """The file is nothing a recogniser may have; the message is the fault's name (transcribe/audio.py)."""


@dataclass(frozen=True)
class Transcription:
    """`text`: the words as they are written. Empty: nothing was said."""

    text: str
    words: tuple[Word, ...]
    seconds: float
    model: str


def write_down(path: Path, engine: Engine) -> Transcription:
    """All words of a recording. Raises NotAudio, and OSError when the file cannot be read to its end."""
    sound = look(path)
    if not sound.usable:
        raise NotAudio(sound.problem or "no sound in it")
    recogniser = engine.recogniser()
    for block in blocks(path, sound, _BLOCK_SECONDS):
        recogniser.feed(block)
    words = recogniser.finish()
    return Transcription(written([word.word for word in words]), words, round(sound.seconds, 3), engine.name)


def written(words: list[str]) -> str:
    """Words as a sentence: Chinese without gaps, others with one between them. Fillers are left out."""
    text = ""
    for word in words:
        if word.startswith("[") and word.endswith("]"):
            continue
        gap = " " if text and text[-1].isascii() and word[:1].isascii() else ""
        text += gap + word
    return text
