"""The events that somebody is told about. The wording of each is a template; see `templates.yml`."""

from enum import StrEnum


class Audience(StrEnum):
    """Who is told."""

    APPLICANT = "applicant"
    OFFICER = "officer"


class Event(StrEnum):
    """What has happened. Variants of one event (received at the desk, result by post …) are its `variant`."""

    # the applicant
    FILED = "filed"
    RECEIVED = "received"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    SUPPLEMENT_REMINDER = "supplement_reminder"
    SUPPLEMENT_ITEM_RETURNED = "supplement_item_returned"
    SUPPLEMENT_TAKEN = "supplement_taken"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    RESUMED = "resumed"
    RESULT_READY = "result_ready"
    RETURNED = "returned"
    LATE = "late"
    APOLOGY = "apology"
    APPOINTMENT_MOVED = "appointment_moved"
    FEE_NOTICE = "fee_notice"
    FEE_PAID = "fee_paid"
    FEE_REFUNDED = "fee_refunded"
    POSTED = "posted"
    # officers
    TO_CHECK = "to_check"
    TO_ASSIGN = "to_assign"
    ASSIGNED_TO_YOU = "assigned_to_you"
    SUPPLEMENT_ARRIVED = "supplement_arrived"
    FEE_SETTLED = "fee_settled"
    BACK_AT_DESK = "back_at_desk"
    TO_APPROVE = "to_approve"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    WARNING = "warning"
    APOLOGY_DRAFTED = "apology_drafted"
    CASE_GIVEN = "case_given"
    CASE_MENTION = "case_mention"
    CASE_FORGOTTEN = "case_forgotten"
    REPORT_ROUTED = "report_routed"
    REPORT_GIVEN = "report_given"
    REPORT_TO_APPROVE = "report_to_approve"
    REPORT_TO_SEND = "report_to_send"
    REPORT_REOPENED = "report_reopened"
    REPORT_LATE = "report_late"
