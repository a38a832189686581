"""Words that no prompt has, spoken on the fly by the prompt builder: a matter, a place. Kept once made.

A phrase is a sound in the folder `phrases` beside the prompts, named by what it says; it plays like one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ivr import speech
from ivr.prompts import LONGEST_SECONDS

FOLDER = "phrases"
_RECIPE = "1"
_LONGEST = 40
"""Characters: longer is no phrase, and would not be listened to."""
_DIGITS = "零幺二三四五六七八九"
_ONES = "零一二三四五六七八九"


def phrase(text: str, sounds: Path, espeak: Sequence[str]) -> str:
    """The prompt name under `sounds` that says this text, made if it is not there yet.

    `espeak`: the words that start espeak-ng. Raises SpeechError.
    """
    said = _said(text)
    if not said:
        raise speech.SpeechError("a phrase of nothing")
    name = name_of(text)
    wav, sound = sounds / f"{name}.wav", sounds / f"{name}.alaw"
    if not sound.exists():
        made = speech.spoken(speech.pinyin(spelled(said)), espeak)[: int(LONGEST_SECONDS * speech.RATE)]
        wav.parent.mkdir(parents=True, exist_ok=True)
        unfinished = wav.with_name(f"{wav.stem}.{os.getpid()}.new")
        speech.write(made, unfinished.with_suffix(".wav"), unfinished.with_suffix(".alaw"))
        unfinished.with_suffix(".wav").replace(wav)
        unfinished.with_suffix(".alaw").replace(sound)
    return name


def name_of(text: str) -> str:
    """The name under which this text is spoken, made or not."""
    return f"{FOLDER}/{hashlib.sha256(f'{_RECIPE} {_said(text)}'.encode()).hexdigest()[:24]}"


def made(text: str, sounds: Path) -> str | None:
    """The name of this phrase, if its sound is there."""
    return name_of(text) if (sounds / f"{name_of(text)}.alaw").exists() else None


def _said(text: str) -> str:
    return text.strip()[:_LONGEST]


def spelled(text: str) -> str:
    """Digits as people say them: 12号 → 十二号, 305号 → 三百零五号, 1388号 → 幺三八八号."""
    return re.sub(r"\d+", lambda found: _number(found.group()), text)


def _number(digits: str) -> str:
    if len(digits) > 3 or digits.startswith("0"):
        return "".join(_DIGITS[int(digit)] for digit in digits)
    hundreds, tens, ones = (int(digit) for digit in digits.zfill(3))
    out = f"{_ONES[hundreds]}百" if hundreds else ""
    if tens:
        out += ("" if tens == 1 and not hundreds else _ONES[tens]) + "十"
    elif hundreds and ones:
        out += "零"
    return out + (_ONES[ones] if ones else "")
