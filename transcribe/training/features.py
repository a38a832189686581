"""Step 1 of the recipe: speak many random sentences and keep features and labels.

The sentences are random words of the vocabulary and random characters: the network learns sounds, not
sentences, so that new words need a new graph and no new network.
"""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tqdm import tqdm

from transcribe.training.espeak import Espeak, Manner
from transcribe.training.phones import NOISE, Ids, Lexicon
from transcribe.training.sound import TRAINING_VOICES, labels, mfcc, no_speech, no_words, utterance
from transcribe.training.words import characters, vocabulary

Example = tuple["np.ndarray", "np.ndarray"]


def manner(r: random.Random, voices: Sequence[str]) -> Manner:
    return Manner(r.choice(voices), r.randint(110, 210), r.randint(25, 75), r.randint(20, 80))


def random_sentences(seed: int, count: int, words: Sequence[str], singles: Sequence[str]) -> list[list[str]]:
    r = random.Random(seed)
    out = []
    for _ in range(count):
        pool = words if r.random() < 0.6 else singles
        out.append([r.choice(pool) for _ in range(r.randint(2, 7))])
    return out


def _speak(job: tuple[list[list[str]], int, list[str]]) -> tuple[list[Example], int]:
    """One worker's share -> (examples, how many could not be aligned)."""
    sentences, seed, units = job
    espeak, r, pdf = Espeak.only(), random.Random(seed), Ids(units).pdf
    out, lost = [], 0
    for words in sentences:
        if r.random() < 0.05:
            quiet = mfcc(no_speech(r))
            out.append((quiet.astype(np.float16), np.zeros((len(quiet) + 2) // 3, np.int16)))
        if r.random() < 0.06:
            strange, sounds = no_words(espeak, r, manner(r, TRAINING_VOICES))
            frames = mfcc(strange)
            out.append((frames.astype(np.float16), labels(sounds, len(frames), pdf)))
        sound, found = utterance(espeak, words, r, manner(r, TRAINING_VOICES))
        if found is None or any(unit not in pdf for _, unit in found):
            lost += 1
            continue
        frames = mfcc(sound)
        out.append((frames.astype(np.float16), labels(found, len(frames), pdf)))
    return out, lost


def make(folder: Path, count: int, said: Sequence[Sequence[str]], seed: int = 1, processes: int = 2) -> None:
    """Write `units.json` and `features.pkl` into the folder. `said`: sentences for half of what is spoken."""
    folder.mkdir(parents=True, exist_ok=True)
    words, singles = vocabulary(12000), characters()
    lexicon = Lexicon(Espeak.only())
    sounds = [u for w in [*words, *singles] for said_so in lexicon.units(w) for u in said_so]
    units = Ids([NOISE, *sounds]).units
    sentences = random_sentences(seed, count // 2, [w for w in words if lexicon.units(w)], singles)
    sentences += random.Random(seed).choices(said, k=count - len(sentences))
    random.Random(seed).shuffle(sentences)
    jobs = [(sentences[i : i + 200], seed * 100_000 + i, units) for i in range(0, count, 200)]
    data: list[Example] = []
    lost = 0
    # A worker that crashed would make the pool wait for ever: crashing voices are kept out of the list.
    with get_context("spawn").Pool(processes) as pool:
        for out, bad in tqdm(
            pool.imap_unordered(_speak, jobs), total=len(jobs), desc="speaking", unit="batch"
        ):
            data += out
            lost += bad
    (folder / "units.json").write_text(json.dumps(units, ensure_ascii=False), "utf-8")
    with (folder / "features.pkl").open("wb") as file:
        pickle.dump(data, file, protocol=4)
    hours = sum(len(frames) for frames, _ in data) / 360_000
    print(f"{len(units)} units, {len(data)} examples, {hours:.1f} h, {lost} not aligned")  # noqa: T201
