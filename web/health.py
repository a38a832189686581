"""For machines: is it well, and how much of everything."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from cases import queries
from cases.errors import CaseError
from cases.gauges import gauges
from hotline.journal import journal_files
from web.access import May, may, wiring

blueprint = Blueprint("health", __name__)

Figures = dict[str, dict[tuple[tuple[str, str], ...], Any]]


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """200 when the console can show a page, else 503; no figure that a stranger should not see."""
    try:
        with wiring().reading() as unit:
            queries.last_change(unit.session)
    except CaseError:
        return jsonify(ok=False, why="the database is away"), 503
    return jsonify(ok=True)


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """For Prometheus on this machine; a person needs the rights of the queue."""
    if request.remote_addr not in ("127.0.0.1", "::1") and not may(May.SEE_QUEUE):
        abort(403)
    figures: Figures = {"database_up": {(): 1}, **_journal()}
    try:
        with wiring().reading() as unit:
            figures.update(gauges(unit.session, wiring().now()))
    except CaseError:
        figures["database_up"] = {(): 0}
    return Response(_text(figures), content_type=CONTENT_TYPE_LATEST)


def _journal() -> Figures:
    """What waits on disk for the database; the file may be replayed and gone in this moment."""
    sizes = []
    for path in journal_files(wiring().settings.journal_dir):
        try:
            sizes.append(path.stat().st_size)
        except FileNotFoundError:
            continue
    return {"journal_files": {(): len(sizes)}, "journal_bytes": {(): sum(sizes)}}


def _text(figures: Figures) -> bytes:
    registry = CollectorRegistry()
    for name, values in figures.items():
        labels = [label for label, _ in next(iter(values), ())]
        gauge = Gauge(f"minsheng110_{name}", name.replace("_", " "), labels, registry=registry)
        for key, value in values.items():
            (gauge.labels(**dict(key)) if key else gauge).set(value)
    return generate_latest(registry)
