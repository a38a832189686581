"""Messages that the dialplan took by itself while FastAGI was away, turned into facts, each exactly once.

What the two files of a message hold: docs/decisions/0005-when-fastagi-is-away.md. Every id is derived from
Asterisk's own id of the call, so that a message taken in twice (the process was killed in between) tells the
same facts, and the second telling changes nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cases.clean import dialled
from cases.facts import CallAnswered, CallEnded, CallStarted, Fact, RecordingEnded, RecordingStarted
from cases.states import CallOutcome, WayIn
from hotline import logs
from hotline.files import private_dir, sync_dir
from transcribe.audio import AudioFacts

log = logs.get(__name__)

_NOTES, _SOUND = ".txt", ".wav"
_MOST_BYTES = 65_536
_UNTOUCHED = timedelta(minutes=1)
"""Beside the message's own limit: after so long nobody writes to the files any more."""


@dataclass(frozen=True)
class Message:
    """One message's files and what the dialplan noted of its call."""

    stem: str
    notes: Path
    sound: Path
    said: Mapping[str, str]
    changed_at: datetime

    @property
    def finished(self) -> bool:
        return bool(self.said.get("ended_at"))

    def derived(self, what: str) -> str:
        """An id of this message's own, the same at every attempt."""
        return str(uuid5(NAMESPACE_URL, f"minsheng110:fallback:{self.stem}:{what}"))

    @property
    def call_id(self) -> str:
        return self.said.get("call_id") or self.derived("call")

    @property
    def recording_id(self) -> str:
        return self.derived("recording")

    @property
    def started_at(self) -> datetime:
        return _moment(self.said.get("started_at")) or self.changed_at

    @property
    def ended_at(self) -> datetime:
        return max(self.started_at, _moment(self.said.get("ended_at")) or self.changed_at)

    @property
    def place(self) -> str:
        """Where its recording goes, below the recordings folder."""
        return f"{self.started_at:%Y/%m/%d}/{self.recording_id}.wav"


def waiting(folder: Path, now: datetime, message_limit: timedelta) -> Iterator[Message]:
    """The messages that nobody is speaking any more, oldest first."""
    stems = {path.stem for path in folder.glob("*") if path.suffix in (_NOTES, _SOUND)}
    found = filter(None, (_read(folder, stem) for stem in sorted(stems)))
    for message in sorted(found, key=lambda each: each.started_at):
        if message.finished or now - message.changed_at > message_limit + _UNTOUCHED:
            yield message


def take_in(
    message: Message,
    recordings: Path,
    examine: Callable[[Path], AudioFacts],
    tell: Callable[[list[Fact]], None],
) -> str:
    """Move the recording to the others, tell the facts, remove the message last; the call's id.

    Whatever raises leaves the message, and the next attempt goes on where this one ended.
    """
    target = recordings / message.place
    if not message.said.get("started_at"):
        _note_start(message)
    if message.sound.exists():
        _move(message.sound, target)
    tell(list(_facts(message, examine(target) if target.exists() else None)))
    message.notes.unlink(missing_ok=True)
    sync_dir(message.notes.parent)
    log.info("a message of the dialplan's own is taken in", call_id=message.call_id)
    return message.call_id


def _facts(message: Message, sound: AudioFacts | None) -> Iterator[Fact]:
    call_id, begun, ended = message.call_id, message.started_at, message.ended_at
    said, id_of = message.said, message.derived
    if not said.get("call_id"):
        yield CallStarted(
            fact_id=id_of("started"), call_id=call_id, at=begun,
            linked_id=said.get("linked_id") or message.stem, channel=said.get("channel", ""),
            caller=dialled(said.get("caller", "")), did=said.get("did", ""),
            way_in=said.get("way_in") or WayIn.DIRECT, desk=said.get("desk") or None,
            transferred_at=_moment(said.get("transferred_at")),
        )  # fmt: skip
        yield CallAnswered(fact_id=id_of("answered"), call_id=call_id, at=begun)
    if sound is not None:
        yield RecordingStarted(
            fact_id=id_of("recording"), call_id=call_id, at=begun,
            recording_id=message.recording_id, path=message.place,
        )  # fmt: skip
        yield RecordingEnded(
            fact_id=id_of("recorded"), call_id=call_id, at=ended, recording_id=message.recording_id,
            ended_by=said.get("ended_by") or "fault", seconds=sound.seconds,
            spoken_seconds=sound.spoken_seconds, problem=sound.problem,
        )  # fmt: skip
    # Our own fault, unless something was said: then the core makes a message of it.
    yield CallEnded(fact_id=id_of("ended"), call_id=call_id, at=ended, outcome=CallOutcome.FAILED)


def _note_start(message: Message) -> None:
    """A sound without its notes: from here on the next attempt must find the same day and call."""
    with message.notes.open("a", encoding="utf-8") as file:
        file.write(f"\nstarted_at={message.started_at.timestamp()}\n")
        file.flush()
        os.fsync(file.fileno())
    sync_dir(message.notes.parent)


def _read(folder: Path, stem: str) -> Message | None:
    notes, sound = folder / f"{stem}{_NOTES}", folder / f"{stem}{_SOUND}"
    changes = [path.stat().st_mtime for path in (notes, sound) if path.is_file()]
    if not changes:
        return None
    said = _pairs(notes) if notes.is_file() else {}
    return Message(stem, notes, sound, said, datetime.fromtimestamp(max(changes), UTC))


def _pairs(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        lines = file.read(_MOST_BYTES).decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def _moment(said: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(said), UTC) if said else None
    except (ValueError, OverflowError, OSError):
        return None


def _move(source: Path, target: Path) -> None:
    """To the other folder, on the disk before it is gone here."""
    private_dir(target.parent)
    draft = target.with_suffix(".part")
    shutil.copyfile(source, draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(target)
    sync_dir(target.parent)
    source.unlink()
