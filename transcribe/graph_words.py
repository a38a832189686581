"""Words put into a finished decoding graph, without training and without anything but this file.

The graph (HCLG, OpenFst's `vector` of the tropical semiring) is the one that transcribe/training makes: every
phone has one state; the arc into it leaves with transition 2p, its loop stays with 2p - 1. Words that stand
in no particular company begin in one state, the hub. A new word is a chain of phones from the hub back to it,
so that it can stand anywhere, with or without a pause after it.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transcribe.engine import EngineFault

_MAGIC = 2125659606
_ARC = struct.Struct("<iifi")
_STATE = struct.Struct("<fq")
_HALF = math.log(2)
_PAUSE, _NO_PAUSE = -math.log(0.3), -math.log(0.7)
_SILENCE = 1
"""The phone of silence."""

Arc = tuple[int, int, float, int]
"""(transition or 0, word or 0, cost, the state it leads to)"""


@dataclass
class Graph:
    """`finals`: cost of ending in a state, infinite where that cannot be."""

    start: int
    finals: list[float]
    arcs: list[list[Arc]]

    def add_state(self, arcs: Sequence[Arc]) -> int:
        self.finals.append(math.inf)
        self.arcs.append(list(arcs))
        return len(self.arcs) - 1


def read(content: bytes) -> Graph:
    """Raises EngineFault for anything but a `vector` of `standard` arcs."""
    try:
        at = struct.unpack_from("<i", content)[0] == _MAGIC and 4
        names = []
        for _ in range(2):
            length = struct.unpack_from("<i", content, at)[0]
            names.append(content[at + 4 : at + 4 + length])
            at += 4 + length
        if names != [b"vector", b"standard"]:
            raise EngineFault("graph/HCLG.fst is of another kind: words cannot be added to it")
        _, flags, _, start, states, _ = struct.unpack_from("<iiQqqq", content, at)
        if flags:
            raise EngineFault("graph/HCLG.fst carries its own tables: words cannot be added to it")
        at += 40
        graph = Graph(start, [], [])
        for _ in range(states):
            final, count = _STATE.unpack_from(content, at)
            at += _STATE.size
            end = at + count * _ARC.size
            graph.finals.append(final)
            graph.arcs.append(list(_ARC.iter_unpack(content[at:end])))
            at = end
    except struct.error as error:
        raise EngineFault("graph/HCLG.fst breaks off: install the model again") from error
    return graph


def written(graph: Graph) -> bytes:
    """The form that `read` reads, and libvosk."""

    def name(text: bytes) -> bytes:
        return struct.pack("<i", len(text)) + text

    count = sum(map(len, graph.arcs))
    head = struct.pack("<i", _MAGIC) + name(b"vector") + name(b"standard")
    head += struct.pack("<iiQqqq", 2, 0, 3, graph.start, len(graph.arcs), count)
    body = (
        _STATE.pack(final, len(arcs)) + b"".join(_ARC.pack(*arc) for arc in arcs)
        for final, arcs in zip(graph.finals, graph.arcs, strict=True)
    )
    return head + b"".join(body)


def add(graph: Graph, number: int, phones: Sequence[int], cost: float) -> None:
    """The word `number`, spoken as these phones. `cost`: minus the logarithm of how likely it is."""
    hub = find_hub(graph)
    pause = graph.add_state([(2 * _SILENCE - 1, 0, _HALF, len(graph.arcs)), (0, 0, 0.0, hub)])
    after = graph.add_state([])
    graph.arcs[after] = [
        (2 * phones[-1] - 1, 0, _HALF, after),
        (0, 0, _NO_PAUSE, hub),
        (2 * _SILENCE, 0, _HALF + _PAUSE, pause),
    ]
    for phone, following in zip(reversed(phones[:-1]), reversed(phones[1:]), strict=True):
        here = graph.add_state([])
        graph.arcs[here] = [(2 * phone - 1, 0, _HALF, here), (2 * following, 0, _HALF, after)]
        after = here
    for begins, extra in _like_hub(graph, hub):
        graph.arcs[begins].append((2 * phones[0], number, cost + extra + _HALF, after))


def find_hub(graph: Graph) -> int:
    """The state into which most ways lead that are neither sound nor word: backing off ends there.

    Raises EngineFault.
    """
    entered = Counter(arc[3] for arcs in graph.arcs for arc in arcs if arc[0] == 0 and arc[1] == 0)
    if not entered:
        raise EngineFault("graph/HCLG.fst has no state in which all words begin")
    return max(entered, key=lambda state: (entered[state], -state))


def _like_hub(graph: Graph, hub: int) -> list[tuple[int, float]]:
    """States from which every word can begin as from the hub, and what that costs more there."""
    ways = {(arc[0], arc[1], arc[3]): arc[2] for arc in graph.arcs[hub]}
    found = []
    for state, arcs in enumerate(graph.arcs):
        if len(arcs) < len(ways):
            continue
        here = {(arc[0], arc[1], arc[3]): arc[2] for arc in arcs}
        if here.keys() >= ways.keys():
            some = next(iter(ways))
            found.append((state, here[some] - ways[some]))
    return found


# ---------------------------------------------------------------- a model's folder


def units_of(syllables: Sequence[str], table: Mapping[str, Sequence[str]]) -> list[str]:
    """Raises KeyError with the syllable that no word of this model has."""
    return [unit for syllable in syllables for unit in table[syllable]]


def places(units: Sequence[str]) -> list[str]:
    """Units with their place in the word, as phones.txt names them."""
    if len(units) == 1:
        return [f"{units[0]}_S"]
    return [f"{units[0]}_B", *(f"{unit}_I" for unit in units[1:-1]), f"{units[-1]}_E"]


def table(path: Path) -> dict[str, list[str]]:
    """A file of lines `name value …`. Raises EngineFault when it is not there."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise EngineFault(
            f"graph/{path.name} is missing: words can be added only to a model of the project's own recipe"
        ) from None
    return {parts[0]: parts[1:] for line in lines if (parts := line.split())}
