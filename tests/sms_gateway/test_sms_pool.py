"""Several providers: shares, failover, who is asked afterwards, weights that move and come back, draining."""

from collections import Counter
from datetime import timedelta

import pytest
from pydantic import ValidationError

from backend import clock
from backend.cli import commands  # noqa: F401 - the application's commands
from backend.database import transaction
from backend.messaging import service, tasks
from backend.messaging.channels import Rejected, Reply, TryLater, Undecided
from backend.messaging.models import Message, Status
from sms_gateway import health, standing
from sms_gateway.channel import SmsChannel
from sms_gateway.pool import FAITHFUL, Pool
from sms_gateway.providers.base import Handing, Provider
from tests.builders import messaging, sms

pytestmark = pytest.mark.usefixtures("database")


class Carrier(Provider):
    """Fails as told, and remembers references as a provider does that can be asked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.fails: Exception | None = None
        self.takes_before_failing = False
        self.has: list[str] = []
        self.asked: list[str] = []

    def try_send(self, to, body, reference):
        if self.fails is None or self.takes_before_failing:
            self.has.append(reference)
        if self.fails:
            raise self.fails
        return f"{self.name}-{reference}"

    def find(self, to, body, reference, since):
        self.asked.append(reference)
        return f"{self.name}-{reference}" if reference in self.has else None


@pytest.fixture
def two(monkeypatch):
    sms.configure(
        monkeypatch, SMS_PROVIDERS="smpp:80,esms:20", SMS_COSTS="smpp:350,esms:500", SMS_ERRORS_PER_MINUTE="5"
    )
    return Carrier("smpp"), Carrier("esms")


def pool(*carriers: Carrier) -> Pool:
    return Pool({carrier.name: carrier for carrier in carriers})


def test_messages_are_shared_out_by_weight(two):
    smpp, esms = two
    sender = pool(*two)
    for number in range(300):
        sender.send(sms.CITIZEN, "Da", f"{number}", again=False)
    assert 200 < len(smpp.has) < 275
    assert len(smpp.has) + len(esms.has) == 300


def test_what_one_certainly_did_not_take_goes_to_the_other_at_once(two):
    smpp, esms = two
    smpp.fails = TryLater("down")
    sender = pool(*two)
    assert {sender.send(sms.CITIZEN, "Da", f"{n}", again=False).provider for n in range(5)} == {"esms"}
    esms.fails = TryLater("down, too")
    with pytest.raises(TryLater):
        sender.send(sms.CITIZEN, "Da", "x", again=False)


def test_a_message_without_an_answer_stays_with_the_one_that_may_have_it(two, monkeypatch):
    smpp, esms = two
    channel = SmsChannel(*two)
    messaging.install(monkeypatch, channel)
    standing.set_weight("esms", 0)
    smpp.fails, smpp.takes_before_failing = Undecided("silence"), True
    message_id = service.say(service.conversation_with("sms", sms.CITIZEN), Reply("Dạ."))
    messaging.work()
    assert messaging.row(message_id).status == Status.SENDING
    smpp.fails = None
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        tasks.deliver.call_local(message_id)
    row = messaging.row(message_id)
    assert (row.status, row.provider, row.cost) == (Status.SENT, "smpp", 350)
    assert len(smpp.has) == 1
    assert (esms.has, esms.asked) == ([], [])


def test_a_provider_that_never_answers_again_does_not_keep_a_message_for_ever(two):
    smpp, esms = two
    standing.set_weight("esms", 0)
    sender = pool(*two)
    smpp.fails = Undecided("silence")
    with pytest.raises(Undecided):
        sender.send(sms.CITIZEN, "Da", "x", again=False)
    smpp.fails = TryLater("down")
    with pytest.raises(TryLater):
        sender.send(sms.CITIZEN, "Da", "x", again=True)
    assert esms.has == []
    smpp.fails = Undecided("silence")
    with pytest.raises(Undecided):
        sender.send(sms.CITIZEN, "Da", "y", again=False)
    smpp.fails = TryLater("down")
    with clock.stopped_at(clock.now() + FAITHFUL):
        assert sender.send(sms.CITIZEN, "Da", "y", again=True).provider == "esms"


def test_after_a_crash_the_one_it_went_to_is_asked(two):
    smpp, esms = two
    pool(*two).send(sms.CITIZEN, "Da", "x", again=False)
    has, other = (smpp, esms) if smpp.has else (esms, smpp)
    found = pool(*two).find(sms.CITIZEN, "Da", "x", clock.now())
    assert found is not None
    assert (found.provider, other.asked) == (has.name, [])


def test_a_refusal_of_the_message_blames_no_provider(two):
    smpp, esms = two
    smpp.fails = esms.fails = Rejected("bad number", "108")
    sender = pool(*two)
    for number in range(10):
        with pytest.raises(Rejected):
            sender.send(sms.CITIZEN, "Da", f"{number}", again=False)
    assert [standing.errors(name) for name in ("smpp", "esms")] == [0, 0]


def handings(*references: str) -> list[Handing]:
    return [Handing(sms.CITIZEN, "Da", reference) for reference in references]


def test_several_at_once_go_to_one_provider_and_what_it_did_not_take_to_the_other(two):
    smpp, esms = two
    standing.set_weight("esms", 0)
    sender = pool(*two)
    assert {each.provider for each in sender.send_all(handings("1", "2"))} == {"smpp"}
    assert sender.find(sms.CITIZEN, "Da", "2", clock.now()).provider == "smpp"
    smpp.fails = TryLater("down")
    assert {each.provider for each in sender.send_all(handings("3", "4"))} == {"esms"}
    smpp.fails, smpp.takes_before_failing = Undecided("silence"), True
    assert [type(each) for each in sender.send_all(handings("5"))] == [Undecided]
    assert (smpp.has, esms.has) == (["1", "2", "5"], ["3", "4"])
    esms.fails, smpp.fails, smpp.takes_before_failing = TryLater("down, too"), TryLater("down"), False
    assert [type(each) for each in sender.send_all(handings("6"))] == [TryLater]
    standing.set_draining("smpp", True)
    standing.set_draining("esms", True)
    assert [type(each) for each in pool(*two).send_all(handings("7"))] == [TryLater]


def test_as_many_go_at_once_as_the_least_of_the_providers_takes(two):
    smpp, esms = two
    smpp.at_once, esms.at_once = 50, 1
    assert (pool(smpp).at_once, pool(*two).at_once) == (50, 1)


def weights() -> dict[str, int]:
    return {each.name: each.weight for each in standing.now()}


def test_errors_take_weight_a_step_a_minute_and_quiet_gives_it_back(two):
    start = clock.now().replace(second=1, microsecond=0)
    with clock.stopped_at(start):
        for _ in range(5):
            standing.note_error("smpp")
        assert weights() == {"smpp": 80, "esms": 20}, "five are allowed"
        for _ in range(20):
            standing.note_error("smpp")
        assert weights() == {"smpp": 70, "esms": 30}, "one step, however many errors"
    with clock.stopped_at(start + timedelta(seconds=61)):
        for _ in range(6):
            standing.note_error("smpp")
        assert weights() == {"smpp": 60, "esms": 40}
    for minutes, expected in ((10, 60), (15, 60), (17, 70), (18, 70), (22, 80), (40, 80)):
        with clock.stopped_at(start + timedelta(minutes=minutes)):
            standing.balance()
            assert weights()["smpp"] == expected, minutes
    assert weights()["esms"] == 20


def sent(provider: str, seconds: float, count: int, status: str = Status.DELIVERED) -> None:
    conversation_id = service.conversation_with("sms", sms.CITIZEN)
    with transaction() as session:
        for _ in range(count):
            at = clock.now() - timedelta(minutes=10)
            session.add(
                Message(
                    conversation_id=conversation_id,
                    direction="out",
                    channel="sms",
                    provider=provider,
                    status=status,
                    text="x",
                    created_at=at,
                    updated_at=at + timedelta(seconds=seconds),
                )
            )


def test_slowness_takes_weight_unless_all_are_slow(two):
    sent("smpp", 400, 2)
    sent("smpp", 1, 8)
    sent("esms", 1, 10)
    standing.balance()
    assert weights() == {"smpp": 70, "esms": 30}
    assert standing.slow_shares(["smpp", "esms"]) == {"smpp": 0.2, "esms": 0.0}
    sent("esms", 400, 5)
    with clock.stopped_at(clock.now() + timedelta(minutes=2)):
        standing.balance()
    assert weights() == {"smpp": 70, "esms": 30}, "none is better than the other"


def test_a_provider_without_receipts_is_not_slow(two):
    sent("smpp", 0, 10, Status.SENT)
    assert standing.slow_shares(["smpp"]) == {}


def test_a_draining_provider_gets_nothing_new_and_finishes_what_it_has(two):
    smpp, esms = two
    standing.set_weight("esms", 0)
    sender = pool(*two)
    smpp.fails = Undecided("silence")
    with pytest.raises(Undecided):
        sender.send(sms.CITIZEN, "Da", "begun", again=False)
    standing.set_draining("smpp", True)
    sender = pool(*two)
    for number in range(5):
        sender.send(sms.CITIZEN, "Da", f"{number}", again=False)
    smpp.fails = None
    assert sender.send(sms.CITIZEN, "Da", "begun", again=True).provider == "smpp"
    assert (smpp.has, len(esms.has)) == (["begun"], 5)
    standing.set_draining("esms", True)
    with pytest.raises(TryLater) as waits:
        pool(*two).send(sms.CITIZEN, "Da", "z", again=False)
    assert waits.value.after_seconds == 60.0


def test_the_only_provider_is_drained_too_and_everything_waits(monkeypatch):
    sms.configure(monkeypatch, SMS_PROVIDERS="", SMS_PROVIDER="smpp")
    smpp = Carrier("smpp")
    standing.set_draining("smpp", True)
    with pytest.raises(TryLater):
        pool(smpp).send(sms.CITIZEN, "Da", "1", again=False)
    [waits] = pool(smpp).send_all([Handing(sms.CITIZEN, "Da", "2")])
    assert isinstance(waits, TryLater)
    standing.set_draining("smpp", False)
    assert pool(smpp).send(sms.CITIZEN, "Da", "1", again=True).provider == "smpp"
    assert smpp.has == ["1"]


def test_a_changed_setting_wins_over_what_was_changed_by_hand(two, monkeypatch):
    standing.set_weight("smpp", 10)
    assert weights() == {"smpp": 10, "esms": 20}
    sms.configure(monkeypatch, SMS_PROVIDERS="smpp:50,esms:50")
    assert weights() == {"smpp": 50, "esms": 50} or weights() == {"smpp": 50, "esms": 20}


@pytest.mark.parametrize("text", ["smpp", "smpp:101", "smpp:-1", "who:5", "smpp:5,smpp:6", "smpp:٥"])
def test_what_is_no_list_of_providers_does_not_start(monkeypatch, text):
    with pytest.raises(ValidationError, match="SMS_PROVIDERS"):
        sms.configure(monkeypatch, SMS_PROVIDERS=text)


def test_the_gateway_tells_and_changes_over_its_own_api(two, monkeypatch):
    client = sms.client(monkeypatch, SMS_PROVIDERS="smpp:80,esms:20", SMS_COSTS="smpp:350")
    token = {"Authorization": "Bearer test-internal-token"}
    assert client.get("/sms/providers/").status_code == 401
    told = client.post("/sms/providers/smpp", json={"weight": 60, "draining": True}, headers=token).get_json()
    smpp, esms = told["providers"]
    assert (smpp["weight"], smpp["draining"], smpp["price"], esms["price"]) == (60, True, 350, None)
    assert client.post("/sms/providers/who", json={"weight": 60}, headers=token).status_code == 404
    for wrong in ({"weight": 101}, {"weight": "x"}, {"other": 1}):
        assert client.post("/sms/providers/smpp", json=wrong, headers=token).status_code == 422


def test_costs_are_summed(two, monkeypatch):
    messaging.install(monkeypatch, SmsChannel(*two))
    conversation = service.conversation_with("sms", sms.CITIZEN)
    for words in ("Dạ.", "x" * 200):
        service.say(conversation, Reply(words))
    messaging.work()
    cost = {350: 1, 500: 1, 700: 2, 1000: 2}
    spent = Counter({each.name: each.cost_today for each in health.providers()})
    assert spent.total() in {a + b for a, n in cost.items() for b, m in cost.items() if (n, m) == (1, 2)}
