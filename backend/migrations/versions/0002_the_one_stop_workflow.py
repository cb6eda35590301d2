"""the one-stop workflow"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Those of version 0001 held demo data only: `dossiers seed-demo` makes them anew.
    op.drop_table("dossier_event")
    op.drop_table("dossier")
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_calendar_day")),
    )
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_day_settled"), ["settled"], unique=False)

    op.create_table(
        "dossier_sequence",
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_dossier_sequence")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stored_file_sha256"), ["sha256"], unique=False)

    op.create_table(
        "workflow_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("department_name", sa.String(length=120), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_step")),
    )
    with op.batch_alter_table("workflow_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_workflow_step_procedure_code"), ["procedure_code"], unique=False)

    op.create_table(
        "dossier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("key", sa.String(length=24), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("procedure_name", sa.String(length=300), nullable=False),
        sa.Column("service_level", sa.Integer(), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("agency_name", sa.String(length=200), nullable=False),
        sa.Column("desk_code", sa.String(length=32), nullable=False),
        sa.Column("desk_name", sa.String(length=200), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("applicant_name", sa.String(length=200), nullable=False),
        sa.Column("applicant_phone", sa.String(length=16), nullable=False),
        sa.Column("applicant_email", sa.String(length=120), nullable=False),
        sa.Column("applicant_address", sa.String(length=300), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("filed_via", sa.String(length=8), nullable=False),
        sa.Column("return_by", sa.String(length=8), nullable=False),
        sa.Column("search_text", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("legal_ground", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_value", sa.Double(), nullable=True),
        sa.Column("duration_unit", sa.String(length=12), nullable=False),
        sa.Column("working_hours", sa.Double(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_stopped_for", sa.String(length=16), nullable=False),
        sa.Column("supplement_from", sa.String(length=24), nullable=False),
        sa.Column("supplement_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.Column("late_told", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_dossier_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
        sa.UniqueConstraint("key", name=op.f("uq_dossier_key")),
    )
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.create_index("ix_dossier_agency_code_state", ["agency_code", "state"], unique=False)
        batch_op.create_index("ix_dossier_applicant_phone_id", ["applicant_phone", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_citizen_id"), ["citizen_id"], unique=False)
        batch_op.create_index("ix_dossier_desk_code_state", ["desk_code", "state"], unique=False)
        batch_op.create_index(
            "ix_dossier_finished_at_agency_code_due_at", ["finished_at", "agency_code", "due_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_dossier_look_at"), ["look_at"], unique=False)
        batch_op.create_index(
            "ix_dossier_procedure_code_submitted_at_id", ["procedure_code", "submitted_at", "id"], unique=False
        )
        batch_op.create_index("ix_dossier_search_text", ["search_text"], unique=False, postgresql_using="gin")
        batch_op.create_index("ix_dossier_state_submitted_at_id", ["state", "submitted_at", "id"], unique=False)
        batch_op.create_index("ix_dossier_submitted_at_id", ["submitted_at", "id"], unique=False)
        batch_op.create_index(
            "ix_dossier_unfinished",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "dossier_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("originals", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_paper_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_paper")),
    )
    with op.batch_alter_table("dossier_paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_paper_dossier_id"), ["dossier_id"], unique=False)

    op.create_table(
        "dossier_place",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_place_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "agency_code", name=op.f("pk_dossier_place")),
    )
    with op.batch_alter_table("dossier_place", schema=None) as batch_op:
        batch_op.create_index(
            "ix_dossier_place_agency_code_procedure_code",
            ["agency_code", "procedure_code", "submitted_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_dossier_place_agency_code_submitted_at", ["agency_code", "submitted_at", "dossier_id"], unique=False
        )

    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("surplus", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_reference", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_payment_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("provider_reference", name=op.f("uq_payment_provider_reference")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_reference")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_dossier_id"), ["dossier_id"], unique=False)

    op.create_table(
        "shipment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=False),
        sa.Column("tracking_code", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("track", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_shipment_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipment_dossier_id"), ["dossier_id"], unique=False)
        batch_op.create_index("ix_shipment_state_direction", ["state", "direction"], unique=False)
        batch_op.create_index(batch_op.f("ix_shipment_tracking_code"), ["tracking_code"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=120), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["officer.id"], name=op.f("fk_absence_entered_by")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_absence_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_officer_id_last_day", ["officer_id", "last_day"], unique=False)

    op.create_table(
        "apology",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("old_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_apology_dossier_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["officer.id"], name=op.f("fk_apology_signed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apology")),
        sa.UniqueConstraint("dossier_id", name=op.f("uq_apology_dossier_id")),
    )
    op.create_table(
        "dossier_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("officer_name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_note_dossier_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_dossier_note_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_note")),
    )
    with op.batch_alter_table("dossier_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_note_dossier_id"), ["dossier_id"], unique=False)

    op.create_table(
        "dossier_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_result_dossier_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_dossier_result_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_result")),
    )
    with op.batch_alter_table("dossier_result", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_result_dossier_id"), ["dossier_id"], unique=False)

    op.create_table(
        "dossier_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("agency_name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_dossier_step_department_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_step_dossier_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_dossier_step_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_step")),
    )
    with op.batch_alter_table("dossier_step", schema=None) as batch_op:
        batch_op.create_index("ix_dossier_step_agency_code_state", ["agency_code", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_step_dossier_id"), ["dossier_id"], unique=False)
        batch_op.create_index("ix_dossier_step_officer_id_state", ["officer_id", "state"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("variant", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=48), nullable=False),
        sa.Column("about", sa.String(length=48), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_notification_citizen_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_notification_message_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_notification_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "event", "key", "subject", "recipient", name=op.f("uq_notification_event_key_subject_recipient")
        ),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_next_at"), ["next_at"], unique=False)
        batch_op.create_index("ix_notification_officer_id_state", ["officer_id", "state"], unique=False)
        batch_op.create_index("ix_notification_subject_id", ["subject", "id"], unique=False)

    op.create_table(
        "notification_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("variant", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject_line", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["officer.id"], name=op.f("fk_notification_template_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_template")),
        sa.UniqueConstraint(
            "event",
            "variant",
            "channel",
            "language",
            "number",
            name=op.f("uq_notification_template_event_variant_channel_language_number"),
        ),
    )
    op.create_table(
        "officer_digest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_officer_digest_message_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_officer_digest_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_digest")),
        sa.UniqueConstraint("officer_id", "day", name=op.f("uq_officer_digest_officer_id_day")),
    )
    op.create_table(
        "officer_skill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("skill", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_officer_skill_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_skill")),
        sa.UniqueConstraint("officer_id", "skill", name=op.f("uq_officer_skill_officer_id_skill")),
    )
    op.create_table(
        "paper_draft",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_paper_draft_officer_id")),
        sa.PrimaryKeyConstraint("kind", "officer_id", name=op.f("pk_paper_draft")),
    )
    op.create_table(
        "paper_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["dossier_paper.id"], name=op.f("fk_paper_file_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_file")),
    )
    with op.batch_alter_table("paper_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_file_paper_id"), ["paper_id"], unique=False)

    op.create_table(
        "paper_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("officer_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_paper_template_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_template")),
        sa.UniqueConstraint("kind", "number", name=op.f("uq_paper_template_kind_number")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_recovery_code_officer_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_officer_id"), ["officer_id"], unique=False)

    op.create_table(
        "dossier_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=True),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_event_dossier_id")),
        sa.ForeignKeyConstraint(["step_id"], ["dossier_step.id"], name=op.f("fk_dossier_event_step_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_event")),
    )
    with op.batch_alter_table("dossier_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_event_dossier_id"), ["dossier_id"], unique=False)

    op.create_table(
        "notification_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notification_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("template", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_notification_attempt_message_id")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_attempt_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_attempt")),
        sa.UniqueConstraint("notification_id", "channel", name=op.f("uq_notification_attempt_notification_id_channel")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(length=48), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("about_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("officer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("code_nonce", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("code_step", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("officer_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("browser", sa.String(length=80), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("practising_as", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("officer_session", schema=None) as batch_op:
        batch_op.drop_column("practising_as")
        batch_op.drop_column("browser")

    with op.batch_alter_table("officer", schema=None) as batch_op:
        batch_op.drop_column("must_change")
        batch_op.drop_column("code_step")
        batch_op.drop_column("code_nonce")
        batch_op.drop_column("email")

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("about_at")
        batch_op.drop_column("about")

    op.drop_table("notification_attempt")
    with op.batch_alter_table("dossier_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_event_dossier_id"))

    op.drop_table("dossier_event")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_officer_id"))

    op.drop_table("recovery_code")
    op.drop_table("paper_template")
    with op.batch_alter_table("paper_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_file_paper_id"))

    op.drop_table("paper_file")
    op.drop_table("paper_draft")
    op.drop_table("officer_skill")
    op.drop_table("officer_digest")
    op.drop_table("notification_template")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_subject_id")
        batch_op.drop_index("ix_notification_officer_id_state")
        batch_op.drop_index(batch_op.f("ix_notification_next_at"))

    op.drop_table("notification")
    with op.batch_alter_table("dossier_step", schema=None) as batch_op:
        batch_op.drop_index("ix_dossier_step_officer_id_state")
        batch_op.drop_index(batch_op.f("ix_dossier_step_dossier_id"))
        batch_op.drop_index("ix_dossier_step_agency_code_state")

    op.drop_table("dossier_step")
    with op.batch_alter_table("dossier_result", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_result_dossier_id"))

    op.drop_table("dossier_result")
    with op.batch_alter_table("dossier_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_note_dossier_id"))

    op.drop_table("dossier_note")
    op.drop_table("apology")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index("ix_absence_officer_id_last_day")

    op.drop_table("absence")
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shipment_tracking_code"))
        batch_op.drop_index("ix_shipment_state_direction")
        batch_op.drop_index(batch_op.f("ix_shipment_dossier_id"))

    op.drop_table("shipment")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_dossier_id"))

    op.drop_table("payment")
    with op.batch_alter_table("dossier_place", schema=None) as batch_op:
        batch_op.drop_index("ix_dossier_place_agency_code_submitted_at")
        batch_op.drop_index("ix_dossier_place_agency_code_procedure_code")

    op.drop_table("dossier_place")
    with op.batch_alter_table("dossier_paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_dossier_paper_dossier_id"))

    op.drop_table("dossier_paper")
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_dossier_unfinished",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index("ix_dossier_submitted_at_id")
        batch_op.drop_index("ix_dossier_state_submitted_at_id")
        batch_op.drop_index("ix_dossier_search_text", postgresql_using="gin")
        batch_op.drop_index("ix_dossier_procedure_code_submitted_at_id")
        batch_op.drop_index(batch_op.f("ix_dossier_look_at"))
        batch_op.drop_index("ix_dossier_finished_at_agency_code_due_at")
        batch_op.drop_index("ix_dossier_desk_code_state")
        batch_op.drop_index(batch_op.f("ix_dossier_citizen_id"))
        batch_op.drop_index("ix_dossier_applicant_phone_id")
        batch_op.drop_index("ix_dossier_agency_code_state")

    op.drop_table("dossier")
    with op.batch_alter_table("workflow_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_workflow_step_procedure_code"))

    op.drop_table("workflow_step")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_file_sha256"))

    op.drop_table("stored_file")
    op.drop_table("dossier_sequence")
    with op.batch_alter_table("calendar_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_day_settled"))

    op.drop_table("calendar_day")
    op.create_table(
        "dossier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=48), nullable=False),
        sa.Column("procedure_code", sa.String(length=40), nullable=False),
        sa.Column("procedure_name", sa.String(length=300), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("agency_name", sa.String(length=200), nullable=False),
        sa.Column("citizen_id", sa.Integer(), nullable=False),
        sa.Column("applicant_name", sa.String(length=200), nullable=False),
        sa.Column("applicant_phone", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missing", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("supplement_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["citizen_id"], ["citizen.id"], name=op.f("fk_dossier_citizen_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("code", name=op.f("uq_dossier_code")),
    )
    with op.batch_alter_table("dossier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_agency_code"), ["agency_code"], unique=False)
        batch_op.create_index("ix_dossier_applicant_phone_id", ["applicant_phone", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_citizen_id"), ["citizen_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_procedure_code"), ["procedure_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_dossier_state"), ["state"], unique=False)
    op.create_table(
        "dossier_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=24), nullable=True),
        sa.Column("to_state", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossier.id"], name=op.f("fk_dossier_event_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_event")),
    )
    with op.batch_alter_table("dossier_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dossier_event_dossier_id"), ["dossier_id"], unique=False)
