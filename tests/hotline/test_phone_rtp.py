"""The phone's audio: packets, keys, pacing, what was heard."""

import socket
import struct
import threading
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.phone import alaw, rtp
from hotline.phone.rtp import Heard, Packet, Stream
from hotline.phone.sip import Media


def test_a_packet_reads_as_it_was_written():
    packet = Packet(8, 65535, 2**32 - 1, b"\xd5" * 160, True, 7)
    assert rtp.parse(packet.to_bytes()) == packet


def test_padding_and_extensions_are_no_audio():
    header = struct.pack("!BBHII", 0x80 | 0x20 | 0x10, 8, 1, 2, 3)
    extension = struct.pack("!HH", 0xBEDE, 1) + b"\0\0\0\0"
    assert rtp.parse(header + extension + b"abcd" + b"\0\0\x03").payload == b"abcd"


@given(st.binary(max_size=60))
def test_no_datagram_breaks_the_reader(raw):
    rtp.parse(raw)


@given(st.integers(0, 255))
def test_every_alaw_code_survives_decoding_and_encoding(code):
    assert alaw.encode(alaw.decode(bytes([code]))) == bytes([code])


def test_a_tone_is_told_from_another():
    audio = alaw.tone(700, 0.2)
    assert alaw.tone_share(audio, 700) > 0.95
    assert alaw.tone_share(audio, 900) < 0.01
    assert alaw.tone_share(alaw.SILENCE * 1600, 700) == 0.0
    assert alaw.level(audio) == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


def test_a_moment_is_that_of_the_packet_that_brought_the_byte():
    heard = Heard()
    for number in range(5):
        heard.add(b"x" * 160, at=100.0 + number)
    assert [heard.moment(offset) for offset in (0, 159, 160, 799)] == [100.0, 100.0, 101.0, 104.0]
    assert heard.last_at == 104.0


@pytest.fixture
def far_end():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(2.0)
        yield far


@pytest.fixture
def stream(far_end):
    stream = Stream("127.0.0.1", threading.Condition())
    stream.connect(Media("127.0.0.1", far_end.getsockname()[1]))
    yield stream
    stream.close()


def _packets_until(far_end, stop) -> list[Packet]:
    packets = []
    while not packets or not stop(packets):
        packets.append(rtp.parse(far_end.recv(2048)))
    return packets


def test_keys_follow_each_other_as_telephone_events(far_end, stream):
    stream.press("1#", hold=0.06, gap=0.04)

    def two_keys_ended(packets):
        return sum(1 for each in packets if each.payload_type == 101 and each.payload[1] & 0x80) == 6

    events = [each for each in _packets_until(far_end, two_keys_ended) if each.payload_type == 101]
    by_key = {}
    for each in events:
        by_key.setdefault(each.timestamp, []).append(each)
    assert [{each.payload[0] for each in key} for key in by_key.values()] == [{1}, {11}]
    for key in by_key.values():
        assert key[0].marker
        assert not any(each.marker for each in key[1:])
        durations = [struct.unpack("!H", each.payload[2:])[0] for each in key]
        assert durations == [160, 320, 480, 480, 480]
        assert [bool(each.payload[1] & 0x80) for each in key] == [False, False, True, True, True]


def test_speech_goes_out_whole_paced_and_in_order(far_end, stream):
    speech = bytes(range(1, 201)) * 8
    said = stream.say(speech)
    began = time.monotonic()
    packets = _packets_until(far_end, lambda packets: said.is_set())
    assert time.monotonic() - began < 2.0
    assert speech in b"".join(each.payload for each in packets)
    steps = {(b.timestamp - a.timestamp, b.sequence - a.sequence) for a, b in pairwise(packets)}
    assert steps == {(160, 1)}


def test_a_stream_that_was_closed_wakes_who_waits_for_it(stream):
    said = stream.say(b"\xd5" * 80000)
    stream.close()
    assert said.is_set()
    assert not [each for each in threading.enumerate() if each.name == f"rtp-{stream}"]
