"""Dossiers in a conversation: what is told in each case, HS after a notice, and photos for a supplement."""

import itertools

import pytest
from sqlalchemy import select

import backend.dossiers.keywords  # noqa: F401
from backend import clock, storage
from backend.database import reading, transaction
from backend.dossiers import lookup, photos, postal, supplements, walking, wording
from backend.dossiers.models import Dossier, PaperFile
from backend.dossiers.policy import ReturnBy, State, StopReason
from backend.messaging import service as messaging
from backend.messaging.channels import Reply
from backend.messaging.service import Inbound
from sms_gateway.channel import SmsChannel
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER, dossier_id, make_dossier
from tests.builders.public import picture

_ids = itertools.count(1)


@pytest.fixture
def chat(database, monkeypatch):
    channel, scripted = make.install(monkeypatch)
    return channel, scripted


def photo(words="", *, count=1, address=OWNER, channel="sms"):
    kept = [storage.store(picture(), "anh.jpg", actor="test") for _ in range(count)]
    files = tuple({"kind": "file", "file_id": one.id, "name": one.name, "media_type": one.media_type} for one in kept)
    messaging.receive(Inbound(channel, f"P{next(_ids)}", address, words, attachments=files))
    make.work()


def say(words, address=OWNER):
    make.text(words, address=address)
    make.work()


def sent_files():
    with reading() as session:
        rows = session.scalars(select(PaperFile).order_by(PaperFile.id)).all()
        return [row.paper_id for row in rows]


def paper_ids(code):
    with reading() as session:
        return [paper.id for paper in session.get_one(Dossier, dossier_id(code)).papers]


def told(code, aspect="state"):
    conversation = messaging.conversation_with("sms", OWNER)
    return lookup.look_up(conversation, code, aspect).text


def change(code, **values):
    with transaction() as session:
        dossier = session.get_one(Dossier, dossier_id(code))
        for name, value in values.items():
            setattr(dossier, name, value)


def test_a_photo_goes_to_the_one_missing_paper(chat):
    code = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    photo(count=2)
    assert sent_files() == [paper_ids(code)[0]] * 2
    assert "đã nhận 2 ảnh Giấy chứng sinh" in chat[0].bodies[-1]
    assert "Đã đủ giấy tờ" in chat[0].bodies[-1]
    assert chat[1].asked == []


def test_of_several_papers_the_citizen_picks_also_while_the_assistant_is_down(chat):
    chat[1].down = True
    code = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"])
    photo()
    assert "1. Giấy chứng sinh\n2. Văn bản ủy quyền" in chat[0].bodies[-1]
    assert sent_files() == []
    say("2")
    assert sent_files() == [paper_ids(code)[1]]
    assert "Còn thiếu: Giấy chứng sinh" in chat[0].bodies[-1]
    say("2")  # picked again: nothing is added twice
    assert len(sent_files()) == 1
    photo("đây là giấy chung sinh ạ")
    assert sent_files()[-1] == paper_ids(code)[0]


def test_photos_for_two_dossiers_name_the_dossier(chat):
    first = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    photo()
    assert f"(hồ sơ số {first[-4:]})" in chat[0].bodies[-1]


def test_after_a_notice_the_photo_is_for_that_dossier(chat):
    make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    second = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Văn bản ủy quyền"])
    messaging.say(messaging.conversation_with("sms", OWNER), Reply("Tin báo"), about=second)
    photo()
    assert sent_files() == [paper_ids(second)[0]]


def test_photos_of_strangers_and_for_nothing_change_nothing(chat, monkeypatch):
    make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    photo(address=STRANGER)
    assert photos.NOTHING_WAITS in chat[0].bodies[-1]
    web, _ = make.install(monkeypatch, make.RecordingChannel("web"))
    photo(channel="web", address="browser")
    assert photos.NOT_PROVED in web.bodies[-1]
    assert sent_files() == []


def test_a_photo_with_a_question_and_nothing_awaited_is_left_to_the_assistant(chat):
    photo("giấy này có dùng được không")
    assert chat[1].asked == ["giấy này có dùng được không"]


def test_a_choice_that_is_no_longer_open_says_so(chat):
    code = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"])
    photo()
    change(code, state=State.CANCELLED)
    say("1")
    assert chat[0].bodies[-1] == photos.GONE


def test_a_typed_payload_is_only_text(chat):
    code = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh"])
    say(f"{photos.WORD}:{paper_ids(code)[0]}-1")
    assert sent_files() == []
    assert len(chat[1].asked) == 1


def test_hs_after_a_notice_means_that_dossier_and_hs_tat_ca_all(chat):
    first, second = make_dossier(), make_dossier(State.RESULT_READY)
    conversation = messaging.conversation_with("sms", OWNER)
    messaging.say(conversation, Reply("Tin báo"), about=first)
    say("HS")
    assert first in chat[0].bodies[-1]
    assert "HS TAT CA" in chat[0].bodies[-1]
    say("hs tất cả")
    assert second[-4:] in chat[0].bodies[-1]
    assert "2 hồ sơ" in chat[0].bodies[-1]
    messaging.say(conversation, Reply("Tin báo"), about=make_dossier(phone=STRANGER))
    say("HS")
    assert "2 hồ sơ" in chat[0].bodies[-1]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (StopReason.FEE, "chờ anh/chị nộp lệ phí"),
        (StopReason.CHECK_ELSEWHERE, "chờ cơ quan khác xác minh"),
        (StopReason.OWN_REQUEST, "theo đề nghị của anh/chị"),
    ],
)
def test_a_stopped_clock_says_why(chat, reason, said):
    code = make_dossier()
    change(code, clock_stopped_at=clock.now(), clock_stopped_for=reason)
    assert f"tạm dừng: {said}" in told(code)


def test_a_supplement_that_is_looked_at_is_not_asked_for_again(chat):
    code = make_dossier(State.SUPPLEMENT_REQUESTED, missing=["Giấy chứng sinh", "Văn bản ủy quyền"])
    photo("giấy chứng sinh")
    assert "Giấy chứng sinh (đã nhận ảnh, đang kiểm tra)" in told(code, "supplement")
    with reading() as session:
        file_id = session.scalars(select(PaperFile.id)).one()
    supplements.return_(file_id, "ảnh mờ", walking.HOUSE)
    assert "Giấy chứng sinh (ảnh mờ)" in told(code, "supplement")
    assert "/hs/" in told(code, "supplement")
    for paper in ("giấy chứng sinh", "văn bản ủy quyền"):
        photo(paper)
    assert "đang được kiểm tra" in told(code)


def test_a_fee_and_a_parcel_are_told(chat):
    from backend.dossiers import payments

    code = make_dossier(State.RESULT_READY, return_by=ReturnBy.POST, applicant_address="1 Lê Duẩn")
    for one in postal.to_order():
        postal.order(one)
    payments.set_fee(dossier_id(code), 8000, "Lệ phí", walking.HOUSE)
    text = told(code)
    assert "mã bưu gửi EX" in text
    assert "Trước khi nhận kết quả, anh/chị nộp lệ phí 8.000 đồng ở http" in text


@pytest.mark.parametrize("state", list(State))
def test_each_state_fits_into_two_segments(chat, state):
    missing = ["Giấy xác nhận tình trạng hôn nhân"] if state == State.SUPPLEMENT_REQUESTED else []
    code = make_dossier(state, missing=missing)
    for aspect in ("state", "supplement"):
        text = told(code, aspect)
        if state != State.SUPPLEMENT_REQUESTED and aspect == "supplement":
            continue
        rendered = SmsChannel().render(Reply(text), accents=False)
        assert rendered.rest == "", (len(text), text)
        assert rendered.segments <= 2


def test_long_names_are_cut_at_a_word():
    assert wording.cut("Cấp giấy phép xây dựng mới", 14) == "Cấp giấy…"


def test_the_assistant_hears_of_which_dossier_a_keyword_told(chat):
    _, scripted = chat
    code = make_dossier()
    for words in (f"HS {code}", "bao giờ xong", "cảm ơn", f"hs số {code[-4:]}.", "lấy ở đâu", "HS", "còn gì nữa"):
        say(words)
    assert scripted.asked == ["bao giờ xong", "cảm ơn", "lấy ở đâu", "còn gì nữa"]
    assert scripted.dossiers == [code.lower(), "", code[-4:], ""]
