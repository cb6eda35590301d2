"""What a citizen is told about dossiers, and what nobody else is told."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import backend.dossiers.keywords  # noqa: F401
from backend import clock, database
from backend.audit import Audit, AuditEntry
from backend.citizens.models import ChannelIdentity
from backend.dossiers import policy, service
from backend.dossiers.policy import State
from sms_gateway.plain import plain
from sms_gateway.rendering import render
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER, make_dossier


@pytest.fixture
def conversation(database, monkeypatch):
    make.install(monkeypatch)
    return make.text("xin chào", address=OWNER).conversation_id


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("H15.16-260930-0012", "H15.16-260930-0012"),
        ("h15.16 - 260930 - 0012", "H15.16-260930-0012"),
        ("000.00.10.H15-171120-0001", "000.00.10.H15-171120-0001"),
        ("000.00.10.h15-171120-0001.", "000.00.10.H15-171120-0001"),
        ("G15.24.316-260101-123456", "G15.24.316-260101-123456"),
        ("000.00.00.G15-KQ003208", None),
        ("H15-2609300-0012", None),
        ("0012", None),
        ("", None),
    ],
)
def test_codes_in_any_spelling(typed, code):
    assert policy.normalised_code(typed) == code


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_not_but_never_an_error(text):
    code = policy.normalised_code(text)
    assert code is None or policy.normalised_code(code) == code
    assert policy.tail(text) is None or policy.tail(text).isdigit()


def test_by_code_by_last_digits_and_all(conversation):
    first, second = make_dossier(), make_dossier(State.RESULT_READY)
    found = service.look_up(conversation, f" {first.lower()} ")
    assert (found.outcome, [d.code for d in found.dossiers]) == ("found", [first])
    assert first in found.text
    assert service.look_up(conversation, first[-4:]).dossiers[0].code == first
    several = service.look_up(conversation, None)
    assert several.outcome == "several"
    assert {d.code for d in several.dossiers} == {first, second}


def test_as_sms_every_dossier_of_a_long_list_keeps_its_number_and_its_state(conversation):
    names = ("Chứng thực bản sao từ bản chính giấy tờ, văn bản", "Cấp Giấy xác nhận tình trạng hôn nhân")
    states = (State.REFUSED, State.SUPPLEMENT_REQUESTED, State.RECEIVED, State.RESULT_READY, State.SUBMITTED)
    codes = [make_dossier(states[n % 5], procedure=names[n % 2]) for n in range(7)]
    found = service.look_up(conversation, None)
    sms = render(found.text, [one.title for one in found.dossiers], accents=False)
    assert not sms.rest
    for one in found.dossiers:
        number, _, stands = one.title.partition(": ")[0].partition(", ")
        assert f"{plain(number)}, {plain(stands)}: " in sms.body, one.title
    assert {one.code for one in found.dossiers} < set(codes)


def test_somebody_elses_dossier_looks_like_none(conversation):
    theirs = make_dossier(phone=STRANGER)
    not_mine = service.look_up(conversation, theirs)
    nowhere = service.look_up(conversation, "H15.24.316-260930-9999")
    assert not_mine.outcome == nowhere.outcome == "not_found"
    assert not_mine.text.replace(theirs, "X") == nowhere.text.replace("H15.24.316-260930-9999", "X")
    assert service.look_up(conversation, theirs[-4:]).outcome == "not_found"
    assert service.look_up(conversation, None).outcome == "none"


def test_a_channel_without_a_proved_number_is_told_nothing(conversation, monkeypatch):
    make.install(monkeypatch, make.RecordingChannel("web"))
    code = make_dossier()
    web = make.text("hi", channel="web", address="browser-key").conversation_id
    lookup = service.look_up(web, code)
    assert (lookup.outcome, lookup.ask) == ("needs_link", "phone")
    assert code not in lookup.text
    assert lookup.dossiers == ()


def test_in_a_linked_chat_a_dossier_is_a_card_with_its_page(conversation, monkeypatch):
    channel, _ = make.install(monkeypatch, make.RecordingChannel("web"))
    code = make_dossier()
    web = make.text("hi", channel="web", address="browser-key").conversation_id
    with database.transaction() as session:
        proof = {"phone": OWNER, "verified_at": clock.now(), "verified_by": "code"}
        session.add(ChannelIdentity(channel="web", address="browser-key", **proof))
    lookup = service.look_up(web, code)
    assert lookup.text == "Dạ, hồ sơ của anh/chị:"
    assert lookup.card is not None
    assert lookup.card.title == f"Hồ sơ {code}"
    assert "chuyên viên xử lý" in lookup.card.lines[1]
    assert [link.title for link in lookup.links] == ["Xem trang hồ sơ"]
    make.text(f"HS {code}", channel="web", address="browser-key")
    make.work()
    assert lookup.card.lines[1] in channel.bodies[-1]
    assert f"Xem trang hồ sơ: {lookup.links[0].url}" in channel.bodies[-1]
    on_sms = service.look_up(conversation, code)
    assert (on_sms.card, on_sms.links) == (None, ())
    for lookup in (service.look_up(web, make_dossier(phone=STRANGER)), service.look_up(web, "9999")):
        assert "nhắn từ số" not in lookup.text, "it is no phone that somebody writes from"
        assert "nhắn LK và số đã ghi khi nộp" in lookup.text


def test_wildcards_are_not_digits(conversation):
    make_dossier()
    assert service.look_up(conversation, "%").outcome == "unclear"
    assert service.look_up(conversation, "____").outcome == "unclear"


@pytest.mark.parametrize(
    ("state", "options", "said"),
    [
        (State.SUBMITTED, {}, "đang chờ bộ phận một cửa kiểm tra"),
        (State.PROCESSING, {"due_at": clock.now() + timedelta(days=3)}, "Hẹn trả kết quả"),
        (
            State.PROCESSING,
            {"due_at": clock.now() - timedelta(days=3), "reason": "chờ xác minh"},
            "Lý do: chờ xác minh",
        ),
        (State.RESULT_READY, {}, "ĐÃ CÓ KẾT QUẢ"),
        (State.SUPPLEMENT_REQUESTED, {"missing": ["Giấy chứng sinh"]}, "Còn thiếu: Giấy chứng sinh"),
        (State.REFUSED, {"reason": "không đủ điều kiện"}, "Lý do: không đủ điều kiện"),
        (State.RETURNED, {}, "Nhắn DG"),
    ],
)
def test_each_state_says_what_comes_next(conversation, state, options, said):
    assert said in service.look_up(conversation, make_dossier(state, **options)).text


def test_late_is_said_with_an_apology(conversation):
    late = service.look_up(conversation, make_dossier(due_at=clock.now() - timedelta(days=2)))
    assert "xin lỗi" in late.text


def test_what_is_missing(conversation):
    make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"])
    lookup = service.look_up(conversation, None, "supplement")
    assert "1. Giấy chứng sinh\n2. Văn bản ủy quyền" in lookup.text
    nothing = service.look_up(conversation, make_dossier(), "supplement")
    assert "không thiếu" in nothing.text


def test_each_look_is_audited_without_personal_data(conversation):
    make_dossier()
    service.look_up(conversation, None)
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.tag == Audit.DOSSIER_VIEWED)).one()
    assert entry.actor == f"conversation:{conversation}"
    assert OWNER not in repr(entry.details) + entry.subject


@pytest.mark.parametrize("words", ["HS {}", "hs {}", "Hồ sơ {}", "hs so {}", "HS  {}"])
def test_the_keyword_hs(conversation, monkeypatch, words):
    channel, scripted = make.install(monkeypatch)
    code = make_dossier()
    make.text(words.format(code), address=OWNER)
    make.work()
    assert code in channel.bodies[-1]
    assert scripted.asked == ["xin chào"]


def test_hs_with_other_words_is_left_to_the_assistant(conversation, monkeypatch):
    _, scripted = make.install(monkeypatch)
    make.text("hs của em xong chưa", address=OWNER)
    make.work()
    assert scripted.asked[-1] == "hs của em xong chưa"


def test_a_wrong_code_after_hs_is_explained(conversation, monkeypatch):
    channel, _ = make.install(monkeypatch)
    make.text("HS H15-26-1", address=OWNER)
    make.work()
    assert "chưa nhận ra mã" in channel.bodies[-1]


def test_lateness_is_computed(conversation):
    now = clock.now()
    assert policy.is_late(State.PROCESSING, now - timedelta(seconds=1), now)
    assert not policy.is_late(State.PROCESSING, now, now)
    assert not policy.is_late(State.SUPPLEMENT_REQUESTED, now - timedelta(days=1), now)
    assert not policy.is_late(State.PROCESSING, None, now)
