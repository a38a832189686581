"""From pinyin to the sound of a prompt: espeak-ng, the telephone's band, an even level, no dead air.

Used at build time only; numpy, soundfile and soxr are loaded when a sound is made, so that the FastAGI
process never carries them.
"""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float64]

RATE = 8000
VOICE = "cmn-latn-pinyin+f2"
SPEED = 225
"""Words a minute, as espeak counts: brisk, and every prompt within nine seconds."""
PITCH = 55
_BAND = (300.0, 3400.0)
_LEVEL = 10 ** (-20 / 20)
_PEAK = 10 ** (-3 / 20)
_QUIET = 10 ** (-45 / 20)
_MARGIN = 0.03
"""Seconds of quiet at both ends."""
_LONGEST_PAUSE = 0.22
_TIME_LIMIT = 30.0
_SPELLED = {"110": "幺幺零"}
_READ = {"嘀": "di1", "事情": "shi4 qing5", "告诉": "gao4 su5"}
"""Where pypinyin reads otherwise than people speak."""
_PUNCTUATION = str.maketrans({"。": ".", ",": ",", "、": ",", ";": ",", "?": "?", "!": "!", ":": ","})


class SpeechError(Exception):
    """Nothing could be spoken or read; the message says why."""


def pinyin(text: str) -> str:
    """Hanzi → syllables with tone numbers, pauses kept: 您好,110。 → `nin2 hao3 , yao1 yao1 ling2 .`"""
    from pypinyin import Style, lazy_pinyin

    for written, spelled in _SPELLED.items():
        text = text.replace(written, spelled)
    syllables: list[str] = []
    for part in re.split(f"({'|'.join(_READ)})", text):
        syllables += (
            _READ[part].split()
            if part in _READ
            else lazy_pinyin(part, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
        )
    return " ".join(_one(syllables)).translate(_PUNCTUATION)


def _one(syllables: list[str]) -> list[str]:
    """一 is yi2 before a fourth tone and yi4 before the others; pypinyin knows it only in some words."""
    return [
        ("yi2" if after[-1] == "4" else "yi4") if here == "yi1" and after[-1] in "1234" else here
        for here, after in pairwise([*syllables, "."])
    ]


def synthesize(
    syllables: str,
    espeak: Sequence[str],
    *,
    voice: str = VOICE,
    speed: int = SPEED,
    pitch: int = PITCH,
) -> tuple[Sound, int]:
    """-> (samples -1..1, their rate). espeak runs in a process of its own with a time limit."""
    import soundfile

    command = [*espeak, "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdin", "--stdout"]
    try:
        spoken = subprocess.run(
            command, input=syllables.encode(), capture_output=True, timeout=_TIME_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SpeechError(f"espeak-ng did not speak: {type(error).__name__}") from error
    if spoken.returncode or len(spoken.stdout) < 1000:
        raise SpeechError(f"espeak-ng ended with {spoken.returncode} and no speech")
    samples, rate = soundfile.read(io.BytesIO(spoken.stdout), dtype="float64")
    return samples, rate


def telephone(samples: Sound, rate: int) -> Sound:
    """What a telephone lets through: 300-3400 Hz at 8 kHz."""
    import numpy as np
    import soxr

    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(hertz < _BAND[0]) | (hertz > _BAND[1])] = 0
    return np.asarray(soxr.resample(np.fft.irfft(spectrum, len(samples)), rate, RATE))


def spoken(syllables: str, espeak: Sequence[str]) -> Sound:
    """A prompt's sound, polished. Raises SpeechError."""
    return _even(telephone(*synthesize(syllables, espeak)))


def recorded(path: Path) -> Sound:
    """Somebody's recording of a prompt, any rate, one channel or several. Raises SpeechError."""
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise SpeechError(f"{path.name} is no recording that can be read: give WAV, FLAC or Ogg") from error
    if not len(samples):
        raise SpeechError(f"{path.name} is empty")
    return _even(telephone(samples.mean(axis=1), rate))


def silence(seconds: float) -> Sound:
    import numpy as np

    return np.zeros(int(seconds * RATE))


def joined(*sounds: Sound) -> Sound:
    import numpy as np

    return np.concatenate(sounds)


def _even(sound: Sound) -> Sound:
    """Trimmed to what is said, long pauses shortened, at -20 dBFS, no peak above -3 dBFS."""
    import numpy as np

    quiet = _QUIET * max(np.abs(sound).max(), 1e-9)
    loud = np.flatnonzero(np.abs(sound) > quiet)
    if not len(loud):
        raise SpeechError("there is nothing in it but silence")
    sound = _short_pauses(sound[loud[0] : loud[-1] + 1], quiet)
    margin = np.zeros(int(_MARGIN * RATE))
    sound = np.concatenate([margin, sound * (_LEVEL / np.sqrt(np.mean(sound**2))), margin])
    # Speech has few peaks above the limit; rounding them off is less audible than a lower level.
    return np.asarray(np.clip(sound, -_PEAK, _PEAK))


def _short_pauses(sound: Sound, quiet: float) -> Sound:
    """espeak rests long at a comma; nobody who needs help wants to wait for it."""
    import numpy as np

    longest = int(_LONGEST_PAUSE * RATE)
    loud = np.flatnonzero(np.abs(sound) > quiet)
    cuts = [0]
    for before, after in pairwise(loud.tolist()):
        if after - before > longest:
            cuts += [before + longest // 2, after - longest // 2]
    cuts.append(len(sound))
    return np.concatenate([sound[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)])


def write(sound: Sound, wav: Path, alaw: Path) -> None:
    """Both forms, each in one piece: a half-written prompt is never played."""
    import soundfile

    for path, container, coding in ((wav, "WAV", "PCM_16"), (alaw, "RAW", "ALAW")):
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            soundfile.write(file, sound, RATE, format=container, subtype=coding)
        unfinished.replace(path)


@dataclass(frozen=True)
class Measure:
    """Levels in dBFS, `level` of what is said; `lead` and `tail`: seconds of quiet before and after it."""

    seconds: float
    level: float
    peak: float
    lead: float
    tail: float


def measure(wav: Path) -> Measure:
    import numpy as np
    import soundfile

    sound, rate = soundfile.read(wav, dtype="float64")
    loud = np.flatnonzero(np.abs(sound) > _QUIET)
    lead, tail = (int(loud[0]), len(sound) - int(loud[-1])) if len(loud) else (len(sound), len(sound))
    said = sound[lead : len(sound) - tail + 1]
    rms, peak = np.sqrt(np.mean(said**2)) if len(said) else 0.0, np.abs(sound).max()
    decibel = [float(20 * np.log10(max(value, 1e-6))) for value in (rms, peak)]
    return Measure(
        seconds=round(len(sound) / rate, 2),
        level=round(decibel[0], 1),
        peak=round(decibel[1], 1),
        lead=round(lead / rate, 3),
        tail=round(tail / rate, 3),
    )
