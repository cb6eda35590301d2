"""What an officer may do next to a dossier, the likely first, and what that still needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.dossiers import acts, needs, policy
from backend.dossiers.acts import Actor, Facts
from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import TRANSITIONS, Action, Need, Party, State, StepState
from backend.errors import InvalidInput
from backend.i18n import gettext
from backend.organisation.models import Role

ASKED: Mapping[Need, str] = {
    Need.REASON: "reason",
    Need.LEGAL_GROUND: "legal_ground",
    Need.DEADLINE: "deadline",
    Need.OFFICER: "officer_id",
}
"""The needs that a field of the form meets; the others are met by the dossier or not."""
_NOT_YET = frozenset({Need.CLOCK_STOPPED, Need.STEPS_LEFT, Need.LAST_STEP})
"""Without these an action is not the next one, and is not spoken of."""
_LIKELY = (
    Action.RECEIVE,
    Action.TAKE_SUPPLEMENT,
    Action.RESUME_CLOCK,
    Action.ASSIGN,
    Action.START,
    Action.FINISH_STEP,
    Action.SUBMIT,
    Action.APPROVE,
    Action.ISSUE_RESULT,
    Action.HAND_OVER,
    Action.REQUEST_SUPPLEMENT,
    Action.SEND_BACK,
    Action.STOP_CLOCK,
    Action.RETURN_TO_DESK,
)
DANGEROUS = (Action.REFUSE, Action.WITHDRAW)
SELDOM = frozenset({Action.STOP_CLOCK, Action.RETURN_TO_DESK})
_OF_A_STEP = frozenset(
    {Action.ASSIGN, Action.START, Action.FINISH_STEP, Action.SUBMIT, Action.RETURN_TO_DESK}
)  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """One action. `fields` are what its form asks for, `unmet` the sentences that say why it must wait.

    `step` is the agency's share it is about; `again` when a step that has an officer would get another.
    """

    action: Action
    fields: tuple[str, ...]
    unmet: Mapping[Need, str] = field(default_factory=dict)
    step: DossierStep | None = None
    again: bool = False

    @property
    def form(self) -> str:
        """What its form is called."""
        return form_name(self.action, self.step.id if self.step else None)

    @property
    def dangerous(self) -> bool:
        """It ends the dossier for its applicant."""
        return self.action in DANGEROUS

    @property
    def seldom(self) -> bool:
        """It is there for when something is wrong; nobody waits for it."""
        return self.again or self.action in SELDOM

    @property
    def about_papers(self) -> bool:
        """What it waits for is done in the checklist."""
        return bool({Need.CHECKED, Need.MISSING} & self.unmet.keys())

    @property
    def about_money(self) -> bool:
        """It waits for the fee."""
        return Need.FEE_SETTLED in self.unmet


def form_name(action: Action, step: int | str | None) -> str:
    """`assign-7`, `receive`: an action may be offered for several steps."""
    return f"{action}-{step}" if step else str(action)


def offers(dossier: Dossier, actor: Actor) -> list[Offer]:
    """What the actor may do, in the order in which it is likely."""
    parties = acts.parties_of(actor, dossier)
    found = []
    for action in policy.actions_for(State(dossier.state), parties):
        if action in _LIKELY or action in DANGEROUS:
            found += [offer for step in _steps(action, dossier, actor) if (offer := _offer(action, dossier, step))]
    order = [*_LIKELY, *DANGEROUS]
    return sorted(found, key=lambda o: (o.dangerous, o.again, bool(o.unmet), order.index(o.action)))


def _steps(action: Action, dossier: Dossier, actor: Actor) -> list[DossierStep | None]:
    """The steps an action may be about: each gets an offer of its own."""
    if action not in _OF_A_STEP or actor.officer is None:
        return [None]
    officer = actor.officer
    under_way = [s for s in dossier.steps if s.state not in (StepState.WAITING, StepState.DONE)]
    if action == Action.ASSIGN:
        here = [step for step in under_way if step.agency_code == officer.agency_code]
        return [step for step in here if officer.department_id in (None, step.department_id)]
    if action == Action.RETURN_TO_DESK and officer.role == Role.HEAD:
        here = [step for step in under_way if step.agency_code == officer.agency_code]
        return [*here[:1]]
    wanted = StepState.ASSIGNED if action == Action.START else StepState.PROCESSING
    mine = [step for step in under_way if step.officer_id == officer.id]
    return [step for step in mine if action == Action.RETURN_TO_DESK or step.state == wanted]


def _offer(action: Action, dossier: Dossier, step: DossierStep | None) -> Offer | None:
    row = TRANSITIONS[action]
    unmet = _unmet(row.needs - set(ASKED), dossier, step)
    hides = _NOT_YET | ({Need.CLOCK_RUNNING} if action == Action.STOP_CLOCK else set())
    if unmet.keys() & hides:
        return None
    fields = tuple(ASKED[need] for need in ASKED if need in row.needs)
    if action == Action.RECEIVE and not dossier.duration_value:
        fields += ("due_at",)
    if action == Action.STOP_CLOCK:
        fields = ("stop_for", *fields)
    again = action == Action.ASSIGN and step is not None and step.officer_id is not None
    return Offer(action, fields, unmet, step, again)


def _unmet(wanted: frozenset[Need], dossier: Dossier, step: DossierStep | None) -> dict[Need, str]:
    try:
        needs.check(wanted, dossier, Facts(), step)
    except InvalidInput as error:
        return {Need(entry["field"]): entry["message"] for entry in error.fields}
    return {}


def check_appointment(dossier: Dossier, action: Action, facts: Facts) -> None:
    """Raises InvalidInput when a dossier would be received without anybody having said when its result is due."""
    if action == Action.RECEIVE and not dossier.duration_value and facts.due_at is None:
        wrong = gettext("Quy định không nêu thời hạn: anh/chị chọn ngày hẹn trả kết quả.")
        raise InvalidInput(wrong, fields=[{"field": "due_at", "message": wrong}])


def may_check(dossier: Dossier, actor: Actor) -> bool:
    """Whether the actor sees to the papers: the desk and who holds a step, while it is not yet decided."""
    return State(dossier.state) in policy.NOT_YET_APPROVED and bool(
        acts.parties_of(actor, dossier) & {Party.DESK, Party.ASSIGNEE}
    )
