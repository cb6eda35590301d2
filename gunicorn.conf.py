"""Gunicorn for all three web processes: one process each, threads, because the work is waiting and short SQL."""

workers = 1
worker_class = "gthread"
threads = 16
keepalive = 30
timeout = 60
graceful_timeout = 10
accesslog = None  # our own structured log has what is needed, without addresses
loglevel = "warning"
