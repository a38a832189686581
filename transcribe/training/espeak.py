"""libespeak-ng by ctypes: pinyin in, sound and the time of every phoneme out.

Phoneme events give a frame-exact alignment for free, so no forced aligner is needed. The voice is
`cmn-latn-pinyin`; hanzi given to the `cmn` voice come out as English letters. One instance per process: a
second one in the same process hangs, and the `+rob` variant crashes the library.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass
from functools import cache

VOICE = "cmn-latn-pinyin"
FOREIGN = "en"
"""What no Mandarin speaker says: the network learns it as a sound that is not a word."""
_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8 = 2, 1, 1
_EVENT_END, _EVENT_PHONEME = 0, 7
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Manner:
    """How a synthetic person speaks: an espeak variant (`+m3`), words a minute, pitch and its range 0–99."""

    variant: str = ""
    speed: int = 160
    pitch: int = 50
    pitch_range: int = 50


class Espeak:
    """One speaker. `rate` is the sample rate of what it says, in Hz."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        self.rate: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS)
        if self.rate <= 0:
            raise OSError("espeak-ng does not start: is its data installed?")
        self._sound = bytearray()
        self._events: list[tuple[int, str]] = []
        self._callback = _Callback(self._heard)  # ctypes keeps no reference of its own
        self._library.espeak_SetSynthCallback(self._callback)

    @staticmethod
    @cache
    def only() -> Espeak:
        """This process's speaker."""
        return Espeak()

    def _heard(self, samples: object, count: int, events: object) -> int:
        i = 0
        while events[i].type != _EVENT_END:  # type: ignore[index]
            event = events[i]  # type: ignore[index]
            if event.type == _EVENT_PHONEME:
                self._events.append((event.sample, event.id.string.decode("utf-8", "replace")))
            i += 1
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, 2 * count)  # type: ignore[arg-type]
        return 0

    def say(
        self,
        text: str,
        manner: Manner = Manner(),
        voice: str = VOICE,
    ) -> tuple[bytes, list[tuple[int, str]]]:
        """-> (16-bit samples, [(start in samples, phoneme)]); names that begin with `_` are no speech."""
        self._sound, self._events = bytearray(), []
        if self._library.espeak_SetVoiceByName((voice + manner.variant).encode()):
            raise ValueError(f"espeak has no voice {voice}{manner.variant}")
        values = ((_RATE, manner.speed), (_PITCH, manner.pitch), (_RANGE, manner.pitch_range), (_VOLUME, 100))
        for parameter, value in values:
            self._library.espeak_SetParameter(parameter, value, 0)
        spoken = text.encode() + b"\0"
        self._library.espeak_Synth(spoken, ctypes.c_size_t(len(spoken)), 0, 0, 0, _UTF8, None, None)
        return bytes(self._sound), list(self._events)
