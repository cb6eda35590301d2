"""Composition root of the worker: every channel, keyword and task is registered by being imported here.

Run by `huey_consumer worker.queue` (see Procfile); several workers may run side by side on one database.
"""

from threading import Thread

import backend.citizens.keywords
import backend.complaints.keywords
import backend.dossiers.keywords
import backend.inbox.keywords
import backend.messaging.housekeeping
import backend.messaging.tasks
import backend.procedures.keywords
import backend.procedures.search
import backend.ratings.keywords
from backend import logs
from backend.messaging import channels
from backend.queue import queue as _queue
from chat_gateway.web_chat.channel import WebChannel
from sms_gateway.channel import SmsChannel

logs.configure("worker")
channels.register(SmsChannel())
channels.register(WebChannel())

queue = _queue()
Thread(target=backend.procedures.search.index, daemon=True).start()  # the first TT should not wait for it
