"""What a model takes, in a process of its own: `python -m hotline.bench.speech_process MODEL WAV SLOTS`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from time import perf_counter

from transcribe.audio import blocks, look
from transcribe.models import check
from transcribe.vosk_engine import VoskEngine


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(model: str, file: str, slots: int) -> dict[str, float]:
    """Load, hear the file once, then `slots` recognisers that each hear it and stay."""
    import vosk  # its own memory is no model's  # noqa: F401

    before = _megabytes()
    begun = perf_counter()
    engine = VoskEngine(check(Path(model)))
    load_ms = (perf_counter() - begun) * 1000
    after = _megabytes()
    sound = look(Path(file))
    pieces = list(blocks(Path(file), sound, 0.5))
    begun = perf_counter()
    first = engine.recogniser()
    for piece in pieces:
        first.feed(piece)
    first.finish()
    factor = (perf_counter() - begun) / sound.seconds
    warm = _megabytes()
    kept = []
    for _ in range(slots):
        recogniser = engine.recogniser()
        for piece in pieces:
            recogniser.feed(piece)
        kept.append(recogniser)
    return {
        "load_ms": round(load_ms, 1),
        "model_mb": round(after - before, 1),
        "slot_mb": round((_megabytes() - warm) / slots, 2),
        "real_time_factor": round(factor, 4),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))  # noqa: T201
