"""A synthetic caller on a telephone line: speech, the line's noises, features, and the label of every frame.

Samples are floats in the range of 16-bit integers at 8 kHz; features are Kaldi's MFCC, frames x 40.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transcribe.training.espeak import FOREIGN, Espeak, Manner
from transcribe.training.phones import NOISE, SILENCE, reading, surface, toned

Sound = NDArray[np.float64]

RATE = 8000
SUBSAMPLING = 3
BAND = (300.0, 3400.0)
"""What a telephone lets through, in Hz."""
MFCC = {"num_mel_bins": 40, "num_ceps": 40, "low_freq": 100, "high_freq": 3800}  # as in conf/mfcc.conf

# `+rob` is left out: libespeak-ng 1.51 crashes with it.
TRAINING_VOICES = (
    "", "+m1", "+m2", "+m3", "+m5", "+m6", "+m7", "+m8", "+f1", "+f2", "+f3", "+f4",
    "+adam", "+Alex", "+Alicia", "+anika", "+linda", "+max", "+belinda", "+Denis", "+Lee",
    "+Andrea", "+Andy", "+Annie", "+antonio", "+aunty", "+boris", "+caleb", "+david", "+ed", "+edward",
    "+Gene", "+grandma", "+grandpa", "+gustave", "+Henrique", "+Hugo", "+iven", "+Jacky", "+john", "+Marco",
    "+miguel", "+Mike", "+norbert", "+pablo", "+paul", "+pedro", "+quincy", "+sandro", "+shelby", "+travis",
)  # fmt: skip
UNHEARD_VOICES = ("+m4", "+f5", "+steph", "+Mario")


def mfcc(sound: Sound) -> NDArray[np.float32]:
    """Equal to Kaldi's compute-mfcc-feats with conf/mfcc.conf."""
    import kaldi_native_fbank  # the recipe's venv has it, the house does not

    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = RATE, 0.0
    options.use_energy, options.num_ceps = False, MFCC["num_ceps"]
    options.mel_opts.num_bins = MFCC["num_mel_bins"]
    options.mel_opts.low_freq, options.mel_opts.high_freq = MFCC["low_freq"], MFCC["high_freq"]
    online = kaldi_native_fbank.OnlineMfcc(options)
    online.accept_waveform(RATE, np.ascontiguousarray(sound, np.float32))
    online.input_finished()
    return np.stack([online.get_frame(i) for i in range(online.num_frames_ready)])


# ---------------------------------------------------------------- the line


def telephone_band(sound: Sound, rate: int, *, hard: bool = False) -> Sound:
    """Resampled to 8 kHz and cut to the telephone's band, in one step.

    `hard`: with edges like a wall, as a simple program does it; it rings on at both edges, which is no vowel.
    """
    n, m = len(sound), round(len(sound) * RATE / rate)
    spectrum = np.fft.rfft(sound)
    f = np.fft.rfftfreq(n, 1 / rate)
    low, high = BAND
    if hard:
        spectrum[(f < low) | (f > high)] = 0
    else:
        spectrum *= 1 / (1 + np.exp(-(f - low) / 25)) / (1 + np.exp((f - high) / 60))
    return np.fft.irfft(spectrum[: m // 2 + 1], m) * m / n


def a_law(sound: Sound) -> Sound:
    """Through A-law and back: the continuous formula, 128 levels a sign."""
    a, y = 87.6, np.clip(sound / 32768.0, -1, 1)
    magnitude = np.abs(y)
    scale = 1 + np.log(a)
    code = np.where(magnitude < 1 / a, a * magnitude, 1 + np.log(np.maximum(a * magnitude, 1e-9))) / scale
    code = (np.floor(np.minimum(code, 0.9999) * 128) + 0.5) / 128
    back = np.where(code < 1 / scale, code * scale / a, np.exp(code * scale - 1) / a)
    return np.asarray(np.sign(y) * back * 32768.0)


def _coloured_noise(n: int, r: random.Random) -> Sound:
    """White to pink, with the line's low end missing; standard deviation 1."""
    white = np.random.default_rng(r.getrandbits(32)).standard_normal(n)
    spectrum = np.fft.rfft(white)
    f = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 60)
    spectrum *= f ** -r.uniform(0, 1) / (1 + np.exp(-(f - 250) / 25))
    noise = np.fft.irfft(spectrum, n)
    return np.asarray(noise / (noise.std() + 1e-9))


def _tones(n: int, r: random.Random) -> Sound:
    """Ringing, busy, a key, or a whistle, on and off; standard deviation about 1."""
    t = np.arange(n) / RATE
    keys = ((697, 1209), (770, 1336), (852, 1477), (941, 1336), (941, 1477))
    pair = r.choice([(450.0,), (450.0,), (r.uniform(300, 3000),), r.choice(keys)])
    wave = sum(np.sin(2 * np.pi * f * t + r.uniform(0, 6)) for f in pair)
    on, off = r.choice(
        [(1.0, 4.0), (0.35, 0.35), (0.1, 0.1), (9.0, 0.0), (r.uniform(0.1, 2), r.uniform(0.1, 2))]
    )
    gate = ((t + r.uniform(0, on + off)) % (on + off)) < on
    return np.asarray(wave * gate)


def no_speech(r: random.Random) -> Sound:
    """What a call holds besides speech: quiet, noise, tones, clicks."""
    n = int(RATE * r.uniform(1, 3))
    kind = r.random()
    sound = np.zeros(n)
    if kind < 0.45:
        sound = _tones(n, r) * 10 ** r.uniform(2, 4)
    elif kind < 0.6:
        for _ in range(r.randint(1, 6)):
            at = r.randrange(n - 80)
            sound[at : at + 80] += np.hanning(80) * r.uniform(-1, 1) * 10 ** r.uniform(2, 4)
    if r.random() < 0.8:
        sound = sound + _coloured_noise(n, r) * 10 ** r.uniform(0, 3.2)
    return np.round(np.clip(a_law(sound), -32767, 32767))


def line(sound: Sound, r: random.Random, snr: float | None = None, gain: float | None = None) -> Sound:
    """A random line: level in dB, noise at a signal-to-noise ratio in dB (None: drawn), A-law."""
    loud = sound[np.abs(sound) > 50]
    level = np.sqrt(np.mean(loud**2)) if len(loud) else 1.0
    sound = sound / level * 3000 * 10 ** ((r.uniform(-22, 8) if gain is None else gain) / 20)
    if snr is None:
        snr = r.choice([None, r.uniform(3, 14), r.uniform(6, 22), r.uniform(10, 35)])
    if snr is not None:
        rms = np.sqrt(np.mean(sound**2))
        sound = sound + _coloured_noise(len(sound), r) * rms * 10 ** (-snr / 20)
    return np.round(np.clip(a_law(sound), -32767, 32767))


# ---------------------------------------------------------------- the caller


def segments(
    events: Sequence[tuple[int, str]], syllables: Sequence[str], rate: int, lead: float
) -> list[tuple[float, str]] | None:
    """espeak's events → [(start in s, unit)], or None when they do not match the syllables.

    `_|` is the closure before the next syllable and belongs to it; other names that begin with `_` are
    pauses.
    """
    found: list[tuple[float, str]] = [(0.0, SILENCE)]
    syllable: list[tuple[float, str]] = []
    closure: float | None = None
    left = list(syllables)

    def close() -> bool:
        if syllable:
            if not left:
                return False
            units = toned([name for _, name in syllable], left.pop(0))
            found.extend((start, unit) for (start, _), unit in zip(syllable, units, strict=True))
            syllable.clear()
        return True

    for sample, name in events:
        at = lead + sample / rate
        if name in ("_|", ""):
            if not close():
                return None
            closure = at
        elif name.startswith("_"):
            if not close():
                return None
            found.append((closure if closure is not None and found[-1][1] != SILENCE else at, SILENCE))
            closure = None
        else:
            syllable.append((closure if closure is not None and not syllable else at, name))
            closure = None
    return found if close() and not left else None


def utterance(
    espeak: Espeak,
    words: Sequence[str],
    r: random.Random,
    manner: Manner,
    snr: float | None = None,
    gain: float | None = None,
) -> tuple[Sound, list[tuple[float, str]] | None]:
    """One sentence, sometimes with a pause in it, on a random line -> (sound, segments or None)."""
    cut = r.randrange(1, len(words)) if len(words) > 2 and r.random() < 0.25 else None
    parts = (words[:cut], words[cut:]) if cut else (words,)
    syllables = [reading("".join(part)) for part in parts]
    samples, events = espeak.say(", ".join(" ".join(part) for part in syllables), manner)
    lead, tail = r.uniform(0.1, 0.7), r.uniform(0.1, 0.7)
    sound = _on_the_telephone(
        _samples(samples), espeak.rate, (lead, tail), r.choice(("soft", "abrupt", "hard"))
    )
    flat = [s for part in syllables for s in surface(part)]
    return line(sound, r, snr, gain), segments(events, flat, espeak.rate, lead)


def no_words(espeak: Espeak, r: random.Random, manner: Manner) -> tuple[Sound, list[tuple[float, str]]]:
    """Breath, English, or three people at once -> (sound, segments)."""
    kind, rate = r.random(), espeak.rate
    if kind < 0.3:
        speech = np.concatenate([_breath(r, rate) for _ in range(r.randint(1, 3))])
    elif kind < 0.75:
        text = " ".join(r.choices(_ENGLISH.split(), k=r.randint(3, 10)))
        speech = _samples(espeak.say(text, manner, FOREIGN)[0])
    else:
        speech = _babble(espeak, r)
    lead, tail = r.uniform(0.2, 0.7), r.uniform(0.2, 0.7)
    quiet = (np.zeros(int(lead * rate)), np.zeros(int(tail * rate)))
    sound = telephone_band(np.concatenate([quiet[0], speech, quiet[1]]), rate)
    ends = lead + len(speech) / rate
    return line(sound, r), [(0.0, SILENCE), (lead, NOISE), (ends, SILENCE)]


_ENGLISH = """
water table morning people government street problem nothing weather yesterday remember computer
station window children question another beautiful hospital together something already understand
different company market breakfast engine travel garden music river number orange village thunder
picture silver mountain because through against however during without thank please hello telephone
service broken building
"""


def _samples(sound: bytes) -> Sound:
    return np.frombuffer(sound, np.int16).astype(float)


def _breath(r: random.Random, rate: int) -> Sound:
    """A burst of noise that swells and fades."""
    n = int(rate * r.uniform(0.25, 0.9))
    return np.hanning(n) * np.random.default_rng(r.getrandbits(32)).standard_normal(n) * 2000


def _babble(espeak: Espeak, r: random.Random) -> Sound:
    voices = []
    for _ in range(3):
        syllables = [r.choice(_BABBLED.split()) + str(r.randint(1, 4)) for _ in range(12)]
        manner = Manner(r.choice(TRAINING_VOICES), r.randint(120, 200), r.randint(25, 75), r.randint(20, 80))
        voices.append(_samples(espeak.say(" ".join(syllables), manner)[0]))
    shortest = min(map(len, voices))
    return np.asarray(sum(voice[:shortest] for voice in voices))


_BABBLED = "ma shi wo ni ta zai you dao lai qu shang xia guo jia ren hao bu zhong dian shui lu che"


def _on_the_telephone(speech: Sound, rate: int, quiet: tuple[float, float], way: str) -> Sound:
    """Speech with seconds of quiet before and after it, in the telephone's band.

    `way`: `abrupt`, it is cut out first, as a recording that is played to a line, and what rings on ends in a
    click; `hard`, the same with a hard band; else the line was there before and after.
    """

    def silence(seconds: float, rate: int) -> Sound:
        return np.zeros(int(seconds * rate))

    if way in ("abrupt", "hard"):
        cut_out = telephone_band(speech, rate, hard=way == "hard")
        return np.concatenate([silence(quiet[0], RATE), cut_out, silence(quiet[1], RATE)])
    whole = np.concatenate([silence(quiet[0], rate), speech, silence(quiet[1], rate)])
    return telephone_band(whole, rate)


def labels(found: Sequence[tuple[float, str]], frames: int, pdf: dict[str, int]) -> NDArray[np.int16]:
    """The pdf of every third frame: the unit that sounds at the frame's middle."""
    t = np.arange(0, frames, SUBSAMPLING) * 0.01 + 0.0125
    starts = np.array([start for start, _ in found])
    return np.array([pdf[found[i][1]] for i in np.searchsorted(starts, t, side="right") - 1], np.int16)
