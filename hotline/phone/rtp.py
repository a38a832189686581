"""The audio of one call: A-law in 20 ms packets, keys as telephone events (RFC 3550, RFC 4733).

What is received is kept whole, with the moment of each packet: ears.py says what it was.
"""

from __future__ import annotations

import secrets
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from hotline.phone import alaw
from hotline.phone.sip import KEY_EVENTS, PCMA, Media

KEYS = "0123456789*#ABCD"
TICK = 0.02
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_VOLUME = 10


@dataclass(frozen=True)
class Packet:
    payload_type: int
    sequence: int
    timestamp: int
    payload: bytes
    marker: bool = False
    source: int = 0

    def to_bytes(self) -> bytes:
        kind = self.payload_type | (0x80 if self.marker else 0)
        return (
            _HEADER.pack(0x80, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.source)
            + self.payload
        )


def parse(raw: bytes) -> Packet | None:
    """The packet in a datagram; None for what is no RTP (version 2)."""
    if len(raw) < 12 or raw[0] >> 6 != 2:
        return None
    first, kind, sequence, timestamp, source = _HEADER.unpack_from(raw)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10 and len(raw) >= start + 4:
        start += 4 + 4 * struct.unpack_from("!H", raw, start + 2)[0]
    end = len(raw) - raw[-1] if first & 0x20 else len(raw)
    return Packet(kind & 0x7F, sequence, timestamp, raw[start:end], bool(kind & 0x80), source)


def key_event(key: str, duration: int, *, end: bool) -> bytes:
    """The payload of one telephone-event packet; `duration` in samples since the key went down."""
    return _EVENT.pack(KEYS.index(key), _VOLUME | (0x80 if end else 0), duration)


@dataclass(frozen=True)
class _Sound:
    """20 ms of audio."""

    audio: bytes


@dataclass(frozen=True)
class _KeyDown:
    """20 ms of a key; the last of them is sent three times, as RFC 4733 asks."""

    key: str
    ticks: int
    last: bool


@dataclass(frozen=True)
class _Mark:
    """Everything queued before this has been sent."""

    reached: threading.Event


@dataclass
class Heard:
    """The audio received so far. Byte n of `audio` came at `moment(n)` (time.monotonic)."""

    audio: bytearray = field(default_factory=bytearray)
    arrivals: list[tuple[int, float]] = field(default_factory=list)
    """(bytes before the packet, the moment it came)"""

    def add(self, payload: bytes, at: float) -> None:
        self.arrivals.append((len(self.audio), at))
        self.audio += payload

    def moment(self, offset: int) -> float:
        """When the byte at this offset came. Raises IndexError when nothing was heard."""
        low, high = 0, len(self.arrivals)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.arrivals[middle][0] <= offset else (low, middle)
        return self.arrivals[low][1]

    @property
    def last_at(self) -> float:
        """When the last packet came; 0 when none did."""
        return self.arrivals[-1][1] if self.arrivals else 0.0


class Stream:
    """Sends and receives the audio of one call; silence is sent when there is nothing to say.

    `changed` is notified with every packet received and everything sent that somebody waits for.
    """

    def __init__(self, host: str, changed: threading.Condition) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.2)
        self._changed = changed
        self._remote: tuple[str, int] | None = None
        self._key_events = KEY_EVENTS
        self._outbox: deque[_Sound | _KeyDown | _Mark] = deque()
        self._sequence = secrets.randbelow(30000)
        self._timestamp = secrets.randbelow(1 << 20)
        self._source = secrets.randbits(31)
        self._sending = threading.Event()
        self._sending.set()
        self._closed = threading.Event()
        self.heard = Heard()
        self._threads = [
            threading.Thread(target=run, name=f"rtp-{self.port}", daemon=True)
            for run in (self._receive, self._send)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def connect(self, media: Media) -> None:
        """Send to where the other side's description points."""
        self._key_events = media.key_events
        self._remote = (media.host, media.port) if media.port else None

    # ---------------------------------------------------------------- what is sent
    def say(self, audio: bytes) -> threading.Event:
        """Queue A-law audio; the event is set when all of it has been sent."""
        for start in range(0, len(audio), alaw.FRAME):
            self._outbox.append(_Sound(audio[start : start + alaw.FRAME].ljust(alaw.FRAME, alaw.SILENCE)))
        return self._mark()

    def press(self, keys: str, hold: float = 0.1, gap: float = 0.08) -> threading.Event:
        """Queue keys, each held down for `hold` seconds and followed by `gap` seconds of silence."""
        ticks = max(1, round(hold / TICK))
        for key in keys:
            self._outbox.extend(_KeyDown(key, n, n == ticks) for n in range(1, ticks + 1))
            self._outbox.extend([_Sound(alaw.SILENCE * alaw.FRAME)] * round(gap / TICK))
        return self._mark()

    def hush(self) -> None:
        """Forget what is queued: the caller breaks off."""
        marks = [each for each in self._outbox if isinstance(each, _Mark)]
        self._outbox.clear()
        for mark in marks:
            self._reached(mark)

    def stop_sending(self) -> None:
        """Send nothing at all any more, not even silence: a phone whose network went away."""
        self._sending.clear()

    def _mark(self) -> threading.Event:
        mark = _Mark(threading.Event())
        self._outbox.append(mark)
        return mark.reached

    def _reached(self, mark: _Mark) -> None:
        mark.reached.set()
        with self._changed:
            self._changed.notify_all()

    def _send(self) -> None:
        due = time.monotonic()
        while not self._closed.wait(max(0.0, due - time.monotonic())):
            due += TICK
            if self._remote and self._sending.is_set():
                self._send_next()

    def _send_next(self) -> None:
        item = self._next()
        while isinstance(item, _Mark):
            self._reached(item)
            item = self._next()
        if isinstance(item, _KeyDown):
            self._send_key(item)
        else:
            self._emit(PCMA, self._timestamp, item.audio)
        self._timestamp += alaw.FRAME

    def _next(self) -> _Sound | _KeyDown | _Mark:
        try:
            return self._outbox.popleft()
        except IndexError:
            return _Sound(alaw.SILENCE * alaw.FRAME)

    def _send_key(self, key: _KeyDown) -> None:
        # All packets of one key carry the moment at which it went down.
        started = self._timestamp - (key.ticks - 1) * alaw.FRAME
        payload = key_event(key.key, key.ticks * alaw.FRAME, end=key.last)
        for _ in range(3 if key.last else 1):
            self._emit(self._key_events, started, payload, marker=key.ticks == 1)

    def _emit(self, payload_type: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        packet = Packet(payload_type, self._sequence, timestamp, payload, marker, self._source)
        self._sequence += 1
        # The other side may have closed its port a moment before its BYE is here.
        with suppress(OSError):
            self._socket.sendto(packet.to_bytes(), self._remote or ("", 0))

    # ---------------------------------------------------------------- what is received
    def _receive(self) -> None:
        while not self._closed.is_set():
            try:
                raw = self._socket.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            packet = parse(raw)
            if packet and packet.payload_type == PCMA:
                with self._changed:
                    self.heard.add(packet.payload, time.monotonic())
                    self._changed.notify_all()

    def close(self) -> None:
        """Stop both threads and give the port back. May be called twice."""
        self._closed.set()
        self.hush()
        with suppress(OSError):
            self._socket.sendto(b"", self._socket.getsockname())  # wakes the receiving thread
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)
        self._socket.close()
