"""Reports are taken in once, with a code, and reach the officers."""

import pytest
from sqlalchemy import select

import backend.complaints.keywords  # noqa: F401
from backend.complaints import service
from backend.complaints.models import Complaint
from backend.database import reading
from backend.errors import InvalidInput, NotFound
from backend.inbox import service as inbox
from tests.builders import messaging as make
from tests.builders.dossiers import OWNER, STRANGER


@pytest.fixture
def house(database, monkeypatch):
    return make.install(monkeypatch)


def test_the_same_message_makes_one_report(house):
    received = make.text("rác đổ đầy đường", address=OWNER)
    filed = [service.file(received.conversation_id, received.message_id, "rác đổ đầy đường") for _ in range(2)]
    assert filed[0] == filed[1]
    assert [(line.reason, line.summary) for line in inbox.waiting()] == [
        ("complaint", f"{filed[0].code}: rác đổ đầy đường")
    ]


def test_pa_files_and_tells_where_it_stands(house):
    channel, scripted = house
    make.text("PA đèn đường hỏng trước số 12 Nguyễn Du", address=OWNER)
    make.work()
    code = service.look_up(make.text("x", address=OWNER).conversation_id, None).text.split()[3]
    assert code in channel.bodies[0]
    for words in (f"pa {code.removeprefix('PA-')}", f"PA {code}", code.replace("-", " ")):
        make.text(words, address=OWNER)
        make.work()
        assert "đã được tiếp nhận" in channel.bodies[-1], words
    assert scripted.asked == ["x"]


def test_a_report_belongs_to_a_message_of_its_own_conversation(house):
    mine, theirs = make.text("a", address=OWNER), make.text("b", address=STRANGER)
    service.file(mine.conversation_id, mine.message_id, "rác đổ đầy đường")
    for message_id in (mine.message_id, theirs.message_id + 1):
        with pytest.raises(NotFound):
            service.file(theirs.conversation_id, message_id, "rác đổ đầy đường")


def test_a_report_is_only_shown_where_it_was_sent(house):
    mine = make.text("x", address=OWNER)
    filed = service.file(mine.conversation_id, mine.message_id, "ồn ào ban đêm")
    theirs = make.text("x", address=STRANGER).conversation_id
    assert service.look_up(theirs, filed.code).outcome == "not_found"
    assert service.look_up(mine.conversation_id, "abc").outcome == "unclear"


def test_an_empty_report_is_refused(house):
    received = make.text("x", address=OWNER)
    with pytest.raises(InvalidInput):
        service.file(received.conversation_id, received.message_id, "   ")


def test_pa_alone_explains(house):
    channel, _ = house
    make.text("pa")
    make.work()
    assert "113" in channel.bodies[0]


def test_what_is_told_afterwards_by_code_is_added_once_and_reaches_the_officers(house):
    channel, _ = house
    first = make.text("cống nghẹt hôi thối", address=OWNER)
    filed = service.file(first.conversation_id, first.message_id, "cống nghẹt hôi thối")
    then = make.text(f"PA {filed.code} ở đường Y Jút", address=OWNER)
    make.work()
    assert f"ghi thêm vào phản ánh {filed.code}" in channel.bodies[-1]
    service.add(then.conversation_id, then.message_id, filed.code, "ở đường Y Jút")
    assert [line.summary for line in inbox.waiting()] == [f"{filed.code}, bổ sung: ở đường Y Jút"]


def test_words_that_a_report_has_no_room_for_are_refused_and_not_cut(house):
    channel, _ = house
    first = make.text("cống nghẹt", address=OWNER)
    filed = service.file(first.conversation_id, first.message_id, "cống nghẹt hôi thối " * 199)
    with reading() as session:
        before = session.scalars(select(Complaint.text)).one()
    make.text(f"PA {filed.code} nước tràn vào nhà số 12 Y Jút", address=OWNER)
    make.work()
    assert "không ghi thêm được nữa" in channel.bodies[-1]
    with reading() as session:
        assert session.scalars(select(Complaint.text)).one() == before


def test_nothing_is_added_to_a_strangers_report(house):
    first = make.text("cống nghẹt hôi thối", address=OWNER)
    filed = service.file(first.conversation_id, first.message_id, "cống nghẹt hôi thối")
    stranger = make.text("ở đường Y Jút", address=STRANGER)
    with pytest.raises(NotFound):
        service.add(stranger.conversation_id, stranger.message_id, filed.code, "ở đường Y Jút")
