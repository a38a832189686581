"""A caller's voice, for those who may listen, by ranges; every play is written down, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from flask import Blueprint, abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from cases import queries
from cases.users import audit, audited_since, find_user
from web.access import May, needs, wiring

blueprint = Blueprint("recordings", __name__)

PLAYED = "recording_played"
_ONE_PLAY = timedelta(minutes=10)
"""A player asks for many ranges of one recording: within this time they are one play."""


@blueprint.get("/recordings/<uuid:recording_id>")
@needs(May.PLAY_RECORDING)
def play(recording_id: UUID) -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = queries.recording_of(unit.session, str(recording_id))
        written = _is_written(unit.session, str(recording_id))
    path = _inside(found["path"]) if found else None
    if found is None or path is None:
        abort(404)
    if request.method == "GET" and not written:
        _write_down(str(recording_id), found["case"] or "")
    return send_file(path, mimetype="audio/wav", conditional=True, max_age=0)


def _inside(relative: str) -> Path | None:
    """The file, when it is one and lies in the recordings folder."""
    folder = wiring().settings.recordings.resolve()
    path = (folder / relative).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None


def _is_written(session: Session, recording_id: str) -> bool:
    since = wiring().now() - _ONE_PLAY
    return audited_since(session, since, current_user.username, PLAYED, recording_id)


def _write_down(recording_id: str, number: str) -> None:
    who, address = current_user.username, request.remote_addr or ""
    with wiring().unit_of_work() as unit:
        find_user(unit.session, who)  # locked: two ranges asked for at once are still one play
        if not _is_written(unit.session, recording_id):
            audit(unit.session, wiring().now(), who, PLAYED, recording_id, address, {"case": number})
            unit.commit()
