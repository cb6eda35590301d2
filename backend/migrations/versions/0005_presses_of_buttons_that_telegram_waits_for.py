"""presses of buttons that Telegram waits to hear of"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_press",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_telegram_press")),
    )
    with op.batch_alter_table("telegram_press", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_telegram_press_at"), ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("telegram_press")
