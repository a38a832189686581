"""Step 4 of the recipe: lexicon and language model to the decoding graph HCLG.

LG = minimise(determinise(L ∘ G)). HCLG splits every state of LG by the phone that enters it: the phone's
leaving transition is on the entering arc and its staying loop on the state it enters (Kaldi's "reordered"
layout), so that word alignment and endpointing work with vosk's default options.
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from transcribe.training.language import Arcs
from transcribe.training.phones import SILENCE, Ids

SILENCE_PROBABILITY = 0.3
RARER = 1.0
"""What a word's second and further pronunciations cost."""
EPSILON = "<eps>"
Pronunciations = Sequence[tuple[str, ...]]
_Arc = tuple[int, int, int, int, float]
State = tuple["float | None", "list[tuple[int, int, float, int]]"]


def _compile(arcs: Sequence[_Arc], finals: Mapping[int, float], start: int) -> Any:
    import kaldifst  # the recipe's venv has it, the house does not

    ordered = sorted(arcs, key=lambda arc: arc[0] != start)  # the first line names the start state
    lines = [f"{a} {b} {i} {o} {cost:.6f}" for a, b, i, o, cost in ordered]
    lines += [f"{state} {cost:.6f}" for state, cost in finals.items()]
    return kaldifst.compile("\n".join(lines) + "\n")


def _lexicon(
    numbers: Mapping[str, int], units: Mapping[str, Pronunciations], ids: Ids, back_off: int
) -> tuple[list[_Arc], int]:
    """L with optional silence and a mark for each homophone -> (arcs, the state in which it ends)."""
    first_mark = len(ids.phones) + 1
    back_mark, silence_mark = first_mark, first_mark + 1
    start, loop, quiet, after = 0, 1, 2, 3
    with_silence, without = -math.log(SILENCE_PROBABILITY), -math.log(1 - SILENCE_PROBABILITY)
    arcs: list[_Arc] = [
        (start, loop, 0, 0, without),
        (start, quiet, 0, 0, with_silence),
        (quiet, after, ids.phone[SILENCE, ""], 0, 0.0),
        (after, loop, silence_mark, 0, 0.0),
        (loop, loop, back_mark, back_off, 0.0),
    ]
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    rarer: dict[tuple[tuple[str, ...], str], float] = {}
    for word in numbers:
        for k, sound in enumerate(units[word]):
            alike[sound].append(word)
            rarer[sound, word] = RARER if k else 0.0
    free = 4
    for sound, words in alike.items():
        for k, word in enumerate(words):
            labels = ids.word_phones(sound) + ([silence_mark + 1 + k] if len(words) > 1 else [])
            here, output = loop, numbers[word]
            cost = rarer[sound, word]
            for label in labels[:-1]:
                arcs.append((here, free, label, output, cost))
                here, output, cost, free = free, 0, 0.0, free + 1
            arcs.append((here, loop, labels[-1], output, cost + without))
            arcs.append((here, quiet, labels[-1], output, cost + with_silence))
    return arcs, loop


def build(model: Arcs, units: Mapping[str, Pronunciations], ids: Ids) -> tuple[list[str], list[State]]:
    """-> (words by number, HCLG's states from 0, the start)."""
    import kaldifst

    words = [EPSILON, *sorted(units)]
    numbers = {word: i for i, word in enumerate(words) if i}
    back_off = len(words)
    arcs, end = _lexicon(numbers, units, ids, back_off)
    grammar: list[_Arc] = [
        (a, b, back_off, 0, cost) if word is None else (a, b, numbers[word], numbers[word], cost)
        for a, b, word, cost in model.arcs
    ]
    left, right = _compile(arcs, {end: 0.0}, 0), _compile(grammar, model.finals, model.start)
    kaldifst.arcsort(left, "olabel")
    kaldifst.arcsort(right, "ilabel")
    both = kaldifst.compose(left, right)
    kaldifst.determinize_star(both, use_log=True)
    kaldifst.minimize_encoded(both)
    kaldifst.connect(both)
    return words, _expand(both, ids)


def _expand(both: Any, ids: Ids) -> list[State]:
    """Drop the marks and turn phones into transitions."""
    import kaldifst

    phones = len(ids.phones)
    arcs, finals = [], {}
    for state in kaldifst.StateIterator(both):
        arcs.append(
            [
                (
                    arc.ilabel if arc.ilabel <= phones else 0,
                    arc.olabel,
                    float(arc.weight.value),
                    arc.nextstate,
                )
                for arc in kaldifst.ArcIterator(both, state)
            ]
        )
        cost = float(both.final(state).value)
        if cost < 1e30:
            finals[state] = cost
    half = math.log(2)
    number = {(both.start, 0): 0}
    todo = [(both.start, 0)]
    out: list[State] = []
    for state, entered in todo:  # grows while we walk it
        here = [(ids.stay(entered), 0, half, number[state, entered])] if entered else []
        for phone, word, cost, target in arcs[state]:
            key = (target, phone)
            if key not in number:
                number[key] = len(todo)
                todo.append(key)
            here.append(
                (ids.leave(phone) if phone else 0, word, cost + (half if phone else 0.0), number[key])
            )
        out.append((finals.get(state), here))
    return out


def to_bytes(states: Sequence[State]) -> bytes:
    """OpenFst's binary form: fst type `vector`, arc type `standard` (tropical)."""

    def name(text: str) -> bytes:
        return struct.pack("<i", len(text)) + text.encode()

    arcs = sum(len(here) for _, here in states)
    head = struct.pack("<i", 2125659606) + name("vector") + name("standard")
    head += struct.pack("<iiQqqq", 2, 0, 3, 0, len(states), arcs)
    body = (
        struct.pack("<fq", math.inf if final is None else final, len(here))
        + b"".join(struct.pack("<iifi", *arc) for arc in here)
        for final, here in states
    )
    return head + b"".join(body)
