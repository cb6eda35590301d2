"""kill -9 at every single line between a message's arrival and its answer's delivery: nothing lost, nothing twice."""

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from backend import clock, database
from backend import messaging as package
from backend.messaging import service, tasks
from backend.messaging.channels import Reply
from backend.messaging.models import Status
from tests.builders import messaging as make

pytestmark = pytest.mark.usefixtures("database")

OURS = (str(Path(package.__path__[0])), str(Path(database.__file__)))
Line = tuple[str, int]


class Killed(BaseException):
    """Nothing of ours catches it, and what it leaves open is rolled back, as the database does for a dead client."""


def traced(act: Callable[[], object], at: Line | None = None) -> list[Line]:
    """Run `act` and give the lines of ours it goes through, in order; die the first time it comes to line `at`."""
    seen: list[Line] = []

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        line = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line":
            seen.append(line)
            if line == at:
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except Killed:
        _forget_open_session()
    finally:
        sys.settrace(before)
    return list(dict.fromkeys(seen))


def _forget_open_session() -> None:
    """What a dead process keeps in memory is gone, also where it died on the way into or out of a transaction."""
    session = database._current.get()
    if session is not None:
        session.close()
        database._current.set(None)
    if (whole := database._whole.get()) is not None:
        whole.close()
        database._whole.set(None)


def test_a_kill_at_any_line_loses_nothing_and_doubles_nothing(monkeypatch):
    channel, scripted = make.install(monkeypatch)
    numbers = iter(range(1, 1_000))

    def life(number: int) -> Callable[[], object]:
        def live() -> None:
            make.text(f"câu {number}", id=f"SM{number}", address=f"+849000{number:05d}")
            make.work()

        return live

    lines = traced(life(next(numbers)))
    assert len(lines) > 100
    died = {next(numbers): line for line in lines}
    for number, line in died.items():
        traced(life(number), at=line)
        make.queue().storage.flush_all()  # the next one is not to die in this one's work; the sweep finds it
        life(number)()  # the provider was not told 200, or repeats it anyway
        make.queue().storage.flush_all()
    for minutes in (1, 2):
        with clock.stopped_at(clock.now() + timedelta(minutes=minutes)):
            make.sweep()
            make.work(rounds=10_000)
    for number, line in died.items():
        sent = [outgoing for outgoing in channel.sent if outgoing.address == f"+849000{number:05d}"]
        assert [outgoing.body for outgoing in sent] == [f"đã nghe: câu {number}"], line
        assert make.row(sent[0].id).status == Status.SENT, line
        assert scripted.asked.count(f"câu {number}") == 1, line


def test_a_kill_while_several_go_out_together_loses_and_doubles_none(monkeypatch):
    channel, _ = make.install(monkeypatch)
    channel.room = 2
    people = iter(range(1, 1_000))

    def queued() -> list[int]:
        conversations = [service.conversation_with("sms", f"+849001{next(people):05d}") for _ in range(2)]
        ids = [service.say(each, Reply("tin báo")) for each in conversations]
        make.queue().storage.flush_all()
        return ids

    first = queued()
    lines = [line for line in traced(lambda: tasks.deliver.call_local(first[0])) if line[0] != database.__file__]
    assert len(lines) > 40
    assert channel.together == [2]
    for line in lines:
        ids = queued()
        traced(lambda ids=ids: tasks.deliver.call_local(ids[0]), at=line)
        with clock.stopped_at(clock.now() + timedelta(minutes=2)):
            for each in ids:
                tasks.deliver.call_local(each)
        assert [o.id for o in channel.sent if o.id in ids] == ids, line
        assert {make.row(each).status for each in ids} == {Status.SENT}, line
