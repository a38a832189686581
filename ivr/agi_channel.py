"""A caller's line on Asterisk: renders steps as AGI commands and gives events back.

Keys that are pressed between two files are not lost: Asterisk queues them and the next command takes them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ivr.agi import Agi, Answer, HangUp
from ivr.conversation import RecordingEnd
from ivr.sounds import Sounds
from ivr.steps import Ask, Ending, HungUp, NothingPressed, Pressed, Say

log = logging.getLogger(__name__)

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

    def say(self, step: Say) -> Pressed | HungUp | None:
        try:
            key = self._play_until_key(step.prompts, step.keys)
        except HangUp:
            return HungUp()
        return Pressed(key) if key else None

    def ask(self, step: Ask) -> Pressed | NothingPressed | HungUp:
        try:
            first = self._play_until_key(step.prompts, step.keys) or self._wait(step.keys, step.seconds)
            if not first:
                return NothingPressed()
            if step.max_digits == 1 or first in step.at_once:
                return Pressed(first)
            return self._collect(first, step)
        except HangUp:
            return HungUp()

    def _play_until_key(self, prompts: tuple[str, ...], keys: str) -> str:
        for name in prompts:
            answer = self._agi.play(str(self._prompts / name), keys)
            if answer.key and answer.key in keys:
                return answer.key
            if not answer.end:
                # Asterisk says nothing else of a sound that is not there.
                log.error("a prompt was not heard: run `minsheng110 prompts build`; it is %s", name)
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

    def _collect(self, first: str, step: Ask) -> Pressed | NothingPressed:
        digits, key = "", first
        while key and key != _END_KEY:
            digits += key
            if len(digits) == step.max_digits:
                break
            key = self._wait(step.keys, step.seconds)
        return Pressed(digits) if digits else NothingPressed()

    def record(self, path: str, keys: str) -> RecordingEnd:
        file = self._recordings / path
        answer = Answer(-1, "hangup")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            answer = self._record(file, keys)
        except HangUp:
            pass  # what was said before is in the file
        except OSError:
            # No folder to record into: the caller must not be left with nothing.
            return RecordingEnd("fault", "", 0.0, 0.0, "missing")
        ended = monotonic()
        ended_by = _ending(answer, self._limits.message)
        key = answer.key if ended_by == "key" else ""
        if answer.data == _IN_THE_BEEP:
            return RecordingEnd(ended_by, key, 0.0, 0.0, "empty")
        sound = self._examine(file)
        cut = max(0.0, self._limits.message_silence - _SILENCE_KEPT) if ended_by == "silence" else 0.0
        return RecordingEnd(ended_by, key, sound.seconds, sound.spoken_seconds, sound.problem, cut, ended)

    def _record(self, file: Path, keys: str) -> Answer:
        limits, place = self._limits, str(file.with_suffix(""))
        for _ in range(_MOST_HASTE):
            answer = self._agi.record(place, keys, limits.message * 1000, limits.message_silence)
            # Who ends a message before it began has pressed the key once more than needed.
            if answer.data != _IN_THE_BEEP or answer.key != _END_KEY:
                break
        return answer


_MOST_KEYS = 50
_MOST_HASTE = 10
_SILENCE_KEPT = 1.0
"""Seconds: RECORD FILE takes the rest of the silence that ended it out of the file again."""
_IN_THE_BEEP = "randomerror"
"""What RECORD FILE says when the beep is cut short: by a key, which is its result, or by a hang-up (-1)."""


def _ending(answer: Answer, limit_seconds: int) -> Ending:
    """RECORD FILE says `timeout` for silence and for the limit alike; the end position tells them apart.

    Its result is a key only beside `dtmf`, and where the beep was cut short: beside `timeout` it is whatever
    the last wait left.
    """
    if answer.data == "dtmf" or (answer.data == _IN_THE_BEEP and answer.key):
        return "key"
    if answer.data == "writefile":
        return "fault"
    if answer.data == "hangup" or answer.value == -1:
        return "hangup"
    if answer.data == "timeout":
        return "limit" if answer.end >= (limit_seconds - 0.5) * _SAMPLES_PER_SECOND else "silence"
    return "fault"
