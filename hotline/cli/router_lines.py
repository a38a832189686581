"""`router decide --lines`: a text a line in, a decision a line out, by all cores when there are many."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

Decide = Callable[[str, str], Mapping[str, Any]]
_MANY_LINES = 2_000
"""From here on it is worth while to start processes."""
_AT_ONCE = 250


def json_lines(decide: Decide, lines: Iterable[str], caller: str, *, whole: bool) -> Iterator[str]:
    """JSON lines in the order of the texts. `whole`: all texts are there already, nobody is typing them."""
    # City and model stay: the collector need not look at them after every few messages.
    gc.freeze()
    cores = len(os.sched_getaffinity(0))
    texts: Sequence[str] = list(lines) if whole and cores > 1 else ()
    if len(texts) < _MANY_LINES:
        yield from (_line(decide, text, caller) for text in texts or lines)
        return
    parts = [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
    # Forked, so that each process has the city and the model that were loaded once.
    with ProcessPoolExecutor(cores, get_context("fork"), _take_up, (decide, caller)) as pool:
        yield from pool.map(_part, parts)


_at_work: tuple[Decide, str] | None = None


def _take_up(decide: Decide, caller: str) -> None:
    global _at_work
    _at_work = decide, caller


def _part(texts: Sequence[str]) -> str:
    if _at_work is None:
        raise RuntimeError("a process of json_lines begins with _take_up")
    decide, caller = _at_work
    return "".join(_line(decide, text, caller) for text in texts)


def _line(decide: Decide, text: str, caller: str) -> str:
    return json.dumps(decide(text, caller), ensure_ascii=False) + "\n"
