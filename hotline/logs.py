"""Logs: one JSON object a line (readable lines in a terminal), and nothing personal in any of them.

`configure` is called once by each process. Lines of libraries (rq, alembic, gunicorn, redis) take the same
way as our own, through the same mask (hotline/masking.py).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog

from hotline.masking import mask

_SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
)
_QUIET = {
    "rq": logging.WARNING,
    "redis": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.ERROR,
}


def get(name: str) -> Any:
    """A logger for one module. Say what happened in plain English and the rest in fields:

    `log.warning("recording is damaged", recording_id=…, problem=…)`.
    """
    return structlog.stdlib.get_logger(name)


def configure(service: str, *, stream: TextIO | None = None, readable: bool | None = None) -> None:
    """Send every log line of this process to `stream` (stderr), marked with the service's name."""
    out = stream or sys.stderr
    readable = out.isatty() if readable is None else readable
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_formatter(service, readable))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    _adopt_libraries()


def _until_configured() -> None:
    """A program that never calls `configure` is masked too, and its output stays its own."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            mask,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _adopt_libraries() -> None:
    """Libraries that brought handlers of their own write through ours from now on."""
    for name in list(logging.Logger.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def _formatter(service: str, readable: bool) -> logging.Formatter:
    def served(_logger: Any, _method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"service": service, **event}

    last: Any = (
        structlog.dev.ConsoleRenderer(colors=True)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            served,
            mask,
            last,
        ],
    )


if not structlog.is_configured():
    _until_configured()
