"""JSON logs, one line each, with the correlation id of whatever caused them, and nothing personal or secret."""

import logging
import sys
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import structlog

from shop_http.redaction import withhold
from shopcore.kernel.correlation import correlation_id
from shopcore.kernel.tracebacks import traceback_of


def _correlate(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the request, job or command, unless the line names one itself."""
    if current := correlation_id.get():
        event.setdefault("correlation_id", current)
    return event


def _render(_: object, __: str, event: MutableMapping[str, Any]) -> bytes:
    return msgspec.json.encode(event)


def _encode(_: object, __: str, line: str) -> bytes:
    return line.encode(errors="backslashreplace")


class _ToStructlog(logging.Handler):
    """What libraries log in the standard way comes out in ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it again, with its traceback."""
        said = record.getMessage()
        if record.name == "asyncio":  # what follows shows the task that failed, which quotes what its exception says
            said = said.partition("\n")[0]
        structlog.get_logger(record.name).log(record.levelno, said, exc_info=record.exc_info)


def _note_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody has caught is logged as everything is: Python would print what the exception says."""
    if issubclass(kind, Exception):
        structlog.get_logger("shop").critical("crashed", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)


def _for_people() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback), _encode]


def _stdout() -> BinaryIO:
    return sys.stdout.buffer


def configure(
    *, level: str = "info", form: str = "json", to: Callable[[], BinaryIO] = _stdout, cached: bool = True
) -> None:
    """Log to standard output: `json` for machines, `text` for people. Libraries are heard from `warning` on.

    Whatever looks personal or secret is withheld, and tracebacks tell neither local variables nor what an exception
    says. Loggers that are `cached` remember this for good.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _correlate,
            structlog.processors.ExceptionRenderer(lambda raised: traceback_of(raised[1])),
            withhold,
            *([_render] if form == "json" else _for_people()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.BytesLogger(to()),
        cache_logger_on_first_use=cached,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=logging.WARNING, force=True)
    sys.excepthook = _note_crash


def configure_for_commands() -> None:
    """Warnings to whoever has typed the command: what it prints for machines is on standard output."""
    configure(level="warning", form="text", to=lambda: sys.stderr.buffer, cached=False)
