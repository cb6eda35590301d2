"""cases of the inbox"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox_canned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["officer.id"], name=op.f("fk_inbox_canned_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_canned")),
    )
    with op.batch_alter_table("inbox_canned", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_canned_agency_code"), ["agency_code"], unique=False)

    op.create_table(
        "inbox_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("skill", sa.String(length=120), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("labels", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solve_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waits_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_away_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_back", sa.String(length=32), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assignee_id"], ["officer.id"], name=op.f("fk_inbox_case_assignee_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_inbox_case_conversation_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["inbox_case.id"], name=op.f("fk_inbox_case_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_case")),
    )
    with op.batch_alter_table("inbox_case", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_case_agency_code_state", ["agency_code", "state", "priority"], unique=False)
        batch_op.create_index("ix_inbox_case_assignee_id_state", ["assignee_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_case_closed_at"), ["closed_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_case_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_inbox_case_look_at", ["look_at"], unique=False)
        batch_op.create_index("ix_inbox_case_state_priority", ["state", "priority", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_inbox_case_alive",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "inbox_queue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency_code", sa.String(length=32), nullable=False),
        sa.Column("skill", sa.String(length=120), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("last_officer_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["last_officer_id"], ["officer.id"], name=op.f("fk_inbox_queue_last_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_queue")),
        sa.UniqueConstraint("agency_code", "skill", name=op.f("uq_inbox_queue_agency_code_skill")),
    )
    op.create_table(
        "inbox_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_inbox_view_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_view")),
        sa.UniqueConstraint("officer_id", "name", name=op.f("uq_inbox_view_officer_id_name")),
    )
    op.create_table(
        "inbox_draft",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["inbox_case.id"], name=op.f("fk_inbox_draft_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_inbox_draft_officer_id")),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_inbox_draft")),
    )
    op.create_table(
        "inbox_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["inbox_case.id"], name=op.f("fk_inbox_event_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_inbox_event_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_event")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_event_key")),
    )
    with op.batch_alter_table("inbox_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_event_case_id"), ["case_id"], unique=False)

    op.create_table(
        "inbox_later",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("send_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["inbox_case.id"], name=op.f("fk_inbox_later_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_inbox_later_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_later")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_later_key")),
    )
    with op.batch_alter_table("inbox_later", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_later_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_later_done_at"), ["done_at"], unique=False)

    op.create_table(
        "inbox_presence",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["inbox_case.id"], name=op.f("fk_inbox_presence_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_inbox_presence_officer_id")),
        sa.PrimaryKeyConstraint("case_id", "officer_id", name=op.f("pk_inbox_presence")),
    )
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("after_officer", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("officer_said", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("officer_said_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("flood_told_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("blocked_reason", sa.String(length=300), nullable=False, server_default=""))

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        for column in ("after_officer", "officer_said", "blocked_reason"):
            batch_op.alter_column(column, server_default=None)
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("case_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_escalation_case_id"), ["case_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_escalation_case_id"), "inbox_case", ["case_id"], ["id"])
    _open_cases()


def _open_cases() -> None:
    """Who waits for an officer already gets a case."""
    empty = "CAST('[]' AS JSONB)" if op.get_bind().dialect.name == "postgresql" else "'[]'"
    op.execute(
        "INSERT INTO inbox_case (conversation_id, channel, state, reason, summary, wanted, agency_code, skill,"
        " priority, labels, opened_at, answer_due_at, solve_due_at, waits_since, call_back, search_text, version)"
        f" SELECT e.conversation_id, c.channel, 'waiting', e.reason, e.summary, '', '', '', 0, {empty}, e.created_at,"
        " e.created_at, e.created_at, e.created_at, '', '', 0"
        " FROM escalation e JOIN conversation c ON c.id = e.conversation_id"
        " WHERE e.id IN (SELECT max(id) FROM escalation WHERE closed_at IS NULL GROUP BY conversation_id)"
    )
    op.execute(
        "UPDATE escalation SET case_id = (SELECT i.id FROM inbox_case i"
        " WHERE i.conversation_id = escalation.conversation_id) WHERE closed_at IS NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_escalation_case_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_escalation_case_id"))
        batch_op.drop_column("case_id")

    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("blocked_reason")
        batch_op.drop_column("blocked_at")
        batch_op.drop_column("flood_told_at")
        batch_op.drop_column("officer_said_at")
        batch_op.drop_column("officer_said")
        batch_op.drop_column("after_officer")

    op.drop_table("inbox_presence")
    with op.batch_alter_table("inbox_later", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_later_done_at"))
        batch_op.drop_index(batch_op.f("ix_inbox_later_case_id"))

    op.drop_table("inbox_later")
    with op.batch_alter_table("inbox_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_event_case_id"))

    op.drop_table("inbox_event")
    op.drop_table("inbox_draft")
    op.drop_table("inbox_view")
    op.drop_table("inbox_queue")
    with op.batch_alter_table("inbox_case", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_inbox_case_alive",
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.drop_index("ix_inbox_case_state_priority")
        batch_op.drop_index("ix_inbox_case_look_at")
        batch_op.drop_index(batch_op.f("ix_inbox_case_conversation_id"))
        batch_op.drop_index(batch_op.f("ix_inbox_case_closed_at"))
        batch_op.drop_index("ix_inbox_case_assignee_id_state")
        batch_op.drop_index("ix_inbox_case_agency_code_state")

    op.drop_table("inbox_case")
    with op.batch_alter_table("inbox_canned", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inbox_canned_agency_code"))

    op.drop_table("inbox_canned")
