"""Officers: the bell in their page, mail for what cannot wait, the morning digest."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from backend import clock
from backend.database import reading, transaction
from backend.dossiers.models import Dossier, DossierStep
from backend.errors import NotFound
from backend.messaging import service as messaging
from backend.notifications import bell, digest, digest_tasks, dispatch, service, tasks
from backend.notifications.models import OfficerDigest, State
from backend.notifications.service import Event
from backend.organisation.models import Officer, Role
from tests.builders.dossiers import make_crew, make_dossier
from tests.builders.messaging import work
from tests.builders.notifications import Channels, make_telling, rows, states, tell, tell_officers, worker_looks
from tests.builders.organisation import make_officer

AT_WORK = datetime(2026, 11, 25, 9, 0, tzinfo=clock.VIETNAM)  # a Wednesday
EVENING = datetime(2026, 11, 25, 19, 0, tzinfo=clock.VIETNAM)
MORNING = datetime(2026, 11, 26, 7, 30, tzinfo=clock.VIETNAM)
SATURDAY = datetime(2026, 11, 28, 7, 30, tzinfo=clock.VIETNAM)


@pytest.fixture
def ways(monkeypatch, database) -> Channels:
    return Channels(monkeypatch, "sms", "email")


def with_email(officer_id: int, address: str = "canbo@daklak.example") -> int:
    with transaction() as session:
        session.get_one(Officer, officer_id).email = address
    return officer_id


def test_a_notice_is_in_the_page_and_counted_until_it_is_read(ways):
    an, binh = make_officer(), make_officer()
    with clock.stopped_at(AT_WORK):
        tell_officers([an, binh, an])
        work()
        assert (bell.unread_count(an), bell.unread_count(binh)) == (1, 1)
        [notice] = bell.notices(an)
        assert notice.text.startswith("Hồ sơ mới chờ kiểm tra giấy tờ: H15.24.133-261123-0012, Đăng ký khai sinh")
        assert (notice.dossier_id, notice.read) == (1, False)
        assert bell.open_notice(an, notice.id) == ("dossier", 1)
        assert (bell.unread_count(an), bell.unread_count(binh)) == (0, 1)
        assert [n.read for n in bell.notices(an)] == [True]


def test_nobody_opens_the_notice_of_another_officer(ways):
    an, binh = make_officer(), make_officer()
    tell_officers([an])
    with pytest.raises(NotFound):
        bell.open_notice(binh, rows()[0].id)
    assert bell.unread_count(an) == 1


def test_what_can_still_be_undone_is_not_in_the_page(ways):
    an = make_officer()
    with clock.stopped_at(AT_WORK):
        tell_officers([an], key="4", not_before=AT_WORK + timedelta(seconds=10))
        assert (bell.unread_count(an), bell.notices(an)) == (0, [])
        with transaction() as session:
            service.take_back(session, "dossier:1", "4")
    with clock.stopped_at(AT_WORK + timedelta(minutes=1)):
        worker_looks()
        assert (bell.unread_count(an), states()) == (0, [State.SUPPRESSED])


def test_marking_all_as_read_leaves_what_came_meanwhile(ways):
    an = make_officer()
    with clock.stopped_at(AT_WORK):
        tell_officers([an], key="1")
        shown = bell.newest(bell.notices(an))
        tell_officers([an], key="2")
        bell.read_all(an, shown)
        assert bell.unread_count(an) == 1


@pytest.mark.parametrize(
    ("told", "followed_by"),
    [
        (Event.TO_CHECK, Event.RECEIVED),
        (Event.TO_ASSIGN, Event.ASSIGNED_TO_YOU),
        (Event.TO_APPROVE, Event.APPROVED),
    ],
)
def test_what_a_colleague_has_seen_to_is_new_to_nobody(ways, told, followed_by):
    an, binh = make_officer(), make_officer()
    with clock.stopped_at(AT_WORK):
        tell_officers([an, binh], told, key="1")
        tell_officers([an], told, key="1", subject="dossier:2")
        work()
        if followed_by == Event.RECEIVED:
            tell(followed_by, key="2", not_before=AT_WORK + timedelta(seconds=10))
        else:
            tell_officers([make_officer()], followed_by, key="2", not_before=AT_WORK + timedelta(seconds=10))
        work()
        assert bell.unread_count(binh) == 1  # it can still be undone
    with clock.stopped_at(AT_WORK + timedelta(seconds=11)):
        worker_looks()
        assert (bell.unread_count(an), bell.unread_count(binh)) == (1, 0)


def test_only_what_cannot_wait_is_mailed_at_once_and_only_to_those_at_work(ways):
    an = with_email(make_officer())
    with clock.stopped_at(AT_WORK):
        tell_officers([an], Event.TO_CHECK, key="1")
        tell_officers([an], Event.SENT_BACK, key="2")
        work()
        [mail] = ways["email"].bodies
        assert mail.startswith("Hồ sơ H15.24.133-261123-0012 được trả lại để sửa\n\nLãnh đạo trả lại hồ sơ")
    with clock.stopped_at(EVENING):
        tell_officers([an], Event.SENT_BACK, key="3")
        worker_looks()
        assert len(ways["email"].bodies) == 1
        assert bell.unread_count(an) == 3


def test_of_the_warnings_only_the_last_is_mailed_at_once(ways):
    an = with_email(make_officer())
    with clock.stopped_at(AT_WORK):
        for per_cent in ("50", "80", "100"):
            tell_officers([an], Event.WARNING, key=per_cent, variant=per_cent, facts={"per_cent": per_cent})
        worker_looks()
        assert [mail.split("\n")[0] for mail in ways["email"].bodies] == ["Hồ sơ H15.24.133-261123-0012 đã quá hạn"]
        assert ["đã dùng 80% thời hạn" in notice.text for notice in bell.notices(an)] == [False, True, False]


def test_a_sweeps_many_warnings_are_let_go_without_a_step_for_each(ways, monkeypatch):
    an = make_officer()
    told = [(make_telling(Event.WARNING, str(n), variant="50"), [an]) for n in range(7)]
    monkeypatch.setattr(tasks, "AT_A_TIME", 3)
    monkeypatch.setattr(dispatch, "run", lambda _id: pytest.fail("nothing is left to do one by one"))
    with clock.stopped_at(AT_WORK):
        with transaction() as session:
            assert service.tell_many(session, told) == 7
        tasks.sweep.call_local()
        assert states() == [State.SENT] * 7
        assert bell.unread_count(an) == 7


def test_an_officer_who_has_left_gets_no_mail(ways):
    an = with_email(make_officer())
    with transaction() as session:
        session.get_one(Officer, an).active = False
    with clock.stopped_at(AT_WORK):
        tell_officers([an], Event.SENT_BACK)
        work()
    assert ways.sent() == {}


def test_the_digest_comes_once_on_the_morning_of_a_working_day(ways):
    an = with_email(make_officer())
    with clock.stopped_at(EVENING):
        tell_officers([an], key="1")
        tell_officers([an], Event.SENT_BACK, key="2")
        worker_looks()
    with clock.stopped_at(MORNING - timedelta(minutes=1)):
        digest_tasks.send_digests.call_local()
        work()
        assert ways.sent() == {}
    for minutes in (0, 5, 200):
        with clock.stopped_at(MORNING + timedelta(minutes=minutes)):
            digest_tasks.send_digests.call_local()
            work()
    [mail] = ways["email"].bodies
    assert mail.startswith("Việc hôm nay của anh/chị: 2 tin mới\n\nKính gửi anh/chị Nguyễn Văn An,")
    assert "- Hồ sơ mới chờ kiểm tra giấy tờ: H15.24.133-261123-0012" in mail
    assert "TIN MỚI: 2" in mail


def test_the_next_digest_does_not_repeat_what_was_new_yesterday(ways):
    an = with_email(make_officer())
    with clock.stopped_at(EVENING):
        tell_officers([an], key="1")
    for days in (0, 1):
        with clock.stopped_at(MORNING + timedelta(days=days)):
            digest_tasks.send_digests.call_local()
            work()
    assert len(ways["email"].bodies) == 1


def test_there_is_no_digest_on_days_off_nor_of_nothing_nor_without_an_address(ways):
    an, binh, chi = with_email(make_officer()), make_officer(), with_email(make_officer(), "chi@daklak.example")
    with clock.stopped_at(EVENING):
        tell_officers([an, binh])
        bell.read_all(chi, 10**6)
    with clock.stopped_at(SATURDAY):
        digest_tasks.send_digests.call_local()
        work()
    assert ways.sent() == {}
    with clock.stopped_at(MORNING):
        digest_tasks.send_digests.call_local()
        work()
    assert [mail.address for mail in ways["email"].sent] == ["canbo@daklak.example"]
    with reading() as session:
        assert session.scalars(select(OfficerDigest.message_id).order_by(OfficerDigest.officer_id)).all()[-1] is None


def test_one_digest_that_fails_does_not_stop_the_others(ways, monkeypatch):
    an, binh = with_email(make_officer()), with_email(make_officer(), "binh@daklak.example")
    right = digest.compose

    def breaks_for_one(officer, news):
        if officer.id == an:
            raise RuntimeError
        return right(officer, news)

    with clock.stopped_at(EVENING):
        tell_officers([an, binh])
    with clock.stopped_at(MORNING):
        with monkeypatch.context() as broken:
            broken.setattr(digest, "compose", breaks_for_one)
            digest_tasks.send_digests.call_local()
        work()
        assert [mail.address for mail in ways["email"].sent] == ["binh@daklak.example"]
        digest_tasks.send_digests.call_local()
        work()
    assert len(ways["email"].sent) == 2


def test_the_digest_names_what_is_due_and_what_is_late_for_each_role(ways):
    crew = make_crew()
    late, due, far = (make_dossier(state="processing") for _ in range(3))
    with transaction() as session:
        for code, days in ((late, -1), (due, 0), (far, 9)):
            dossier = session.scalars(select(Dossier).where(Dossier.code == code)).one()
            dossier.due_at = MORNING + timedelta(days=days, hours=4)
            for step in session.scalars(select(DossierStep).where(DossierStep.dossier_id == dossier.id)):
                step.due_at, step.officer_id = dossier.due_at, crew[Role.SPECIALIST].id
    with clock.stopped_at(MORNING):
        for role in (Role.SPECIALIST, Role.HEAD, Role.RECEPTIONIST):
            text = digest.compose(crew[role], [])
            assert text.startswith("Việc hôm nay của anh/chị: 1 quá hạn, 1 sắp đến hạn\n"), role
            assert text.index(late) < text.index(due)
            assert far not in text
        assert digest.compose(crew[Role.LEADER], []) == ""


def test_what_officers_were_told_is_not_listed_as_told_to_the_applicant(ways):
    an = make_officer()
    tell_officers([an])
    assert service.told("dossier:1") == []


def test_an_officer_told_twice_in_one_call_is_told_once(ways):
    an = make_officer()
    with transaction() as session:
        service.tell_officers(session, make_telling(Event.TO_CHECK), [an, an])
        service.tell_officers(session, make_telling(Event.TO_CHECK), [])
    assert len(rows()) == 1
    assert messaging.entries([]) == {}
