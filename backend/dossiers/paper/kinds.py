"""Which papers there are, and which of them a dossier has in its present state."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from backend.dossiers.models import Dossier, DossierEvent
from backend.dossiers.policy import Action, State
from backend.i18n import N_


class Kind(StrEnum):
    """A printed paper; the value is part of its address."""

    RECEIPT = "receipt"
    SUPPLEMENT = "supplement"
    REFUSAL = "refusal"
    APOLOGY = "apology"
    CONTROL = "control"


TITLES = {
    Kind.RECEIPT: N_("Giấy tiếp nhận hồ sơ và hẹn trả kết quả"),
    Kind.SUPPLEMENT: N_("Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ"),
    Kind.REFUSAL: N_("Phiếu từ chối tiếp nhận, giải quyết hồ sơ"),
    Kind.APOLOGY: N_("Phiếu xin lỗi và hẹn lại ngày trả kết quả"),
    Kind.CONTROL: N_("Phiếu kiểm soát quá trình giải quyết hồ sơ"),
}
FILE_NAMES = {
    Kind.RECEIPT: "Giấy hẹn",
    Kind.SUPPLEMENT: "Phiếu yêu cầu bổ sung",
    Kind.REFUSAL: "Phiếu từ chối",
    Kind.APOLOGY: "Phiếu xin lỗi và hẹn lại",
    Kind.CONTROL: "Phiếu kiểm soát",
}


def printable(dossier: Dossier) -> list[Kind]:
    """The papers that this dossier has by now; the control slip always."""
    there = {
        Kind.RECEIPT: dossier.received_at is not None,
        Kind.SUPPLEMENT: last(dossier.history, Action.REQUEST_SUPPLEMENT) is not None,
        Kind.REFUSAL: dossier.state == State.REFUSED,
        Kind.APOLOGY: dossier.apology is not None,
        Kind.CONTROL: True,
    }
    return [kind for kind in Kind if there[kind]]


def lasting(history: Iterable[DossierEvent]) -> list[DossierEvent]:
    """The history without what was undone, and without the undoing."""
    events = list(history)
    undone = {event.details.get("event_id") for event in events if event.action == Action.UNDO}
    return [event for event in events if event.action != Action.UNDO and event.id not in undone]


def last(history: Sequence[DossierEvent], action: Action) -> DossierEvent | None:
    """The last such act that was not undone."""
    return next((event for event in reversed(lasting(history)) if event.action == action), None)
