"""Linking a chat to a phone number: by code, by contact; what is refused; what stays to be seen."""

import itertools
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

import backend.citizens.keywords  # noqa: F401
from backend import audit, clock
from backend.citizens import linking, service, wording
from backend.citizens.models import IdentityChange, LinkCode
from backend.database import reading
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.service import Inbound, receive
from tests.builders import messaging as make
from tests.builders.messaging import RecordingChannel

PHONE, OTHER = "+84912345678", "+84912345679"
CHAT = "8395728409275902859"
_numbers = itertools.count(1)


@pytest.fixture
def house(database, monkeypatch):
    """SMS and Zalo that remember what they were handed, and an assistant that must not hear a code."""
    sms, scripted = make.install(monkeypatch)
    zalo = RecordingChannel("zalo")
    make.install(monkeypatch, zalo, scripted)
    return sms, zalo, scripted


def write(words: str, *, address: str = CHAT) -> int:
    received = make.text(words, address=address, channel="zalo")
    make.work()
    return received.conversation_id


def share(phone: str, *, own: bool) -> int:
    contact = {"kind": "contact", "phone": phone, "own": own}
    received = receive(Inbound("zalo", f"contact-{next(_numbers)}", CHAT, "", attachments=(contact,)))
    make.work()
    return received.conversation_id


def code_in(sms) -> str:
    return re.search(r"\b\d{6}\b", sms.bodies[-1])[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize("answer", ["{code}", "LK {code}", "lk {code}", "ma {code}", " {code}. "])
def test_a_code_by_sms_links_the_chat(house, answer):
    sms, zalo, scripted = house
    write("LK 0912 345 678")
    assert sms.sent[-1].address == PHONE
    assert "Không đưa mã cho bất kỳ ai" in sms.bodies[-1]
    assert service.verified_phone("zalo", CHAT) is None
    write(answer.format(code=code_in(sms)))
    assert service.verified_phone("zalo", CHAT) == PHONE
    assert service.addresses(PHONE) == {"zalo": CHAT}
    assert "đã liên kết" in zalo.bodies[-1]
    assert [one.title for one in zalo.sent[-1].offered] == ["Xem hồ sơ của tôi"]
    assert zalo.sent[0].offered == ()
    assert PHONE[-9:] not in "".join(zalo.bodies)
    assert scripted.asked == []


def test_the_ledger_does_not_show_the_code(house):
    sms, _, _ = house
    write("LK 0912345678")
    shown = messaging.history(messaging.conversation_with("sms", PHONE))[-1]
    assert code_in(sms) not in shown.text
    with reading() as session:
        assert code_in(sms) not in str(session.scalars(select(LinkCode.digest)).all())


def test_codes_are_in_no_log_and_in_no_audit(house, caplog):
    sms, _, _ = house
    caplog.set_level(logging.DEBUG)
    codes = []
    for number in ("0912345678", "0912345679"):
        write(f"LK {number}")
        codes.append(code_in(sms))
        write(other_than(codes[-1]))
        write(codes[-1])
    with reading() as session:
        audited = str([(row.subject, row.details) for row in session.scalars(select(audit.AuditEntry))])
    for told in (caplog.text, audited):
        assert [code for code in codes if re.search(rf"\b{code}\b", told)] == []
        assert PHONE[-9:] not in told


def test_a_code_works_once_and_only_where_it_was_asked_for(house):
    sms, _, scripted = house
    write("LK 0912345678")
    code = code_in(sms)
    write(code, address="another")
    assert service.verified_phone("zalo", "another") is None
    assert scripted.asked == [code], "nobody awaited a code there"
    write(code)
    write("HUY LK")
    write(f"LK {code}")
    assert service.verified_phone("zalo", CHAT) is None


def test_a_new_code_ends_the_one_before(house):
    sms, _, _ = house
    write("LK 0912345678")
    first = code_in(sms)
    write("LK 0912345678")
    if first != code_in(sms):
        write(first)
        assert service.verified_phone("zalo", CHAT) is None
    write(code_in(sms))
    assert service.verified_phone("zalo", CHAT) == PHONE


def test_a_code_ends_after_five_minutes(house):
    sms, _, _ = house
    now = clock.now()
    with clock.stopped_at(now):
        conversation = write("LK 0912345678")
    with clock.stopped_at(now + linking.LIVES + timedelta(seconds=1)):
        assert linking.confirm(conversation, code_in(sms)) == wording.EXPIRED
    assert service.verified_phone("zalo", CHAT) is None


def test_five_wrong_tries_end_a_code(house):
    sms, zalo, _ = house
    write("LK 0912345678")
    code = code_in(sms)
    for _ in range(linking.MOST_TRIES):
        write(other_than(code))
    assert zalo.bodies[-1] == wording.TOO_MANY_TRIES
    write(f"LK {code}")
    assert service.verified_phone("zalo", CHAT) is None


def test_nobodys_phone_rings_without_end(house):
    sms, zalo, _ = house
    for number in range(linking.MOST_TO_A_PHONE + 2):
        write("LK 0912345678", address=f"stranger {number}")
    assert len(sms.bodies) == linking.MOST_TO_A_PHONE
    assert zalo.bodies[-1] == wording.TOO_MANY_CODES
    for number in range(linking.MOST_FROM_A_CONVERSATION + 2):
        write(f"LK 09123457{number:02d}")
    assert len(sms.bodies) == linking.MOST_TO_A_PHONE + linking.MOST_FROM_A_CONVERSATION


@pytest.mark.parametrize("words", ["LK 12345678", "LK 0112345678", "LK 0912345678901"])
def test_what_is_no_mobile_number_is_told_so(house, words):
    sms, zalo, _ = house
    write(words)
    assert zalo.bodies == [wording.NOT_A_PHONE]
    assert sms.bodies == []


def test_a_contact_links_only_as_the_provider_vouches(house):
    sms, _, _ = house
    share(OTHER, own=False)
    assert service.verified_phone("zalo", CHAT) is None
    assert sms.sent[-1].address == OTHER
    share(PHONE, own=True)
    assert service.verified_phone("zalo", CHAT) == PHONE


def test_another_number_takes_the_place_of_the_first_and_both_stay_to_be_seen(house):
    conversation = share(PHONE, own=True)
    share(OTHER, own=True)
    assert service.verified_phone("zalo", CHAT) == OTHER
    assert linking.unlink(conversation) == wording.unlinked(OTHER)
    assert service.verified_phone("zalo", CHAT) is None
    with reading() as session:
        changes = [
            (c.phone, c.linked, c.by) for c in session.scalars(select(IdentityChange).order_by(IdentityChange.id))
        ]
        tags = session.scalars(select(audit.AuditEntry.tag).order_by(audit.AuditEntry.id)).all()
    assert changes == [
        (PHONE, True, "contact:zalo"),
        (PHONE, False, "contact:zalo"),
        (OTHER, True, "contact:zalo"),
        (OTHER, False, f"conversation:{conversation}"),
    ]
    assert tags == ["phone:linked", "phone:unlinked", "phone:linked", "phone:unlinked"]


def test_what_was_begun_by_sms_goes_on_in_the_chat(house):
    by_sms = messaging.conversation_with("sms", PHONE)
    messaging.remember_procedure(by_sms, "1.001193")
    messaging.say(by_sms, Reply("Tin báo"), about="H15-261101-0001")
    conversation = share(PHONE, own=True)
    assert messaging.current_procedure(conversation) == "1.001193"
    assert messaging.about(conversation) == "H15-261101-0001"


def test_who_has_changed_the_channel_is_answered_where_they_asked(house):
    """No dialogue is triggered "in the latest channel": an answer goes out in the conversation of its question."""
    sms, zalo, scripted = house
    share(PHONE, own=True)
    scripted.down = True
    make.text("câu hỏi qua SMS", address=PHONE)
    make.work()
    scripted.down = False
    write("câu hỏi qua Zalo")
    with clock.stopped_at(clock.now() + timedelta(minutes=1)):
        make.sweep()
        make.work()
    assert zalo.bodies[-1] == "đã nghe: câu hỏi qua Zalo"
    assert sms.bodies[-1] == "đã nghe: câu hỏi qua SMS"
    assert "SMS" not in zalo.bodies[-1]


def test_an_sms_needs_no_link(house):
    sms, _, _ = house
    for words in ("LK", "LK 0912345678", "HUY LK"):
        make.text(words)
        make.work()
    assert set(sms.bodies) == {wording.SMS_PROVES_ITSELF}


def test_how_it_is_done_is_said(house):
    _, zalo, _ = house
    write("LK")
    write("HUY LK")
    write("LK 123456")
    assert zalo.bodies == [wording.HOW, wording.NOT_LINKED, wording.NO_CODE_AWAITED]
