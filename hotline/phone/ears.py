"""Which prompt is this? The exchange plays A-law files to an A-law phone bit for bit, so a short, loud piece
that no other prompt holds tells a prompt for certain, and byte search is all the recognition that is needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from hotline.phone import alaw
from hotline.phone.rtp import Heard

PIECE = 240
"""Bytes (30 ms) by which a prompt is told from the others."""
_STEP = 80
_LOUD = 0.02
_BEEP_WINDOW = 800
_BEEP_HERTZ = 700
"""The recording beep of Asterisk's own sounds."""
_END_OF_NUMBER = 1.5
T = TypeVar("T")


class NothingHeard(AssertionError):
    """What was waited for was not heard in time; the message says what was heard instead."""


class UnknownPrompt(LookupError):
    """No sound of this name, or it holds nothing that the other prompts do not hold too."""


@dataclass(frozen=True)
class Found:
    name: str
    offset: int
    """Where the telling piece begins in the received audio, in bytes."""


@dataclass(frozen=True)
class Piece:
    """The telling piece of one prompt, and how far into the prompt it lies."""

    audio: bytes
    at: int


def telling_piece(prompt: bytes, others: Iterable[bytes], *, last: bool = False) -> Piece | None:
    """The first (or last) loud piece of a prompt that none of the others holds; None when there is none."""
    others = list(others)
    places = range(0, len(prompt) - PIECE + 1, _STEP)
    for at in reversed(places) if last else places:
        piece = prompt[at : at + PIECE]
        if alaw.level(piece) >= _LOUD and len(set(piece)) > 20 and not any(piece in each for each in others):
            return Piece(piece, at)
    return None


class Ears:
    """Knows the built prompts of a folder (NAME.alaw)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def prompts(self) -> dict[str, bytes]:
        return {path.stem: path.read_bytes() for path in sorted(self._folder.glob("*.alaw"))}

    @cached_property
    def _beginnings(self) -> dict[str, Piece]:
        return {name: piece for name in self.prompts if (piece := self._piece(name, last=False))}

    @cached_property
    def _ends(self) -> dict[str, Piece]:
        return {name: piece for name in self.prompts if (piece := self._piece(name, last=True))}

    def _piece(self, name: str, *, last: bool) -> Piece | None:
        mine = self.prompts[name]
        others = (each for other, each in self.prompts.items() if other != name and each != mine)
        return telling_piece(mine, others, last=last)

    def beginning(self, name: str) -> Piece:
        """Raises UnknownPrompt for one that is not there or cannot be told from the others."""
        return self._known(self._beginnings, name)

    def end(self, name: str) -> Piece:
        """The last telling piece. Raises UnknownPrompt."""
        return self._known(self._ends, name)

    def _known(self, pieces: dict[str, Piece], name: str) -> Piece:
        try:
            return pieces[name]
        except KeyError:
            why = "is like another" if name in self.prompts else "is not there"
            raise UnknownPrompt(f"the prompt {name!r} in {self._folder} {why}") from None

    def prompts_in(self, audio: bytes | bytearray, start: int = 0) -> list[Found]:
        """Every prompt that began in this audio, in order; a prompt played twice is there twice."""
        found = []
        for name, piece in self._beginnings.items():
            at = audio.find(piece.audio, start)
            while at >= 0:
                found.append(Found(name, at))
                at = audio.find(piece.audio, at + len(piece.audio))
        return sorted(found, key=lambda each: each.offset)


def beep_in(audio: bytes | bytearray, start: int) -> int | None:
    """Where a tenth of a second of the recording beep begins; None when there is none."""
    for at in range(start - start % _STEP, len(audio) - _BEEP_WINDOW + 1, _BEEP_WINDOW // 2):
        if alaw.tone_share(bytes(audio[at : at + _BEEP_WINDOW]), _BEEP_HERTZ) > 0.9:
            return max(at, start)
    return None


class Listener:
    """Follows what one call hears: each thing waited for lies after the one before."""

    def __init__(self, ears: Ears, heard: Heard, changed: threading.Condition) -> None:
        self._ears = ears
        self._heard = heard
        self._changed = changed
        self._position = 0
        self._beep_searched = 0
        self.over: Callable[[], bool] = lambda: False
        """Whether the call has ended: then there is nothing left to wait for."""

    def prompts(self) -> list[str]:
        """Everything heard so far, in order."""
        with self._changed:
            return [each.name for each in self._ears.prompts_in(self._heard.audio)]

    def hears(self, name: str, within: float) -> float:
        """Wait until a prompt begins; the moment (time.monotonic) its first byte was here."""
        piece = self._ears.beginning(name)
        at = self._wait(lambda: self._find(piece.audio), within, f"the prompt {name!r}")
        self._position = at + len(piece.audio)
        return self._heard.moment(max(0, at - piece.at))

    def hears_the_end_of(self, name: str, within: float) -> None:
        """Wait until the last words of a prompt were heard."""
        piece = self._ears.end(name)
        at = self._wait(lambda: self._find(piece.audio), within, f"the end of the prompt {name!r}")
        self._position = at + len(piece.audio)

    def hears_any_of(self, names: Iterable[str], within: float) -> str:
        """Wait until one of these prompts begins; which."""
        wanted = list(names)
        found = self._wait(lambda: self._first_of(wanted), within, f"one of {', '.join(wanted)}")
        self._position = found.offset + PIECE
        return found.name

    def hears_the_beep(self, within: float) -> None:
        at = self._wait(self._find_beep, within, "the beep")
        # The rest of this beep must not be taken for the next one.
        self._position = at + 4 * _BEEP_WINDOW

    def beeped_now(self) -> bool:
        """Whether the beep has come since the last thing waited for; does not wait."""
        with self._changed:
            at = self._find_beep()
        if at is None:
            return False
        self._position = at + 4 * _BEEP_WINDOW
        return True

    def hears_something_new(self, within: float) -> str:
        """Wait until any prompt begins; which."""

        def newest() -> Found | None:
            return next(iter(self._ears.prompts_in(self._heard.audio, self._position)), None)

        found = self._wait(newest, within, "another prompt")
        self._position = found.offset + PIECE
        return found.name

    def hears_digits(self, prefix: str, within: float) -> str:
        """Wait for digits spoken by the prompts PREFIX0…PREFIX9, up to the first pause or another prompt."""
        names = {f"{prefix}{digit}": str(digit) for digit in range(10)}
        first = self._wait(lambda: self._first_of(list(names)), within, "a spoken digit")
        self._position = first.offset
        digits: list[Found] = self._wait(
            lambda: self._finished_digits(names), within, "the end of the digits"
        )
        self._position = digits[-1].offset + PIECE
        return "".join(names[each.name] for each in digits)

    def hears_tone(self, hertz: float, within: float, share: float = 0.1) -> None:
        """Wait until a fifth of a second of the audio heard last holds this tone."""

        def newest() -> bool | None:
            audio = bytes(self._heard.audio[-1600:])
            return True if len(audio) == 1600 and alaw.tone_share(audio, hertz) >= share else None

        self._wait(newest, within, f"a tone of {hertz:g} Hz")

    def _find(self, piece: bytes) -> int | None:
        at = self._heard.audio.find(piece, self._position)
        return at if at >= 0 else None

    def _first_of(self, names: list[str]) -> Found | None:
        found = [
            Found(name, at)
            for name in names
            if (at := self._find(self._ears.beginning(name).audio)) is not None
        ]
        return min(found, key=lambda each: each.offset, default=None)

    def _find_beep(self) -> int | None:
        start = max(self._position, self._beep_searched)
        at = beep_in(self._heard.audio, start)
        self._beep_searched = max(0, len(self._heard.audio) - _BEEP_WINDOW)
        return at

    def _finished_digits(self, names: dict[str, str]) -> list[Found] | None:
        digits = []
        for each in self._ears.prompts_in(self._heard.audio, self._position):
            if each.name not in names:
                return digits
            digits.append(each)
        quiet = time.monotonic() - self._heard.last_at > _END_OF_NUMBER
        return digits if quiet or self.over() else None

    def _wait(self, happened: Callable[[], T | None], within: float, what: str) -> T:
        until = time.monotonic() + within
        with self._changed:
            while (result := happened()) is None:
                left = until - time.monotonic()
                if left <= 0 or self.over():
                    raise NothingHeard(self._complaint(what, within))
                self._changed.wait(min(left, 0.25))
            return result

    def _complaint(self, what: str, within: float) -> str:
        why = "the call ended" if self.over() else f"{within:g} s went by"
        heard = (
            ", ".join(each.name for each in self._ears.prompts_in(self._heard.audio)) or "nothing it knows"
        )
        seconds = len(self._heard.audio) / alaw.RATE
        return f"waited for {what}: {why}; heard so far: {heard} ({seconds:.1f} s of audio)"
