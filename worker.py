"""Composition root of the worker: every channel, keyword and task is registered by being imported here.

Run by `huey_consumer worker.queue` (see Procfile); several workers may run side by side on one database.
"""

import gc
import sys
from threading import Thread

import backend.citizens.keywords
import backend.complaints.keywords
import backend.complaints.tasks
import backend.dossiers.keywords
import backend.dossiers.tasks
import backend.inbox.keywords
import backend.inbox.listening
import backend.inbox.tasks
import backend.messaging.housekeeping
import backend.messaging.tasks
import backend.notifications.digest_tasks
import backend.notifications.dispatch
import backend.notifications.tasks
import backend.organisation.calendar_days
import backend.procedures.keywords
import backend.procedures.search
import backend.ratings.keywords
import backend.ratings.tasks
import chat_gateway.telegram.tasks
import chat_gateway.zalo
import sms_gateway.tasks  # noqa: F401 - registers them
from backend import logs
from backend.messaging import channels
from backend.notifications.email import EmailChannel
from backend.queue import queue as _queue
from chat_gateway.web_chat.channel import WebChannel
from sms_gateway.channel import SmsChannel

sys.setswitchinterval(0.0005)  # why: gunicorn.conf.py
logs.configure("worker")
backend.organisation.calendar_days.install()
channels.register(SmsChannel())
channels.register(WebChannel())
channels.register(EmailChannel())
chat_gateway.telegram.register()
chat_gateway.zalo.register()

backend.notifications.dispatch.warn_of_left_out()

queue = _queue()


def _settle() -> None:
    gc.disable()  # why: gunicorn.conf.py
    try:
        backend.procedures.search.index()  # the first TT should not wait for it
    finally:
        gc.freeze()
        gc.enable()


Thread(target=_settle, daemon=True).start()
