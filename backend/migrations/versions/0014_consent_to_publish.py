"""consent to publish"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.add_column(sa.Column("may_publish", sa.Boolean(), nullable=True))
    # what is public was published by an officer who said that the citizen agrees
    op.execute("UPDATE complaint SET may_publish = true WHERE id IN (SELECT complaint_id FROM complaint_publication)")


def downgrade() -> None:
    with op.batch_alter_table("complaint", schema=None) as batch_op:
        batch_op.drop_column("may_publish")
