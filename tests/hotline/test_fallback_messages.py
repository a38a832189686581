"""Messages that the dialplan took by itself become cases, each exactly once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sounds import murmur, silence, with_promised_bytes, write_wav
from sqlalchemy import func, select
from told import CALLER, NOON, started

from cases import intake
from cases.errors import DatabaseAway
from cases.facts import Fact, new_id
from cases.model import Call, CallBack, Case, Recording
from cases.states import CallOutcome, WayIn
from hotline import fallback
from hotline.wiring import Wiring
from transcribe.audio import inspect

STEM = "1764025513.42"
BEGUN = NOON.timestamp()
LIMIT = timedelta(seconds=120)
NOTES = {
    "version": "1",
    "unique_id": STEM,
    "linked_id": "1764025510.40",
    "channel": "PJSIP/police-trunk-00000001",
    "caller": CALLER,
    "did": "8110",
    "way_in": "key",
    "desk": "desk1",
    "transferred_at": f"{BEGUN - 1:.3f}",
    "call_id": "",
    "case_number": "",
    "why": "away",
    "started_at": f"{BEGUN:.3f}",
}
OVER = {"ended_by": "silence", "ended_at": f"{BEGUN + 6:.3f}"}


def a_message(wiring: Wiring, seconds: float = 5, stem: str = STEM, **notes: str) -> Path:
    """The two files as the dialplan leaves them; the folder."""
    folder = wiring.settings.fallback_dir
    write_wav(folder / f"{stem}.wav", murmur(seconds))
    lines = {**NOTES, "unique_id": stem, **notes}
    (folder / f"{stem}.txt").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    return folder


def tell(wiring: Wiring) -> Callable[[list[Fact]], None]:
    def told(facts: list[Fact]) -> None:
        with wiring.unit_of_work() as unit:
            for fact in facts:
                intake.record(unit.session, fact)
            unit.commit()

    return told


def taken_in(wiring: Wiring, now: datetime | None = None) -> list[str]:
    found = list(fallback.waiting(wiring.settings.fallback_dir, now or datetime.now(UTC), LIMIT))
    return [fallback.take_in(each, wiring.settings.recordings, inspect, tell(wiring)) for each in found]


def the(wiring: Wiring, kind: type) -> list[object]:
    with wiring.reading() as unit:
        return list(unit.session.scalars(select(kind)).all())


def test_a_message_becomes_a_call_a_recording_and_a_case(wiring: Wiring) -> None:
    folder = a_message(wiring, **OVER)
    (call_id,) = taken_in(wiring)
    (call,) = the(wiring, Call)
    assert isinstance(call, Call)
    assert (call.id, call.caller, call.desk, call.way_in) == (call_id, CALLER, "desk1", WayIn.KEY)
    assert (call.started_at, call.outcome) == (NOON, CallOutcome.MESSAGE)
    assert call.transferred_at == NOON - timedelta(seconds=1)
    (recording,) = the(wiring, Recording)
    assert isinstance(recording, Recording)
    assert (recording.seconds, recording.ended_by) == (5.0, "silence")
    assert (wiring.settings.recordings / recording.path).exists()
    assert recording.path == f"2026/03/02/{recording.id}.wav"
    (case,) = the(wiring, Case)
    assert isinstance(case, Case)
    assert case.recording_id == recording.id
    assert list(folder.iterdir()) == []


def test_a_message_that_is_still_being_spoken_is_left_alone(wiring: Wiring) -> None:
    folder = a_message(wiring)
    assert taken_in(wiring) == []
    assert len(list(folder.iterdir())) == 2


def test_a_message_whose_asterisk_was_killed_is_taken_in_when_it_must_be_over(wiring: Wiring) -> None:
    folder = a_message(wiring)
    with_promised_bytes(folder / f"{STEM}.wav", 0)
    later = datetime.now(UTC) + LIMIT + timedelta(seconds=61)
    assert len(taken_in(wiring, later)) == 1
    (recording,) = the(wiring, Recording)
    assert isinstance(recording, Recording)
    assert (recording.problem, recording.ended_by) == ("unfinished", "fault")
    assert len(the(wiring, Case)) == 1


def test_a_message_of_a_call_that_had_begun_joins_it(wiring: Wiring) -> None:
    call_id = new_id()
    wiring.ledger.record(started(call_id))
    a_message(wiring, call_id=call_id, why="lost", **OVER)
    assert taken_in(wiring) == [call_id]
    (call,) = the(wiring, Call)
    assert isinstance(call, Call)
    assert (call.id, call.linked_id, call.outcome) == (call_id, f"l-{call_id}", CallOutcome.MESSAGE)


def test_a_caller_who_says_nothing_is_owed_a_call_back(wiring: Wiring) -> None:
    folder = a_message(wiring, **OVER)
    write_wav(folder / f"{STEM}.wav", silence(4))
    taken_in(wiring)
    (call,) = the(wiring, Call)
    assert isinstance(call, Call)
    assert call.outcome == CallOutcome.FAILED
    assert the(wiring, Case) == []
    assert len(the(wiring, CallBack)) == 1


def test_a_caller_who_hangs_up_before_the_recording_leaves_a_call(wiring: Wiring) -> None:
    folder = a_message(wiring, ended_by="hangup", ended_at=f"{BEGUN + 1:.3f}")
    (folder / f"{STEM}.wav").unlink()
    assert len(taken_in(wiring)) == 1
    assert len(the(wiring, Call)) == 1
    assert the(wiring, Recording) == []


def test_an_anonymous_caller_and_one_with_a_strange_number_are_taken_in(wiring: Wiring) -> None:
    a_message(wiring, caller="anonymous", **OVER)
    a_message(wiring, stem="1764025514.43", caller="sip:x@y\x00'; DROP", **OVER)
    assert len(taken_in(wiring)) == 2
    assert {call.caller for call in the(wiring, Call) if isinstance(call, Call)} == {""}


def test_a_database_that_is_away_leaves_the_message_for_the_next_pass(wiring: Wiring) -> None:
    a_message(wiring, **OVER)
    (message,) = fallback.waiting(wiring.settings.fallback_dir, datetime.now(UTC), LIMIT)

    def away(_: list[Fact]) -> None:
        raise DatabaseAway("away")

    with pytest.raises(DatabaseAway):
        fallback.take_in(message, wiring.settings.recordings, inspect, away)
    assert the(wiring, Call) == []
    assert len(taken_in(wiring)) == 1
    assert len(the(wiring, Case)) == 1
    assert len(list(wiring.settings.recordings.rglob("*.wav"))) == 1


def test_a_sweep_killed_after_telling_tells_the_same_again(wiring: Wiring) -> None:
    a_message(wiring, **OVER)
    (message,) = fallback.waiting(wiring.settings.fallback_dir, datetime.now(UTC), LIMIT)
    notes = message.notes.read_bytes()
    taken_in(wiring)
    message.notes.write_bytes(notes)  # it was killed before it could remove them
    taken_in(wiring)
    assert len(the(wiring, Call)) == len(the(wiring, Case)) == len(the(wiring, Recording)) == 1
    with wiring.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(CallBack)) == 0


def test_a_sound_without_notes_is_taken_in_once_even_when_the_sweep_is_killed_in_between(
    wiring: Wiring,
) -> None:
    folder = a_message(wiring)
    (folder / f"{STEM}.txt").unlink()
    later = datetime.now(UTC) + LIMIT + timedelta(seconds=61)
    (message,) = fallback.waiting(folder, later, LIMIT)

    def killed(_: list[Fact]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fallback.take_in(message, wiring.settings.recordings, inspect, killed)
    assert len(taken_in(wiring, later)) == 1
    assert len(the(wiring, Recording)) == len(the(wiring, Case)) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"\x89PNG" + b"\0" * 99, b"RIFF"])
def test_a_sound_that_is_none_is_kept_and_named(wiring: Wiring, content: bytes) -> None:
    folder = a_message(wiring, **OVER)
    (folder / f"{STEM}.wav").write_bytes(content)
    assert len(taken_in(wiring)) == 1
    (recording,) = the(wiring, Recording)
    assert isinstance(recording, Recording)
    assert recording.problem


@pytest.mark.parametrize(
    "notes", [b"", b"\xff\xfe\0\0" * 50, b"=" * 70_000, b"started_at=now\nended_at=1e400\n"]
)
def test_notes_that_cannot_be_read_lose_no_message(wiring: Wiring, notes: bytes) -> None:
    folder = a_message(wiring)
    (folder / f"{STEM}.txt").write_bytes(notes)
    later = datetime.now(UTC) + LIMIT + timedelta(seconds=61)
    assert len(taken_in(wiring, later)) == 1
    assert len(the(wiring, Case)) == 1
