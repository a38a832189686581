"""What is heard of a caller who is still speaking. It may change, and goes when the recording ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from cases import clean
from cases.changes import changed
from cases.model import Recording
from cases.once import touched
from cases.states import RecordingState


def show(session: Session, recording_id: str, call_id: str, heard: Mapping[str, Any], now: datetime) -> bool:
    """`heard`: {"said": [{"who", "text"}], "matter", "unit", "kind", "place"}. False: it is over already."""
    speaks = (Recording.id == recording_id, Recording.state == RecordingState.RECORDING)
    if touched(session, update(Recording).where(*speaks).values(live=clean.data(dict(heard)))) != 1:
        return False
    changed(session, now, "call", call_id)
    return True
