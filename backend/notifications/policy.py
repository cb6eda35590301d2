"""Pure rules of telling people: which events are which, which facts they bring, when nobody is disturbed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from backend import clock
from backend.i18n import N_
from backend.notifications.events import Audience, Event

LANGUAGE = "vi"


@dataclass(frozen=True)
class Rule:
    """How an event is told.

    `at_once`: also at night (applicants: it answers what they have just done), or by mail at once and not only in the
    morning digest (officers); `only_as` narrows that to some variants. `by_law`: told even to those who asked for no
    notices. `variants` have a wording of their own, everything else takes the one of the variant "". `facts` come on
    top of `FACTS`.
    """

    audience: Audience
    at_once: bool = False
    only_as: tuple[str, ...] = ()
    by_law: bool = False
    variants: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


FACTS: Mapping[str, str] = {
    "code": N_("mã hồ sơ"),
    "name": N_("tên người nộp"),
    "procedure": N_("tên thủ tục"),
    "agency": N_("cơ quan giải quyết"),
    "desk": N_("bộ phận một cửa nơi nộp"),
    "due": N_("giờ, ngày hẹn trả kết quả"),
    "missing": N_("giấy tờ còn thiếu, hoặc giấy tờ bị trả lại"),
    "deadline": N_("hạn bổ sung"),
    "reason": N_("lý do"),
    "ground": N_("căn cứ pháp lý"),
    "fee": N_("số tiền (đồng) còn phải nộp, hoặc vừa nộp, vừa hoàn"),
    "tracking": N_("mã bưu gửi"),
    "link": N_("địa chỉ trang theo dõi hồ sơ"),
    "hotline": N_("số tổng đài"),
}
"""What every event brings, in words for the administrator who writes templates."""
MORE_FACTS: Mapping[str, str] = {
    "per_cent": N_("phần trăm thời hạn đã qua"),
}

_A, _O = Audience.APPLICANT, Audience.OFFICER

RULES: Mapping[Event, Rule] = {
    Event.FILED: Rule(_A, at_once=True, variants=("online", "post")),
    Event.RECEIVED: Rule(_A, variants=("post", "online")),
    Event.SUPPLEMENT_REQUESTED: Rule(_A, by_law=True),
    Event.SUPPLEMENT_REMINDER: Rule(_A, by_law=True),
    Event.SUPPLEMENT_ITEM_RETURNED: Rule(_A, by_law=True),
    Event.SUPPLEMENT_TAKEN: Rule(_A),
    Event.CANCELLED: Rule(_A, by_law=True),
    Event.REFUSED: Rule(_A, by_law=True),
    Event.WITHDRAWN: Rule(_A, at_once=True),
    Event.STOPPED: Rule(_A, variants=("fee", "check_elsewhere", "own_request")),
    Event.RESUMED: Rule(_A),
    Event.RESULT_READY: Rule(_A, by_law=True, variants=("post", "online")),
    Event.RETURNED: Rule(_A),
    Event.LATE: Rule(_A, by_law=True),
    Event.APOLOGY: Rule(_A, by_law=True),
    Event.APPOINTMENT_MOVED: Rule(_A, by_law=True),
    Event.FEE_NOTICE: Rule(_A, variants=("before_filing", "before_collecting", "desk", "post")),
    Event.FEE_PAID: Rule(_A, at_once=True),
    Event.FEE_REFUNDED: Rule(_A),
    Event.POSTED: Rule(_A, variants=("out",)),
    Event.TO_CHECK: Rule(_O),
    Event.TO_ASSIGN: Rule(_O),
    Event.ASSIGNED_TO_YOU: Rule(_O),
    Event.SUPPLEMENT_ARRIVED: Rule(_O, at_once=True),
    Event.FEE_SETTLED: Rule(_O, at_once=True),
    Event.BACK_AT_DESK: Rule(_O, at_once=True),
    Event.TO_APPROVE: Rule(_O),
    Event.APPROVED: Rule(_O),
    Event.SENT_BACK: Rule(_O, at_once=True),
    Event.WARNING: Rule(_O, at_once=True, only_as=("100",), variants=("100",), facts=("per_cent",)),
    Event.APOLOGY_DRAFTED: Rule(_O, at_once=True),
    Event.CASE_GIVEN: Rule(_O),
    Event.CASE_MENTION: Rule(_O),
    Event.CASE_FORGOTTEN: Rule(_O, at_once=True),
    Event.REPORT_ROUTED: Rule(_O),
    Event.REPORT_GIVEN: Rule(_O),
    Event.REPORT_TO_APPROVE: Rule(_O),
    Event.REPORT_TO_SEND: Rule(_O),
    Event.REPORT_REOPENED: Rule(_O, at_once=True),
    Event.REPORT_LATE: Rule(_O, at_once=True),
}

SETTLES: Mapping[Event, frozenset[Event]] = {
    Event.RECEIVED: frozenset({Event.TO_CHECK}),
    Event.SUPPLEMENT_REQUESTED: frozenset({Event.TO_CHECK, Event.SUPPLEMENT_ARRIVED, Event.BACK_AT_DESK}),
    Event.REFUSED: frozenset({Event.TO_CHECK, Event.SUPPLEMENT_ARRIVED, Event.BACK_AT_DESK}),
    Event.WITHDRAWN: frozenset({Event.TO_CHECK, Event.TO_ASSIGN, Event.TO_APPROVE, Event.BACK_AT_DESK}),
    Event.CANCELLED: frozenset({Event.TO_CHECK, Event.BACK_AT_DESK}),
    Event.ASSIGNED_TO_YOU: frozenset({Event.TO_ASSIGN, Event.BACK_AT_DESK}),
    Event.APPROVED: frozenset({Event.TO_APPROVE, Event.WARNING, Event.APOLOGY_DRAFTED}),
    Event.SENT_BACK: frozenset({Event.TO_APPROVE}),
    Event.RESULT_READY: frozenset({Event.APPROVED}),
    Event.APOLOGY: frozenset({Event.APOLOGY_DRAFTED}),
}
"""What somebody has seen to by the time of an event: notices of it are new to nobody any more."""

CHANNELS: Mapping[Audience, tuple[str, ...]] = {_A: ("sms", "chat", "email"), _O: ("page", "email")}
"""The kinds of text an event has for an audience; Zalo, Telegram and the web chat share one."""


def at_once(event: Event, variant: str) -> bool:
    """Whether it does not wait for the morning."""
    rule = RULES[event]
    return rule.at_once and (not rule.only_as or variant in rule.only_as)


def facts_of(event: Event) -> dict[str, str]:
    """The placeholders that a template of this event may use, each with its meaning."""
    return {**FACTS, **{name: MORE_FACTS[name] for name in RULES[event].facts}}


def after_quiet(moment: datetime, quiet_from: time, quiet_until: time) -> datetime:
    """The first instant from `moment` on at which people may be disturbed; `moment` itself by day. UTC."""
    there = clock.local(moment)
    now = there.time()
    over_midnight = quiet_from > quiet_until
    quiet = (now >= quiet_from or now < quiet_until) if over_midnight else quiet_from <= now < quiet_until
    if not quiet:
        return moment
    day = there.date() + timedelta(days=1) if over_midnight and now >= quiet_from else there.date()
    return datetime.combine(day, quiet_until, clock.VIETNAM).astimezone(UTC)


def next_check(sent_at: datetime, now: datetime, deadline: datetime) -> datetime:
    """When to ask next whether a message has arrived: after a minute, then ever more rarely, last at the deadline."""
    return min(deadline, now + max(timedelta(minutes=1), now - sent_at))
