"""Structured logs: a constant message with ids as fields; phone and identity numbers are masked.

The lines of a request share its id, which may come with it in `X-Request-ID`; those of a turn or a delivery name the
message.
"""

import logging
import re
from typing import Any

import structlog
from structlog.types import EventDict, WrappedLogger

from backend.settings import settings
from backend.text import masked

REQUEST_ID_HEADER = "X-Request-ID"
_POSTGRESQL_VALUES = re.compile(r"\nDETAIL:.*?(?=\n\[SQL|\n\nThe above exception|\Z)", re.DOTALL)


def _masked_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _without_personal_data(value) if isinstance(value, str) else value for key, value in event.items()}


def _without_personal_data(text: str) -> str:
    return masked(_POSTGRESQL_VALUES.sub("", text))  # "Failing row contains (…)"


def configure(process: str) -> None:
    """Set up logging for this process; everything that the libraries log goes the same way. Call once at start."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        lambda _logger, _method, event: event | {"process": process},  # a contextvar stays in the thread that set it
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _masked_values,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if settings().log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level)
    for noisy in ("httpx", "httpcore", "huey", "twilio", "bm25s"):
        logging.getLogger(noisy).setLevel("WARNING")


def logger(name: str) -> Any:
    """A structlog logger; `log.info("dossier received", dossier=id)`, never an f-string."""
    return structlog.stdlib.get_logger(name)
