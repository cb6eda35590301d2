"""The pair of tokens: exchanged once, by one worker, kept before it is used; a refusal calls a person and no more."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from backend import clock, database
from backend.errors import InvalidInput
from backend.messaging.channels import HealthState, Reply, TryLater
from chat_gateway.zalo import accounts, cli, tokens
from chat_gateway.zalo.channel import ZaloChannel
from chat_gateway.zalo.client import Client
from chat_gateway.zalo.models import ZaloAccount
from tests.builders import zalo as make
from tests.peers.peer import ROOT
from tests.peers.zalo import client as peer
from tests.peers.zalo.client import Zalo

pytestmark = pytest.mark.usefixtures("database")
EXCHANGE = "/v4/oa/access_token"
LIFE = timedelta(hours=25)


@pytest.fixture(scope="module")
def running() -> Iterator[Zalo]:
    with peer.running() as started:
        yield started


@pytest.fixture
def zalo(running: Zalo, monkeypatch) -> Zalo:
    running.control("reset")
    make.configure(monkeypatch, **running.environment())
    pair = running.control("pair")
    accounts.keep_first(make.OA_ID, pair["access_token"], pair["refresh_token"], LIFE)
    running.set(last={make.CITIZEN: 60})
    return running


def say(channel: ZaloChannel, text: str = "Dạ.") -> None:
    channel.send(make.outgoing(channel, Reply(text), make.conversation()))


def aged(hours: float) -> None:
    """The pair was obtained so long ago."""
    with database.transaction() as session:
        row = session.get_one(ZaloAccount, make.OA_ID)
        row.obtained_at = clock.now() - timedelta(hours=hours)
        row.expires_at = row.obtained_at + LIFE


def test_a_pair_of_twenty_hours_is_exchanged_before_its_time(zalo):
    aged(19)
    say(ZaloChannel())
    assert zalo.seen["exchanges"] == []
    aged(21)
    say(ZaloChannel())
    assert zalo.seen["exchanges"] == [True]
    assert accounts.account(make.OA_ID).expires_at > clock.now() + timedelta(hours=24)


@pytest.mark.parametrize("code", [-216, -220, -124])
def test_a_refused_token_is_exchanged_once_and_the_message_sent_once_more(zalo, code):
    zalo.set(faults=[{"path": "/message/cs", "times": 1, "code": code}])
    say(ZaloChannel())
    assert zalo.seen["exchanges"] == [True]
    assert zalo.texts(make.CITIZEN) == ["Dạ."]


def test_a_token_refused_straight_after_its_exchange_is_not_exchanged_again(zalo):
    zalo.set(faults=[{"path": "/message/cs", "times": 5, "code": -216}])
    with pytest.raises(TryLater):
        say(ZaloChannel())
    assert zalo.seen["exchanges"] == [True]


def test_a_refused_exchange_calls_for_consent_and_is_not_tried_again(zalo):
    zalo.set(kill_access=True, kill_refresh=True)
    channel = ZaloChannel()
    for _ in range(4):
        with pytest.raises(TryLater) as later:
            say(channel)
    assert later.value.after_seconds == tokens.NO_CONSENT_SECONDS
    assert zalo.seen["exchanges"] == [False]
    assert channel.health().state == HealthState.ALARM
    assert any("consent" in step for step in channel.health().steps)


def test_while_the_old_token_is_good_a_refused_exchange_stops_nothing(zalo):
    zalo.set(kill_refresh=True)
    aged(21)
    say(ZaloChannel())
    say(ZaloChannel())
    assert zalo.texts(make.CITIZEN) == ["Dạ.", "Dạ."]
    assert zalo.seen["exchanges"] == [False]
    assert ZaloChannel().health().state == HealthState.ALARM


@pytest.mark.parametrize("fault", [{"status": 503}, {"code": -32}])
def test_an_exchange_that_was_not_answered_is_tried_again_after_a_while(zalo, fault):
    zalo.set(faults=[{"path": EXCHANGE, "times": 1, **fault}], kill_access=True)
    channel = ZaloChannel()
    for _ in range(2):
        with pytest.raises(TryLater):
            say(channel)
    assert [call["path"] for call in zalo.seen["calls"]].count(EXCHANGE) == 1, "the lease keeps others away"
    with database.transaction() as session:
        session.get_one(ZaloAccount, make.OA_ID).lease_until = clock.now() - timedelta(seconds=1)
    say(channel)
    assert zalo.texts(make.CITIZEN) == ["Dạ."]


def test_a_crash_between_zalos_answer_and_our_commit_ends_in_a_call_for_consent(zalo, monkeypatch):
    """Nobody can know that pair any more; what must not happen is a loop, or a message lost."""
    aged(26)
    with monkeypatch.context() as dying:
        dying.setattr(accounts, "finish_exchange", _killed)
        with pytest.raises(KeyboardInterrupt):
            say(ZaloChannel())
    with database.transaction() as session:
        session.get_one(ZaloAccount, make.OA_ID).lease_until = clock.now() - timedelta(seconds=1)
    for _ in range(3):
        with pytest.raises(TryLater):
            say(ZaloChannel())
    assert zalo.seen["exchanges"] == [True, False]
    assert accounts.account(make.OA_ID).consent_needed_since is not None


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_new_pair_is_committed_before_it_is_used(zalo):
    aged(21)
    seen = []
    channel = ZaloChannel()
    client = channel._client
    original = client._try

    def watching(method, url, content, known):
        seen.append(accounts.account(make.OA_ID).access_token == known.access_token)
        return original(method, url, content, known)

    client._try = watching
    say(channel)
    assert seen == [True]


WORKER = """
import json, sys
from backend import database
database.engine = lambda engine=database.create(sys.argv[1]): engine
from chat_gateway.zalo import accounts
from chat_gateway.zalo.client import Client
from chat_gateway.zalo.settings import zalo_settings
from backend.messaging.channels import TryLater
client = Client(zalo_settings())
known = accounts.account(zalo_settings().zalo_oa_id)
print("ready", flush=True)
sys.stdin.readline()
outcomes = []
for _ in range(100):
    try:
        newer = client.tokens.exchanged(known)
        outcomes.append(newer.access_token != known.access_token)
        break
    except TryLater:
        import time; time.sleep(0.05)
print(json.dumps(outcomes), flush=True)
"""


def test_two_workers_at_once_make_one_exchange(zalo):
    """Two real processes on one database: the one that loses waits and goes on with the winner's pair."""
    engine = database.engine()
    url = engine.url.render_as_string(hide_password=False)
    zalo.set(faults=[{"path": EXCHANGE, "times": 5, "seconds": 0.3}])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    outcomes = [json.loads(process.communicate(timeout=60)[0].splitlines()[-1]) for process in processes]
    assert outcomes == [[True], [True]]
    assert zalo.seen["exchanges"] == [True]


def test_tokens_are_not_readable_in_the_database_nor_in_a_log(zalo):
    pair = zalo.control("pair")
    accounts.keep_first(make.OA_ID, pair["access_token"], pair["refresh_token"], LIFE)
    with database.reading() as session:
        row = session.get_one(ZaloAccount, make.OA_ID)
        assert pair["access_token"] not in row.access_token
        assert pair["refresh_token"] not in row.refresh_token
    assert pair["access_token"] not in repr(accounts.account(make.OA_ID))


# --- consent ------------------------------------------------------------------------------------------------------


def test_consent_and_its_exchange_by_the_command_line(zalo, monkeypatch):
    zalo.set(kill_access=True, kill_refresh=True)
    with pytest.raises(TryLater):
        say(ZaloChannel())
    app = Flask("test")
    app.cli.add_command(cli.commands)
    run = app.test_cli_runner()
    refused = run.invoke(args=["zalo", "refresh"])
    assert (refused.exit_code, refused.output.startswith("Error: zalo consent needed")) == (1, True)
    assert "Cho phép" in run.invoke(args=["zalo", "status"]).output
    printed = run.invoke(args=["zalo", "consent"]).output
    challenge = printed.splitlines()[0].removeprefix("code challenge: ")
    assert f"code_challenge={challenge}" in printed
    code = zalo.control("consent", challenge=challenge)["code"]
    assert "tokens kept" in run.invoke(args=["zalo", "exchange", code]).output
    again = run.invoke(args=["zalo", "exchange", code])
    assert again.exit_code != 0
    assert "một lần" in again.output
    assert "state: well" in run.invoke(args=["zalo", "status"]).output
    assert "access token until" in run.invoke(args=["zalo", "refresh"]).output
    say(ZaloChannel())
    assert zalo.texts(make.CITIZEN) == ["Dạ."]


def test_a_code_without_our_verifier_is_worth_nothing(zalo):
    with pytest.raises(InvalidInput):
        Client(make.zalo_settings()).tokens.first(zalo.control("consent", challenge="another")["code"])
