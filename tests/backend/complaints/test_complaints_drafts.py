"""A report as it is told to the assistant: what is asked, corrected, confirmed, joined, given up and forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

import backend.complaints.keywords
import backend.dossiers.photos  # noqa: F401
from backend import clock, storage
from backend.complaints import drafting, listing, policy, service, sweep, telling
from backend.complaints.models import Complaint, ComplaintEvent, ComplaintIdentity
from backend.complaints.policy import Action, Kind, Protection, State
from backend.database import reading
from backend.errors import NotFound
from backend.inbox import service as inbox
from backend.messaging import keywords
from backend.messaging import service as messaging
from backend.messaging.service import Inbound
from backend.organisation import sign_in
from backend.organisation.models import Role
from tests.builders import messaging as make
from tests.builders import organisation as house_of
from tests.builders.files import make_photo

LIGHT = "đèn đường hỏng trước số 12 Nguyễn Du phường Tân Lợi"
PLACE = {"kind": "location", "latitude": 12.68, "longitude": 108.05, "place": "Phường Tân Lợi"}


@pytest.fixture
def telegram(database, monkeypatch):
    return make.install(monkeypatch, make.RecordingChannel("telegram"))[0]


class Citizen:
    """Somebody who tells a report; words go to the draft as the assistant would hand them over."""

    def __init__(self, address="77"):
        self.address, self.said = address, None

    def tells(self, words, meaning="", **more):
        received = make.text(words, channel="telegram", address=self.address)
        make.queue().storage.flush_all()
        self.said = drafting.hear(received.conversation_id, received.message_id, words, meaning=meaning, **more)
        self.conversation_id, self.message_id = received.conversation_id, received.message_id
        return self.said

    def sends(self, *came, text=""):
        inbound = Inbound("telegram", f"t{clock.now().timestamp()}{len(came)}{text}", self.address, text)
        received = messaging.receive(inbound.__class__(**(inbound.__dict__ | {"attachments": tuple(came)})))
        self.conversation_id = received.conversation_id
        make.work()

    def picks(self, title):
        payload = next(payload for name, payload in self.said.choices if title in name)
        received = make.text("x", channel="telegram", address=self.address)
        self.said = drafting.pick(self.conversation_id, received.message_id, payload.partition(":")[2])
        return self.said

    @property
    def report(self):
        with reading() as session:
            mine = select(Complaint).where(Complaint.conversation_id == self.conversation_id)
            return session.scalars(mine.order_by(Complaint.id.desc())).first()


def photo():
    kept = storage.store(make_photo(), "den.jpg", actor="test")
    return {"kind": "file", "file_id": kept.id, "name": "den.jpg", "media_type": "image/jpeg"}


def test_only_what_is_missing_is_asked_and_nothing_goes_before_a_yes(telegram):
    citizen = Citizen()
    assert citizen.tells("cống nghẹt hôi thối quá trời").question == "where"
    assert keywords.awaited(citizen.conversation_id) == "complaint_place"
    said = citizen.tells("ở đường Y Jút, từ hôm qua")
    assert said.question == "confirm"
    assert "nơi: đường Y Jút" in said.text
    assert "hôm qua" in said.text
    assert citizen.report.code is None
    assert inbox.waiting() == []
    said = citizen.tells("đúng rồi", "yes")
    assert said.outcome == "filed"
    assert citizen.report.code in said.text
    assert [line.reason for line in inbox.waiting()] == ["complaint"]
    again = drafting.hear(citizen.conversation_id, citizen.message_id, "đúng rồi", meaning="yes")
    assert again == said, "the same message gets the same answer"
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Complaint)) == 1


def test_who_tells_all_at_once_is_only_read_back_to(telegram):
    said = Citizen().tells(LIGHT)
    assert (said.question, [title for title, _ in said.choices]) == ("confirm", ["Gửi", "Giấu tên tôi", "Bỏ"])
    assert "nhóm chiếu sáng" in said.text


def test_words_that_name_no_place_are_none(telegram):
    assert Citizen().tells("rác đổ đống ở đầu hẻm 2 tuần nay").question == "where"
    assert Citizen("80").tells("nhân viên đòi bồi dưỡng 2 triệu mới nhận hồ sơ").question == "where"
    assert Citizen("79").tells("anh địa chính xã đòi tôi 3 triệu mới đo đất").question == "where"
    assert Citizen("78").tells("rác đổ đống ở đầu hẻm 12 Y Moan 2 tuần nay").question == "confirm"


@pytest.mark.parametrize(
    ("words", "place", "text"),
    [
        ("sai, ở đường Lê Duẩn", "đường Lê Duẩn", "xây nhà trái phép ở đường Lê Duẩn"),
        ("đường Lê Duẩn chứ", "đường Lê Duẩn chứ", "xây nhà trái phép ở đường Lê Duẩn chứ"),
        ("sai rồi, từ tuần trước", "ở đường Y Jút", "xây nhà trái phép ở đường Y Jút"),
        ("sai, lấn chiếm đất công ở hẻm 5 Y Moan", "ở hẻm 5 Y Moan", "lấn chiếm đất công ở hẻm 5 Y Moan"),
        ("còn đổ đất ra lề nữa", "ở đường Y Jút", "xây nhà trái phép ở đường Y Jút\ncòn đổ đất ra lề nữa"),
    ],
)
def test_the_summary_is_corrected_in_own_words(telegram, words, place, text):
    citizen = Citizen()
    citizen.tells("xây nhà trái phép ở đường Y Jút")
    assert citizen.tells(words).question == "confirm"
    assert (citizen.report.place, citizen.report.text) == (place, text)


def test_a_bare_no_asks_what_is_wrong_and_a_time_is_kept_as_one(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    assert "chỗ nào chưa đúng" in citizen.tells("sai rồi", "no").text
    citizen.tells("từ tuần trước")
    assert citizen.report.happened == "từ tuần trước"


def test_a_report_that_is_given_up_leaves_nothing(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    assert citizen.picks("Bỏ").outcome == "dropped"
    assert citizen.report is None
    assert drafting.drop(citizen.conversation_id, citizen.message_id + 1).outcome == "none"


def test_the_name_is_hidden_on_wish_and_no_number_is_kept(telegram):
    citizen = Citizen()
    citizen.tells(f"{LIGHT}, giấu tên tôi nhé")
    assert "giau" not in citizen.report.search_text
    citizen.tells("gửi", "yes")
    assert citizen.report.protection == Protection.ANONYMOUS
    assert inbox.waiting() == []
    with reading() as session:
        assert session.get(ComplaintIdentity, citizen.report.id) is None
    other = Citizen("78")
    assert other.tells(LIGHT).question == "same"
    other.picks("Việc khác")
    assert "giấu tên" in other.picks("Giấu tên").text
    assert other.report.protection == Protection.ANONYMOUS


def test_how_somebody_wants_to_hear_of_it_is_kept(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    citizen.tells("gọi lại cho tôi số 0905 123 456 nhé")
    citizen.tells("gửi", "yes")
    with reading() as session:
        assert session.get_one(ComplaintIdentity, citizen.report.id).phone == "+84905123456"
    assert citizen.report.contact == "call"
    assert "0905" not in citizen.report.text
    quiet = Citizen("78")
    quiet.tells("rác đổ ở buôn Ako Dhong, không cần báo lại")
    quiet.tells("gửi", "yes")
    before = len(telegram.bodies)
    telling.say(quiet.report, "Dạ, …")
    make.work()
    assert len(telegram.bodies) == before


def test_a_denunciation_is_sealed_by_itself_and_needs_no_place(telegram):
    citizen = Citizen()
    assert citizen.tells("tôi muốn tố cáo", "wish").text == ""
    said = citizen.tells("cán bộ đòi tôi 500 ngàn mới làm giấy")
    assert said.question == "confirm"
    assert "danh tính được bảo vệ" in said.text
    citizen.picks("Gửi")
    assert (citizen.report.kind, citizen.report.protection) == (Kind.DENUNCIATION, Protection.PROTECTED)


def test_a_formal_complaint_asks_for_the_name_and_keeps_it_sealed(telegram):
    citizen = Citizen()
    assert citizen.tells("khiếu nại quyết định thu hồi đất của tôi").question == "name"
    assert "Lê Văn Tám" in citizen.tells("Lê Văn Tám").text
    citizen.picks("Gửi")
    with reading() as session:
        assert session.get_one(ComplaintIdentity, citizen.report.id).name == "Lê Văn Tám"


def test_somebody_in_danger_is_asked_nothing(telegram):
    said = Citizen().tells("cháy nhà rồi")
    assert said.outcome == "filed"
    assert said.text.startswith("Dạ, đang nguy hiểm anh/chị gọi ngay 114!")
    assert Citizen("78").tells("có người ngã xuống suối", urgent=True).outcome == "filed"


def test_a_photo_alone_is_kept_and_words_and_place_are_asked_for(telegram):
    citizen = Citizen()
    citizen.sends(photo())
    assert "phản ánh" in telegram.bodies[-1]
    assert keywords.awaited(citizen.conversation_id) == "complaint_photo"
    assert citizen.tells("đèn đường hỏng cả tuần nay").question == "where"
    citizen.sends(PLACE)
    assert "1 ảnh" in telegram.bodies[-1]
    assert "Phường Tân Lợi" in telegram.bodies[-1]
    assert (len(citizen.report.files), citizen.report.latitude) == (1, 12.68)


def test_a_photo_with_words_goes_into_the_draft_with_them(telegram):
    citizen = Citizen()
    sent = Inbound("telegram", "t-with-words", citizen.address, LIGHT, attachments=(photo(), PLACE))
    received = messaging.receive(sent)
    drafting.hear(received.conversation_id, received.message_id, LIGHT)
    citizen.conversation_id = received.conversation_id
    assert (len(citizen.report.files), citizen.report.latitude) == (1, 12.68)


def test_a_place_outside_the_province_is_told_so_and_not_kept(telegram):
    citizen = Citizen()
    citizen.tells("cống nghẹt hôi thối quá trời")
    citizen.sends(PLACE | {"latitude": 21.03, "longitude": 105.85, "place": ""})
    assert "ngoài tỉnh" in telegram.bodies[-1]
    assert "18001096" in telegram.bodies[-1]
    assert citizen.report.latitude is None
    assert citizen.tells("đường Y Jút").question == "confirm"


def test_the_same_nearby_is_offered_and_joined_and_told_of_the_answer(telegram):
    first, second, third = Citizen("77"), Citizen("78"), Citizen("79")
    first.tells(LIGHT)
    first.tells("gửi", "yes")
    said = second.tells("đèn đường trước số 12 Nguyễn Du tắt mấy hôm nay")
    assert said.question == "same"
    assert first.report.code not in said.text
    assert "Nguyễn Du" not in str(said.choices), "nothing that somebody else wrote"
    followed = second.tells("tôi cũng vậy")
    assert followed.outcome == "followed"
    assert second.report.code in followed.text
    assert (second.report.state, second.report.merged_into_id) == (State.MERGED, first.report.id)
    assert third.tells("đèn đường hỏng ở số 12 Nguyễn Du phường Tân Lợi").question == "same"
    assert third.picks("Việc khác").question == "confirm"


def test_a_report_by_keyword_or_telephone_is_met_by_a_neighbours_too(telegram):
    first = make.text(f"PA {LIGHT}", channel="telegram")
    make.work()
    said = Citizen("78").tells("đèn đường trước số 12 Nguyễn Du tắt mấy hôm nay")
    assert said.question == "same"
    agency = house_of.make_agency(code="H15.01", name="Văn phòng UBND tỉnh")
    operator = sign_in.officer(house_of.make_officer(role=Role.HOTLINE_OPERATOR, agency_id=agency))
    service.withdraw(first.conversation_id, service.look_up(first.conversation_id, None).text.split()[3])
    service.file_for_caller(operator, service.Call(LIGHT))
    assert Citizen("79").tells("đèn đường trước số 12 Nguyễn Du tắt mấy hôm nay").question == "same"


def test_whether_everybody_may_read_of_it_is_asked_with_the_receipt_and_silence_is_no(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    said = citizen.tells("gửi", "yes")
    assert (said.outcome, said.question) == ("filed", "publish")
    assert "không nêu tên và số" in said.text
    assert [title for title, _ in said.choices] == ["Cho công khai", "Không"]
    assert keywords.awaited(citizen.conversation_id) == "complaint_publish"
    assert citizen.report.may_publish is None
    again = citizen.tells("được", "yes")
    assert citizen.report.may_publish is True
    assert keywords.awaited(citizen.conversation_id) == "complaint_sent"
    assert drafting.hear(citizen.conversation_id, citizen.message_id, "được", meaning="yes") == again
    short = citizen.report.code.removeprefix("PA-")
    for words, agrees in (("khong cong khai", False), ("công khai", True), ("ĐỪNG CÔNG KHAI!", False)):
        make.text(f"pa {short} {words}", channel="telegram", address=citizen.address)
        make.work()
        assert citizen.report.may_publish is agrees, telegram.bodies[-1]
    with reading() as session:
        said_so = select(ComplaintEvent.action).where(ComplaintEvent.action.in_((Action.CONSENT, Action.REFUSE)))
        assert session.scalars(said_so.order_by(ComplaintEvent.id)).all() == ["consent", "refuse", "consent", "refuse"]


def test_whoever_asks_right_after_the_receipt_not_to_be_named_is_not(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    citizen.tells("gửi", "yes")
    said = citizen.tells("giấu tên tôi đi")
    assert said.outcome == "filed"
    assert f"{citizen.report.code} được giấu" in said.text
    assert (citizen.report.state, citizen.report.protection) == (State.RECEIVED, Protection.ANONYMOUS)
    assert keywords.awaited(citizen.conversation_id) == "complaint_sent"
    with reading() as session:
        assert session.get(ComplaintIdentity, citizen.report.id) is None
        assert session.scalar(select(func.count()).select_from(Complaint)) == 1
    owner = Citizen("78")
    owner.tells("khiếu nại quyết định thu hồi đất của tôi")
    owner.tells("Lê Văn Tám")
    owner.picks("Gửi")
    assert "cần họ tên" in owner.tells("giấu tên tôi đi").text


def test_the_keyword_knows_the_same_wishes_also_afterwards(telegram):
    citizen = Citizen()
    citizen.conversation_id = make.text(f"PA {LIGHT}, giấu tên tôi", channel="telegram", address="77").conversation_id
    make.work()
    assert (citizen.report.protection, citizen.report.text) == (Protection.ANONYMOUS, LIGHT)
    assert "được giấu" in telegram.bodies[-1]
    make.text("PA rác đổ ở buôn Ako Dhong, gọi lại số 0905 123 456", channel="telegram", address="77")
    make.work()
    report = citizen.report
    assert (report.contact, "0905" in report.text) == ("call", False)
    with reading() as session:
        assert session.get_one(ComplaintIdentity, report.id).phone == "+84905123456"
    make.text(f"PA {report.code.removeprefix('PA-')} giấu tên tôi nhé", channel="telegram", address="77")
    make.work()
    assert citizen.report.protection == Protection.ANONYMOUS
    with reading() as session:
        assert session.get(ComplaintIdentity, report.id) is None


@pytest.mark.parametrize(
    "words",
    [
        f"{LIGHT}, giấu tên tôi",
        "tố cáo cán bộ ở phường Tân Lợi nhận hối lộ",
        "cháy nhà số 12 Nguyễn Du phường Tân Lợi",
        "khiếu nại quyết định thu hồi đất ở phường Tân Lợi",
    ],
)
def test_what_is_never_public_is_not_asked_about(telegram, words):
    make.text(f"PA {words}", channel="telegram", address="77")
    make.work()
    assert "đã ghi nhận" in telegram.bodies[-1]
    assert "công khai" not in telegram.bodies[-1]


def test_what_is_far_or_old_or_secret_is_not_offered(telegram):
    first = Citizen("77")
    first.tells("đèn đường hỏng")
    first.sends(PLACE)
    first.tells("gửi", "yes")
    far, near = Citizen("78"), Citizen("79")
    far.tells("đèn đường hỏng")
    far.sends(PLACE | {"latitude": 12.70})
    assert far.report.asked["question"] == "confirm"
    with clock.stopped_at(clock.now() + policy.SAME_WITHIN + timedelta(hours=1)):
        near.tells("đèn đường hỏng")
        near.sends(PLACE)
        assert near.report.asked["question"] == "confirm"
    new = Citizen("80")
    new.tells("đèn đường hỏng")
    new.sends(PLACE | {"latitude": 12.681})
    assert new.report.asked["question"] == "same"


def test_an_unconfirmed_draft_is_asked_for_once_and_then_forgotten(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)

    def later(delay):
        with clock.stopped_at(clock.now() + delay):
            for number in sweep.due():
                sweep.look(number)
            make.work()

    for delay in (policy.REMIND_AFTER, policy.REMIND_AFTER + timedelta(minutes=1)):
        later(delay + timedelta(seconds=1))
    assert sum("chưa được gửi" in body for body in telegram.bodies) == 1
    later(policy.REMIND_AFTER + policy.FORGET_AFTER + timedelta(minutes=5))
    assert citizen.report is None


def test_no_officer_sees_a_draft_and_no_stranger_touches_it(telegram):
    agency = house_of.make_agency(code="H15.01", name="Văn phòng UBND tỉnh")
    operator = sign_in.officer(house_of.make_officer(role=Role.HOTLINE_OPERATOR, agency_id=agency))
    citizen = Citizen()
    citizen.tells(LIGHT)
    assert listing.listed(operator, "all") == []
    with pytest.raises(NotFound):
        listing.one(operator, citizen.report.id)
    assert service.look_up(citizen.conversation_id, None).outcome == "not_found"
    stranger = make.text("x", channel="telegram", address="99")
    assert drafting.pick(stranger.conversation_id, stranger.message_id, "send").outcome == "none"


def test_the_keyword_takes_the_photo_that_came_just_before(telegram):
    citizen = Citizen()
    citizen.sends(photo())
    citizen.sends(PLACE)
    make.text("PA đèn đường hỏng", channel="telegram", address=citizen.address)
    make.work()
    assert (citizen.report.state, len(citizen.report.files)) == (State.RECEIVED, 1)
    assert citizen.report.latitude == 12.68
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Complaint)) == 1


def test_an_album_to_a_report_read_back_is_told_in_short_and_has_an_end(telegram):
    citizen = Citizen()
    citizen.tells(LIGHT)
    one = photo()
    for number in range(drafting.MOST_FILES + 2):
        citizen.sends(one | {"file_id": f"{one['file_id']}{number}"}, text="")
    assert f"nay có {drafting.MOST_FILES} ảnh" in telegram.bodies[-1]
    assert "Nguyễn Du" not in telegram.bodies[-1]
