"""Asking for a fee, taking it at the desk or online, and giving it back. Where a fee stands is in `fees`.

What an online payment means is decided when the provider's signed callback comes, never when the payer returns. Money
that came and was not owed (paid twice, another amount, the dossier ended meanwhile) is written down to be given back.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend import audit, clock, links
from backend.audit import Audit
from backend.database import reading, transaction
from backend.dossiers import acts, payment_providers, policy, telling, wording
from backend.dossiers.acts import Actor
from backend.dossiers.fees import Method, PaymentState, due, is_paid_online
from backend.dossiers.fees import owed as owed
from backend.dossiers.models import Dossier, DossierEvent, Payment
from backend.dossiers.payment_providers.base import Order, Paid
from backend.dossiers.policy import FINISHED, Action, Party, State, StopReason
from backend.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from backend.i18n import gettext
from backend.logs import logger
from backend.notifications import service as notifications
from backend.notifications.service import Event

log = logger(__name__)

MOST_AMOUNT = 1_000_000_000
"""Đồng."""
TEXT_LENGTH = 200
LARGEST_CALLBACK = 16 * 1024
_SETTERS = frozenset({Party.DESK, Party.ASSIGNEE})
_CASHIERS = frozenset({Party.DESK})


# --- at the desk -----------------------------------------------------------------------------------------------


def set_fee(dossier_id: int, amount: int, text: str, actor: Actor) -> None:
    """Set what is still to be paid, in đồng; 0 waives it. The applicant is asked where it is paid online.

    Raises NotFound, Forbidden (neither desk nor assignee), Conflict (the dossier has ended), InvalidInput.
    """
    if not 0 <= amount <= MOST_AMOUNT:
        raise InvalidInput(gettext("Số tiền lệ phí không đúng."))
    with transaction() as session:
        dossier = _dossier(session, dossier_id)
        _check_party(dossier, actor, _SETTERS)
        if dossier.state in FINISHED:
            raise Conflict(gettext("Hồ sơ đã kết thúc, không đặt lệ phí được nữa."))
        payment = next((p for p in dossier.payments if p.state == PaymentState.DUE), None)
        if payment is None:
            payment = _new(dossier, amount)
        payment.amount, payment.text = amount, text.strip()[:TEXT_LENGTH]
        session.flush()
        subject = f"dossier:{dossier_id}"
        audit.record(session, Audit.FEE_SET, actor=actor.label, subject=subject, payment=payment.id, amount=amount)
        telling.fee_notice(session, dossier, f"fee:{payment.id}:{amount}")
        _go_on(session, dossier)


def paid_at_desk(payment_id: int, actor: Actor) -> None:
    """The desk has the money. Raises NotFound, Forbidden (not the desk), Conflict (nothing is due)."""
    with transaction() as session:
        dossier, payment = _locked(session, payment_id)
        _check_party(dossier, actor, _CASHIERS)
        if payment.state != PaymentState.DUE or not payment.amount:
            raise Conflict(gettext("Khoản này không còn chờ nộp. Anh/chị tải lại trang để xem."))
        payment.state, payment.method, payment.paid_at = PaymentState.PAID, Method.DESK, clock.now()
        _note(session, Audit.PAYMENT_PAID, payment, actor)
        _go_on(session, dossier)


def refunded_at_desk(payment_id: int, actor: Actor) -> None:
    """The desk has given back what it took. Raises as `paid_at_desk`."""
    with transaction() as session:
        dossier, payment = _locked(session, payment_id)
        _check_party(dossier, actor, _CASHIERS)
        if payment.state != PaymentState.REFUND_DUE or payment.method != Method.DESK:
            raise Conflict(gettext("Khoản này không chờ hoàn tại quầy."))
        _refunded(session, dossier, payment, actor)


# --- online ----------------------------------------------------------------------------------------------------


def payable(dossier: Dossier) -> Payment | None:
    """The fee that the applicant can pay online now."""
    open_for_it = dossier.state not in FINISHED and is_paid_online(dossier)
    return next(iter(due(dossier)), None) if open_for_it else None


def start(key: str) -> str:
    """The provider's address where the holder of the link pays what is due.

    Raises NotFound, Conflict (nothing to pay online), Unavailable.
    """
    provider = payment_providers.chosen()
    with reading() as session:
        dossier = session.scalar(select(Dossier).where(Dossier.key == key))
        if dossier is None:
            raise NotFound
        payment = payable(dossier)
        if payment is None or provider is None:
            raise Conflict("Hồ sơ không có khoản nào cần nộp trực tuyến.")
        text = f"{payment.text or 'Lệ phí'} – {dossier.code}"
        order = Order(payment.reference, payment.amount, text, wording.link(dossier))
    return provider.start(order)


def take_callback(provider_name: str, body: bytes, headers: Mapping[str, str]) -> str:
    """Take a provider's callback and tell what came of it: paid | again | refund | failed.

    Raises NotFound (provider or reference unknown), Forbidden (signature), InvalidInput. Told twice, it changes once.
    """
    provider = payment_providers.named(provider_name)
    if provider is None:
        raise NotFound
    told = provider.verify(body, headers)
    if not isinstance(told, Paid):
        return "failed"
    with transaction() as session:
        known = session.scalar(select(Payment.id).where(Payment.reference == told.reference))
        if known is None:
            log.error("payment of an unknown reference", provider=provider_name, amount=told.amount)
            raise NotFound
        dossier, payment = _locked(session, known)
        return _settle(session, dossier, payment, told, provider_name)


def _settle(session: Session, dossier: Dossier, payment: Payment, told: Paid, provider_name: str) -> str:
    if any(p.provider_reference == told.provider_reference for p in dossier.payments):
        return "again"
    if session.scalar(select(Payment.id).where(Payment.provider_reference == told.provider_reference)):
        raise InvalidInput("Mã giao dịch này đã dùng cho khoản khác.")
    expected = payment.state in (PaymentState.DUE, PaymentState.VOID) and payment.amount == told.amount
    if not expected:
        payment = _new(dossier, told.amount)
        payment.surplus, payment.text = True, "Tiền nộp thừa, chờ hoàn"
    was_due = payment.state == PaymentState.DUE and not payment.surplus
    payment.state = PaymentState.PAID if was_due else PaymentState.REFUND_DUE
    payment.method, payment.provider, payment.paid_at = Method.ONLINE, provider_name, clock.now()
    payment.provider_reference = told.provider_reference
    session.flush()
    tag = Audit.PAYMENT_PAID if was_due else Audit.PAYMENT_REFUSED
    _note(session, tag, payment, acts.APPLICANT)
    if not was_due:
        log.warning("payment to be given back", payment=payment.id, dossier=dossier.id)
        return "refund"
    _tell(session, dossier, payment, Event.FEE_PAID)
    _go_on(session, dossier)
    return "paid"


def _go_on(session: Session, dossier: Dossier) -> None:
    """Let the clock run again that stood still for a fee, now that nothing is owed; whoever holds it is told."""
    waits = dossier.state == State.PROCESSING and dossier.clock_stopped_for == StopReason.FEE
    if not waits or owed(dossier):
        return
    session.flush()
    done = acts.act(dossier.id, Action.RESUME_CLOCK, acts.SYSTEM)
    told = telling.telling(dossier, Event.FEE_SETTLED, str(done.event_id))
    notifications.tell_officers(session, told, telling.holders(dossier))


# --- giving back -----------------------------------------------------------------------------------------------


def refunds_due(limit: int = 100) -> list[int]:
    """Online payments that are to be given back; those whose refusal can still be undone wait for that to pass."""
    with reading() as session:
        settled = clock.now() - policy.UNDO_WITHIN - timedelta(seconds=1)
        fresh = select(DossierEvent.dossier_id).where(DossierEvent.at > settled)
        query = select(Payment.id).where(
            Payment.state == PaymentState.REFUND_DUE,
            Payment.method == Method.ONLINE,
            Payment.dossier_id.not_in(fresh),
        )
        return list(session.scalars(query.order_by(Payment.id).limit(limit)))


def refund(payment_id: int) -> bool:
    """Have the provider give an online payment back; False when it does not answer, to be tried again later.

    Raises NotFound, Conflict (nothing to give back).
    """
    with reading() as session:
        payment = session.get(Payment, payment_id)
        if payment is None:
            raise NotFound(gettext("Không có khoản này."))
        if payment.state != PaymentState.REFUND_DUE or payment.method != Method.ONLINE:
            raise Conflict("Khoản này không chờ hoàn.")
        provider = payment_providers.named(payment.provider)
        order = Paid(payment.reference, payment.amount, payment.provider_reference or "")
    try:  # no session is open: a slow provider must not hold a connection
        if provider is None:
            raise Unavailable
        provider.refund(order)
    except Unavailable:
        log.warning("refund not possible now", payment=payment_id)
        return False
    with transaction() as session:
        dossier, payment = _locked(session, payment_id)
        if payment.state == PaymentState.REFUND_DUE:
            _refunded(session, dossier, payment, acts.SYSTEM)
    return True


def _refunded(session: Session, dossier: Dossier, payment: Payment, actor: Actor) -> None:
    payment.state, payment.refunded_at = PaymentState.REFUNDED, clock.now()
    _note(session, Audit.PAYMENT_REFUNDED, payment, actor)
    _tell(session, dossier, payment, Event.FEE_REFUNDED)


# --- what they share -------------------------------------------------------------------------------------------


def _new(dossier: Dossier, amount: int) -> Payment:
    payment = Payment(reference=links.new_key(), amount=amount, state=PaymentState.DUE, created_at=clock.now())
    payment.surplus = False
    dossier.payments.append(payment)
    return payment


def _dossier(session: Session, dossier_id: int) -> Dossier:
    dossier = session.get(Dossier, dossier_id, with_for_update=True)
    if dossier is None:
        raise NotFound("Không có hồ sơ này.")
    return dossier


def _locked(session: Session, payment_id: int) -> tuple[Dossier, Payment]:
    """A payment with its dossier, which is what everybody locks."""
    found = session.get(Payment, payment_id)
    if found is None:
        raise NotFound(gettext("Không có khoản này."))
    dossier = _dossier(session, found.dossier_id)
    session.refresh(found)
    return dossier, found


def _check_party(dossier: Dossier, actor: Actor, allowed: frozenset[Party]) -> None:
    if not acts.parties_of(actor, dossier) & allowed:
        raise Forbidden(gettext("Việc này không thuộc quyền của anh/chị đối với hồ sơ này."))


def _note(session: Session, tag: Audit, payment: Payment, actor: Actor) -> None:
    subject = f"dossier:{payment.dossier_id}"
    audit.record(session, tag, actor=actor.label, subject=subject, payment=payment.id, amount=payment.amount)


def _tell(session: Session, dossier: Dossier, payment: Payment, event: Event) -> None:
    told = telling.telling(dossier, event, f"payment:{payment.id}")
    facts = {**told.facts, "fee": wording.money(payment.amount)}
    notifications.tell_applicant(session, replace(told, facts=facts), telling.applicant(dossier))
