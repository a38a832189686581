"""The synthetic caller's voice: Chinese text to the A-law a telephone would send.

espeak-ng is given pinyin, never hanzi (its Mandarin voice spells those as English letters), in a process of
its own with a time limit. What was spoken once is kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from hotline.phone import alaw

_BAND = (300.0, 3400.0)
_LOUDNESS = 0.1
"""Root mean square of the speech, of full scale: a caller who speaks up."""
_RECIPE = "1"
"""Raised when the way from text to sound changes, so that old sounds are not taken for new ones."""


class Voiceless(Exception):
    """The text could not be spoken; the message says why."""


@dataclass(frozen=True)
class Speaker:
    """One person: the variant of the voice, words a minute, pitch."""

    variant: str = "f2"
    speed: int = 160
    pitch: int = 50


def pinyin(text: str) -> str:
    """Hanzi as numbered pinyin; what is no hanzi stays, so that commas still pause."""
    from pypinyin import Style, lazy_pinyin

    syllables = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
    return " ".join(syllables).translate(str.maketrans(",。!?;:、", ",.!?;:,"))


class Voice:
    """Speaks by `espeak`, the words that start espeak-ng; keeps the sounds under `folder`."""

    def __init__(self, espeak: Sequence[str], folder: Path, time_limit: float = 30.0) -> None:
        self._espeak = tuple(espeak)
        self._folder = folder
        self._time_limit = time_limit

    def says(self, text: str, speaker: Speaker = Speaker()) -> bytes:
        """The text as 8 kHz A-law, 300-3400 Hz. Raises Voiceless."""
        key = repr((_RECIPE, text, speaker)).encode()
        kept = self._folder / f"{hashlib.sha256(key).hexdigest()[:32]}.alaw"
        if not kept.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(self._speak(text, speaker))
            unfinished.replace(kept)
        return kept.read_bytes()

    def _speak(self, text: str, speaker: Speaker) -> bytes:
        command = [*self._espeak, "-v", f"cmn-latn-pinyin+{speaker.variant}", "-s", str(speaker.speed)]
        command += ["-p", str(speaker.pitch), "--stdin", "--stdout"]
        syllables = pinyin(text).encode()
        try:
            spoken = subprocess.run(
                command, input=syllables, capture_output=True, timeout=self._time_limit, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Voiceless(f"espeak-ng did not speak: {type(error).__name__}") from error
        if spoken.returncode != 0 or len(spoken.stdout) < 1000:
            raise Voiceless(f"espeak-ng ended with {spoken.returncode} and no speech")
        return alaw.encode(telephone(*_samples(spoken.stdout)))


def _samples(sound: bytes) -> tuple[NDArray[np.float64], int]:
    # A WAV on a pipe gives a length of its own invention; what is there counts.
    with wave.open(io.BytesIO(sound)) as file:
        rate = file.getframerate()
    return np.frombuffer(sound[44 : len(sound) - len(sound) % 2], dtype="<i2").astype(np.float64), rate


def telephone(samples: NDArray[np.float64], rate: int) -> NDArray[np.int16]:
    """What a telephone lets through of this sound: 300-3400 Hz at 8 kHz, at a speaker's loudness."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(hertz < _BAND[0]) | (hertz > _BAND[1])] = 0
    narrow = soxr.resample(np.fft.irfft(spectrum, len(samples)), rate, alaw.RATE)
    loud = np.sqrt(np.mean(narrow**2)) or 1.0
    return np.clip(narrow * (_LOUDNESS * 32768 / loud), -32768, 32767).astype(np.int16)
