"""Files and places of a message are made ready before its turn, once, whatever breaks in between."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

import backend.messaging.housekeeping  # noqa: F401
from backend import clock, storage
from backend.database import reading
from backend.messaging import attachments, fetching, ledger, media, service, turn, wording
from backend.messaging.channels import Fetched, Rejected, TryLater
from backend.messaging.models import Owner, Status
from backend.messaging.service import Inbound
from tests.builders import files as built
from tests.builders import messaging as make


@pytest.fixture
def house(database, monkeypatch):
    channel, scripted = make.install(monkeypatch)
    held = {"a": built.make_photo(), "b": built.make_image("PNG")}
    channel.fetched = []
    channel.trouble = []

    def fetch(reference):
        with reading() as session:
            assert not session.in_transaction()  # nobody waits for a provider with a session open
        channel.fetched.append(reference)
        if channel.trouble:
            raise channel.trouble.pop(0)
        if reference not in held:
            raise Rejected("gone", fetching.GONE)
        return Fetched(held[reference], "anh.bin")

    channel.fetch = fetch
    return channel, scripted


def remote(reference="a", name=""):
    return {"kind": "remote", "reference": reference, "name": name, "media_type": "image/jpeg"}


def send(*sent, words=""):
    came = service.receive(Inbound("sms", f"MM{next(make._numbers)}", "+84900000001", words, attachments=sent))
    make.work()
    return came.message_id


def stored():
    with reading() as session:
        return session.scalar(select(func.count()).select_from(storage.StoredFile))


def later(seconds):
    return clock.stopped_at(clock.now() + timedelta(seconds=seconds))


def test_a_photo_becomes_a_file_and_its_words_are_answered(house):
    channel, scripted = house
    id = send(remote("a", "sổ hộ khẩu.jpg"), remote("b"), words="em gửi ảnh")
    first, second = make.row(id).attachments
    assert (first["kind"], first["name"], first["media_type"]) == ("file", "sổ hộ khẩu.jpg", "image/jpeg")
    assert (second["name"], second["media_type"]) == ("anh.bin.png", "image/png")
    assert b"GPS" not in storage.read(first["file_id"])
    assert (channel.fetched, scripted.asked, stored()) == (["a", "b"], ["em gửi ảnh"], 2)


@pytest.mark.parametrize(
    ("code", "why"), [(fetching.TOO_LARGE, wording.FILE_TOO_LARGE), (fetching.NOT_ALLOWED, wording.FILE_GONE)]
)
def test_a_refused_file_is_told_and_the_words_are_answered_all_the_same(house, code, why):
    channel, _ = house
    channel.trouble = [Rejected("no", code)]
    id = send(remote(), words="lệ phí bao nhiêu")
    assert make.row(id).attachments == [{"kind": "refused", "name": "", "why": why}]
    assert channel.bodies == [f"Dạ, em chưa nhận được tệp anh/chị gửi. {why}\n\nđã nghe: lệ phí bao nhiêu"]


def test_a_file_that_is_no_photo_is_refused_with_what_is_taken(house, monkeypatch):
    channel, _ = house
    monkeypatch.setattr(channel, "fetch", lambda _: Fetched(b"MZ\x90 a program", "anh.jpg"))
    id = send(remote())
    assert make.row(id).attachments[0]["kind"] == "refused"
    assert channel.bodies == [
        (
            "Dạ, em chưa nhận được tệp anh/chị gửi. Loại tệp này không được nhận."
            " Chỉ nhận ảnh (JPG, PNG, WebP), PDF và Word (.docx) không có macro."
        )
    ]


def test_a_provider_that_is_down_is_waited_for_without_a_word(house):
    channel, scripted = house
    channel.trouble = [TryLater("503", 40), OSError("disk")]
    id = send(remote(), words="ảnh đây")
    send(words="còn đây là câu hỏi")
    assert (channel.bodies, scripted.asked, channel.fetched) == ([], [], ["a"])  # not even asked again too early
    send(words="TRO GIUP")
    assert channel.bodies == [wording.HELP]
    with later(41):
        make.sweep()
        make.work()
        assert make.row(id).attempts == 2
    with later(50):
        make.sweep()
        make.work()
    assert make.row(id).attachments[0]["kind"] == "file"
    assert scripted.asked == ["ảnh đây", "còn đây là câu hỏi"]


def test_a_file_that_never_comes_is_given_up(house):
    channel, _ = house
    channel.trouble = [TryLater("503")] * media.MOST_TRIES
    id = send(remote())
    for minutes in range(1, media.MOST_TRIES + 1):
        with later(60 * minutes):
            make.sweep()
            make.work()
    assert len(channel.fetched) == media.MOST_TRIES
    assert make.row(id).attachments[0]["why"] == wording.FILE_NOT_HAD
    assert wording.FILE_NOT_HAD in channel.bodies[0]


def test_a_crash_between_fetching_and_noting_stores_no_second_row(house, monkeypatch):
    channel, _ = house
    add = storage.add

    def crash(*_, **__):
        add(*_, **__)
        raise KeyboardInterrupt

    monkeypatch.setattr(storage, "add", crash)
    service.receive(Inbound("sms", "MMcrash", "+84900000001", "", attachments=(remote(),)))
    make.work()  # the queue takes it for the end of the process
    assert stored() == 0
    monkeypatch.setattr(storage, "add", add)
    with later(60):
        make.sweep()
        make.work()
    assert (channel.fetched, stored()) == (["a", "a"], 1)


def test_two_workers_fetch_at_once_and_one_row_stays(house):
    id = service.receive(Inbound("sms", "MM2", "+84900000001", "", attachments=(remote(),))).message_id
    as_it_came = make.row(id)
    media.make_ready(as_it_came)
    media.make_ready(as_it_came)
    assert stored() == 1


def test_an_officer_sees_the_photo_too(house):
    channel, _ = house
    conversation = make.text("xin chào").conversation_id
    make.work()
    service.hand_over(conversation, Owner.OFFICER)
    channel.trouble = [TryLater("503")]
    id = send(remote(), remote("b"), words="ảnh đây")
    assert make.row(id).status == Status.FOR_OFFICER
    with later(60):
        with reading() as session:
            assert ledger.forgotten_files(session) == [id]
        make.sweep()
        make.work()
    row = make.row(id)
    assert [one["kind"] for one in row.attachments] == ["file", "file"]
    assert (row.status, row.next_attempt_at) == (Status.FOR_OFFICER, None)
    assert turn.fetch_for_officer(id) is None


def left_to_officer(conversation: int) -> int:
    """A photo that nobody has fetched yet."""
    came = service.receive(Inbound("sms", "MM-officer", "+84900000001", "ảnh đây", attachments=(remote(),)))
    make.queue().storage.flush_all()
    turn.run(conversation)
    return came.message_id


def test_a_sweep_and_an_officers_wake_up_do_not_both_fetch(house):
    channel, _ = house
    conversation = make.text("xin chào").conversation_id
    make.work()
    service.hand_over(conversation, Owner.OFFICER)
    id = left_to_officer(conversation)
    fetch, meanwhile = channel.fetch, []

    def slow(reference):
        meanwhile.append(turn.fetch_for_officer(id))
        return fetch(reference)

    channel.fetch = slow
    assert turn.fetch_for_officer(id) is None
    assert meanwhile == [None]
    assert [one["kind"] for one in make.row(id).attachments] == ["file"]
    assert channel.fetched == ["a"]


@pytest.mark.usefixtures("house")
def test_whoever_dies_while_fetching_is_followed_by_the_sweep():
    conversation = make.text("xin chào").conversation_id
    make.work()
    service.hand_over(conversation, Owner.OFFICER)
    id = left_to_officer(conversation)
    assert media.claim(id), "and dies"
    assert turn.fetch_for_officer(id) is None
    assert [one["kind"] for one in make.row(id).attachments] == ["remote"]
    with later(60):
        make.sweep()
        make.work()
    assert [one["kind"] for one in make.row(id).attachments] == ["file"]


@pytest.mark.parametrize(
    ("at", "told"),
    [((12.68, 108.05), "đã nhận vị trí."), ((21.03, 105.85), "ngoài tỉnh"), ((-91.0, 400.0), "ngoài tỉnh")],
)
def test_a_place_nobody_waits_for_is_acknowledged(house, at, told):
    channel, _ = house
    id = send({"kind": "location", "latitude": at[0], "longitude": at[1]})
    assert make.row(id).attachments[0]["place"] == ""
    assert told in channel.bodies[0]


def test_a_handler_gets_only_what_is_ready(house, monkeypatch):
    took = []
    monkeypatch.setattr(attachments, "_handlers", [lambda _context, _text, sent: took.extend(sent)])
    send(remote("a"), remote("nowhere"), {"kind": "location", "latitude": 12.7, "longitude": 108.0}, words="đây")
    assert [type(one).__name__ for one in took] == ["Attachment", "Refused", "Location"]
