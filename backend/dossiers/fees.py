"""Where the fees of a dossier stand; asking, paying and giving back are in `payments`."""

from enum import StrEnum

from sqlalchemy.orm import Session

from backend.dossiers import payment_providers
from backend.dossiers.models import Dossier, Payment
from backend.dossiers.policy import ReturnBy

PAID_ONLINE_LEVEL = 4
"""The service level at which a fee is paid online; below, it is paid at the desk."""


class PaymentState(StrEnum):
    """Where a fee stands."""

    DUE = "due"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    VOID = "void"


class Method(StrEnum):
    """How a fee was paid."""

    DESK = "desk"
    ONLINE = "online"


def due(dossier: Dossier) -> list[Payment]:
    """The fees still to be paid; one that was waived has no amount."""
    return [payment for payment in dossier.payments if payment.state == PaymentState.DUE and payment.amount]


def owed(dossier: Dossier) -> int:
    """Đồng still to be paid."""
    return sum(payment.amount for payment in due(dossier))


def is_paid_online(dossier: Dossier) -> bool:
    """Whether its fee may be paid online: at level 4, and where nobody comes to the desk for the result.

    Never in a province that has no payment provider.
    """
    wanted = dossier.service_level >= PAID_ONLINE_LEVEL or dossier.return_by != ReturnBy.DESK
    return wanted and payment_providers.chosen() is not None


def release(session: Session, dossier: Dossier) -> None:
    """The dossier ended without a result: nothing is owed any more, and what was paid is to be given back."""
    for payment in dossier.payments:
        if payment.state == PaymentState.DUE:
            payment.state = PaymentState.VOID
        elif payment.state == PaymentState.PAID:
            payment.state = PaymentState.REFUND_DUE


def restore(session: Session, dossier: Dossier) -> None:
    """The ending was undone. What was paid beyond the fee stays to be given back."""
    for payment in dossier.payments:
        if payment.state == PaymentState.VOID:
            payment.state = PaymentState.DUE
        elif payment.state == PaymentState.REFUND_DUE and not payment.surplus:
            payment.state = PaymentState.PAID
