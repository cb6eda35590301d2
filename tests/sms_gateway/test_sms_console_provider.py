"""The console provider: a file that survives crashes and several writers, and no message twice."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from backend import clock
from backend.messaging import delivery
from backend.messaging.channels import TryLater, Undecided
from backend.messaging.models import Status
from backend.settings import ROOT
from sms_gateway.channel import SmsChannel
from sms_gateway.providers.base import Handing
from sms_gateway.providers.console import ConsoleProvider
from tests.builders import messaging, sms

SINCE = clock.now()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "sms_outbox.jsonl"


def lines(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def test_a_message_is_a_line_and_a_print(path, capsys):
    provider_id = ConsoleProvider(path).try_send(sms.CITIZEN, "Dạ,\nđây ạ", "7-x")
    [line] = lines(path)
    assert line | {"at": ""} == {"id": provider_id, "to": sms.CITIZEN, "body": "Dạ,\nđây ạ", "segments": 1, "at": ""}
    printed = capsys.readouterr().out
    assert "Dạ,\nđây ạ" in printed
    assert sms.CITIZEN not in printed
    assert path.stat().st_mode & 0o077 == 0, "what citizens are told is nobody else's business"


def test_find_knows_what_was_written(path):
    provider = ConsoleProvider(path)
    assert provider.find(sms.CITIZEN, "a", "7-x", SINCE) is None
    provider_id = provider.try_send(sms.CITIZEN, "a", "7-x")
    assert provider.find(sms.CITIZEN, "a", "7-x", SINCE) == provider_id
    assert provider.find(sms.CITIZEN, "a", "7", SINCE) is None
    assert provider.find(sms.CITIZEN, "a", "17-x", SINCE) is None


def test_a_body_that_names_another_id_is_not_taken_for_it(path):
    provider = ConsoleProvider(path)
    provider.try_send(sms.CITIZEN, '"id": "console-8-x"', "7-x")
    assert provider.find(sms.CITIZEN, "a", "8-x", SINCE) is None


def test_a_line_cut_short_by_a_crash_is_not_sent_and_harms_no_other(path):
    provider = ConsoleProvider(path)
    provider.try_send(sms.CITIZEN, "a", "1-x")
    provider.try_send(sms.CITIZEN, "b", "2-x")
    path.write_bytes(path.read_bytes()[:-20])
    assert provider.find(sms.CITIZEN, "b", "2-x", SINCE) is None
    provider.try_send(sms.CITIZEN, "b", "2-x")
    assert provider.find(sms.CITIZEN, "a", "1-x", SINCE)
    assert provider.find(sms.CITIZEN, "b", "2-x", SINCE)


def test_a_folder_that_cannot_be_written_means_later(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TryLater):
        ConsoleProvider(tmp_path / "file" / "outbox").try_send(sms.CITIZEN, "a", "1-x")


@pytest.mark.parametrize("broken", ["write", "fsync"])
def test_a_full_disk_leaves_the_message_undecided(path, monkeypatch, broken):
    provider = ConsoleProvider(path)
    provider.try_send(sms.CITIZEN, "a", "1-x")

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fails)
    with pytest.raises(Undecided):
        provider.try_send(sms.CITIZEN, "b", "2-x")


def test_half_a_write_is_undecided_and_not_found(path, monkeypatch):
    provider, write = ConsoleProvider(path), os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    with pytest.raises(Undecided):
        provider.try_send(sms.CITIZEN, "b", "2-x")
    assert provider.find(sms.CITIZEN, "b", "2-x", SINCE) is None


def test_several_at_once_are_one_write_and_are_found_one_by_one(path, monkeypatch):
    provider, write, writes = ConsoleProvider(path), os.write, []
    monkeypatch.setattr(os, "write", lambda file, data: writes.append(data) or write(file, data))
    ids = provider.try_send_all([Handing(sms.CITIZEN, f"tin {n}", f"{n}-x") for n in range(3)])
    assert [line["id"] for line in lines(path)] == ids == [f"console-{n}-x" for n in range(3)]
    assert len(writes) == 1
    assert all(provider.find(sms.CITIZEN, "", f"{n}-x", SINCE) for n in range(3))
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:10]))
    assert [type(each) for each in provider.try_send_all([Handing(sms.CITIZEN, "a", "8-x")] * 2)] == [Undecided] * 2


WRITER = """
import sys
from pathlib import Path
from sms_gateway.providers.console import ConsoleProvider

provider = ConsoleProvider(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    provider.try_send("+84905123456", f"{sys.argv[2]} " * 400, f"{sys.argv[2]}-{number}")
"""


def test_several_processes_write_whole_lines(path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    commands = [[sys.executable, "-c", WRITER, str(path), str(writer)] for writer in range(3)]
    writers = [subprocess.Popen(command, **pipes) for command in commands]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:  # together, however long each took to start
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    ids = [line["id"] for line in lines(path)]
    assert len(ids) == len(set(ids)) == 120


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("dies", ["after writing", "before writing"])
def test_a_worker_killed_while_sending_leaves_exactly_one_message(monkeypatch, path, dies):
    class Killed(BaseException):
        pass

    provider = ConsoleProvider(path)
    sms.configure(monkeypatch)
    messaging.install(monkeypatch, SmsChannel(provider))
    write = provider._append

    def dying(line: bytes) -> None:
        if dies == "after writing":
            write(line)
        raise Killed

    monkeypatch.setattr(provider, "_append", dying)
    messaging.text("xin chào", address=sms.CITIZEN)
    with pytest.raises(Killed):
        messaging.work()
    monkeypatch.setattr(provider, "_append", write)
    [message] = [m for m in sms.messages() if m.direction == "out"]
    assert message.status == Status.SENDING
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        delivery.deliver(message.id)
    assert [line["body"] for line in lines(path)] == ["da nghe: xin chao"]
    assert messaging.row(message.id).provider_message_id == lines(path)[0]["id"]
    assert messaging.row(message.id).status == Status.SENT
