"""Tokens of the Zalo account, and parts of its messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('zalo_account',
    sa.Column('oa_id', sa.String(length=64), nullable=False),
    sa.Column('access_token', sa.Text(), nullable=False),
    sa.Column('refresh_token', sa.Text(), nullable=False),
    sa.Column('obtained_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('verifier', sa.Text(), nullable=False),
    sa.Column('consent_needed_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('trouble', sa.String(length=16), nullable=False),
    sa.Column('trouble_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('quota', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('quota_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('oa_id', name=op.f('pk_zalo_account'))
    )
    op.create_table('zalo_part',
    sa.Column('message_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('provider_message_id', sa.String(length=128), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'position', name=op.f('pk_zalo_part'))
    )
    with op.batch_alter_table('zalo_part', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_zalo_part_sent_at'), ['sent_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('zalo_part', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_zalo_part_sent_at'))

    op.drop_table('zalo_part')
    op.drop_table('zalo_account')
