"""one reply model, who was heard when"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True))
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("extras", json, nullable=False, server_default="{}"))
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.alter_column("extras", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("extras")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        batch_op.drop_column("unreachable_since")
        batch_op.drop_column("heard_at")
