"""The recogniser by libvosk: offline, in this process."""

from __future__ import annotations

import json
from typing import Any

from transcribe.audio import RATE, WIDTH
from transcribe.engine import EngineFault, Recogniser, Word
from transcribe.models import Model


class VoskEngine:
    """One loaded model for any number of recognisers."""

    def __init__(self, model: Model) -> None:
        """Load it. Raises EngineFault; the files were checked by transcribe.models.check."""
        # Here and not above: it brings a client of the network with it, which opens a socket when imported.
        import vosk

        # What a caller said must never reach a log; libvosk writes its own to stderr.
        vosk.SetLogLevel(-1)
        self._model = model
        try:
            # Only ever by a path: by a language it would go to the network.
            self._loaded = vosk.Model(str(model.path))
        except Exception as error:
            raise EngineFault(f"model {model.name}: libvosk does not load it; install it again") from error

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def loaded(self) -> Any:
        """libvosk's own model, for a measurement beside it."""
        return self._loaded

    def recogniser(self) -> Recogniser:
        # Not by libvosk's own upsampling, which hears no better and which most models do not allow.
        return VoskRecogniser(self._loaded, self._model.rate)


class VoskRecogniser:
    """One caller's words. A rate other than the telephone's: the audio is resampled on its way in."""

    def __init__(self, loaded: Any, rate: int) -> None:
        from vosk import KaldiRecognizer

        self._kaldi = KaldiRecognizer(loaded, rate)
        self._kaldi.SetWords(True)
        self._upsampler = _upsampler(rate) if rate != RATE else None
        self._words: list[Word] = []
        self._finished = False

    def feed(self, samples: bytes) -> bool:
        if self._finished:
            raise ValueError("this recogniser has finished")
        if not isinstance(samples, bytes) or len(samples) % WIDTH:
            raise ValueError("a recogniser takes bytes of whole samples")
        if not samples:
            return False
        if self._upsampler is not None:
            samples = _resampled(self._upsampler, samples, last=False)
        if not self._kaldi.AcceptWaveform(samples):
            return False
        self._take(self._kaldi.Result())
        return True

    def partial(self) -> str:
        heard: str = json.loads(self._kaldi.PartialResult()).get("partial", "")
        return "".join(word for word in heard.split() if not _is_filler(word))

    def words(self) -> tuple[Word, ...]:
        return tuple(self._words)

    def settle(self) -> tuple[Word, ...]:
        # libvosk goes on after a final result, and its times go on with it.
        self._take(self._kaldi.FinalResult())
        return self.words()

    def finish(self) -> tuple[Word, ...]:
        if not self._finished:
            self._finished = True
            if self._upsampler is not None:
                self._kaldi.AcceptWaveform(_resampled(self._upsampler, b"", last=True))
            self._take(self._kaldi.FinalResult())
        return self.words()

    def _take(self, result: str) -> None:
        for each in json.loads(result).get("result", ()):
            if _is_filler(each["word"]):
                continue
            self._words.append(
                Word(
                    each["word"],
                    round(each["start"], 3),
                    round(each["end"], 3),
                    round(min(1.0, each.get("conf", 1.0)), 3),
                )
            )


def _is_filler(word: str) -> bool:
    """`[unk]` and the like: a sound that is no word."""
    return word.startswith("[") and word.endswith("]")


def _upsampler(rate: int) -> Any:
    import soxr

    return soxr.ResampleStream(RATE, rate, 1, dtype="int16")


def _resampled(stream: Any, samples: bytes, *, last: bool) -> bytes:
    import numpy as np

    made: bytes = stream.resample_chunk(np.frombuffer(samples, "<i2"), last=last).tobytes()
    return made
