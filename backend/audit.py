"""Who looked at or changed what. One row in the transaction of the act; tags are `object:action`, never free text."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend import clock
from backend.database import Base


class Audit(StrEnum):
    """Every kind of act that leaves a trace. Retired tags stay, commented, so that old rows can be read."""

    ABSENCE_ADDED = "absence:added"
    ABSENCE_ENDED = "absence:ended"
    ABSENCE_REMOVED = "absence:removed"
    AGENCIES_SEEDED = "agencies:seeded"
    AGENCY_ADDED = "agency:added"
    AGENCY_CHANGED = "agency:changed"
    AGENCY_CLOSED = "agency:closed"
    AGENCY_REOPENED = "agency:reopened"
    CALENDAR_DAY_ADDED = "calendar_day:added"
    CALENDAR_DAY_REMOVED = "calendar_day:removed"
    CASE_ASSIGNED = "case:assigned"
    CASE_BLOCKED = "case:sender_blocked"
    CASE_CALLED = "case:called"
    CASE_CALL_BACK = "case:call_back"
    CASE_CLOSED = "case:closed"
    CASE_IDENTITY_REVEALED = "case:identity_revealed"
    CASE_GIVEN_BACK = "case:given_back"
    CASE_LABELLED = "case:labelled"
    CASE_MERGED = "case:merged"
    CASE_NOTED = "case:noted"
    CASE_PRIORITISED = "case:prioritised"
    CASE_PUT_OFF = "case:answer_put_off"
    CASE_REOPENED = "case:reopened"
    CASE_ROUTED = "case:routed"
    CASE_SEARCHED = "case:searched"
    CASE_SNOOZED = "case:snoozed"
    CASE_TAKEN = "case:taken"
    CASE_TAKEN_BACK = "case:answer_taken_back"
    CASE_UNBLOCKED = "case:sender_unblocked"
    CASE_UNDONE = "case:undone"
    CASE_WOKEN = "case:woken"
    CATALOGUE_IMPORTED = "catalogue:imported"
    CITIZEN_VIEWED = "citizen:viewed"
    CONTACTS_IMPORTED = "agencies:contacts_imported"
    CONVERSATION_ANSWERED = "conversation:answered"
    CONVERSATION_ESCALATED = "conversation:escalated"
    COMPLAINT_ANSWER_TEXT_REMOVED = "complaint_answer_text:removed"
    COMPLAINT_ANSWER_TEXT_SAVED = "complaint_answer_text:saved"
    COMPLAINT_IDENTITY_REVEALED = "complaint:identity_revealed"
    COMPLAINT_PUBLISHED = "complaint:published"
    COMPLAINT_UNPUBLISHED = "complaint:unpublished"
    COMPLAINT_VIEWED = "complaint:viewed"
    CONVERSATION_VIEWED = "conversation:viewed"
    CONVERSATION_FILE_VIEWED = "conversation:file_viewed"
    DEPARTMENT_ADDED = "department:added"
    DEPARTMENT_RENAMED = "department:renamed"
    DOSSIER_CHECKLIST_SAVED = "dossier:checklist_saved"
    DOSSIER_FILE_VIEWED = "dossier:file_viewed"
    DOSSIER_PRINTED = "dossier:printed"
    DOSSIER_VIEWED = "dossier:viewed"
    ESCALATION_CLOSED = "escalation:closed"
    INBOX_QUEUE_SET = "inbox_queue:set"
    INBOX_TEXT_REMOVED = "inbox_text:removed"
    INBOX_TEXT_SAVED = "inbox_text:saved"
    FEE_SET = "fee:set"
    KIOSK_ADDED = "kiosk:added"
    KIOSK_REVOKED = "kiosk:revoked"
    MISREADING_ACCEPTED = "misreading:accepted"
    MISREADING_MARKED = "misreading:marked"
    MISREADING_REFUSED = "misreading:refused"
    LINK_CODE_SENT = "link_code:sent"
    NOTICES_RESUMED = "notices:resumed"
    NOTICES_STOPPED = "notices:stopped"
    NOTICE_TEMPLATE_SAVED = "notice_template:saved"
    OPEN311_CLIENT_ADDED = "open311_client:added"
    OPEN311_CLIENT_REVOKED = "open311_client:revoked"
    OFFICER_ADDED = "officer:added"
    OFFICER_CHANGED = "officer:changed"
    OFFICER_CLOSED = "officer:closed"
    OFFICER_CODE_OFF = "officer:code_off"
    OFFICER_CODE_ON = "officer:code_on"
    OFFICER_PASSWORD_SET = "officer:password_set"  # noqa: S105 - a tag
    OFFICER_REOPENED = "officer:reopened"
    OFFICER_SIGNED_IN = "officer:signed_in"
    OFFICER_SIGNED_OUT = "officer:signed_out"
    OFFICER_SIGN_IN_FAILED = "officer:sign_in_failed"
    OFFICER_SKILL_ADDED = "officer:skill_added"
    OFFICER_SKILL_REMOVED = "officer:skill_removed"
    PAPER_FILE_ACCEPTED = "paper_file:accepted"
    PAPER_FILE_RETURNED = "paper_file:returned"
    PAPER_TEMPLATE_SAVED = "paper_template:saved"
    PAYMENT_PAID = "payment:paid"
    PAYMENT_REFUNDED = "payment:refunded"
    PAYMENT_REFUSED = "payment:refused"
    PHONE_LINKED = "phone:linked"
    PHONE_LINKS_VIEWED = "phone:links_viewed"
    PHONE_UNLINKED = "phone:unlinked"
    PRACTICE_ENTERED = "practice:entered"
    PRACTICE_RESET = "practice:reset"
    REGISTER_EXPORTED = "register:exported"
    RESULT_DOWNLOADED = "result:downloaded"
    SMS_PROVIDER_CHANGED = "sms_provider:changed"
    WORKFLOW_CHANGED = "workflow:changed"


class AuditEntry(Base):
    """One act. `actor` is `officer:<id>`, `conversation:<id>` or `system`; `subject` is `<object>:<id>`."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    tag: Mapped[str] = mapped_column(String(64), index=True)
    actor: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(96), index=True)
    details: Mapped[dict[str, Any]]


def record(session: Session, tag: Audit, *, actor: str, subject: str, **details: Any) -> None:
    """Add the row to the open transaction. `details` holds ids and counts, never personal data."""
    session.add(AuditEntry(at=clock.now(), tag=tag.value, actor=actor, subject=subject, details=details))
