"""From words to a decision: matter, kind, sector, unit, place, priority, with verbatim reasons. Pure.

    sorter = Sorter(load(path_of("shaowu")), model)
    decide(text, caller, city=sorter, now=now).to_json()

Nothing is read or written here, and no text is too odd: what is not understood goes to the dispatcher.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from router.city_file import City
from router.danger import DangerEar, DangerHeard
from router.lexicon import Hit, longest
from router.matter import Guess, MatterSorter, Sorted
from router.matters import Matter, matters_of
from router.model import Model
from router.place import Place, PlaceFinder
from router.text import fold, is_chinese
from router.whom import Chooser, Chosen, FirmState
from router.words import BoundaryWords, Clue, KindWords, household_words

_SURELY_OURS = 0.6
_MOST_REASONS = 12
_LEAST_REQUEST = 4
"""Characters: fewer beside 我是低保户 ask for nothing."""
_IS = ("是", "属于", "算")


class Reason(NamedTuple):
    """`text` stands verbatim in the message; `why` is the rule or the weight behind it."""

    text: str
    why: str


@dataclass(frozen=True)
class Decision:
    """What the sorter says of one message. `matter` and `unit` are names; None: not known."""

    matter: str | None
    matter_path: tuple[str, ...]
    probability: float
    kind: str | None
    sector: str | None
    unit: str | None
    co_units: tuple[str, ...]
    place: Place
    priority: str
    deadline_class: str | None
    danger: bool
    to_110: bool
    unsure: bool
    guesses: tuple[Guess, ...]
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data under the names of the interface."""
        return {
            "matter": self.matter,
            "matter_path": list(self.matter_path),
            "probability": round(self.probability, 4),
            "kind": self.kind,
            "sector": self.sector,
            "unit": self.unit,
            "co_units": list(self.co_units),
            "place": self.place.to_json(),
            "priority": self.priority,
            "deadline_class": self.deadline_class,
            "danger": self.danger,
            "to_110": self.to_110,
            "unsure": self.unsure,
            "guesses": [_guess(each) for each in self.guesses],
            "reasons": [{"text": each.text, "why": each.why} for each in self.reasons],
        }


def _guess(each: Guess) -> dict[str, Any]:
    path = list(each.matter.path)
    return {"matter": each.matter.name, "matter_path": path, "probability": round(each.probability, 4)}


class Sorter:
    """One city made ready for sorting. Read only; may be shared by threads."""

    def __init__(self, city: City, model: Model | None = None) -> None:
        self.city = city
        self.matters = matters_of(city)
        self.matter = MatterSorter(self.matters, model)
        self.kinds = KindWords(city)
        self.danger = DangerEar(city.danger)
        self.places = PlaceFinder(city)
        self.boundary = BoundaryWords(city)
        self.chooser = Chooser(city)
        self.households = household_words(city)
        self.urgent = tuple(fold(word) for word in city.sorting.urgent_words)

    def with_model(self, model: Model | None) -> Sorter:
        """The same city with another model; both may be in use at the same time."""
        other = copy(self)
        other.matter = self.matter.with_model(model)
        return other


def decide(
    text: str,
    caller: str | None = None,  # noqa: ARG001 - who calls does not change whose matter it is
    *,
    city: Sorter,
    now: datetime,
    firms: Mapping[str, FirmState] | None = None,
    not_firms: Iterable[str] = (),
) -> Decision:
    """The decision on one message. `now` is an aware datetime; `firms`: what is known of firms by code.

    `not_firms`: codes of firms that may not get it. Never raises, whatever the text holds.
    """
    folded = fold(text)
    heard = city.danger.listen(folded)
    place = city.places.find(text)
    found = _sorted(text, folded, city)
    if not found.guesses:
        return _nothing_understood(text, folded, city, heard, place)
    best = found.guesses[0]
    kind, kind_clues = city.kinds.kind_of(folded, best.matter.kind)
    avoided = {*not_firms, *city.chooser.firms_blamed(folded, kind)}
    whom = city.chooser.choose(best.matter, place, now, folded, firms=firms or {}, not_firms=avoided)
    whose = _whose(folded, city, best, bool(heard))
    unsure = best.probability < city.city.sorting.unsure_below or not whom.unit
    co_units = dict.fromkeys(unit for unit in (*whom.co_units, *whose.co_units) if unit != whom.unit)
    urgent = any(word in folded for word in city.urgent) or best.matter.deadline_class == "emergency"
    return Decision(
        matter=best.matter.name,
        matter_path=best.matter.path,
        probability=best.probability,
        kind=kind,
        sector=whom.sector,
        unit=city.chooser.name(whom.unit) if whom.unit else None,
        co_units=tuple(city.chooser.name(unit) for unit in co_units),
        place=place,
        priority="emergency" if heard else "high" if urgent or whose.shared else "normal",
        deadline_class="emergency" if heard else best.matter.deadline_class,
        danger=bool(heard),
        to_110=whose.to_110,
        unsure=unsure,
        guesses=found.guesses,
        reasons=_reasons(text, folded, city, heard, found, kind_clues, place, whom, whose),
    )


def _sorted(text: str, folded: str, city: Sorter) -> Sorted:
    """The matter. Who the citizen is (我是低保户) says nothing of it where the rest of the message does."""
    persons = [hit for hit in city.households.find(folded) if folded[: hit.start].endswith(_IS)]
    rest, folded_rest = (_blanked(each, persons) for each in (text, folded))
    if persons and sum(map(is_chinese, folded_rest)) >= _LEAST_REQUEST:
        found = city.matter.sort(rest, folded_rest)
        if found.guesses and found.guesses[0].probability >= city.city.sorting.unsure_below:
            return found
    return city.matter.sort(text, folded)


def _blanked(text: str, hits: Iterable[Hit[str]]) -> str:
    """The text with spaces for these pieces, so that every other one keeps its place."""
    for hit in hits:
        text = text[: hit.start] + " " * (hit.end - hit.start) + text[hit.end :]
    return text


# ---------------------------------------------------------------- 110 or us


@dataclass(frozen=True)
class _Whose:
    to_110: bool
    clues: tuple[Clue, ...] = ()
    co_units: tuple[str, ...] = ()
    shared: bool = False


def _whose(folded: str, city: Sorter, best: Guess, danger: bool) -> _Whose:
    """Whose it is by the boundary list; where it does not decide, the first receiver accepts (首接负责)."""
    if danger:
        return _Whose(True)
    lines = [(hit, line) for hit, line in city.boundary.lines(folded) if not city.danger.is_over(folded, hit)]
    theirs = [
        Clue(hit.start, hit.end, "110", 1.0, f"边界清单:{line.name}属110")
        for hit, line in lines
        if line.direction == "to_110"
    ]
    shared = [
        (hit, line) for hit, line in lines if line.direction == "shared" and best.matter.within(line.matters)
    ]
    units = tuple(dict.fromkeys(line.unit for _, line in shared if line.unit))
    both = tuple(
        Clue(hit.start, hit.end, "shared", 1.0, f"边界清单:{line.name},首接负责") for hit, line in shared
    )
    if theirs and city.boundary.is_ours(best.matter) and best.probability >= _SURELY_OURS:
        kept = tuple(clue._replace(why=clue.why + ",但事项属本台,首接负责") for clue in theirs)
        return _Whose(False, (*kept, *both), units, shared=True)
    return _Whose(bool(theirs), (*theirs, *both), units, shared=bool(shared))


# ---------------------------------------------------------------- reasons


def _reasons(
    text: str,
    folded: str,
    city: Sorter,
    heard: list[DangerHeard],
    found: Sorted,
    kind_clues: list[Clue],
    place: Place,
    whom: Chosen,
    whose: _Whose,
) -> tuple[Reason, ...]:
    """Danger first, then the matter, whose it is, the kind, the place, who is given it."""
    spoken = [(each.start, each.end, f"危险词“{each.word}”:先转110") for each in heard]
    spoken += [(each.start, each.end, f"{each.why}→{found.guesses[0].matter.name}") for each in found.clues]
    spoken += [(each.start, each.end, each.why) for each in (*whose.clues, *kind_clues)]
    spoken += [(each.start, each.end, each.why) for each in place.evidence]
    if whom.sector == "market":
        spoken += [
            (hit.start, hit.end, f"困难家庭“{name}”:可免费,待核对")
            for hit in longest(city.households.find(folded))
            for name in hit.values
        ]
    reasons = _verbatim(text, spoken)
    # Who is given it follows from the matter: the piece that named the matter stands beside it.
    matter_piece = next((each.text for each in reasons[len(heard) :]), "")
    return (*reasons[: _MOST_REASONS - 1], Reason(matter_piece, whom.why))


def _verbatim(text: str, spoken: Iterable[tuple[int, int, str]]) -> list[Reason]:
    pieces = [Reason(text[start:end], why) for start, end, why in spoken if text[start:end].strip()]
    return list(dict.fromkeys(pieces))


def _nothing_understood(
    text: str, folded: str, city: Sorter, heard: list[DangerHeard], place: Place
) -> Decision:
    """Nothing in it says what it is about: the dispatcher listens. Danger counts all the same."""
    kind, _ = city.kinds.kind_of(folded, "")
    spoken = [(each.start, each.end, f"危险词“{each.word}”:先转110") for each in heard]
    spoken += [(each.start, each.end, each.why) for each in place.evidence]
    return Decision(
        matter=None,
        matter_path=(),
        probability=0.0,
        kind=kind or None,
        sector=None,
        unit=None,
        co_units=(),
        place=place,
        priority="emergency" if heard else "normal",
        deadline_class="emergency" if heard else None,
        danger=bool(heard),
        to_110=bool(heard),
        unsure=True,
        guesses=(),
        reasons=tuple(_verbatim(text, spoken)),
    )


# ---------------------------------------------------------------- names


def matter_named(sorter: Sorter, name: str) -> Matter | None:
    """The second-level matter of this name or code."""
    return next((each for each in sorter.matters if name in (each.name, each.code)), None)
