"""What time does to dossiers: each thing once, whoever sweeps, and nothing because of a clock that jumps."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, event, select, update

from backend import calendar, clock
from backend.clock import VIETNAM
from backend.database import reading, transaction
from backend.dossiers import acts, apologies, deadlines
from backend.dossiers import sweep as sweeping
from backend.dossiers.acts import SYSTEM, Facts
from backend.dossiers.models import Apology, Dossier, DossierEvent, DossierPaper, PaperFile
from backend.dossiers.policy import Action, FileState, PaperState, State, StopReason
from backend.dossiers.sweep import settle_calendar, sweep
from backend.dossiers.walking import HOUSE
from backend.errors import Conflict, Forbidden, InvalidInput
from backend.notifications.models import Notification
from backend.notifications.service import Event
from backend.organisation import calendar_days
from backend.organisation.models import Role
from backend.organisation.service import OfficerInfo
from tests.builders.dossiers import dossier_id, get, make_dossier, make_procedure

pytestmark = pytest.mark.usefixtures("database")


def at(text: str) -> datetime:
    """A moment on the clocks of Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


MONDAY = at("2026-11-30T07:30")
"""Of a week without holidays."""


def told(of: int, *events: Event) -> list[tuple[str, str, str]]:
    """(event, variant, recipient) of what was told of a dossier, oldest first."""
    query = select(Notification).where(Notification.subject == f"dossier:{of}").order_by(Notification.id)
    with reading() as session:
        rows = session.scalars(query).all()
    return [(row.event, row.variant, row.recipient) for row in rows if not events or row.event in events]


def filed(state: State = State.PROCESSING, *, at_: datetime = MONDAY, days: float = 10, **values: object) -> int:
    """A dossier received on that Monday morning, with so many working days; its id."""
    code = f"9.2{int(days * 10):05d}"
    with clock.stopped_at(at_):
        make_procedure(code, "Cấp phép", days)
        return dossier_id(make_dossier(state, procedure_code=code, **values))


def swept(moment: datetime) -> sweeping.Swept:
    """A sweep at that moment."""
    with clock.stopped_at(moment):
        return sweep()


def share_over(of: int, share: float) -> datetime:
    """When that share of the granted time is over."""
    dossier = get(of)
    assert dossier.received_at
    return calendar.add_working_hours(dossier.received_at, dossier.working_hours * share) + timedelta(seconds=1)


def test_nothing_is_due_before_half_of_the_time_is_over(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    assert swept(share_over(one, 0.5) - timedelta(minutes=1)) == sweeping.Swept()


def test_warnings_climb_from_the_officer_over_the_head_to_the_leader(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    heard = []
    for share in (0.5, 0.8, 1.0):
        swept(share_over(one, share))
        rows = [row for row in told(one, Event.WARNING) if row not in heard]
        heard += rows
        roles = [role for _, _, to in rows for role, who in crew.items() if to == f"officer:{who.id}"]
        expected = [Role.SPECIALIST, Role.HEAD, Role.LEADER][: 1 + (share > 0.5) + (share > 0.8)]
        assert sorted(roles) == sorted(expected)
        assert {variant for _, variant, _ in rows} == {str(round(share * 100))}
    assert get(one).warned == 100
    assert get(one).look_at is None


def test_what_is_told_says_how_much_of_the_time_is_over_and_when_it_ends(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 0.5))
    with reading() as session:
        facts = session.scalars(select(Notification.facts).where(Notification.event == Event.WARNING)).one()
    assert (facts["per_cent"], facts["due"]) == ("50", "17:00 thứ Hai 14/12/2026")


def test_an_unassigned_dossier_warns_those_who_should_assign_it(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.RECEIVED)
    swept(share_over(one, 0.5))
    assert told(one, Event.WARNING) == [("warning", "50", f"officer:{crew[Role.HEAD].id}")]


def test_a_dossier_waiting_for_a_signature_warns_the_leader(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.APPROVING)
    swept(share_over(one, 0.5))
    assert told(one, Event.WARNING) == [("warning", "50", f"officer:{crew[Role.LEADER].id}")]


def test_a_result_signed_but_not_issued_still_runs_late(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.APPROVED)
    swept(share_over(one, 1))
    assert told(one, Event.LATE)


def test_a_worker_that_slept_gives_only_the_last_warning(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 1) + timedelta(days=5))
    assert {variant for _, variant, _ in told(one, Event.WARNING)} == {"100"}


def test_swept_twice_tells_nobody_twice(crew: dict[Role, OfficerInfo]) -> None:
    several = [filed() for _ in range(5)] + [filed(State.SUPPLEMENT_REQUESTED)]
    moment = share_over(several[0], 0.97)
    assert swept(moment).told
    before = [told(one) for one in several]
    assert swept(moment) == sweeping.Swept()
    assert [told(one) for one in several] == before


def test_swept_twice_even_when_what_was_done_is_forgotten(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    moment = share_over(one, 0.97)
    swept(moment)
    before = told(one)
    with transaction() as session:
        session.execute(update(Dossier).values(warned=0, late_told=False, look_at=moment))
    assert swept(moment).told == 0
    assert told(one) == before


def test_two_sweeps_at_once_share_the_work(crew: dict[Role, OfficerInfo], monkeypatch: pytest.MonkeyPatch) -> None:
    several = [filed() for _ in range(30)]
    monkeypatch.setattr(sweeping, "BATCH", 7)
    moment = share_over(several[0], 0.97)
    start, done = Barrier(3), []

    def work() -> None:
        start.wait()
        done.append(sweep())

    with clock.stopped_at(moment):
        threads = [Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done.append(sweep())  # what one held while the other looked
    assert sum(one.failed for one in done) == 0
    for one in several:
        assert Counter(told(one)).most_common(1)[0][1] == 1
        assert len(told(one, Event.WARNING)) == 2  # 80 %: specialist and head
        assert len(told(one, Event.LATE)) == 1


def test_what_an_officer_does_meanwhile_is_not_overwritten(
    crew: dict[Role, OfficerInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = filed(), filed()
    moment = share_over(one, 0.6)
    original = sweeping._one_batch

    def with_an_officer(*args: object) -> sweeping.Swept:
        acts.act(one, Action.STOP_CLOCK, HOUSE, Facts(reason="chờ xác minh", stop_for=StopReason.CHECK_ELSEWHERE))
        return original(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "_one_batch", with_an_officer)
    swept(moment)
    assert told(one, Event.WARNING) == []
    assert get(one).clock_stopped_at
    assert get(one).look_at is None
    assert told(other, Event.WARNING)


def test_a_sweep_does_not_make_an_officers_page_stale(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    version = get(one).version
    swept(share_over(one, 0.8))
    assert get(one).version == version


def test_one_failing_dossier_does_not_block_the_others(
    crew: dict[Role, OfficerInfo], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = filed(), filed()
    original = sweeping.plan

    def failing(dossier: Dossier, *args: object) -> sweeping.Plan:
        if dossier.id == bad:
            raise RuntimeError("broken")
        return original(dossier, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(sweeping, "plan", failing)
    moment = share_over(bad, 0.5)
    done = swept(moment)
    assert (done.failed, told(bad), bool(told(good))) == (1, [], True)
    monkeypatch.setattr(sweeping, "plan", original)
    assert swept(moment) == sweeping.Swept()  # put off
    swept(moment + sweeping.AFTER_A_FAULT)
    assert told(bad)


def test_one_dossier_that_cannot_be_written_does_not_block_the_others(
    crew: dict[Role, OfficerInfo], database: Engine
) -> None:
    bad, good = filed(), filed()

    def failing(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        named = f"dossier:{bad}'" in repr(parameters).replace('"', "'")  # PostgreSQL is given them as JSON
        if "INSERT INTO notification " in statement and named:
            raise RuntimeError("broken")

    event.listen(database, "before_cursor_execute", failing)
    try:
        done = swept(share_over(bad, 0.5))
    finally:
        event.remove(database, "before_cursor_execute", failing)
    assert (done.failed, told(bad), bool(told(good))) == (1, [], True)


def test_a_clock_set_back_tells_nothing_again(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    moment = share_over(one, 0.97)
    swept(moment)
    before = told(one)
    with clock.stopped_at(moment - timedelta(days=6)):
        assert sweep() == sweeping.Swept()
        acts.act(one, Action.STOP_CLOCK, HOUSE, Facts(reason="chờ xác minh"))
        acts.act(one, Action.RESUME_CLOCK, HOUSE)
    after = [row for row in told(one) if row not in before]
    swept(moment)
    assert [row for row in told(one) if row not in after] == before


def test_a_clock_set_back_does_not_move_an_appointment(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    due = get(one).due_at
    with clock.stopped_at(MONDAY + timedelta(days=2)):
        acts.act(one, Action.STOP_CLOCK, HOUSE, Facts(reason="chờ xác minh"))
    with clock.stopped_at(MONDAY + timedelta(days=1)):
        acts.act(one, Action.RESUME_CLOCK, HOUSE)
    assert get(one).due_at == due


# --- late ------------------------------------------------------------------------------------------------------


def test_the_applicant_is_told_three_working_hours_before_that_the_result_will_not_be_there(
    crew: dict[Role, OfficerInfo],
) -> None:
    one = filed(days=3)
    assert get(one).due_at == at("2026-12-03T17:00")
    swept(at("2026-12-03T13:59"))
    assert told(one, Event.LATE) == []
    swept(at("2026-12-03T14:00"))
    swept(at("2026-12-03T16:00"))
    swept(at("2026-12-04T16:00"))
    assert told(one, Event.LATE) == [("late", "", "phone:+84900000001")]


def test_the_applicant_is_not_told_late_when_the_result_is_there(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.RESULT_READY)
    swept(MONDAY + timedelta(days=60))
    assert told(one) == []


def test_very_short_times_are_not_late_from_the_start(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(days=0.2)  # an hour and a half
    swept(MONDAY + timedelta(minutes=30))
    assert told(one, Event.LATE) == []
    swept(MONDAY + timedelta(minutes=50))
    assert told(one, Event.LATE) == [("late", "", "phone:+84900000001")]


def test_a_stopped_clock_warns_nobody_and_goes_on_where_it_stood(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    due = get(one).due_at
    assert due
    with clock.stopped_at(share_over(one, 0.4)):
        acts.act(one, Action.STOP_CLOCK, HOUSE, Facts(reason="chờ xác minh"))
    assert swept(due + timedelta(days=20)) == sweeping.Swept()
    with clock.stopped_at(due + timedelta(days=20)):
        acts.act(one, Action.RESUME_CLOCK, HOUSE)
    assert swept(due + timedelta(days=20)).told == 0
    new_due = get(one).due_at
    assert new_due
    assert new_due > due + timedelta(days=20)
    swept(calendar.add_working_hours(new_due, -0.45 * get(one).working_hours))
    assert [variant for _, variant, _ in told(one, Event.WARNING)] == ["50"]


# --- apologies -------------------------------------------------------------------------------------------------


def test_an_apology_is_drafted_before_it_is_late_and_the_leader_is_told(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 0.5))
    assert apologies.of(one) is None
    done = swept(share_over(one, 0.8))
    draft = apologies.of(one)
    assert done.drafted == 1
    assert draft
    assert (draft.reason, draft.signed_at, draft.old_due_at) == ("", None, get(one).due_at)
    assert draft.new_due_at == at("2026-12-16T17:00")  # a fifth of ten days more
    assert told(one, Event.APOLOGY_DRAFTED) == [("apology_drafted", "", f"officer:{crew[Role.LEADER].id}")]


def sign(one: int, leader: OfficerInfo, reason: str = "chờ kết quả xác minh") -> None:
    draft = apologies.of(one)
    assert draft
    apologies.edit(one, acts.by(leader), reason=reason, new_due_at=draft.new_due_at)
    apologies.sign(one, acts.by(leader))


def test_a_signed_apology_moves_the_appointment_and_spares_the_applicant_the_other_message(
    crew: dict[Role, OfficerInfo],
) -> None:
    one = filed()
    due = get(one).due_at
    assert due
    swept(share_over(one, 0.8))
    with clock.stopped_at(share_over(one, 0.85)):
        sign(one, crew[Role.LEADER])
    assert get(one).due_at == at("2026-12-16T17:00")
    swept(due)
    assert told(one, Event.LATE) == []
    assert told(one, Event.APOLOGY) == [("apology", "", "phone:+84900000001")]
    swept(at("2026-12-16T15:00"))  # the second appointment fails, too: they must not come in vain
    assert len(told(one, Event.LATE)) == 1
    assert [v for _, v, to in told(one, Event.WARNING) if to == f"officer:{crew[Role.SPECIALIST].id}"] == ["80", "80"]


def test_an_apology_is_given_once(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 0.8))
    leader = acts.by(crew[Role.LEADER])
    with clock.stopped_at(share_over(one, 0.85)):
        sign(one, crew[Role.LEADER])
        later = get(one).due_at + timedelta(days=5)  # type: ignore[operator]
        for second in (
            lambda: apologies.sign(one, leader),
            lambda: apologies.edit(one, leader, reason="nữa", new_due_at=later),
            lambda: apologies.dismiss(one, leader),
            lambda: apologies.draft(one, leader),
            lambda: acts.act(one, Action.APOLOGISE, leader, Facts(reason="nữa", deadline=later)),
        ):
            with pytest.raises(Conflict):
                second()


def test_an_apology_needs_a_reason_and_a_later_date_and_the_leader(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 0.8))
    leader, specialist = acts.by(crew[Role.LEADER]), acts.by(crew[Role.SPECIALIST])
    due = get(one).due_at
    assert due
    with clock.stopped_at(share_over(one, 0.85)):
        with pytest.raises(InvalidInput):
            apologies.sign(one, leader)
        with pytest.raises(InvalidInput):
            apologies.edit(one, specialist, reason="chờ", new_due_at=due)
        with pytest.raises(Forbidden):
            apologies.edit(one, acts.by(crew[Role.RECEPTIONIST]), reason="chờ", new_due_at=due + timedelta(days=3))
        apologies.edit(one, specialist, reason="chờ", new_due_at=due + timedelta(days=3))
        for not_allowed in (specialist, acts.by(crew[Role.HEAD])):
            with pytest.raises(Forbidden):
                apologies.sign(one, not_allowed)
            with pytest.raises(Forbidden):
                apologies.dismiss(one, not_allowed)
        apologies.sign(one, leader)
    assert get(one).due_at == due + timedelta(days=3)


def test_a_dismissed_draft_comes_back_when_it_gets_serious(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    swept(share_over(one, 0.8))
    apologies.dismiss(one, acts.by(crew[Role.LEADER]))
    swept(share_over(one, 0.9))
    assert apologies.of(one) is None
    swept(share_over(one, 0.97))
    assert apologies.of(one)
    assert len(told(one, Event.APOLOGY_DRAFTED)) == 2


def test_whoever_works_on_it_may_draft_an_apology_by_hand(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    with clock.stopped_at(share_over(one, 0.2)):
        apologies.draft(one, acts.by(crew[Role.SPECIALIST]))
        with pytest.raises(Conflict):
            apologies.draft(one, acts.by(crew[Role.HEAD]))
    swept(share_over(one, 0.8))
    with reading() as session:
        assert len(session.scalars(select(Apology)).all()) == 1


# --- supplements -----------------------------------------------------------------------------------------------


def test_reminders_come_three_days_and_one_day_before_and_then_it_is_cancelled(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.SUPPLEMENT_REQUESTED)
    deadline = get(one).supplement_due_at
    assert deadline
    assert swept(deadline - timedelta(days=3, minutes=1)).told == 0
    for days in (3, 2, 1, 0.5):
        swept(deadline - timedelta(days=days))
    assert [variant for _, variant, _ in told(one, Event.SUPPLEMENT_REMINDER)] == ["3", "1"]
    assert swept(deadline).cancelled == 1
    assert swept(deadline) == sweeping.Swept()
    dossier = get(one)
    assert (dossier.state, dossier.reason, dossier.look_at) == (State.CANCELLED, sweeping.NOT_ANSWERED, None)
    assert len(told(one, Event.CANCELLED)) == 1
    with reading() as session:
        last = session.scalars(select(DossierEvent).order_by(DossierEvent.id.desc()).limit(1)).one()
    assert (last.action, last.actor) == (Action.CANCEL, "system")


def test_a_short_deadline_is_reminded_of_once(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.RECEIVED)
    with clock.stopped_at(MONDAY + timedelta(hours=1)), transaction() as session:
        session.execute(update(DossierPaper).values(state=PaperState.MISSING))
        acts.act(one, Action.REQUEST_SUPPLEMENT, HOUSE, Facts(deadline=MONDAY + timedelta(days=2)))
    swept(MONDAY + timedelta(days=1, hours=1))
    swept(MONDAY + timedelta(days=1, hours=3))
    assert [variant for _, variant, _ in told(one, Event.SUPPLEMENT_REMINDER)] == ["1"]


def test_a_supplement_taken_in_time_is_neither_reminded_of_nor_cancelled(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(State.SUPPLEMENT_REQUESTED)
    deadline = get(one).supplement_due_at
    assert deadline
    with clock.stopped_at(MONDAY + timedelta(days=1)), transaction() as session:
        session.execute(update(DossierPaper).values(state=PaperState.PRESENT))
        acts.act(one, Action.TAKE_SUPPLEMENT, HOUSE)
    swept(deadline)
    assert told(one, Event.SUPPLEMENT_REMINDER, Event.CANCELLED) == []


def test_who_has_answered_in_time_does_not_lose_the_dossier_because_nobody_looked(
    crew: dict[Role, OfficerInfo],
) -> None:
    one = filed(State.SUPPLEMENT_REQUESTED)
    deadline = get(one).supplement_due_at
    assert deadline
    with transaction() as session:
        for paper in session.scalars(select(DossierPaper).where(DossierPaper.state == PaperState.MISSING)):
            paper.files.append(
                PaperFile(file_id="x", name="anh.jpg", state=FileState.SENT, at=clock.now(), actor="applicant")
            )
    assert swept(deadline).cancelled == 0
    assert told(one, Event.SUPPLEMENT_ARRIVED) == [("supplement_arrived", "", f"officer:{crew[Role.RECEPTIONIST].id}")]
    assert swept(deadline + timedelta(hours=2)) == sweeping.Swept()
    swept(deadline + timedelta(days=4))
    assert len(told(one, Event.SUPPLEMENT_ARRIVED)) == 2
    with transaction() as session:
        session.execute(update(PaperFile).values(state=FileState.RETURNED))
    assert swept(deadline + timedelta(days=9)).cancelled == 1


# --- holidays added later --------------------------------------------------------------------------------------


@pytest.fixture
def administered(database: Engine) -> Iterator[None]:
    calendar_days.install()
    yield
    calendar.overlay_with(None)


ADMINISTRATOR = "officer:1"
THURSDAY = date(2026, 12, 3)


@pytest.mark.usefixtures("administered")
def test_a_holiday_added_later_moves_the_appointment_and_says_why(crew: dict[Role, OfficerInfo]) -> None:
    one, over, ahead = filed(days=5), filed(days=2), filed(days=5, at_=at("2026-12-04T08:00"))
    before = {of: get(of).due_at for of in (one, over, ahead)}
    with clock.stopped_at(at("2026-12-01T09:00")):
        calendar_days.add(THURSDAY, "off", "Nghỉ do bão số 15", ADMINISTRATOR)
        assert settle_calendar() == 1
        assert settle_calendar() == 0
    assert get(one).due_at == at("2026-12-08T17:00")
    assert before[one] == at("2026-12-07T17:00")
    assert [get(of).due_at for of in (over, ahead)] == [before[over], before[ahead]]
    assert told(one, Event.APPOINTMENT_MOVED) == [("appointment_moved", "", "phone:+84900000001")]
    with reading() as session:
        facts = session.scalars(select(Notification.facts).where(Notification.event == Event.APPOINTMENT_MOVED)).one()
        step = session.get_one(Dossier, one).steps[0]
        assert step.due_at == get(one).due_at
    assert facts["reason"] == "ngày 03/12/2026 được nghỉ (Nghỉ do bão số 15)"
    assert facts["due"] == "17:00 thứ Ba 08/12/2026"


@pytest.mark.usefixtures("administered")
def test_a_worked_saturday_taken_back_moves_it_too_and_one_added_does_not_promise_it_earlier(
    crew: dict[Role, OfficerInfo],
) -> None:
    saturday = date(2026, 12, 5)
    early = filed(days=5)
    with clock.stopped_at(MONDAY):
        calendar_days.add(saturday, "worked", "Làm bù", ADMINISTRATOR)
        assert settle_calendar() == 0
    assert get(early).due_at == at("2026-12-07T17:00")
    one = filed(days=5)
    assert get(one).due_at == at("2026-12-05T17:00")
    with clock.stopped_at(at("2026-12-01T09:00")):
        calendar_days.remove(saturday, ADMINISTRATOR)
        settle_calendar()
    assert get(one).due_at == at("2026-12-07T17:00")


@pytest.mark.usefixtures("administered")
def test_a_holiday_removed_and_added_again_moves_nobody_twice(crew: dict[Role, OfficerInfo]) -> None:
    one = filed(days=5)
    with clock.stopped_at(at("2026-12-01T09:00")):
        calendar_days.add(THURSDAY, "off", "Nghỉ do bão", ADMINISTRATOR)
        settle_calendar()
        calendar_days.remove(THURSDAY, ADMINISTRATOR)
        assert settle_calendar() == 0
        assert get(one).due_at == at("2026-12-08T17:00")  # what was promised stays
        calendar_days.add(THURSDAY, "off", "Nghỉ do bão", ADMINISTRATOR)
        assert settle_calendar() == 0
    assert get(one).due_at == at("2026-12-08T17:00")
    assert len(told(one, Event.APPOINTMENT_MOVED)) == 1


@pytest.mark.usefixtures("administered")
def test_a_holiday_in_a_stopped_time_counts_once(crew: dict[Role, OfficerInfo]) -> None:
    running, stopped, over = filed(days=5), filed(days=5), filed(days=5)
    for one in (stopped, over):
        with clock.stopped_at(at("2026-12-02T10:00")):
            acts.act(one, Action.STOP_CLOCK, HOUSE, Facts(reason="chờ xác minh"))
    with clock.stopped_at(at("2026-12-04T10:00")):
        acts.act(over, Action.RESUME_CLOCK, HOUSE)  # stood still over the Thursday, before anybody knew of the storm
        due = get(over).due_at
        calendar_days.add(THURSDAY, "off", "Nghỉ do bão", ADMINISTRATOR)
        settle_calendar()
        assert get(over).due_at == due
        acts.act(stopped, Action.RESUME_CLOCK, HOUSE)
    assert get(running).due_at == at("2026-12-08T17:00")
    # Stopped on Wednesday at 10:00 with three days and five hours left; they go on from Friday at 10:00.
    assert get(stopped).due_at == at("2026-12-09T17:00")
    assert told(stopped, Event.APPOINTMENT_MOVED) == []  # told with the resumption


@pytest.mark.usefixtures("administered")
def test_a_dossier_received_after_the_holiday_was_added_is_not_moved(crew: dict[Role, OfficerInfo]) -> None:
    with clock.stopped_at(at("2026-11-27T09:00")):
        calendar_days.add(THURSDAY, "off", "Nghỉ do bão", ADMINISTRATOR)
    one = filed(days=5)
    assert get(one).due_at == at("2026-12-08T17:00")
    with clock.stopped_at(MONDAY + timedelta(hours=1)):
        assert settle_calendar() == 0


def test_nobody_but_the_system_moves_an_appointment(crew: dict[Role, OfficerInfo]) -> None:
    one = filed()
    facts = Facts(reason="nghỉ", lost_day=THURSDAY)
    for who in crew.values():
        with pytest.raises(Forbidden):
            acts.act(one, Action.MOVE_APPOINTMENT, acts.by(who), facts)
    with pytest.raises(Conflict), clock.stopped_at(MONDAY):
        acts.act(one, Action.MOVE_APPOINTMENT, SYSTEM, Facts(reason="nghỉ", lost_day=date(2027, 6, 1)))


def test_the_next_look_is_never_missed(crew: dict[Role, OfficerInfo]) -> None:
    for state in State:
        one = get(filed(state))
        with clock.stopped_at(MONDAY):
            assert one.look_at == deadlines.next_look(one)
