"""A caller's voice, for those who may listen, by ranges; every play is written down, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Blueprint, abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_login import current_user

from cases import queries
from cases.users import audit, audited_since
from web.access import May, needs, wiring

blueprint = Blueprint("recordings", __name__)

PLAYED = "recording_played"
_ONE_PLAY = timedelta(minutes=10)
"""A player asks for many ranges of one recording: within this time they are one play."""


@blueprint.get("/recordings/<recording_id>")
@needs(May.PLAY_RECORDING)
def play(recording_id: str) -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = queries.recording_of(unit.session, recording_id)
    if found is None:
        abort(404)
    path = _inside(found["path"])
    if path is None:
        abort(404)
    if request.method == "GET":
        _write_down(recording_id, found["case"] or "")
    return send_file(path, mimetype="audio/wav", conditional=True, max_age=0)


def _inside(relative: str) -> Path | None:
    """The file, when it is one and lies in the recordings folder."""
    folder = wiring().settings.recordings.resolve()
    path = (folder / relative).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None


def _write_down(recording_id: str, number: str) -> None:
    now, who = wiring().now(), current_user.username
    with wiring().unit_of_work() as unit:
        if not audited_since(unit.session, now - _ONE_PLAY, who, PLAYED, recording_id):
            address = request.remote_addr or ""
            audit(unit.session, now, who, PLAYED, recording_id, address, {"case": number})
            unit.commit()
