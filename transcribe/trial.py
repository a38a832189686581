"""Try a model out: `python -m transcribe.trial FOLDER`. What dies here dies alone."""

from __future__ import annotations

import sys
from pathlib import Path

from transcribe.audio import RATE, WIDTH
from transcribe.engine import EngineFault
from transcribe.models import check
from transcribe.vosk_engine import VoskEngine


def main(folder: str) -> int:
    """0: it loads and hears half a second of silence; 1: one line on stderr says why not."""
    try:
        recogniser = VoskEngine(check(Path(folder))).recogniser()
        recogniser.feed(bytes(RATE // 2 * WIDTH))
        recogniser.finish()
    except EngineFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
