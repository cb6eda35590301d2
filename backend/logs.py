"""Structured logs: a constant message with ids as fields; phone and identity numbers are masked.

The lines of a request share its id, which may come with it in `X-Request-ID`; those of a turn or a delivery name the
message. A traceback names lines of code and never the values of variables, which are what citizens wrote.
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


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _masked_values,
]
_TO_READ = structlog.dev.ConsoleRenderer(colors=False)
# For scripts that configure nothing: structlog's own default lists local variables, taking seconds for each traceback.
structlog.configure(processors=[*_SHARED, _TO_READ])


def configure(process: str) -> None:
    """Set up logging for this process; everything that the libraries log goes the same way. Call once at start."""

    def named(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["process"] = process  # not a contextvar, which stays in the thread that set it
        return event

    shared = [named, *_SHARED]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if settings().log_format == "json" else _TO_READ
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(settings().log_level),
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
    for noisy in ("httpx", "httpcore", "telegram", "huey", "twilio", "bm25s"):
        logging.getLogger(noisy).setLevel("WARNING")


def logger(name: str) -> Any:
    """A structlog logger; `log.info("dossier received", dossier=id)`, never an f-string."""
    return structlog.stdlib.get_logger(name)
