"""The vocabulary: frequent words of everyday Chinese, the domain's words, every common character."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cache


def is_hanzi(word: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in word)


@cache
def frequencies() -> dict[str, int]:
    """Word → how often the corpus of jieba's dictionary had it."""
    import jieba  # the recipe's venv has it, the house does not

    with jieba.get_dict_file() as file:
        rows = (line.decode("utf-8").split() for line in file)
        return {row[0]: int(row[1]) for row in rows}


def vocabulary(size: int) -> list[str]:
    """The most frequent words of two to four characters, most frequent first."""
    words = [w for w in frequencies() if 2 <= len(w) <= 4 and is_hanzi(w)]
    return sorted(words, key=lambda w: (-frequencies()[w], w))[:size]


def general(words: Iterable[str]) -> dict[str, float]:
    """How frequent each of these words is at large; none is impossible."""
    known = frequencies()
    return {w: known.get(w, 0) + (5.0 if len(w) > 1 else 20.0) for w in words}


def characters() -> list[str]:
    """The 3,755 common characters (GB 2312, level 1)."""

    def rows() -> Iterator[str]:
        for high in range(0xB0, 0xD8):
            for low in range(0xA1, 0xFF):
                if high == 0xD7 and low > 0xF9:
                    return
                yield bytes([high, low]).decode("gb2312")

    return list(rows())


def keep_whole(words: Iterable[str]) -> None:
    """The domain's own names, which `segment` does not cut."""
    import jieba

    for word in words:
        jieba.add_word(word, freq=100_000)


def segment(sentence: str) -> list[str]:
    """A sentence without punctuation → its words."""
    import jieba

    return [w for w in jieba.cut(sentence, HMM=False) if w.strip()]


def only(words: Container[str], sentence: Iterable[str]) -> list[str]:
    """The sentence in these words: another one falls apart into its characters, those it has."""
    pieces = (part for word in sentence for part in ([word] if word in words else list(word)))
    return [part for part in pieces if part in words]
