"""The officers' page of linked chats: who may, what is shown, ending a link with a reason, taking that back."""

import pytest
from sqlalchemy import select

from backend.audit import Audit, AuditEntry
from backend.citizens import linking, service, web, wording
from backend.database import reading
from backend.messaging import channels
from backend.messaging import service as messaging
from backend.organisation.models import Role
from tests.builders import messaging as make
from tests.builders.messaging import RecordingChannel
from tests.builders.organisation import make_app, make_officer, signed_in, token_of

PHONE, TYPED, OTHER = "+84912345678", "0912 345 678", "+84912345679"
CHAT = "8395728409275902859"
PAGE = "/officers/linked-channels/"


@pytest.fixture
def zalo(database, monkeypatch):
    make.install(monkeypatch)
    return make.install(monkeypatch, RecordingChannel("zalo"))[0]


@pytest.fixture
def app(zalo):
    app = make_app()
    app.register_blueprint(web.blueprint)
    return app


@pytest.fixture
def desk(app):
    return signed_in(app, make_officer(role=Role.RECEPTIONIST, name="Lê Thị Sáu"))


@pytest.fixture
def linked(zalo) -> int:
    """Somebody's Zalo, linked to PHONE; its conversation."""
    conversation = messaging.conversation_with("zalo", CHAT)
    linking.take_contact(conversation, PHONE, own=True)
    return conversation


def shown(client, phone: str = TYPED) -> str:
    return client.get(PAGE, query_string={"phone": phone}).get_data(as_text=True)


def act(client, what: str, phone: str = PHONE, **form: object):
    token = token_of(client.get(PAGE, query_string={"phone": PHONE}).get_data(as_text=True))
    data = {"csrf_token": token, "phone": phone, **form}
    return client.post(PAGE + what, data=data, follow_redirects=True)


def links() -> list[linking.LinkInfo]:
    return linking.of_phone(PHONE, actor="system")[0]


def changes() -> list[linking.ChangeInfo]:
    return linking.of_phone(PHONE, actor="system")[1]


def audited(tag: Audit) -> list[AuditEntry]:
    with reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.tag == tag).order_by(AuditEntry.id)))


@pytest.mark.parametrize("role", list(Role))
def test_the_desk_and_administrators_may(app, role):
    status = signed_in(app, make_officer(role=role)).get(PAGE).status_code
    assert status == (200 if role in {Role.RECEPTIONIST, Role.ADMINISTRATOR} else 403)


def test_without_signing_in_nobody_sees_it(app):
    assert app.test_client().get(PAGE, query_string={"phone": PHONE}).status_code in (303, 401)


def test_the_links_of_a_number_are_shown_and_the_look_is_audited(desk, linked):
    page = shown(desk)
    assert "Zalo" in page
    assert "số do chính kênh xác nhận" in page
    assert CHAT not in page, "whose account it is at Zalo is nobody's business"
    [look] = audited(Audit.PHONE_LINKS_VIEWED)
    assert look.actor.startswith("officer:")
    assert PHONE not in f"{look.subject}{look.details}"
    assert "chưa liên kết" in shown(desk, OTHER)


@pytest.mark.parametrize("typed", ["12", "abc", "09123456789012", "\u0660912345678", "'; --"])
def test_what_is_no_number_is_told_so(desk, typed):
    answer = desk.get(PAGE, query_string={"phone": typed})
    assert answer.status_code == 422
    assert "Số điện thoại chưa đúng" in answer.get_data(as_text=True)


def test_a_link_is_ended_with_a_reason_told_to_the_chat_and_taken_back(desk, zalo, linked):
    [link] = links()
    page = act(desk, "unlink", link=link.id, reason="lost").get_data(as_text=True)
    assert "Đã bỏ liên kết" in page
    assert "Mất máy hoặc mất tài khoản" in page
    assert "Lê Thị Sáu" in page
    make.work()
    assert zalo.bodies == [wording.unlinked_by_officer(PHONE)]
    assert service.verified_phone("zalo", CHAT) is None
    ended = audited(Audit.PHONE_UNLINKED)[-1]
    assert (ended.details["reason"], ended.subject) == ("lost", f"conversation:{linked}")
    assert ended.actor.startswith("officer:")
    [change] = [one for one in changes() if one.can_restore]
    assert "Đã khôi phục" in act(desk, "restore", change=change.id).get_data(as_text=True)
    make.work()
    assert service.verified_phone("zalo", CHAT) == PHONE
    assert zalo.bodies[-1] == wording.linked(PHONE)
    assert audited(Audit.PHONE_LINKED)[-1].actor == ended.actor
    assert [one.linked for one in changes()] == [True, False, True]
    assert not any(one.can_restore for one in changes())


def test_a_link_of_a_channel_that_is_switched_off_is_ended_without_a_word(desk, monkeypatch, linked):
    monkeypatch.delitem(channels._channels, "zalo")
    assert "Đã bỏ liên kết" in act(desk, "unlink", link=links()[0].id, reason="lost").get_data(as_text=True)
    assert service.verified_phone("zalo", CHAT) is None


@pytest.mark.parametrize("reason", ["", "because", "lost "])
def test_without_a_known_reason_nothing_ends(desk, linked, reason):
    page = act(desk, "unlink", link=links()[0].id, reason=reason).get_data(as_text=True)
    assert "chọn lý do" in page
    assert service.verified_phone("zalo", CHAT) == PHONE


def test_what_changed_meanwhile_is_left_alone(desk, linked):
    [link] = links()
    linking.take_contact(linked, OTHER, own=True)
    assert "đã thay đổi" in act(desk, "unlink", link=link.id, reason="lost").get_data(as_text=True)
    assert service.verified_phone("zalo", CHAT) == OTHER
    assert "đã thay đổi" in act(desk, "unlink", link=999_999, reason="lost").get_data(as_text=True)


def test_only_an_officers_unlinking_is_taken_back_and_only_while_nothing_followed(desk, linked):
    linking.unlink(linked)
    own = changes()[0]
    assert not own.can_restore
    assert "đã thay đổi" in act(desk, "restore", change=own.id).get_data(as_text=True)
    linking.take_contact(linked, PHONE, own=True)
    act(desk, "unlink", link=links()[0].id, reason="mistake")
    ended = changes()[0]
    linking.take_contact(linked, OTHER, own=True)
    assert "đã thay đổi" in act(desk, "restore", change=ended.id).get_data(as_text=True)
    assert "đã thay đổi" in act(desk, "restore", phone=OTHER, change=ended.id).get_data(as_text=True)
    assert service.verified_phone("zalo", CHAT) == OTHER


@pytest.mark.parametrize(
    ("what", "form"),
    [
        ("unlink", {"link": "x", "reason": "lost"}),
        ("unlink", {"link": "9" * 30, "reason": "lost"}),
        ("restore", {"change": ""}),
        ("restore", {"change": "1", "phone": "12"}),
    ],
)
def test_forms_that_are_not_ours_are_refused(desk, linked, what, form):
    assert act(desk, what, **form).status_code == 422
    assert service.verified_phone("zalo", CHAT) == PHONE
