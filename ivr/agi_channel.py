"""A caller's line on Asterisk: renders steps as AGI commands and gives events back.

Keys that are pressed between two files are not lost: Asterisk queues them and the next command takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ivr.agi import Agi, Answer, HangUp
from ivr.conversation import RecordingEnd
from ivr.sounds import Sounds
from ivr.steps import Ending, HungUp, NothingPressed, Pressed

_SAMPLES_PER_SECOND = 8000
_END_KEY = "#"


@dataclass(frozen=True)
class Limits:
    """The site's limits, in seconds."""

    message: int = 120
    message_silence: int = 3


class AgiChannel:
    """One caller. `examine` measures a finished recording; it does not raise."""

    def __init__(
        self, agi: Agi, prompts: Path, recordings: Path, limits: Limits, examine: Callable[[Path], Sounds]
    ) -> None:
        self._agi = agi
        self._prompts = prompts
        self._recordings = recordings
        self._limits = limits
        self._examine = examine

    def say(self, prompts: tuple[str, ...]) -> HungUp | None:
        try:
            for name in prompts:
                self._agi.play(str(self._prompts / name), "")
        except HangUp:
            return HungUp()
        return None

    def ask(
        self, prompts: tuple[str, ...], keys: str, seconds: float, max_digits: int
    ) -> Pressed | NothingPressed | HungUp:
        try:
            first = self._play_until_key(prompts, keys) or self._wait(keys, seconds)
            if max_digits == 1 or not first:
                return Pressed(first) if first else NothingPressed()
            return self._collect(first, seconds, max_digits)
        except HangUp:
            return HungUp()

    def _play_until_key(self, prompts: tuple[str, ...], keys: str) -> str:
        for name in prompts:
            key = self._agi.play(str(self._prompts / name), keys).key
            if key:
                return key
        return ""

    def _wait(self, keys: str, seconds: float) -> str:
        """The next key in `keys` within the time; other keys are passed over."""
        if seconds <= 0:
            return ""
        for _ in range(_MOST_KEYS):
            key = self._agi.wait_key(int(seconds * 1000)).key
            if not key or key in keys:
                return key
        return ""

    def _collect(self, first: str, seconds: float, max_digits: int) -> Pressed | NothingPressed:
        digits, key = "", first
        while key and key != _END_KEY:
            digits += key
            if len(digits) == max_digits:
                break
            key = self._agi.wait_key(int(seconds * 1000)).key
        return Pressed(digits) if digits else NothingPressed()

    def record(self, path: str, keys: str) -> RecordingEnd:
        file = self._recordings / path
        answer = None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            limits = self._limits
            answer = self._agi.record(
                str(file.with_suffix("")), keys, limits.message * 1000, limits.message_silence
            )
            ended_by = _ending(answer, limits.message)
        except HangUp:
            ended_by = "hangup"
        except OSError:
            # No folder to record into: the caller must not be left with nothing.
            return RecordingEnd("fault", "", 0.0, 0.0, "missing")
        sound = self._examine(file)
        key = answer.key if answer is not None and ended_by == "key" else ""
        return RecordingEnd(ended_by, key, sound.seconds, sound.spoken_seconds, sound.problem)


_MOST_KEYS = 50


def _ending(answer: Answer, limit_seconds: int) -> Ending:
    """RECORD FILE says `timeout` for silence and for the limit alike; the end position tells them apart.

    Its result is a key only beside `dtmf`: beside `timeout` it is whatever the last wait left.
    """
    if answer.data == "hangup" or answer.value == -1:
        return "hangup"
    if answer.data == "dtmf":
        return "key"
    if answer.data == "timeout":
        return "limit" if answer.end >= (limit_seconds - 0.5) * _SAMPLES_PER_SECOND else "silence"
    return "fault"
