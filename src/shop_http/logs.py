"""JSON logs, one line each, with the correlation id of whatever caused them."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from shopcore.kernel.correlation import correlation_id


def _correlate(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the request, job or command, unless the line names one itself."""
    if current := correlation_id.get():
        event.setdefault("correlation_id", current)
    return event


def _render(_: object, __: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event, enc_hook=str)


class _ToStructlog(logging.Handler):
    """What libraries log in the standard way comes out in ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it again, with its traceback."""
        structlog.get_logger(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def _for_people() -> structlog.dev.ConsoleRenderer:
    """The prettier traceback would show local variables, and with them tokens and addresses."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def configure(*, level: str = "info", form: str = "json") -> None:
    """Log to standard output: `json` for machines, `text` for people. Libraries are heard from `warning` on."""
    as_json = form == "json"
    finish = [structlog.processors.format_exc_info, _render] if as_json else [_for_people()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _correlate,
            *finish,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer) if as_json else structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
