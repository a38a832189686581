"""The sentences of the language model: patterns with slots, and plain sentences of a city's examples."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent / "texts"
_TAG = re.compile(r"/[a-zA-Z]+ *")
_SLOT = re.compile(r"\{(\w+)\}")
_DIGITS = "零幺二三四五六七八九"
_COUNT = "零一二三四五六七八九"
_NOT_SPOKEN = re.compile(r"[^\u4e00-\u9fff]+")


def lists() -> dict[str, list[str]]:
    return {k: v.split() for k, v in tomllib.loads((HERE / "lists.toml").read_text("utf-8")).items()}


def patterns() -> list[str]:
    return [line for line in (HERE / "patterns.txt").read_text("utf-8").splitlines() if line.strip()]


def number(n: int) -> str:
    """0 < n < 1000 as it is spoken in an address: 12 → 十二, 108 → 一百零八."""
    hundreds, rest = divmod(n, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_COUNT[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{_COUNT[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (_COUNT[ones] if ones else "")


def place(r: random.Random, words: dict[str, list[str]]) -> str:
    town, road, estate, spot = (r.choice(words[k]) for k in ("town", "road", "estate", "spot"))
    house = f"{number(r.choice([r.randint(1, 40), r.randint(1, 300)]))}号"
    flat = f"{number(r.randint(1, 30))}{r.choice(['栋', '号楼', '幢'])}"
    unit = f"{number(r.randint(1, 6))}单元" if r.random() < 0.5 else ""
    return r.choice(
        [
            town,
            f"{town}{road}",
            f"{town}{road}{house}",
            f"{road}{house}",
            f"{road}{house}",
            f"{town}{estate}",
            f"{estate}{flat}{unit}",
            f"{estate}{r.choice(words['side'])}",
            f"{spot}{r.choice(words['side'])}",
            f"{town}{spot}{r.choice(words['side'])}",
            f"{road}{spot}{r.choice(words['side'])}",
            f"{road}和{r.choice(words['road'])}路口",
        ]
    )


def generated(seed: int, count: int) -> list[str]:
    """Random sentences of the patterns, without punctuation."""
    r, words, forms = random.Random(seed), lists(), patterns()

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "place":
            return place(r, words)
        if name == "digits":
            return "".join(r.choice(_DIGITS) for _ in range(r.choice([4, 6, 8, 11])))
        return r.choice(words[name])

    return [_SLOT.sub(fill, r.choice(forms)) for _ in range(count)]


def plain(paths: list[Path]) -> list[str]:
    """The Chinese clauses of text files, one clause each; signs and letters end a clause.

    Lines that begin with `e:` hold what a recogniser mistook, and are left out, like remarks and headings.
    """
    out: list[str] = []
    for path in paths:
        for line in path.read_text("utf-8", errors="ignore").splitlines():
            if not line.lstrip().startswith(("#", "e:", "[")):
                out += clauses(line)
    return out


def clauses(line: str) -> list[str]:
    """`/b` and the like, between the characters of a tagged text, are taken out."""
    return [part for part in _NOT_SPOKEN.split(_TAG.sub("", line)) if part]


def own(name: str) -> list[str]:
    """The sentences of texts/NAME.txt."""
    return plain([HERE / f"{name}.txt"])


def cries(city: Path) -> list[str]:
    """The city file's words of danger, as people cry them."""
    words = tomllib.loads(city.read_text("utf-8"))["danger"]["words"]
    return [cry for word in words for cry in (word, f"有人{word}", f"快来{word}了")]


def names(city: Path) -> list[str]:
    """Every name and alias of the units, towns and places in a city file."""
    data = tomllib.loads(city.read_text("utf-8"))
    rows = (row for key in ("unit", "township") for row in data.get(key, []))
    return [name for row in rows for name in (row["name"], *row.get("aliases", []))]
