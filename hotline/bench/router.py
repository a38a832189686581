"""`bench router`: how fast a message is sorted, what it takes of the machine, how often it is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from hotline.bench.report import Report, Result
from hotline.city import file_of
from hotline.host import Progress
from hotline.settings import load
from router.city_file import City
from router.city_file import load as load_city
from router.decide import Sorter, decide
from router.examples import Example
from router.learn import train
from router.matters import NOTHING
from router.ready import make_model, spoken_examples, word_examples
from router.relearn import is_held_out
from router.text import misheard
from router.trial import Told, report

_HEARD_WRONG = 0.2
_ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_SLOWEST_START_S = 120


def measure(messages: int, progress: Progress) -> Report:
    """Measure speed in a process of its own, then learn from a part of the examples and try the rest."""
    settings = load()
    city_file = file_of(settings)
    make_model(city_file, settings.cache_dir, progress)
    progress(f"deciding on {messages} messages, on one core")
    results = _speed(city_file, settings.cache_dir, messages)
    progress("learning from four fifths of the examples")
    results += _quality(load_city(city_file), city_file)
    return Report("router", results)


def _speed(city_file: Path, cache_dir: Path, messages: int) -> list[Result]:
    told = subprocess.run(
        [sys.executable, "-m", "hotline.bench.router_process", str(city_file), str(cache_dir), str(messages)],
        env={**os.environ, **_ONE_CORE},
        check=True,
        capture_output=True,
        timeout=_SLOWEST_START_S + messages,
        text=True,
    ).stdout
    found = json.loads(told)
    return [
        Result("decide, 60 characters, median", found["median_ms"], "ms", messages),
        Result("decide, 60 characters, 99 %", found["p99_ms"], "ms", messages),
        Result("decide, 60 characters, processor time", found["cpu_ms"], "ms", messages),
        Result("messages a second", found["per_second"], "1/s", messages),
        Result("messages a second, `router decide --lines`", found["lines_per_second"], "1/s", messages),
        Result("loading city and model", found["load_ms"], "ms", 1),
        Result("with the interpreter and all imports", found["start_ms"], "ms", 1),
        Result("memory of the process", found["memory_mb"], "MB", 1),
    ]


def _quality(city: City, city_file: Path) -> list[Result]:
    """Macro-F1 on examples that the model did not learn from, beside the city's words alone."""
    spoken = spoken_examples(city, city_file)
    held = [each for each in spoken if is_held_out(each.text) and each.label != NOTHING]
    model = train([each for each in (*spoken, *word_examples(city)) if not is_held_out(each.text)])
    ours, words = Sorter(city, model), Sorter(city)
    sets = {
        "": held,
        ", 20 % homophones": [replace(each, text=misheard(each.text, _HEARD_WRONG)) for each in held],
    }
    found = []
    for level, depth in (("first", 0), ("second", -1)):
        for name, examples in sets.items():
            value, alone = (_macro_f1(sorter, examples, depth) for sorter in (ours, words))
            measured = f"macro-F1, {level}-level matter{name}"
            found.append(Result(measured, value, "0..1", len(held), "the city's words alone", alone))
    return found


def _macro_f1(sorter: Sorter, examples: Sequence[Example], depth: int) -> float:
    path_of = {matter.code: matter.path for matter in sorter.matters}
    now = datetime.now(UTC)
    told: list[Told] = []
    begun = perf_counter()
    for example in examples:
        found = decide(example.text, city=sorter, now=now)
        guess = found.matter_path[depth] if found.matter_path else ""
        told.append((path_of[example.label][depth], guess, found.probability))
    return report(told, perf_counter() - begun, {}).macro_f1
