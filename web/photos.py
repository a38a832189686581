"""Photos of the work: a picture for those who may see its case, and never a page."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from flask import Blueprint, abort, send_file
from flask.typing import ResponseReturnValue

from cases import queries
from cases.life import photo_of
from web.access import May, may_see, needs, wiring

blueprint = Blueprint("photos", __name__)

_POLICY = "default-src 'none'; sandbox"


@blueprint.get("/photos/<uuid:photo_id>")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def show(photo_id: UUID) -> ResponseReturnValue:
    with wiring().reading() as unit:
        found = photo_of(unit.session, str(photo_id))
        if found is None:
            abort(404)
        may_see(queries.case_detail(unit.session, found["case"]))
    path = _inside(found["path"])
    if path is None:
        abort(404)
    response = send_file(path, mimetype="image/jpeg", conditional=True, max_age=0)
    response.headers["Content-Security-Policy"] = _POLICY
    return response


def _inside(relative: str) -> Path | None:
    """The file, when it is one and lies in the photos folder."""
    folder = wiring().settings.photos.resolve()
    path = (folder / relative).resolve()
    return path if path.is_relative_to(folder) and path.is_file() else None
