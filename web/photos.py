"""Photos of the work, to those who may see their case."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file

from cases import queries
from cases.life import photo_of
from web.access import May, may_see, needs, wiring

blueprint = Blueprint("photos", __name__)


@blueprint.get("/photos/<uuid:photo_id>.jpg")
@needs(May.SEE_CASES, May.SEE_OWN_CASES)
def show(photo_id: object) -> Response:
    """The picture alone: a browser never takes it for a page."""
    with wiring().reading() as unit:
        photo = photo_of(unit.session, str(photo_id))
        may_see(queries.case_detail(unit.session, photo["case"]) if photo else None)
    if photo is None:
        abort(404)
    file = wiring().settings.photos / photo["path"]
    if not file.is_file():
        abort(404)
    answer = send_file(file, mimetype="image/jpeg")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
