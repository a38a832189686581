"""`python -m hotline.cleaner MARK`: waits until its supervisor is gone, then ends whatever that left.

The supervisor holds the other end of this process's standard input and never writes to it: the end of the
file is the news of its death, whatever it died of. On an orderly stop there is nothing left to end.
"""

from __future__ import annotations

import signal
import sys

from hotline.processes import end_marked

PATIENCE_SECONDS = 6.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends when the supervisor has, not before
    sys.stdin.buffer.read()
    end_marked(sys.argv[1], PATIENCE_SECONDS)


if __name__ == "__main__":
    main()
