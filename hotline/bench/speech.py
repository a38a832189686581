"""`bench speech`: how fast recordings are written down, what that takes, how often it is wrong."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotline.bench.report import Report, Result
from hotline.bench.speech_backlog import Backlog
from hotline.host import Progress, tools
from hotline.phone import alaw
from hotline.phone.voice import Speaker, Voice
from hotline.settings import load
from transcribe import training
from transcribe.audio import RATE
from transcribe.models import EMBEDDED, Model, check
from transcribe.training.evaluate import distance
from transcribe.transcript import written
from transcribe.vosk_engine import VoskEngine

SENTENCES = Path(training.__file__).parent / "texts/test.txt"
"""What neither the recipe nor its tuning has seen."""
SPEAKERS = (
    Speaker("m4", 150, 45),
    Speaker("f5", 165, 55),
    Speaker("steph", 155, 50),
    Speaker("Mario", 170, 40),
)
"""Voices that the recipe has not heard."""
_TOGETHER = 3
"""Sentences of a message."""
_PAUSE_SECONDS = 0.6
_BAND = (250.0, 3800.0)
_SLOTS = 50
_ROUNDS = 5

_NOT_CHINESE = re.compile(r"[^\u4e00-\u9fff]")

Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Spoken:
    text: str
    sound: Sound


def measure(messages: int, reference: Path | None, progress: Progress) -> Report:
    """`reference`: a model's folder to compare the error rate with."""
    settings = load()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        progress("speaking the test sentences")
        spoken = speak(Voice(tools.espeak(settings.cache_dir, progress), home / "voice"))
        files = _messages(spoken, home / "messages", messages)
        embedded = check(EMBEDDED)
        results = _cost(embedded, files[0])
        progress(f"writing {messages} messages down: by the worker, and by vosk alone")
        results += _throughput(embedded, files, home, progress)
        progress("counting errors")
        results += _errors(embedded, check(reference) if reference else None, spoken)
    return Report("speech", results)


# ---------------------------------------------------------------- the sounds


def speak(voice: Voice) -> list[Spoken]:
    sentences = [line for line in SENTENCES.read_text("utf-8").splitlines() if line]
    return [
        Spoken(text, np.asarray(alaw.decode(voice.says(text, SPEAKERS[at % len(SPEAKERS)])), np.float64))
        for at, text in enumerate(sentences)
    ]


def _messages(spoken: Sequence[Spoken], folder: Path, count: int) -> list[Path]:
    """WAV files of a few sentences each, on a line that is not quite silent."""
    folder.mkdir()
    pause = np.zeros(round(_PAUSE_SECONDS * RATE))
    paths = []
    for number in range(count):
        chosen = random.Random(number).sample(spoken, _TOGETHER)  # noqa: S311 - nothing is guessed by it
        sound = np.concatenate([part for each in chosen for part in (pause, each.sound, pause)])
        paths.append(folder / f"{number}.wav")
        with wave.open(str(paths[-1]), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(noisy(sound, 30.0, number))
    return paths


def noisy(sound: Sound, decibels: float, seed: int) -> bytes:
    """16-bit samples with a line's noise, between white and pink, this much below the speech."""
    white = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, len(sound)))
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    shape = (hertz > _BAND[0]) * (hertz < _BAND[1]) / np.sqrt(hertz + 1)
    noise = np.fft.irfft(white * shape, len(sound))
    level = float(np.sqrt(np.mean(sound**2) / np.mean(noise**2))) * 10 ** (-decibels / 20)
    return np.clip(sound + noise * level, -32768, 32767).astype("<i2").tobytes()


# ---------------------------------------------------------------- the machine


def _cost(model: Model, file: Path) -> list[Result]:
    """In a process of its own: what loading takes, and what each further recogniser."""
    command = [sys.executable, "-m", "hotline.bench.speech_process", str(model.path), str(file), str(_SLOTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    return [
        Result("load time of the embedded model", told["load_ms"], "ms", 1),
        Result("memory of the loaded model", told["model_mb"], "MB", 1),
        Result("memory of a slot", told["slot_mb"], "MB", _SLOTS),
        Result("real-time factor, one core", told["real_time_factor"], "", 1),
    ]


def _throughput(model: Model, files: Sequence[Path], home: Path, progress: Progress) -> list[Result]:
    """Seconds of audio a second, and what a second of it takes of a processor: ours beside vosk's, in turn,
    the middle one of the rounds. Others who use the machine disturb the first and hardly the second."""
    engine = VoskEngine(model)
    seconds = sum((path.stat().st_size - 44) / (2 * RATE) for path in files)
    ours, bare = [], []
    for turn in range(_ROUNDS):
        bare.append(_took(lambda: _write_down_bare(engine, files)))
        with Backlog(home / f"run{turn}", files) as backlog:
            ours.append(_took(lambda each=backlog: each.write_down(engine)))  # type: ignore[misc]
        progress(f"round {turn + 1}: {seconds / ours[-1].real:.1f} beside {seconds / bare[-1].real:.1f} s/s")
    baseline = f"bare vosk, {_cores()} threads"

    def middle(of: Callable[[_Took], float]) -> tuple[float, float]:
        return round(median(map(of, ours)), 3), round(median(map(of, bare)), 3)

    told = (
        ("audio written down a second", "s/s", middle(lambda took: seconds / took.real)),
        ("processor time of a second of audio", "ms", middle(lambda took: 1000 * took.processor / seconds)),
    )
    return [Result(what, ours_, unit, _ROUNDS, baseline, bare_) for what, unit, (ours_, bare_) in told]


class _Took(NamedTuple):
    """Seconds by the clock, and of the processors."""

    real: float
    processor: float


def _took(do: Callable[[], object]) -> _Took:
    real, processor = perf_counter(), process_time()
    do()
    return _Took(perf_counter() - real, process_time() - processor)


def _write_down_bare(engine: VoskEngine, files: Sequence[Path]) -> None:
    import vosk

    def one(path: Path) -> None:
        recogniser = vosk.KaldiRecognizer(engine.loaded, RATE)
        recogniser.SetWords(True)
        with wave.open(str(path), "rb") as file:
            while block := file.readframes(RATE // 2):
                if recogniser.AcceptWaveform(block):
                    recogniser.Result()
        recogniser.FinalResult()

    with ThreadPoolExecutor(_cores()) as pool:
        list(pool.map(one, files))


def _cores() -> int:
    return len(os.sched_getaffinity(0))


# ---------------------------------------------------------------- the errors


def _errors(model: Model, reference: Model | None, spoken: Sequence[Spoken]) -> list[Result]:
    engine = VoskEngine(model)
    other = VoskEngine(reference) if reference else None
    return [
        Result(
            f"character errors, unheard voices, {decibels:.0f} dB",
            error_rate(engine, spoken, decibels),
            "%",
            len(spoken),
            reference.name if reference else "",
            error_rate(other, spoken, decibels) if other else None,
        )
        for decibels in (20.0, 10.0)
    ]


def error_rate(engine: VoskEngine, spoken: Sequence[Spoken], decibels: float) -> float:
    def one(numbered: tuple[int, Spoken]) -> int:
        number, each = numbered
        quiet = np.zeros(RATE // 2)
        recogniser = engine.recogniser()
        recogniser.feed(noisy(np.concatenate([quiet, each.sound, quiet]), decibels, number))
        heard = written([word.word for word in recogniser.finish()])
        return distance(each.text, _NOT_CHINESE.sub("", heard))

    with ThreadPoolExecutor(_cores()) as pool:
        wrong = sum(pool.map(one, enumerate(spoken)))
    return round(100 * wrong / sum(len(each.text) for each in spoken), 2)
