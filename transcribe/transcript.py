"""A recording written down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.audio import RATE, WIDTH, Sound, blocks, look
from transcribe.engine import Engine, Word
from transcribe.names import Correction, Names, correct

_BLOCK_SECONDS = 0.5
_MEASURED_AT_ONCE = 4.8
"""Seconds: whole windows and frames of speech.py."""
_BEFORE, _AFTER = 0.4, 0.6
"""Seconds of quiet that stay around the speech: for soft consonants, and for the end of a sentence."""


class NotAudio(Exception):
    """The file is nothing a recogniser may have; the message is the fault's name (transcribe/audio.py)."""


@dataclass(frozen=True)
class Transcription:
    """`text`: the words as they are written. Empty: nothing was said.

    Times are seconds of the recording, whatever was cut away. `corrections`: names that were put right.
    """

    text: str
    words: tuple[Word, ...]
    seconds: float
    model: str
    corrections: tuple[Correction, ...] = ()


def write_down(path: Path, engine: Engine, names: Names | Iterable[str] = ()) -> Transcription:
    """All words of a recording, with a city's `names` put right.

    Where nobody speaks there are no words: noise, breath and tones never reach the recogniser. Raises
    NotAudio, and OSError when the file cannot be read to its end.
    """
    sound = look(path)
    if not sound.usable:
        raise NotAudio(sound.problem or "no sound in it")
    seconds = round(sound.seconds, 3)
    spoken = _spoken(path, sound)
    if spoken is None:
        return Transcription("", (), seconds, engine.name)
    recogniser = engine.recogniser()
    for block in blocks(path, spoken, _BLOCK_SECONDS):
        recogniser.feed(block)
    cut = (spoken.start - sound.start) / (RATE * WIDTH)
    words, corrections = correct(later(recogniser.finish(), cut), names)
    return Transcription(written([word.word for word in words]), words, seconds, engine.name, corrections)


def _spoken(path: Path, sound: Sound) -> Sound | None:
    """The part of the file in which somebody speaks."""
    from transcribe.speech import span  # numpy: only where a recording is written down

    found = span(blocks(path, sound, _MEASURED_AT_ONCE))
    if found is None:
        return None
    begin = max(0, round((found[0] - _BEFORE) * RATE)) * WIDTH
    end = min(sound.length, round((found[1] + _AFTER) * RATE) * WIDTH)
    return replace(sound, start=sound.start + begin, length=end - begin)


def later(words: Iterable[Word], seconds: float) -> tuple[Word, ...]:
    """The same words with their times moved, earlier ones by less than zero; nothing begins before zero."""
    return tuple(
        replace(
            word,
            start=round(max(0.0, word.start + seconds), 3),
            end=round(max(0.0, word.end + seconds), 3),
        )
        for word in words
    )


def written(words: list[str]) -> str:
    """Words as a sentence: Chinese without gaps, others with one between them. Fillers are left out."""
    text = ""
    for word in words:
        if word.startswith("[") and word.endswith("]"):
            continue
        gap = " " if text and text[-1].isascii() and word[:1].isascii() else ""
        text += gap + word
    return text
