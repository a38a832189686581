"""The console: a Flask application over one wiring. One blueprint a noun; no SQL in a view."""

from __future__ import annotations

import re
import secrets

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from cases.errors import DatabaseAway
from hotline import logs
from hotline.wiring import Wiring
from web import auth, calls, case, desk, health, language, live, queue, recordings, showing
from web.limits import limiter

log = logs.get(__name__)

_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_BLUEPRINTS = (auth, queue, case, calls, recordings, desk, live, health, language)
_LARGEST_FORM = 1024 * 1024


def create_app(wiring: Wiring) -> Flask:
    """The application. Opens nothing until the first request."""
    settings = wiring.settings
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.web_secret_key.get_secret_value() or secrets.token_hex(32),
        SESSION_COOKIE_NAME="minsheng110",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.web_behind_tls,
        PERMANENT_SESSION_LIFETIME=auth.ABSOLUTE_END,
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # a form is good as long as its session is
        RATELIMIT_STORAGE_URI=re.sub("^unix:", "redis+unix:", settings.redis),  # the limiter's word for it
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.extensions["wiring"] = wiring
    CSRFProtect(app)
    limiter.init_app(app)
    auth.init_app(app)
    language.init_app(app)
    showing.init_app(app)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.after_request(_secure)
    _errors(app)
    return app


def _secure(response):  # type: ignore[no-untyped-def]
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _errors(app: Flask) -> None:
    """Say what happened and what next, on every page alike."""

    def page(status: int, error: Exception) -> ResponseReturnValue:
        return render_template("error.html", status=status, error=error), status

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> ResponseReturnValue:
        return page(400, error)

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> ResponseReturnValue:
        return page(error.code or 500, error)

    @app.errorhandler(DatabaseAway)
    def away(error: DatabaseAway) -> ResponseReturnValue:
        log.warning("a page could not be shown: the database is away", endpoint=request.endpoint)
        return page(503, error)

    @app.errorhandler(Exception)
    def ours(error: Exception) -> ResponseReturnValue:
        log.error("a page failed", endpoint=request.endpoint, kind=type(error).__name__, exc_info=error)
        return page(500, error)
