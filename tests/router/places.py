"""Measuring a place finder against labelled addresses: precision, recall and F1 by element."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ELEMENTS = ("township", "community", "road", "number")
SPOKEN = Path(__file__).parent / "data" / "spoken_places.csv"


@dataclass
class Score:
    """How often an element was found right, found wrong or where there is none, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        found, there = self.right + self.wrong, self.right + self.missed
        if not found or not there or not self.right:
            return 0.0
        precision, recall = self.right / found, self.right / there
        return 2 * precision * recall / (precision + recall)


def labelled(half: str) -> list[dict[str, str]]:
    """The rows of one half: text and what its elements are, empty where there is none."""
    with SPOKEN.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["half"] == half]


def measure(rows: Iterable[Mapping[str, str]], find: Callable[[str], Mapping[str, Any]]) -> dict[str, Score]:
    """The score of each element; a wrong name counts as wrong and as missed."""
    scores = {element: Score() for element in ELEMENTS}
    for row in rows:
        found = find(row["text"])
        for element, score in scores.items():
            said, wanted = found[element] or "", row[element]
            if said == wanted:
                score.right += bool(said)
                continue
            score.wrong += bool(said)
            score.missed += bool(wanted)
    return scores
