"""Asking Telegram for updates, for those whom it cannot reach: no public address, no certificate.

Telegram forgets an update once a later one is asked for, so that is done only when the ledger has it: a kill at any
line makes updates come twice, never get lost, and the ledger takes them once.
"""

import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from backend.logs import logger
from backend.messaging.channels import SendError
from chat_gateway.telegram import service
from chat_gateway.telegram.bot_api import Line
from chat_gateway.telegram.schemas import Raw

log = logger(__name__)

WAIT_SECONDS = 25
PAUSE_SECONDS = 3.0
MOST_TRIES = 5
"""Of an update that ends in a fault of ours; a busy database is no such fault."""


def run(
    line: Line, *, rounds: int | None = None, wait: int = WAIT_SECONDS, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Poll for ever, or `rounds` times."""
    offset: int | None = None
    while rounds is None or rounds > 0:
        rounds = None if rounds is None else rounds - 1
        try:
            updates = line.updates(offset, wait)
        except SendError as error:
            log.warning("telegram not polled", error=str(error))
            sleep(PAUSE_SECONDS)
            continue
        for raw in updates:
            _take(raw, sleep)
            offset = int(raw["update_id"]) + 1


def _take(raw: Raw, sleep: Callable[[float], None]) -> None:
    """Until it is written down; only what is a fault of ours, and stays one, is given up."""
    faults = 0
    while faults < MOST_TRIES:
        try:
            service.take(raw)
            return
        except SQLAlchemyError as error:
            log.warning("update not written down yet", update=raw["update_id"], error=type(error).__name__)
        except Exception:  # it must not block those after it
            faults += 1
            log.exception("update failed", update=raw["update_id"])
        sleep(PAUSE_SECONDS)
