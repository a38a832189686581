"""The prompts as an administrator hears them: what each says, how long and loud; another recording."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from cases.audit_trail import audit
from hotline.alone import alone
from hotline.host import HostError, tools
from hotline.wiring import Wiring
from ivr import prompts, speech
from ivr.prompts import PromptError

LARGEST = 8 * 1024 * 1024
"""Bytes of an uploaded recording."""
_LONGEST_SECONDS = 60.0
"""Before silence is cut; what callers hear is shorter (prompts.LONGEST_SECONDS)."""
_RATES = range(8_000, 192_001)


@dataclass(frozen=True)
class Heard:
    """A prompt. `own`: somebody's recording stands in for ours; `measure` None: its sound is not built."""

    name: str
    text: str
    silence: float
    own: bool
    measure: speech.Measure | None


def heard(wiring: Wiring) -> list[Heard]:
    """Every prompt, in the order of the texts."""
    settings = wiring.settings
    return [
        Heard(
            each.name,
            each.text,
            each.silence,
            prompts.replaced_by(each.name, settings.own_prompts) is not None,
            _measured(sound_of(wiring, each.name)),
        )
        for each in prompts.prompts().values()
    ]


def sound_of(wiring: Wiring, name: str) -> Path | None:
    """The built WAV of this prompt; None: there is no such prompt, or it is not built."""
    if name not in prompts.prompts():
        return None
    path = wiring.settings.prompt_sounds / f"{name}.wav"
    return path if path.is_file() else None


def _measured(path: Path | None) -> speech.Measure | None:
    try:
        return speech.measure(path) if path is not None else None
    except (OSError, RuntimeError):  # soundfile's own error is a RuntimeError
        return None


# ---------------------------------------------------------------- another recording


def replace(wiring: Wiring, name: str, content: bytes, who: str, address: str = "") -> speech.Measure:
    """This WAV stands in for the prompt from the next call on; -> what callers will hear.

    It is cut, levelled and brought to the telephone's rate as ours are. Raises PromptError, which says what
    is wrong with it; then nothing has changed.
    """
    settings = wiring.settings
    _check(name, content)
    with alone(settings.own_prompts):
        with TemporaryDirectory() as folder:
            (Path(folder) / f"{name}.wav").write_bytes(content)
            prompts.remake(name, _made(settings.prompt_sounds), Path(folder), ())
        _forget(settings.own_prompts, name)
        unfinished = settings.own_prompts / f"{name}.part"
        unfinished.write_bytes(content)
        unfinished.replace(settings.own_prompts / f"{name}.wav")
    measured = speech.measure(settings.prompt_sounds / f"{name}.wav")
    _write_down(wiring, name, "prompt_replaced", who, address)
    return measured


def restore(wiring: Wiring, name: str, who: str, address: str = "") -> None:
    """Back to the prompt that the project makes. Raises PromptError."""
    settings = wiring.settings
    _known(name)
    with alone(settings.own_prompts):
        try:
            espeak = tools.espeak(settings.cache_dir)
        except HostError as error:
            raise PromptError(f"prompt {name}: {error}") from error
        prompts.remake(name, _made(settings.prompt_sounds), None, espeak)
        _forget(settings.own_prompts, name)
    _write_down(wiring, name, "prompt_restored", who, address)


def _known(name: str) -> None:
    if name not in prompts.prompts():
        raise PromptError(f"there is no prompt {name[:64]!r}")


def _check(name: str, content: bytes) -> None:
    """A WAV of a length and rate that can be worked on."""
    import soundfile

    _known(name)
    if len(content) > LARGEST:
        raise PromptError(f"prompt {name}: the recording has more than {LARGEST // 1024 // 1024} MB")
    try:
        told = soundfile.info(io.BytesIO(content)) if content[:4] == b"RIFF" else None
    except (RuntimeError, OSError):
        told = None
    if told is None or told.samplerate not in _RATES or not 1 <= told.channels <= 8:
        raise PromptError(f"prompt {name}: this is no WAV that can be read")
    if told.duration > _LONGEST_SECONDS:
        raise PromptError(f"prompt {name}: the recording takes {told.duration:.0f} s; shorten it")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget(folder: Path, name: str) -> None:
    while (old := prompts.replaced_by(name, folder)) is not None:
        old.unlink()


def _write_down(wiring: Wiring, name: str, what: str, who: str, address: str) -> None:
    with wiring.unit_of_work() as work:
        audit(work.session, wiring.now(), who, what, name, address)
        work.commit()
