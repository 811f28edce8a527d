"""Logs: one JSON object a line on stderr, with trace id and request id; the standard library's logging goes the same way."""

import logging
import sys
from contextvars import ContextVar
from typing import Any, Final, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor, WrappedLogger

from arena.chassis.core.settings import LogLevel
from arena.chassis.core.telemetry import trace_ids

request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being served, if one is."""

_TALKATIVE: Final = ("httpx", "httpcore", "uvicorn.access", "opentelemetry", "alembic.runtime.migration")


def add_ids(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Add what joins the lines of one request, and of one trace."""
    if (request_id := request_id_var.get()) is not None:
        event["request_id"] = request_id
    if ids := trace_ids():
        event["trace_id"], event["span_id"] = ids
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        add_ids,
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    ]


def set_up_logging(level: LogLevel, stream: TextIO | None = None) -> None:
    """Route structlog and the standard library's logging to `stream` (stderr) as JSON lines.

    Tracebacks carry no local variables, as these may hold what people wrote.
    """
    number = logging.getLevelNamesMapping()[level.value.upper()]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer(default=str)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> Any:
    """A logger; call it with an event name in snake_case and facts as keywords."""
    return structlog.get_logger(name)
