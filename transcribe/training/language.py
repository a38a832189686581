"""Step 3 of the recipe: an open language model of words, a pruned trigram.

Several bodies of text are counted apart and mixed, so that a small one that is to the point is not drowned by
a large one that is not. Every word and every character of the vocabulary stays possible: speech that no
sentence of the texts resembles comes out as ordinary words.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ORDER = 3
GENERAL = 0.1
"""The share of the general frequencies in the unigrams."""
UNKNOWN_SHARE = 1e-4
"""How likely a sound that is no word is, beside the words."""
START, END = "<s>", "</s>"

History = tuple[str, ...]
Sentence = Sequence[str]


@dataclass(frozen=True)
class Arcs:
    """A back-off automaton: (from, to, word or None for back-off, cost), and state → cost of ending there."""

    states: int
    start: int
    arcs: list[tuple[int, int, str | None, float]]
    finals: dict[int, float]


class Text:
    """One body of text counted: interpolated Witten-Bell, over the unigrams that all texts share.

    `at_least`: how often an n-gram of two, of three words must occur to be kept as one of the model's own.
    """

    def __init__(self, sentences: Iterable[Sentence], at_least: tuple[int, int] = (1, 1)) -> None:
        self.counts: list[dict[History, Counter[str]]] = [defaultdict(Counter) for _ in range(ORDER)]
        for sentence in sentences:
            line = (START, *sentence, END)
            for i in range(1, len(line)):
                for o in range(min(ORDER, i + 1)):
                    self.counts[o][tuple(line[i - o : i])][line[i]] += 1
        self._totals = [{h: sum(c.values()) for h, c in level.items()} for level in self.counts]
        self._at_least = (1, *at_least)

    def ngrams(self, order: int) -> Iterable[tuple[History, str]]:
        """What is kept at this order: (history, word)."""
        for history, following in self.counts[order].items():
            for word, count in following.items():
                if count >= self._at_least[order]:
                    yield history, word

    def unigram(self, word: str) -> float:
        return self.counts[0][()][word] / max(1, self._totals[0].get((), 0))

    def probability(self, word: str, history: History, base: Mapping[str, float]) -> float:
        """`base`: the shared unigrams."""
        if not history:
            kinds, total = len(self.counts[0][()]), self._totals[0].get((), 0)
            return (self.counts[0][()][word] + kinds * base[word]) / (total + kinds)
        below = self.probability(word, history[1:], base)
        following = self.counts[len(history)].get(history)
        if following is None:
            return below
        kinds = len(following)
        return (following[word] + kinds * below) / (self._totals[len(history)][history] + kinds)

    def weight(self, history: History) -> float:
        """How often the history occurs, of all places in the text."""
        return self._totals[len(history)].get(history, 0) / max(1, self._totals[0].get((), 0))


@dataclass(frozen=True)
class Mixture:
    """Texts with their shares (together 1) over one vocabulary's unigrams."""

    texts: Sequence[Text]
    shares: Sequence[float]
    base: Mapping[str, float]

    def probability(self, word: str, history: History) -> float:
        return sum(
            share * text.probability(word, history, self.base)
            for text, share in zip(self.texts, self.shares, strict=True)
        )

    def weight(self, history: History) -> float:
        return sum(share * text.weight(history) for text, share in zip(self.texts, self.shares, strict=True))


def base(texts: Sequence[Text], shares: Sequence[float], general: Mapping[str, float]) -> dict[str, float]:
    """Unigrams over the words of `general` (word → how frequent at large) and the end of a sentence."""
    everywhere = sum(general.values())
    out = {
        word: GENERAL * often / everywhere
        + (1 - GENERAL) * sum(s * t.unigram(word) for t, s in zip(texts, shares, strict=True))
        for word, often in general.items()
    }
    out[END] = (1 - GENERAL) * sum(s * t.unigram(END) for t, s in zip(texts, shares, strict=True))
    total = sum(out.values())
    return {word: p / total for word, p in out.items()}


def shares_for(mixture: Mixture, sentences: Sequence[Sentence], rounds: int = 12) -> list[float]:
    """The shares under which these sentences (the development set) are likeliest."""
    seen = [
        [text.probability(word, history, mixture.base) for text in mixture.texts]
        for sentence in sentences
        for word, history in _places(sentence)
        if word in mixture.base
    ]
    shares = list(mixture.shares)
    for _ in range(rounds):
        taken = [0.0] * len(shares)
        for each in seen:
            whole = sum(s * p for s, p in zip(shares, each, strict=True))
            taken = [t + s * p / whole for t, s, p in zip(taken, shares, each, strict=True)]
        shares = [max(0.02, t / len(seen)) for t in taken]
        shares = [s / sum(shares) for s in shares]
    return shares


def perplexity(mixture: Mixture, sentences: Sequence[Sentence]) -> float:
    """A word's, over words that the vocabulary has."""
    logs = [
        -math.log(mixture.probability(word, history))
        for sentence in sentences
        for word, history in _places(sentence)
        if word in mixture.base
    ]
    return math.exp(sum(logs) / max(1, len(logs)))


def _places(sentence: Sentence) -> Iterable[tuple[str, History]]:
    line = (START, *sentence, END)
    for i in range(1, len(line)):
        yield line[i], tuple(line[max(0, i - ORDER + 1) : i])


def prune(mixture: Mixture, keep: int) -> list[dict[History, dict[str, float]]]:
    """History → {word: probability}, order by order: all unigrams and the `keep` n-grams that matter most.

    An n-gram matters by how much likelier the texts are with it than by backing off.
    """
    scored: list[tuple[float, History, str, float]] = []
    for order in range(1, ORDER):
        wanted = {pair for text in mixture.texts for pair in text.ngrams(order)}
        weights: dict[History, float] = {}
        for history, word in wanted:
            if word not in mixture.base or any(w not in mixture.base and w != START for w in history):
                continue
            if history not in weights:
                weights[history] = mixture.weight(history)
            p, below = mixture.probability(word, history), mixture.probability(word, history[1:])
            scored.append(
                (weights[history] * p * math.log(p / below) if p > below else 0.0, history, word, p)
            )
    scored.sort(key=lambda each: (-each[0], each[1], each[2]))
    levels: list[dict[History, dict[str, float]]] = [{} for _ in range(ORDER)]
    levels[0][()] = {word: mixture.probability(word, ()) for word in mixture.base}
    for score, history, word, p in scored[:keep]:
        if score > 0:
            levels[len(history)].setdefault(history, {})[word] = p
    # A history of two words can only be reached when its own two words are kept.
    for history in [h for h in levels[2] if h[0] != START and h[1] not in levels[1].get(h[:1], {})]:
        levels[1].setdefault(history[:1], {})[history[1]] = mixture.probability(history[1], history[:1])
    return levels


def automaton(levels: list[dict[History, dict[str, float]]], unknown: str | None = None) -> Arcs:
    """`unknown`: the word for sounds that are none."""
    numbers: dict[History, int] = {}

    def state(history: History) -> int:
        history = history[-(ORDER - 1) :]
        while history and history not in levels[len(history)]:
            history = history[1:]
        return numbers.setdefault(history, len(numbers))

    def below(word: str, history: History) -> float:
        """The probability by backing off, as the automaton will have it."""
        if not history:
            return levels[0][()][word]
        here = levels[len(history)].get(history)
        if here is not None and word in here:
            return here[word]
        return (left(history) if here is not None else 1.0) * below(word, history[1:])

    kept: dict[History, float] = {}

    def left(history: History) -> float:
        if history not in kept:
            here = levels[len(history)][history]
            lower = sum(below(word, history[1:]) for word in here)
            kept[history] = max(1e-7, 1 - sum(here.values())) / max(1e-7, 1 - lower)
        return kept[history]

    start = state((START,))
    arcs: list[tuple[int, int, str | None, float]] = []
    finals: dict[int, float] = {}
    for level, histories in enumerate(levels):
        for history, following in histories.items():
            here = state(history)
            if level:
                arcs.append((here, state(history[1:]), None, -math.log(left(history))))
            for word, p in following.items():
                if word == END:
                    finals[here] = -math.log(p)
                else:
                    arcs.append((here, state((*history, word)), word, -math.log(p)))
    if unknown is not None:
        arcs.append((state(()), state(()), unknown, -math.log(UNKNOWN_SHARE)))
    return Arcs(len(numbers), start, arcs, finals)
