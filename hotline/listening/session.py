"""One call that is being heard: its speakers, what they said, and what it means so far."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic
from typing import Any

from hotline.following import Decide
from transcribe.engine import Engine, Word
from transcribe.live import LiveSpeaker
from transcribe.names import Names, correct
from transcribe.transcript import later, written

CITIZEN, AGENT = "citizen", "agent"
_NAMES = {CITIZEN: "市民", AGENT: "坐席"}
"""As they stand before what each said, where two talk."""
_AHEAD_SECONDS = 5.0
"""Audio may come late and then at once; not before it was said."""
_DRAIN_SECONDS = 0.5


class TooMuch(Exception):
    """More audio came in than time has passed: this is no telephone."""


@dataclass(frozen=True)
class Order:
    """What the telephone's door wants heard. `offer_danger`: tell the caller's line when danger is heard."""

    recording_id: str
    call_id: str
    channels: Mapping[str, str]
    """Who speaks (`citizen`, `agent`) → the channel's name."""
    offer_danger: bool = False


@dataclass
class Side:
    """One speaker. `ended`: no more audio comes."""

    who: str
    channel: str
    tap: str = field(default_factory=lambda: str(uuid.uuid4()))
    ended: Event = field(default_factory=Event)
    came: bool = False
    words: tuple[Word, ...] = ()


class Session:
    """Safe for threads: each side is fed by its own, screens and the door look at it."""

    def __init__(self, order: Order, engine: Engine, names: Names | None = None) -> None:
        """`names`: a city's, put right in the end where they were misheard."""
        self.order = order
        self._names = names or Names(())
        self.begun = monotonic()
        self.sides = tuple(Side(who, channel) for who, channel in order.channels.items())
        self._speakers = {side.tap: LiveSpeaker(engine, monotonic) for side in self.sides}
        self._lock = Lock()
        self._over = False
        self.danger = DangerWatch()
        self.looked_at = ""
        """The citizen's words when somebody last looked."""
        self.failed = False
        """Whether audio came that cannot be trusted: a job writes the recording down, then."""
        self.over_since = 0.0
        self._shown: list[dict[str, str]] = []

    # ------------------------------------------------------------ while they speak
    def feed(self, side: Side, samples: bytes) -> None:
        """What came from this side. Raises TooMuch."""
        speaker = self._speakers[side.tap]
        passed = monotonic() - self.begun
        if speaker.seconds > passed + _AHEAD_SECONDS:
            raise TooMuch
        with self._lock:
            if not self._over:
                speaker.feed(samples)

    def text(self, who: str = CITIZEN) -> str:
        """What this speaker has said so far."""
        return "".join(self._speakers[side.tap].text for side in self.sides if side.who == who)

    def settled(self, who: str = CITIZEN) -> str:
        """The part of it that will not change any more."""
        return "".join(self._speakers[side.tap].settled for side in self.sides if side.who == who)

    def shows(self) -> list[dict[str, str]]:
        """For the screens: who said what, in the order of the sides."""
        said = [{"who": side.who, "text": self._speakers[side.tap].text} for side in self.sides]
        return [each for each in said if each["text"]]

    def changed(self) -> bool:
        """Whether anybody has said more since this was last asked."""
        before, self._shown = self._shown, self.shows()
        return before != self._shown

    # ------------------------------------------------------------ when it is over
    def ends(self, side: Side) -> None:
        """No more audio comes from this side."""
        side.ended.set()
        if all(each.ended.is_set() for each in self.sides):
            self.over_since = monotonic()

    def finish(self, recorded_seconds: float, ended: float) -> Transcribed:
        """All words, with the times of the recording. Waits a moment for audio that is under way."""
        until = monotonic() + _DRAIN_SECONDS
        for side in self.sides:
            if side.came:
                side.ended.wait(max(0.0, until - monotonic()))
        with self._lock:
            self._over = True
            for side in self.sides:
                speaker = self._speakers[side.tap]
                words, _ = correct(speaker.finish(), self._names)
                # The recording began a beep later; where it ended is known.
                side.words = later(words, recorded_seconds - speaker.seconds_at(ended))
        return Transcribed(self._written(), self._words(), self._ready_ms(), self._citizens())

    @property
    def heard_anything(self) -> bool:
        """Whether audio has come at all: with none, nobody knows what was said."""
        return all(side.came for side in self.sides)

    def _words(self) -> list[dict[str, Any]]:
        two = len(self.sides) > 1
        words = [
            {**word.as_dict(), **({"who": side.who} if two else {})}
            for side in self.sides
            for word in side.words
        ]
        return sorted(words, key=lambda word: word["start"])

    def _written(self) -> str:
        words = self._words()
        if len(self.sides) == 1:
            return written([word["word"] for word in words])
        return "\n".join(f"{_NAMES[who]}:{written(said)}" for who, said in _turns(words))

    def _citizens(self) -> str:
        return written([word.word for side in self.sides if side.who == CITIZEN for word in side.words])

    def _ready_ms(self) -> int | None:
        known = [self._speakers[side.tap].ready_after_last_word() for side in self.sides if side.words]
        late = [each for each in known if each is not None]
        return round(max(late) * 1000) if late else None


@dataclass(frozen=True)
class Transcribed:
    """`words`: [{"word", "start", "end", "confidence", "who"?}]; `ready_ms`: after the last word was said."""

    text: str
    words: list[dict[str, Any]]
    ready_ms: int | None
    citizen: str
    """What the citizen alone has said."""


def _turns(words: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    turns: list[tuple[str, list[str]]] = []
    for word in words:
        if not turns or turns[-1][0] != word["who"]:
            turns.append((word["who"], []))
        turns[-1][1].append(word["word"])
    return turns


class DangerWatch:
    """Danger that was heard twice in a row, or in words that will not change, is believed. Once."""

    def __init__(self) -> None:
        self.believed = False
        self._before = False

    def hear(self, *, now: bool, settled: bool) -> bool:
        """`now`: it stands in what is heard now; `settled`: in what is final. True: believed from this on."""
        fresh = not self.believed and (settled or (now and self._before))
        self._before = now
        self.believed = self.believed or fresh
        return fresh


def decision_of(decide: Decide, text: str) -> Mapping[str, Any]:
    """What the router says; nothing when it fails: the case is sorted later, then."""
    if not text.strip():
        return {}
    with contextlib.suppress(Exception):
        return decide(text, "")
    return {}
