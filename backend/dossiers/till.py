"""Money at the desk of a dossier this officer may see; what a payment may become is decided in `payments`."""

from backend.database import transaction
from backend.dossiers import access, acts, payments
from backend.errors import NotFound
from backend.i18n import gettext
from backend.organisation.service import OfficerInfo


def set_fee(dossier_id: int, officer: OfficerInfo, amount: int, text: str) -> None:
    """Set what is still to be paid, in đồng; 0 waives it. Raises what `payments.set_fee` raises."""
    with transaction() as session:
        access.load(session, dossier_id, officer)
        payments.set_fee(dossier_id, amount, text, acts.by(officer))


def take(dossier_id: int, payment_id: int, officer: OfficerInfo) -> None:
    """The applicant has paid at the desk. Raises what `payments.paid_at_desk` raises."""
    with transaction():
        _must_belong(dossier_id, payment_id, officer)
        payments.paid_at_desk(payment_id, acts.by(officer))


def give_back(dossier_id: int, payment_id: int, officer: OfficerInfo) -> None:
    """The desk has given back what it took. Raises what `payments.refunded_at_desk` raises."""
    with transaction():
        _must_belong(dossier_id, payment_id, officer)
        payments.refunded_at_desk(payment_id, acts.by(officer))


def _must_belong(dossier_id: int, payment_id: int, officer: OfficerInfo) -> None:
    with transaction() as session:
        dossier = access.load(session, dossier_id, officer)
        if payment_id not in {payment.id for payment in dossier.payments}:
            raise NotFound(gettext("Không có khoản thu này."))
