"""Gunicorn for all three web processes: one process each, threads, because the work is waiting and short SQL."""

import gc
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

sys.setswitchinterval(0.0005)  # whoever holds the write lock must not wait the usual 5 ms for a thread that computes

workers = 1
worker_class = "gthread"
threads = 16
keepalive = 30
timeout = 60
graceful_timeout = 10
accesslog = None  # our own structured log has what is needed, without addresses
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Build what the first question would wait for, beside the first requests."""
    Thread(target=_settle, args=[worker.app.callable.extensions.get("warm")], daemon=True).start()


def _settle(warm: Callable[[], object] | None) -> None:
    # What is made here stays. To look through all of it for garbage would stop every thread for some 80 ms, now and
    # then with the write lock held.
    gc.disable()
    try:
        if warm is not None:
            warm()
    finally:
        gc.freeze()
        gc.enable()
