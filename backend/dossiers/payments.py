"""Fees: what is owed, paid and given back."""

from enum import StrEnum

from sqlalchemy.orm import Session

from backend.dossiers.models import Dossier


class PaymentState(StrEnum):
    """Where a fee stands."""

    DUE = "due"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    VOID = "void"


def owed(dossier: Dossier) -> int:
    """Đồng still to be paid."""
    return sum(payment.amount for payment in dossier.payments if payment.state == PaymentState.DUE)


def release(session: Session, dossier: Dossier) -> None:
    """The dossier ended without a result: nothing is owed any more, and what was paid is to be given back."""
    for payment in dossier.payments:
        if payment.state == PaymentState.DUE:
            payment.state = PaymentState.VOID
        elif payment.state == PaymentState.PAID:
            payment.state = PaymentState.REFUND_DUE


def restore(session: Session, dossier: Dossier) -> None:
    """The ending was undone."""
    for payment in dossier.payments:
        if payment.state in (PaymentState.VOID, PaymentState.REFUND_DUE):
            payment.state = PaymentState.PAID if payment.paid_at else PaymentState.DUE
