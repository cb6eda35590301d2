"""A made-up dossier, never stored, that the preview of a paper shows."""

from datetime import UTC, datetime, timedelta

from backend import calendar, clock
from backend.dossiers import deadlines
from backend.dossiers.models import Apology, Dossier, DossierEvent, DossierPaper, DossierStep, Payment
from backend.dossiers.paper.kinds import Kind
from backend.dossiers.policy import Action, PaperState, State, StepState

MARK = "BẢN MẪU"
_OFFICER = "officer:0"
_PAPERS = (
    ("Tờ khai đăng ký kết hôn", 1, 0),
    ("Giấy xác nhận tình trạng hôn nhân", 1, 0),
    ("Bản sao căn cước của hai bên", 0, 2),
)
_REASONS = {
    Kind.REFUSAL: "Hai bên chưa đủ tuổi kết hôn theo quy định.",
    Kind.APOLOGY: "Cần chờ cơ quan phối hợp trả lời xác minh.",
}


def dossier(kind: Kind) -> Dossier:
    """It has everything that a paper of this kind prints."""
    now = clock.now()
    received = datetime(now.year, 1, 5, 1, 30, tzinfo=UTC) if now.month > 1 else now - timedelta(days=20)
    received = calendar.next_opening(received)
    due = deadlines.appointment(received, 3, "working_day")
    made = Dossier(
        code="H15.24.133-260105-0012",
        key="x" * 16,
        procedure_code="1.000894",
        procedure_name="Đăng ký kết hôn",
        agency_code="",
        agency_name="UBND phường Buôn Ma Thuột",
        desk_code="",
        desk_name="UBND phường Buôn Ma Thuột",
        applicant_name="H'Hương Niê Kđăm",
        applicant_phone="+84905123456",
        applicant_email="huong@example.vn",
        applicant_address="12 Y Ngông, phường Buôn Ma Thuột, tỉnh Đắk Lắk",
        filed_via="desk",
        return_by="desk",
        state=State.REFUSED if kind is Kind.REFUSAL else State.PROCESSING,
        reason=_REASONS.get(kind, ""),
        legal_ground="Điều 8 Luật Hôn nhân và gia đình 2014",
        submitted_at=received - timedelta(minutes=10),
        received_at=received,
        duration_value=3,
        duration_unit="working_day",
        due_at=due,
        finished_at=calendar.add_working_hours(received, 15) if kind is Kind.CONTROL else None,
        papers=[_paper(number, *line, kind=kind) for number, line in enumerate(_PAPERS, 1)],
        payments=[Payment(reference="", amount=50_000, state="paid", paid_at=received, surplus=False)],
        steps=[],
        apology=None,
    )
    made.steps = [_step(received, due)]
    made.history = _history(received, kind)
    if kind is Kind.APOLOGY:
        made.apology = Apology(
            reason=_REASONS[kind], old_due_at=due, new_due_at=calendar.add_working_days(due, 2),
            drafted_at=received, signed_at=received,
        )  # fmt: skip
    return made


def _paper(number: int, name: str, originals: int, copies: int, *, kind: Kind) -> DossierPaper:
    wrong = kind is Kind.SUPPLEMENT and number > 1
    return DossierPaper(
        position=number,
        name=name,
        originals=originals,
        copies=copies,
        state=PaperState.MISSING if wrong else PaperState.PRESENT,
        remark="Ảnh chụp bị mờ, chụp lại" if wrong and number == len(_PAPERS) else "",
    )


def _step(received: datetime, due: datetime) -> DossierStep:
    return DossierStep(
        id=1, sequence=1, title="Thẩm định, giải quyết", agency_code="", agency_name="UBND phường Buôn Ma Thuột",
        share=1.0, state=StepState.DONE, opened_at=received, due_at=due,
        done_at=calendar.add_working_hours(received, 12),
    )  # fmt: skip


def _history(received: datetime, kind: Kind) -> list[DossierEvent]:
    def event(action: Action, hours: float, name: str, step_id: int | None = None) -> DossierEvent:
        at = calendar.add_working_hours(received, hours)
        return DossierEvent(
            id=len(made) + 1, at=at, action=action, actor=_OFFICER, actor_name=name, to_state="", reason="",
            step_id=step_id, details={},
        )  # fmt: skip

    made: list[DossierEvent] = []
    made.append(event(Action.FILE, 0, "Trần Thị Một Cửa"))
    made[0].at = received - timedelta(minutes=10)
    made.append(event(Action.RECEIVE, 0, "Trần Thị Một Cửa"))
    if kind is Kind.SUPPLEMENT:
        made.append(event(Action.REQUEST_SUPPLEMENT, 1, "Trần Thị Một Cửa"))
        made[-1].details = {
            "missing": [name for name, _, _ in _PAPERS[1:]],
            "until": calendar.add_working_days(received, deadlines.SUPPLEMENT_DAYS).isoformat(),
        }
        return made
    made.append(event(Action.ASSIGN, 2, "Lê Văn Trưởng", 1))
    if kind is Kind.REFUSAL:
        made.append(event(Action.REFUSE, 9, "Phạm Thị Chuyên", 1))
        return made
    made.append(event(Action.SUBMIT, 12, "Phạm Thị Chuyên", 1))
    made.append(event(Action.APPROVE, 14, "Nguyễn Văn Lãnh Đạo"))
    made.append(event(Action.ISSUE_RESULT, 15, "Trần Thị Một Cửa"))
    return made
