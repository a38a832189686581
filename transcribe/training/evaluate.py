"""Step 6 of the recipe: character error rate of libvosk itself, on synthetic callers.

Development and test sentences are kept apart from the texts of the language model and from each other.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.training import texts
from transcribe.training.espeak import Espeak
from transcribe.training.features import manner
from transcribe.training.sound import RATE, TRAINING_VOICES, UNHEARD_VOICES, Sound, no_speech, utterance


def distance(wanted: str, heard: str) -> int:
    """How many characters must be put in, taken out or changed."""
    row = list(range(len(heard) + 1))
    for i, x in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def hear(model: Any, sound: Sound) -> str:
    """What vosk writes down, fed in packets of 100 ms as on a call."""
    import vosk  # opens a socket when imported

    recogniser = vosk.KaldiRecognizer(model, RATE)
    samples, texts = sound.astype("<i2").tobytes(), []
    for i in range(0, len(samples), RATE // 5):
        if recogniser.AcceptWaveform(samples[i : i + RATE // 5]):
            texts.append(json.loads(recogniser.Result())["text"])
    texts.append(json.loads(recogniser.FinalResult())["text"])
    return "".join(texts).replace("[unk]", "").replace(" ", "")


@dataclass(frozen=True)
class Figure:
    name: str
    character_error_rate: float
    sentences_right: float
    real_time_factor: float
    wrong: list[tuple[str, str]]


def measure(
    model: Any,
    name: str,
    sentences: Sequence[str],
    voices: Sequence[str],
    snr: float | None = None,
    seed: int = 5,
) -> Figure:
    espeak, r = Espeak.only(), random.Random(seed)
    errors = total = right = 0
    seconds = spent = 0.0
    wrong = []
    for wanted in sentences:
        sound, _ = utterance(espeak, [wanted], r, manner(r, voices), snr)
        began = time.process_time()
        heard = hear(model, sound)
        spent += time.process_time() - began
        missed = distance(wanted, heard)
        errors, total, right = errors + missed, total + len(wanted), right + (missed == 0)
        seconds += len(sound) / RATE
        if missed:
            wrong.append((wanted, heard))
    return Figure(name, errors / total, right / len(sentences), spent / seconds, wrong)


def report(folder: Path, sentences: Sequence[str], show: int = 0) -> list[Figure]:
    """The figures of the model card."""
    import vosk

    vosk.SetLogLevel(-1)
    model = vosk.Model(str(folder))
    cases = (
        ("training voices, any line", TRAINING_VOICES, None),
        ("unheard voices, any line", UNHEARD_VOICES, None),
        ("unheard voices, SNR 20 dB", UNHEARD_VOICES, 20.0),
        ("unheard voices, SNR 10 dB", UNHEARD_VOICES, 10.0),
    )
    figures = []
    for name, voices, snr in cases:
        figure = measure(model, name, sentences, voices, snr)
        figures.append(figure)
        print(  # noqa: T201
            f"{name:30} CER {figure.character_error_rate:6.1%}  sentences right {figure.sentences_right:6.1%}"
            f"  RTF {figure.real_time_factor:.3f}",
            flush=True,
        )
        for wanted, heard in figure.wrong[:show]:
            print("   ", wanted, "->", heard)  # noqa: T201
    r = random.Random(7)
    spoken = sum(bool(hear(model, no_speech(r))) for _ in range(100))
    print(f"of 100 stretches without speech {spoken} gave words")  # noqa: T201
    return figures


if __name__ == "__main__":
    report(Path(sys.argv[1]), texts.own("test"))
