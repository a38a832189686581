"""The console: a Flask application over one wiring. One blueprint a noun; no SQL in a view."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from hotline.settings import Settings, SettingsError
from hotline.wiring import Wiring
from web import (
    administration,
    agents,
    assessment,
    auth,
    calls,
    case,
    city,
    days,
    desk,
    dispatching,
    errors,
    fee,
    health,
    language,
    live,
    messages,
    money,
    moves,
    notices,
    open_data,
    overview,
    people,
    photos,
    prompts,
    queue,
    recordings,
    reports,
    second_factor,
    showing,
    sorting,
    special_reports,
    statics,
    supervision,
    survey,
    track,
    trail,
    units,
    work,
)
from web.limits import limiter

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_ONE_YEAR = 31_536_000
_BLUEPRINTS = (
    auth,
    queue,
    agents,
    case,
    moves,
    sorting,
    calls,
    recordings,
    reports,
    photos,
    desk,
    dispatching,
    live,
    health,
    language,
    survey,
    messages,
    track,
    assessment,
    money,
    fee,
    days,
    notices,
    supervision,
    special_reports,
    second_factor,
    trail,
    work,
    administration,
    people,
    city,
    prompts,
    units,
    overview,
    open_data,
)
_LARGEST_FORM = 1024 * 1024


def create_app(wiring: Wiring) -> Flask:
    """The application. Opens nothing until the first request. Raises SettingsError."""
    settings = wiring.settings
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=_secret_key(settings),
        SESSION_COOKIE_NAME="minsheng110",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.web_behind_tls,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=auth.ABSOLUTE_END,
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,  # a form is good as long as its session is
        WTF_CSRF_SSL_STRICT=False,  # the token is enough; some proxies drop the Referer
        RATELIMIT_STORAGE_URI=re.sub("^unix:", "redis+unix:", settings.redis),  # the limiter's word for it
        SEND_FILE_MAX_AGE_DEFAULT=_ONE_YEAR,  # addresses of static files change with their content
    )
    if settings.web_behind_tls:
        # One proxy in front: without this, every visitor would seem to come from it.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.extensions["wiring"] = wiring
    app.before_request(_room_for_photos)  # before the forms' tokens are read
    CSRFProtect(app)
    limiter.init_app(app)
    for module in (auth, language, showing, notices, statics, live, errors):
        module.init_app(app)
    for module in _BLUEPRINTS:
        app.register_blueprint(module.blueprint)
    app.after_request(_secure)
    return app


def _room_for_photos() -> None:
    if request.endpoint == "moves.make":
        request.max_content_length = moves.LARGEST_FORM
    elif request.endpoint == "prompts.replace":
        request.max_content_length = prompts.LARGEST_FORM
    elif request.endpoint in ("city.check", "city.apply"):
        request.max_content_length = request.max_form_memory_size = city.LARGEST_FORM


def _secret_key(settings: Settings) -> str:
    key = settings.web_secret_key.get_secret_value()
    if not key and settings.profile == "production":
        raise SettingsError("setting web_secret_key is empty: sessions would end at every start")
    return key or secrets.token_hex(32)


def _secure(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", f"max-age={_ONE_YEAR}")
    return response
