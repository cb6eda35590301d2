"""drafts of reports"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("happened", sa.String(length=120), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("contact", sa.String(length=8), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("asked", json, nullable=False, server_default="{}"))


def downgrade() -> None:
    for table in ("complaint_subject", "complaint_identity"):
        op.execute(f"DELETE FROM {table} WHERE complaint_id IN (SELECT id FROM complaint WHERE state = 'draft')")
    op.execute("DELETE FROM complaint WHERE state = 'draft'")
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_column("asked")
        batch_op.drop_column("contact")
        batch_op.drop_column("happened")
