"""Logs: one line an event on standard error, those of uvicorn and other libraries in the same form.

Nothing of a request is logged but its route, status, time and whose it was: no header, no body.
"""

import logging
import logging.config
import sys
from typing import Any

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from kwhen.settings import Settings

LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}


def configure_logs(settings: Settings) -> None:
    """Log as the settings say, from here on."""
    level = LEVELS[settings.log_level]
    renderers = _renderers(is_json=settings.log_format == "json")
    structlog.configure(
        processors=[*_told(), *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "same": {
                    "()": ProcessorFormatter,
                    "foreign_pre_chain": _told(),
                    "processors": [ProcessorFormatter.remove_processors_meta, *renderers],
                }
            },
            "handlers": {"same": {"class": "logging.StreamHandler", "formatter": "same"}},
            "root": {"handlers": ["same"], "level": max(level, logging.INFO)},
            "loggers": {"alembic": {"level": "WARNING"}},  # it tells whenever it is asked
        }
    )
    logging.captureWarnings(True)


def _told() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _renderers(*, is_json: bool) -> list[Processor]:
    # Both write tracebacks without the values of variables: those may be secrets.
    if is_json:
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_json),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _json(event: Any, **given: Any) -> str:
    return orjson.dumps(event, default=str).decode()
