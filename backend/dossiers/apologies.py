"""The apology with a new appointment: drafted before the dossier is late, signed by the leader, once for a dossier.

The sweep drafts (`propose`), whoever works on the dossier fills in the reason, the leader signs or dismisses. Signing
is the act `apologise`; everything before it leaves no history, for nobody outside has heard of it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from backend import calendar, clock
from backend.database import reading, transaction
from backend.dossiers import acts, deadlines
from backend.dossiers.acts import Actor, Done, Facts
from backend.dossiers.models import Apology, Dossier
from backend.dossiers.policy import CLOCK_RUNS, Action, Party, State
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound
from backend.i18n import gettext

MORE_TIME = 0.2
"""Of the granted time: how much more is proposed, at least a working day."""
DRAFTERS = frozenset({Party.ASSIGNEE, Party.HEAD, Party.LEADER})


@dataclass(frozen=True)
class ApologyInfo:
    """A draft, or what was signed. `reason` is empty until somebody has written it."""

    dossier_id: int
    reason: str
    old_due_at: datetime
    new_due_at: datetime
    drafted_at: datetime
    signed_at: datetime | None
    signed_by: int | None


def of(dossier_id: int) -> ApologyInfo | None:
    """The apology of a dossier, drafted or signed; None where there is none."""
    with reading() as session:
        dossier = session.get(Dossier, dossier_id)
        row = dossier.apology if dossier else None
        if row is None:
            return None
        return ApologyInfo(
            row.dossier_id, row.reason, row.old_due_at, row.new_due_at, row.drafted_at, row.signed_at, row.signed_by
        )


def propose(due_at: datetime, working_hours: float) -> datetime:
    """The new appointment that is proposed for one of `due_at`, which had granted so many working hours. UTC.

    Counted from today where the old one has passed.
    """
    days = max(1, round(working_hours / deadlines.hours_a_day() * MORE_TIME))
    day = clock.local(max(due_at, clock.now())).date()
    for _ in range(days):
        day = calendar.next_working_day(day)
    return deadlines.closing(day)


def draft(dossier_id: int, actor: Actor) -> None:
    """Draft by hand what the sweep has not drafted, or what was dismissed.

    Raises NotFound, Forbidden, and Conflict where there is one already, or no appointment that could be missed.
    """
    with transaction() as session:
        dossier = _load(session, dossier_id, actor, DRAFTERS)
        if dossier.apology is not None:
            raise Conflict(gettext("Hồ sơ đã có phiếu xin lỗi và hẹn lại."))
        if dossier.due_at is None or State(dossier.state) not in CLOCK_RUNS:
            raise Conflict(gettext("Hồ sơ không có ngày hẹn trả đang tính, không cần hẹn lại."))
        dossier.apology = Apology(
            reason="",
            old_due_at=dossier.due_at,
            new_due_at=propose(dossier.due_at, dossier.working_hours),
            drafted_at=clock.now(),
            signed_at=None,
            signed_by=None,
        )


def edit(dossier_id: int, actor: Actor, *, reason: str, new_due_at: datetime) -> None:
    """Change a draft. Raises NotFound, Forbidden, Conflict for a signed one, InvalidInput for a date not after the old.

    An empty reason may be kept; it is asked for at signing.
    """
    with transaction() as session:
        dossier = _load(session, dossier_id, actor, DRAFTERS)
        row = _draft_of(dossier)
        if dossier.due_at is not None and new_due_at <= max(dossier.due_at, clock.now()):
            wrong = gettext("Ngày hẹn lại phải sau ngày hẹn cũ và sau hôm nay.")
            raise InvalidInput(wrong, fields=[{"field": "deadline", "message": wrong}])
        row.reason, row.new_due_at = reason.strip(), new_due_at


def sign(dossier_id: int, actor: Actor, *, version: int | None = None) -> Done:
    """Sign the draft as it stands: the applicant is told, and the new appointment holds.

    Raises NotFound, Forbidden for everybody but the leader, InvalidInput while the reason is empty or the new date
    not ahead of the old, Conflict for a second one, and whatever else `acts.act` does.
    """
    with transaction() as session:
        dossier = _load(session, dossier_id, actor, frozenset({Party.LEADER}))
        row = _draft_of(dossier)
        facts = Facts(reason=row.reason, deadline=row.new_due_at)
        return acts.act(dossier_id, Action.APOLOGISE, actor, facts, version=version)


def dismiss(dossier_id: int, actor: Actor) -> None:
    """Throw a draft away: the dossier will be in time. Raises NotFound, Forbidden, Conflict for a signed one."""
    with transaction() as session:
        dossier = _load(session, dossier_id, actor, frozenset({Party.LEADER}))
        session.delete(_draft_of(dossier))


def _load(session: Session, dossier_id: int, actor: Actor, allowed: frozenset[Party]) -> Dossier:
    dossier = session.get(Dossier, dossier_id, with_for_update=True)
    if dossier is None:
        raise NotFound(gettext("Không có hồ sơ này."))
    if not acts.parties_of(actor, dossier) & allowed:
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với hồ sơ này."))
    return dossier


def _draft_of(dossier: Dossier) -> Apology:
    if dossier.apology is None:
        raise NotFound(gettext("Hồ sơ chưa có dự thảo phiếu xin lỗi."))
    if dossier.apology.signed_at is not None:
        raise Conflict(gettext("Phiếu xin lỗi và hẹn lại đã được ký; chỉ được hẹn lại một lần."))
    return dossier.apology
