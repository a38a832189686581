"""A process that only sorts: `python -m hotline.bench.router_process CITY_FILE CACHE_DIR MESSAGES`.

Prints JSON: start_ms (since the process was made), load_ms, median_ms, p99_ms, cpu_ms (processor
time of a message), per_second, memory_mb: all on one core; and lines_per_second, what `router decide --lines`
does with every core there is.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime, perf_counter, process_time

LENGTH = 60
"""Characters of a message."""


def main() -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    city_file, cache_dir, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    from router.ready import Decider

    begun = perf_counter()
    decide = Decider(city_file, cache_dir)
    decide("楼下的路灯坏了", "")
    load_ms = (perf_counter() - begun) * 1000
    start_ms = (clock_gettime(CLOCK_BOOTTIME) - _made_at()) * 1000
    memory_mb = _memory_mb()
    texts = messages(city_file, count)
    gc.freeze()  # as `router decide --lines` does
    busy = process_time()
    took = [_seconds(decide, text) for text in texts]
    busy = process_time() - busy
    os.sched_setaffinity(0, cores)
    lines_per_second = _lines_per_second(decide, texts)
    from hotline.bench.report import percentile

    told = {
        "start_ms": round(start_ms, 1),
        "load_ms": round(load_ms, 1),
        "median_ms": round(percentile(took, 50) * 1000, 3),
        "p99_ms": round(percentile(took, 99) * 1000, 3),
        "cpu_ms": round(busy / len(took) * 1000, 3),
        "per_second": round(len(took) / sum(took), 1),
        "lines_per_second": round(lines_per_second, 1),
        "memory_mb": round(memory_mb, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")


def messages(city_file: Path, count: int) -> list[str]:
    """So many messages of LENGTH characters, made of the city's examples."""
    from router.city_file import load
    from router.ready import spoken_examples

    spoken = [each.text for each in spoken_examples(load(city_file), city_file)]
    texts, at = [], 0
    while len(texts) < count:
        text = ""
        while len(text) < LENGTH:
            text += spoken[at % len(spoken)] + ","
            at += 1
        texts.append(text[:LENGTH])
    return texts


def _seconds(decide, text: str) -> float:  # type: ignore[no-untyped-def]
    begun = perf_counter()
    decide(text, "")
    return perf_counter() - begun


def _lines_per_second(decide, texts: list[str]) -> float:  # type: ignore[no-untyped-def]
    """The starting of the processes included."""
    from hotline.cli.router_lines import json_lines

    begun = perf_counter()
    for _ in json_lines(decide, texts, "", whole=True):
        pass
    return len(texts) / (perf_counter() - begun)


def _made_at() -> float:
    """When this process was made, in seconds since the machine started."""
    ticks = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    return int(ticks) / os.sysconf("SC_CLK_TCK")


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
