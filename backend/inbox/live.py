"""What is new, told at once to every browser that has the inbox open: server-sent events without a thread each.

A web process has few threads, and 200 officers would hold them all. So the answer's socket leaves the web server after
its headers (`take_over`), and one thread of this process serves all of them: it asks the database two short questions
a few times a second, however many listen, and sends a line to those whom the news concerns. A browser that hears "news"
fetches what it shows. Where the server cannot hand over a socket, and while a connection is being made anew, browsers
look by themselves every few seconds.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from sqlalchemy import func, select

from backend.database import reading
from backend.inbox.models import Case, CaseEvent
from backend.logs import logger
from backend.messaging import service as messaging

log = logger(__name__)

MOST = 1_000
"""Browsers that one process serves; more look by themselves."""
LOOK_SECONDS = 0.25
HEARTBEAT_SECONDS = 15.0
LONGEST_SECONDS = 600.0
"""Then a browser connects anew, and who it is is asked again."""
BEGINNING = b"retry: 2000\n\n: hello\n\n"
_NEWS = b"event: news\ndata: 1\n\n"
_HEARTBEAT = b": still here\n\n"


@dataclass(eq=False)
class _Listener:
    """A browser: `conversation_id` is None for one that shows the list."""

    connection: socket.socket
    conversation_id: int | None
    until: float


@dataclass
class Hub:
    """The browsers of this process and the thread that serves them."""

    listeners: set[_Listener] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)
    _somebody: Event = field(default_factory=Event)
    _poked: set[int] = field(default_factory=set)
    _thread: Thread | None = None

    def has_room(self) -> bool:
        """Whether one more may listen."""
        return len(self.listeners) < MOST

    def add(self, connection: socket.socket, conversation_id: int | None) -> None:
        """Serve one more, whose headers have been sent."""
        with self._lock:
            until = time.monotonic() + LONGEST_SECONDS
            self.listeners.add(_Listener(connection, conversation_id, until))
            self._somebody.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._serve, name="inbox-live", daemon=True)
                self._thread.start()

    def poke(self, conversation_id: int) -> None:
        """Something that is no row has changed there: a colleague types."""
        with self._lock:
            self._poked.add(conversation_id)

    def _serve(self) -> None:
        seen: _Seen | None = None
        beat = time.monotonic()
        while True:
            if not self.listeners:
                seen = None
                self._somebody.wait()
                self._somebody.clear()
            try:
                seen, changed, listed = _look(seen)
            except Exception:  # the database is away: whoever listens looks by themselves
                log.exception("inbox cannot look for news")
                changed, listed = set(), False
                time.sleep(2)
            with self._lock:
                poked, self._poked = self._poked, set()
            changed |= poked
            now = time.monotonic()
            beats = now - beat > HEARTBEAT_SECONDS
            beat = now if beats else beat
            for listener in list(self.listeners):
                concerned = listed if listener.conversation_id is None else listener.conversation_id in changed
                self._send(listener, _NEWS if concerned else _HEARTBEAT if beats else b"", now)
            time.sleep(LOOK_SECONDS)

    def _send(self, listener: _Listener, data: bytes, now: float) -> None:
        try:
            if now > listener.until:
                raise OSError("connected long enough")
            if data and listener.connection.send(data, socket.MSG_DONTWAIT) != len(data):
                raise OSError("does not read")
        except OSError:
            with self._lock:
                self.listeners.discard(listener)
            listener.connection.close()


@dataclass(frozen=True)
class _Seen:
    message_id: int
    event_id: int


def _look(seen: _Seen | None) -> tuple[_Seen, set[int], bool]:
    """What is there, the conversations with something new, and whether the list has changed."""
    with reading() as session:
        event_id = session.scalar(select(func.max(CaseEvent.id))) or 0
        if seen is None:
            newest, _ = messaging.talked_in_since(0, limit=1)
            return _Seen(newest, event_id), set(), False
        newest, changed = messaging.talked_in_since(seen.message_id)
        if event_id > seen.event_id:
            query = select(Case.conversation_id).join(CaseEvent, CaseEvent.case_id == Case.id)
            changed |= set(session.scalars(query.where(CaseEvent.id > seen.event_id)))
    return _Seen(newest, event_id), changed, event_id > seen.event_id


hub = Hub()


def take_over(environ: dict[str, object], conversation_id: int | None) -> Callable[[], None] | None:
    """How to take a request's socket from the web server once its headers are out; None where that cannot be done."""
    connection = environ.get("gunicorn.socket")
    if type(connection) is not socket.socket or not hub.has_room():  # not an SSL socket: its bytes are not ours
        return None

    def take() -> None:
        # The server finds its socket gone, counts the connection as closed, and its thread is free.
        hub.add(socket.socket(fileno=connection.detach()), conversation_id)

    return take
