"""The pages: an officer's notices, and the administrator's texts."""

import pytest

from backend.messaging import channels
from backend.notifications import bell, versions, web
from backend.notifications.service import Event
from backend.notifications.versions import Slot
from backend.organisation.models import Role
from tests.builders.notifications import RecordingSms, tell_officers
from tests.builders.organisation import make_app, make_officer, signed_in, token_of

ADMIN = "/officers/admin/notices"
SMS = f"{ADMIN}/received/-/sms"
OTHERS = [role for role in Role if role != Role.ADMINISTRATOR]


@pytest.fixture
def app(database, monkeypatch):
    monkeypatch.setitem(channels._channels, "sms", RecordingSms("sms"))
    app = make_app()
    app.register_blueprint(web.blueprint)
    return app


@pytest.fixture
def administrator(app):
    return signed_in(app, make_officer(role=Role.ADMINISTRATOR, name="Quản Trị"))


def page(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def post(client, address: str, source: str = SMS, **form):
    return client.post(address, data={"csrf_token": token_of(page(client, source)), **form})


@pytest.mark.parametrize("role", OTHERS)
def test_only_administrators_see_the_texts(app, role):
    client = signed_in(app, make_officer(role=role))
    for address in (ADMIN, SMS):
        assert client.get(address).status_code == 403
    token = token_of(page(client, "/officers/notices"))
    for address in (SMS, f"{SMS}/preview", f"{SMS}/restore"):
        assert client.post(address, data={"csrf_token": token, "text": "x", "number": "0"}).status_code == 403


def test_nobody_sees_anything_before_signing_in(app):
    client = app.test_client()
    for address in (ADMIN, SMS, "/officers/notices", "/officers/notices/1"):
        assert client.get(address).status_code == 303


def test_a_form_without_its_token_changes_nothing(administrator):
    for address in (SMS, f"{SMS}/preview", f"{SMS}/restore", "/officers/notices/read"):
        assert administrator.post(address, data={"text": "{code}", "base": "0", "number": "0"}).status_code == 403
    assert versions.changed() == {}


def test_every_text_has_its_page(administrator):
    overview = page(administrator, ADMIN)
    for slot in versions.shipped():
        address = f"{ADMIN}/{slot.event}/{slot.variant or '-'}/{slot.kind}"
        assert f'href="{address}"' in overview
    for address in (
        SMS,
        f"{ADMIN}/fee_notice/before_filing/email",
        f"{ADMIN}/warning/-/page",
        f"{ADMIN}/posted/out/chat",
    ):
        assert 'id="preview"' in page(administrator, address)


@pytest.mark.parametrize("place", ["received/-/fax", "nothing/-/sms", "received/by_drone/sms", "received/-/page"])
def test_an_unknown_text_is_not_found(administrator, place):
    assert administrator.get(f"{ADMIN}/{place}").status_code == 404


def test_the_sms_is_shown_with_and_without_accents_and_its_segments(administrator):
    shown = page(administrator, SMS)
    assert "UBND phuong Buon Ma Thuot da tiep nhan ho so" in shown
    assert "UBND phường Buôn Ma Thuột đã tiếp nhận hồ sơ" in shown
    assert "2 tin, 271 ký tự, mã GSM7" in shown
    assert "mã UCS2" in shown
    assert "TIEP THEO" in shown


def test_the_preview_follows_what_is_typed(administrator):
    answer = post(administrator, f"{SMS}/preview", text="Xong {code}", base="0")
    assert "Xong H15.24.133-261123-0012" in answer.get_data(as_text=True)
    assert "<html" not in answer.get_data(as_text=True)
    wrong = post(administrator, f"{SMS}/preview", text="Xong {ma}", base="0")
    assert "Không có thông tin {ma}" in wrong.get_data(as_text=True)
    assert versions.changed() == {}


def test_what_is_typed_is_escaped(administrator):
    answer = post(administrator, f"{SMS}/preview", text="<script>x</script> {code}", base="0")
    assert "<script>" not in answer.get_data(as_text=True)


def test_without_a_script_the_button_shows_the_preview_and_keeps_what_was_typed(administrator):
    answer = post(administrator, SMS, text="Xong {code}", base="0", what="preview").get_data(as_text=True)
    assert "Xong H15.24.133-261123-0012" in answer
    assert ">Xong {code}</textarea>" in answer
    assert versions.changed() == {}


def test_saving_and_going_back(administrator):
    assert post(administrator, SMS, text="Xong {code}", base="0", what="save").status_code == 303
    shown = page(administrator, SMS)
    assert "Bản 1" in shown
    assert "Quản Trị" in shown
    assert "đã sửa, bản 1" in page(administrator, ADMIN)
    assert post(administrator, f"{SMS}/restore", number="0").status_code == 303
    where = Slot(Event.RECEIVED, "", "sms")
    assert versions.in_force(where).text == versions.shipped()[where].text
    assert post(administrator, f"{SMS}/restore", number="9").status_code == 404
    assert post(administrator, f"{SMS}/restore", number="x").status_code == 404


def test_a_wrong_text_is_given_back_with_the_reason(administrator):
    answer = post(administrator, SMS, text="Xong {ma}", base="0", what="save")
    assert answer.status_code == 422
    said = answer.get_data(as_text=True)
    assert "Không có thông tin {ma}" in said
    assert ">Xong {ma}</textarea>" in said


@pytest.mark.parametrize("base", ["0", "", "abc", "99999999999999999999"])
def test_who_saves_second_is_told_and_loses_nothing_typed(administrator, base):
    post(administrator, SMS, text="Một {code}", base="0", what="save")
    answer = post(administrator, SMS, text="Hai {code}", base=base, what="save")
    assert answer.status_code == 409
    said = answer.get_data(as_text=True)
    assert "người khác sửa" in said
    assert ">Hai {code}</textarea>" in said
    assert 'name="base" value="1"' in said


def test_a_mail_has_a_subject_to_edit(administrator):
    address = f"{ADMIN}/received/-/email"
    form = {"text": "Chào {name}", "subject_line": "Về {code}", "base": "0"}
    assert post(administrator, address, address, what="save", **form).status_code == 303
    assert "Về H15.24.133-261123-0012" in page(administrator, address)
    form = {"text": "Chào {name}", "subject_line": "", "base": "1"}
    assert post(administrator, address, address, what="save", **form).status_code == 422


def test_an_officer_sees_their_notices_and_how_many_are_new(app):
    an, binh = make_officer(), make_officer()
    tell_officers([an], key="1")
    tell_officers([an], Event.SENT_BACK, key="2")
    client = signed_in(app, an)
    shown = page(client, "/officers/notices")
    assert "Chưa xem (2)" in shown
    assert "Lãnh đạo trả lại hồ sơ" in shown
    assert '<span class="badge">2' in page(client, "/officers/")
    assert "badge" not in page(signed_in(app, binh), "/officers/")


def test_following_a_notice_marks_it_as_read(app):
    an = make_officer()
    tell_officers([an], subject="conversation:5")
    client = signed_in(app, an)
    [notice] = bell.notices(an)
    assert client.get(f"/officers/notices/{notice.id}").status_code == 303
    assert bell.unread_count(an) == 0
    assert signed_in(app, make_officer()).get(f"/officers/notices/{notice.id}").status_code == 404


def test_marking_everything_as_read(app):
    an = make_officer()
    tell_officers([an])
    client = signed_in(app, an)
    newest = str(bell.newest(bell.notices(an)))
    assert post(client, "/officers/notices/read", "/officers/notices", newest=newest).status_code == 303
    assert "Không có thông báo mới" in page(client, "/officers/notices")
