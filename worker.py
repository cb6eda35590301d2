"""Composition root of the worker: every channel, keyword and task is registered by being imported here.

Run by `huey_consumer worker.queue` (see Procfile); several workers may run side by side on one database.
"""

import backend.citizens.keywords
import backend.complaints.keywords
import backend.dossiers.keywords
import backend.inbox.keywords
import backend.messaging.housekeeping
import backend.messaging.tasks
import backend.procedures.keywords
import backend.ratings.keywords  # noqa: F401
from backend import logs
from backend.messaging import channels
from backend.queue import queue as _queue
from chat_gateway.web_chat.channel import WebChannel
from sms_gateway.channel import SmsChannel

logs.configure("worker")
channels.register(SmsChannel())
channels.register(WebChannel())

queue = _queue()
