"""Identity and consent."""

import pytest

import backend.citizens.keywords  # noqa: F401
from backend.citizens import service
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


@pytest.mark.parametrize("words", ["dùng dịch vụ công thế nào", "đúng rồi", "tiep tuc tu dau", "dung roi"])
def test_words_that_only_begin_like_a_command_are_left_to_the_assistant(house, words):
    _, scripted = house
    make.text(words)
    make.work()
    assert scripted.asked == [words]
    assert service.wants_notices("sms", "+84900000001")


def test_a_citizen_is_known_by_phone_once(house):
    assert service.register("Trần Thị Mai", "+84900000001") == service.register("Mai", "+84900000001")
