"""Gunicorn for all three web processes: one process each, threads, because the work is waiting and short SQL."""

from threading import Thread
from typing import Any

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
    warm = worker.app.callable.extensions.get("warm")
    if warm is not None:
        Thread(target=warm, daemon=True).start()
