"""What a transition cannot be made without: one check for each `policy.Need`, with the sentence for the officer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from backend import clock
from backend.dossiers import absences, fees
from backend.dossiers.models import Dossier, DossierStep
from backend.dossiers.policy import Need, PaperState, StepState
from backend.errors import InvalidInput, NotFound
from backend.i18n import N_, day, gettext
from backend.organisation import service as organisation
from backend.organisation.models import Role

if TYPE_CHECKING:
    from backend.dossiers.acts import Facts

Check = Callable[[Dossier, "Facts", DossierStep | None], bool]


def check(wanted: Iterable[Need], dossier: Dossier, facts: Facts, step: DossierStep | None) -> None:
    """Raises InvalidInput with one entry in `fields` for each need that is not met."""
    said = {need: _unmet(need, dossier, facts, step) for need in sorted(wanted)}
    fields = [{"field": str(need), "message": sentence} for need, sentence in said.items() if sentence]
    if fields:
        raise InvalidInput(" ".join(field["message"] for field in fields), fields=fields)


def _unmet(need: Need, dossier: Dossier, facts: Facts, step: DossierStep | None) -> str:
    """What is to be said of a need that is not met, else nothing."""
    holds, sentence = _CHECKS[need]
    if not holds(dossier, facts, step):
        return gettext(sentence)
    return _away(facts) if need == Need.OFFICER else ""


def _away(facts: Facts) -> str:
    back = absences.back_of(facts.officer_id) if facts.officer_id is not None else None
    if facts.officer_id is None or back is None:
        return ""
    name = organisation.officer(facts.officer_id).name
    return gettext("%(name)s đang nghỉ, đi làm lại ngày %(day)s. Anh/chị chọn người khác.", name=name, day=day(back))


def _unfinished(dossier: Dossier) -> list[DossierStep]:
    return [step for step in dossier.steps if step.state != StepState.DONE]


def _checked(dossier: Dossier, _facts: Facts, _step: DossierStep | None) -> bool:
    fine = (PaperState.PRESENT, PaperState.NOT_NEEDED)
    return all(
        paper.state in fine or (not paper.required and paper.state == PaperState.UNCHECKED) for paper in dossier.papers
    )


def _may_hold(_dossier: Dossier, facts: Facts, step: DossierStep | None) -> bool:
    if facts.officer_id is None or step is None:
        return False
    try:
        officer = organisation.officer(facts.officer_id)
    except NotFound:
        return False
    return officer.active and officer.role in _HOLDERS and officer.agency_code == step.agency_code


_HOLDERS = (Role.SPECIALIST, Role.HEAD)


_CHECKS: Mapping[Need, tuple[Check, str]] = {
    Need.REASON: (lambda _d, facts, _s: bool(facts.reason.strip()), N_("Cần ghi lý do.")),
    Need.LEGAL_GROUND: (lambda _d, facts, _s: bool(facts.legal_ground.strip()), N_("Cần ghi căn cứ pháp lý.")),
    Need.MISSING: (lambda d, _f, _s: bool(d.missing), N_("Cần đánh dấu ít nhất một giấy tờ còn thiếu hoặc chưa đúng.")),
    Need.DEADLINE: (
        lambda _d, facts, _s: facts.deadline is not None and facts.deadline > clock.now(),
        N_("Cần một thời hạn sau hôm nay."),
    ),
    Need.CHECKED: (_checked, N_("Còn giấy tờ bắt buộc chưa kiểm tra hoặc còn thiếu.")),
    Need.OFFICER: (_may_hold, N_("Cần chọn một chuyên viên đang làm việc ở cơ quan giữ bước này.")),
    Need.FEE_SETTLED: (lambda d, _f, _s: not fees.owed(d), N_("Lệ phí chưa được nộp.")),
    Need.FIRST_REQUEST: (
        lambda d, _f, _s: not d.supplement_from,
        N_("Hồ sơ đã được yêu cầu bổ sung một lần; chỉ được yêu cầu một lần."),
    ),
    Need.CLOCK_RUNNING: (
        lambda d, _f, _s: d.clock_stopped_at is None,
        N_("Thời hạn đang tạm dừng; cần cho chạy tiếp trước."),
    ),
    Need.CLOCK_STOPPED: (lambda d, _f, _s: d.clock_stopped_at is not None, N_("Thời hạn không tạm dừng.")),
    Need.STEPS_LEFT: (
        lambda d, _f, step: step is not None and len(_unfinished(d)) > 1,
        N_("Đây là bước cuối: hãy trình lãnh đạo ký."),
    ),
    Need.LAST_STEP: (
        lambda d, _f, step: step is not None and _unfinished(d) == [step],
        N_("Còn bước của cơ quan khác chưa xong."),
    ),
}
