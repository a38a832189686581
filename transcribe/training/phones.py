"""Units of sound, the lexicon, and the id tables that network, graph and model file share.

A *unit* is an espeak phoneme; the vowel of a syllable carries its tone (`ei_3`), the rest does not. A unit is
one output of the network (a pdf). A *phone* is a unit with its place in the word (B, I, E, S), which vosk
needs to find word borders; the phones of a unit share its pdf. Phone 1 is silence, pdf 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from pypinyin import Style, lazy_pinyin

from transcribe.training.espeak import Espeak

SILENCE = "SIL"
NOISE = "NSN"
"""Breath, voices through each other, other languages: sounds that are no words, heard as `[unk]`."""
UNKNOWN = "[unk]"
_READINGS = """
    得 dei3 de5, 地 de5 di4, 长 zhang3 chang2, 还 huan2 hai2, 都 du1 dou1, 着 zhao2 zhe5,
    了 liao3 le5, 重 chong2 zhong4, 行 hang2 xing2, 只 zhi1 zhi3, 为 wei2 wei4, 处 chu3 chu4,
    种 zhong3 zhong4, 干 gan1 gan4, 好 hao3 hao4, 一 yao1, 那 nei4 na4, 倒 dao3 dao4,
    间 jian1 jian4, 背 bei1 bei4, 空 kong1 kong4, 要 yao4 yao1, 差 cha4 chai1 cha1, 给 gei3 ji3,
    发 fa1 fa4, 数 shu3 shu4, 教 jiao1 jiao4, 量 liang2 liang4, 分 fen1 fen4, 当 dang1 dang4,
    和 he2 huo2, 转 zhuan3 zhuan4, 的 de5 di4, 搭 da1,
"""
"""Single characters with more than one everyday reading."""
ALSO_READ = {row.split()[0]: tuple(row.split()[1:]) for row in _READINGS.split(",") if row.split()}
_VOWELS = frozenset("aAeEiIoOuUyY@")


def surface(syllables: Sequence[str]) -> list[str]:
    """As espeak speaks them: a third tone before a third tone is a second one."""
    after = [*syllables[1:], "."]
    return [
        f"{here[:-1]}2" if here[-1] == "3" == later[-1] else here
        for here, later in zip(syllables, after, strict=True)
    ]


def variants(word: str) -> list[list[str]]:
    """Every way a word's syllables may sound, the likeliest first: what follows it moves its last tone."""
    said = surface(reading(word))
    out = [said]
    if said and said[-1][-1] == "3":
        out.append([*said[:-1], f"{said[-1][:-1]}2"])
    if word[-1] == "一":
        out += [[*said[:-1], "yi2"], [*said[:-1], "yi4"]]
    elif word[-1] == "不":
        out.append([*said[:-1], "bu2"])
    for other in ALSO_READ.get(word, ()):
        out.append([other])
    return out


def reading(text: str) -> list[str]:
    """A clause → its syllables as a careful speaker says them, 一 and 不 with the tone of their place."""
    found = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False, tone_sandhi=True)
    return [
        ("yi2" if after[-1] == "4" else "yi4") if here == "yi1" and after[-1] in "1234" else here
        for here, after in pairwise([*found, "."])
    ]


def toned(phonemes: Sequence[str], syllable: str) -> list[str]:
    """The units of one syllable: its first vowel carries the tone."""
    tone, units, placed = syllable[-1], [], False
    for name in phonemes:
        if not placed and name[0] in _VOWELS:
            units.append(f"{name}_{tone}")
            placed = True
        else:
            units.append(name)
    return units


class Lexicon:
    """How words sound, asked of espeak itself, a syllable at a time."""

    def __init__(self, espeak: Espeak) -> None:
        self._espeak = espeak
        self.syllable = lru_cache(maxsize=None)(self._syllable)

    def _syllable(self, syllable: str) -> tuple[str, ...]:
        names = [name for _, name in self._espeak.say(syllable)[1] if name and not name.startswith("_")]
        return tuple(toned(names, syllable))

    def units(self, word: str) -> list[tuple[str, ...]]:
        """The units of each way to say a word; empty when espeak cannot say it."""
        out: list[tuple[str, ...]] = []
        for syllables in variants(word):
            if not all(s[-1].isdigit() and s[:-1].isalpha() for s in syllables):
                return []
            said = tuple(unit for s in syllables for unit in self.syllable(s))
            if said and said not in out:
                out.append(said)
        return out

    def syllables(self, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Every syllable that these words are spoken with → its units."""
        found = {s for word in words if word != UNKNOWN for way in variants(word) for s in way}
        return {s: self.syllable(s) for s in sorted(found) if self.syllable(s)}


class Ids:
    """The numbers Kaldi wants: phones from 1, pdfs from 0, two transitions for each phone."""

    def __init__(self, units: Iterable[str]) -> None:
        self.units = [SILENCE, *sorted(set(units) - {SILENCE})]
        self.pdf = {unit: i for i, unit in enumerate(self.units)}
        self.phones = [(SILENCE, "")] + [(unit, place) for unit in self.units[1:] for place in "BIES"]
        self.phone = {phone: i + 1 for i, phone in enumerate(self.phones)}

    def phone_pdf(self) -> list[tuple[int, int]]:
        return [(i + 1, self.pdf[unit]) for i, (unit, _) in enumerate(self.phones)]

    def word_phones(self, units: Sequence[str]) -> list[int]:
        places = "S" if len(units) == 1 else "B" + "I" * (len(units) - 2) + "E"
        return [self.phone[unit, place] for unit, place in zip(units, places, strict=True)]

    # One emitting state a phone: transition 0 stays in it, transition 1 leaves it.
    @staticmethod
    def stay(phone: int) -> int:
        return 2 * phone - 1

    @staticmethod
    def leave(phone: int) -> int:
        return 2 * phone
