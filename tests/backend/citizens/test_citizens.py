"""Identity and consent."""

import pytest

import backend.citizens.keywords
import backend.messaging.housekeeping  # noqa: F401
from backend.citizens import service
from backend.messaging import wording
from backend.messaging.channels import Choice, Reply
from tests.builders import messaging as make


@pytest.fixture
def house(database, monkeypatch):
    return make.install(monkeypatch)


@pytest.mark.parametrize("address", ["+84900000001", "0900000001", "84900000001"])
def test_an_sms_proves_its_number(house, address):
    assert service.verified_phone("sms", address) == "+84900000001"


def test_a_short_code_is_nobody(house):
    assert service.verified_phone("sms", "VIETTEL") is None


def test_other_channels_prove_nothing_by_themselves(house):
    assert service.verified_phone("web", "+84900000001") is None


def test_dung_and_tiep(house):
    channel, scripted = house
    for words, wanted in (("DUNG", False), ("tiếp", True), ("Dừng", False)):
        make.text(words)
        make.work()
        assert service.wants_notices("sms", "+84900000001") is wanted
    assert scripted.asked == []
    assert channel.bodies[0] == service.STOPPED


STOP = ["STOP", "Stopall", "UNSUBSCRIBE", "quit", "OPTOUT", "revoke", "DUNG", "dừng nhắn tin", "Stop."]


@pytest.mark.parametrize("again", ["START", "unstop", "TIEP", "tiếp tục"])
@pytest.mark.parametrize("words", STOP)
def test_every_word_that_stops_notices_by_sms_and_every_one_that_resumes_them(house, words, again):
    _, scripted = house
    for text, wanted in ((words, False), (again, True)):
        make.text(text)
        make.work()
        assert service.wants_notices("sms", "+84900000001") is wanted
    assert scripted.asked == []


@pytest.mark.parametrize(
    "words", ["CANCEL", "End", "YES", "yes", "unsubscribe me", "quit bằng cách nào", "stop gửi tin hồ sơ"]
)
def test_words_that_mean_something_in_a_dialogue_are_the_assistants(house, words):
    """CANCEL in the middle of a report cancels the report; a provider that took it for an opt-out says so."""
    _, scripted = house
    make.text(words)
    make.work()
    assert scripted.asked == [words]
    assert service.wants_notices("sms", "+84900000001")


def test_help_is_answered_by_its_english_word(house):
    channel, scripted = house
    make.text("HELP")
    make.work()
    assert (channel.bodies, scripted.asked) == ([wording.HELP], [])


def test_the_words_of_carriers_mean_nothing_in_a_chat(database, monkeypatch):
    _, scripted = make.install(monkeypatch, make.RecordingChannel("telegram"))
    for words in ("quit", "unstop", "unsubscribe", "stop"):
        make.text(words, channel="telegram", address="77")
    make.work()
    assert scripted.asked == ["quit", "unstop", "unsubscribe"]
    assert not service.wants_notices("telegram", "77")


@pytest.mark.parametrize(
    "words", ["dùng dịch vụ công thế nào", "đúng", "Đúng.", "đừng", "đúng rồi", "tiep tuc tu dau", "dung roi"]
)
def test_words_that_only_begin_like_a_command_are_left_to_the_assistant(house, words):
    _, scripted = house
    make.text(words)
    make.work()
    assert scripted.asked == [words]
    assert service.wants_notices("sms", "+84900000001")


@pytest.mark.parametrize(("last", "stops"), [("/deny", False), ("/ask_fee", True)])
def test_a_bare_dung_says_yes_to_a_question_and_stops_notices_otherwise(house, last, stops):
    _, scripted = house
    scripted.answer = lambda _: [Reply("Có phải thủ tục này không ạ?", (Choice("Khai sinh", "/x"), Choice("?", last)))]
    for words in ("khai sinh", "dung"):
        make.text(words)
        make.work()
    assert scripted.asked == (["khai sinh"] if stops else ["khai sinh", "dung"])
    assert service.wants_notices("sms", "+84900000001") is not stops


def test_the_word_that_stops_is_heard_in_the_middle_of_a_question(house):
    _, scripted = house
    scripted.answer = lambda _: [Reply("Có phải thủ tục này không ạ?", (Choice("Không phải", "/deny"),))]
    for words in ("khai sinh", "dừng"):
        make.text(words)
        make.work()
    assert not service.wants_notices("sms", "+84900000001")


def test_a_citizen_is_known_by_phone_once(house):
    assert service.register("Trần Thị Mai", "+84900000001") == service.register("Mai", "+84900000001")
