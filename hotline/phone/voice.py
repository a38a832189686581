"""The synthetic caller's voice: Chinese text to the A-law a telephone would send.

The way from text to sound is that of the prompts (ivr/speech.py), with another speaker and without their
polishing: callers pause, and speak as loud as they like. What was spoken once is kept in the cache folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hotline.phone import alaw
from ivr import speech

_LOUDNESS = 0.1
"""Root mean square of the speech, of full scale: a caller who speaks up."""
_RECIPE = "2"
"""Raised when the way from text to sound changes, so that old sounds are not taken for new ones."""


class Voiceless(Exception):
    """The text could not be spoken; the message says why."""


@dataclass(frozen=True)
class Speaker:
    """One person: the variant of the voice, words a minute, pitch."""

    variant: str = "f2"
    speed: int = 160
    pitch: int = 50


class Voice:
    """Speaks by `espeak`, the words that start espeak-ng; keeps the sounds under `folder`."""

    def __init__(self, espeak: Sequence[str], folder: Path) -> None:
        self._espeak = tuple(espeak)
        self._folder = folder

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
        try:
            spoken = speech.synthesize(
                speech.pinyin(text),
                self._espeak,
                voice=f"cmn-latn-pinyin+{speaker.variant}",
                speed=speaker.speed,
                pitch=speaker.pitch,
            )
        except speech.SpeechError as error:
            raise Voiceless(str(error)) from error
        return alaw.encode(_loud(speech.telephone(*spoken)))


def _loud(samples: NDArray[np.float64]) -> NDArray[np.int16]:
    level = np.sqrt(np.mean(samples**2)) or 1.0
    return np.clip(samples * (_LOUDNESS * 32768 / level), -32768, 32767).astype(np.int16)
