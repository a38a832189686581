"""What went wrong, said the same way on every page: what happened and what next."""

from __future__ import annotations

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from cases.errors import DatabaseAway
from hotline import logs
from web.access import is_part

log = logs.get(__name__)


def init_app(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> ResponseReturnValue:
        headers = [each for each in error.get_headers() if each[0] != "Content-Type"]
        return *_page(error.code or 500), headers

    @app.errorhandler(DatabaseAway)
    def away(_error: DatabaseAway) -> ResponseReturnValue:
        g.person_unknown = True  # whoever asks: the page need not try the database once more
        log.warning("a page could not be shown: the database is away", endpoint=request.endpoint)
        return _page(503)

    @app.errorhandler(Exception)
    def ours(error: Exception) -> ResponseReturnValue:
        log.error("a page failed", endpoint=request.endpoint, kind=type(error).__name__, exc_info=error)
        return _page(500)


def _page(status: int) -> tuple[str, int]:
    # A part says it in a line that the page shows by itself (static/app.js).
    template = "error_part.html" if is_part() else "error.html"
    return render_template(template, status=status), status
