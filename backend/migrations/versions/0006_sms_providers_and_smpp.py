"""sms providers, segments by smpp, cost of messages"""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('smpp_in',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('message', sa.String(length=64), nullable=False),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('data_coding', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('received', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_smpp_in'))
    )
    with op.batch_alter_table('smpp_in', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_smpp_in_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_smpp_in_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_smpp_in_message'), ['message'], unique=False)

    op.create_table('smpp_out',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('address', sa.String(length=32), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('error', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_smpp_out')),
    sa.UniqueConstraint('reference', 'number', name=op.f('uq_smpp_out_reference_number'))
    )
    with op.batch_alter_table('smpp_out', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_smpp_out_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_smpp_out_message_id'), ['message_id'], unique=False)

    op.create_table('sms_choice',
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('reference', name=op.f('pk_sms_choice'))
    )
    with op.batch_alter_table('sms_choice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sms_choice_at'), ['at'], unique=False)

    op.create_table('sms_provider_errors',
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('slot', sa.Integer(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'slot', name=op.f('pk_sms_provider_errors'))
    )
    op.create_table('sms_provider_state',
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('rest', sa.Integer(), nullable=False),
    sa.Column('draining', sa.Boolean(), nullable=False),
    sa.Column('lowered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('faulty_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('configured', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_sms_provider_state'))
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cost', sa.Integer(), nullable=True))




def downgrade() -> None:

    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_column('cost')

    op.drop_table('sms_provider_state')
    op.drop_table('sms_provider_errors')
    with op.batch_alter_table('sms_choice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sms_choice_at'))

    op.drop_table('sms_choice')
    with op.batch_alter_table('smpp_out', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_smpp_out_message_id'))
        batch_op.drop_index(batch_op.f('ix_smpp_out_at'))

    op.drop_table('smpp_out')
    with op.batch_alter_table('smpp_in', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_smpp_in_message'))
        batch_op.drop_index(batch_op.f('ix_smpp_in_digest'))
        batch_op.drop_index(batch_op.f('ix_smpp_in_at'))

    op.drop_table('smpp_in')

