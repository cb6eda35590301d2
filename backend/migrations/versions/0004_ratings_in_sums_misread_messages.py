"""ratings in sums, misread messages"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kiosk_device',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_code', sa.String(length=32), nullable=False),
    sa.Column('agency_name', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kiosk_device')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_kiosk_device_key_hash'))
    )
    with op.batch_alter_table('kiosk_device', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_kiosk_device_agency_code'), ['agency_code'], unique=False)

    op.create_table('rating_sum',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_code', sa.String(length=32), nullable=False),
    sa.Column('agency_name', sa.String(length=200), nullable=False),
    sa.Column('procedure_code', sa.String(length=40), nullable=False),
    sa.Column('procedure_name', sa.String(length=300), nullable=False),
    sa.Column('first_month', sa.Date(), nullable=False),
    sa.Column('last_month', sa.Date(), nullable=False),
    sa.Column('reasons', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ones', sa.Integer(), nullable=False),
    sa.Column('twos', sa.Integer(), nullable=False),
    sa.Column('threes', sa.Integer(), nullable=False),
    sa.Column('fours', sa.Integer(), nullable=False),
    sa.Column('fives', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating_sum'))
    )
    with op.batch_alter_table('rating_sum', schema=None) as batch_op:
        batch_op.create_index('ix_rating_sum_agency_code_last_month', ['agency_code', 'last_month'], unique=False)

    op.create_table('rating_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('dossier_code', sa.String(length=48), nullable=False),
    sa.Column('phone', sa.String(length=16), nullable=False),
    sa.Column('returned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('why', sa.String(length=16), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('conversation_id', sa.Integer(), nullable=True),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_rating_request_conversation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rating_request')),
    sa.UniqueConstraint('dossier_code', name=op.f('uq_rating_request_dossier_code'))
    )
    with op.batch_alter_table('rating_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rating_request_look_at'), ['look_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_rating_request_returned_at'), ['returned_at'], unique=False)

    op.create_table('misreading',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.Integer(), nullable=False),
    sa.Column('understood', sa.String(length=40), nullable=False),
    sa.Column('confidence', sa.Double(), nullable=True),
    sa.Column('intent', sa.String(length=40), nullable=False),
    sa.Column('example', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('marked_by', sa.Integer(), nullable=False),
    sa.Column('marked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reviewed_by', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_misreading_conversation_id')),
    sa.ForeignKeyConstraint(['marked_by'], ['officer.id'], name=op.f('fk_misreading_marked_by')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_misreading_message_id')),
    sa.ForeignKeyConstraint(['reviewed_by'], ['officer.id'], name=op.f('fk_misreading_reviewed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_misreading')),
    sa.UniqueConstraint('message_id', name=op.f('uq_misreading_message_id'))
    )
    with op.batch_alter_table('misreading', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_misreading_state'), ['state'], unique=False)

    op.create_table('officer_rating_sum',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ones', sa.Integer(), nullable=False),
    sa.Column('twos', sa.Integer(), nullable=False),
    sa.Column('threes', sa.Integer(), nullable=False),
    sa.Column('fours', sa.Integer(), nullable=False),
    sa.Column('fives', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_officer_rating_sum_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_officer_rating_sum'))
    )
    with op.batch_alter_table('officer_rating_sum', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_officer_rating_sum_officer_id'), ['officer_id'], unique=False)

    with op.batch_alter_table('dossier_event', schema=None) as batch_op:
        batch_op.create_index('ix_dossier_event_returned_at', ['at'], unique=False, sqlite_where=sa.text("to_state = 'returned'"), postgresql_where=sa.text("to_state = 'returned'"))

    with op.batch_alter_table('rating', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proved', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('kiosk_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('way', sa.String(length=16), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('agency_code', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('agency_name', sa.String(length=200), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('procedure_code', sa.String(length=40), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('procedure_name', sa.String(length=300), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('officer_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('officer_score', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('reasons', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('case_opened', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('sum_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('officer_sum_id', sa.Integer(), nullable=True))
        batch_op.alter_column('dossier_code',
               existing_type=sa.VARCHAR(length=48),
               nullable=True)
        batch_op.alter_column('conversation_id',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.create_index(batch_op.f('ix_rating_created_at'), ['created_at'], unique=False)
        batch_op.create_index('ix_rating_kiosk_id_created_at', ['kiosk_id', 'created_at'], unique=False)
        batch_op.create_index('ix_rating_officer_sum_id_officer_id', ['officer_sum_id', 'officer_id'], unique=False)
        batch_op.create_index('ix_rating_sum_id_agency_code', ['sum_id', 'agency_code'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_rating_sum_id'), 'rating_sum', ['sum_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_rating_kiosk_id'), 'kiosk_device', ['kiosk_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_rating_officer_sum_id'), 'officer_rating_sum', ['officer_sum_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_rating_officer_id'), 'officer', ['officer_id'], ['id'])

    columns = ("agency_code", "agency_name", "procedure_code", "procedure_name")
    for column in columns:
        op.execute(
            f"UPDATE rating SET {column} = (SELECT {column} FROM dossier WHERE dossier.code = rating.dossier_code)"  # noqa: S608
            " WHERE EXISTS (SELECT 1 FROM dossier WHERE dossier.code = rating.dossier_code)"
        )
    op.execute(
        "UPDATE rating SET way = (SELECT channel FROM conversation WHERE conversation.id = rating.conversation_id)"
    )
    with op.batch_alter_table("rating", schema=None) as batch_op:
        for column in (*columns, "proved", "way", "reasons", "case_opened"):
            batch_op.alter_column(column, server_default=None)


def downgrade() -> None:
    op.execute("DELETE FROM rating WHERE dossier_code IS NULL OR conversation_id IS NULL")
    with op.batch_alter_table('rating', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_rating_officer_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_rating_officer_sum_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_rating_kiosk_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_rating_sum_id'), type_='foreignkey')
        batch_op.drop_index('ix_rating_sum_id_agency_code')
        batch_op.drop_index('ix_rating_officer_sum_id_officer_id')
        batch_op.drop_index('ix_rating_kiosk_id_created_at')
        batch_op.drop_index(batch_op.f('ix_rating_created_at'))
        batch_op.alter_column('conversation_id',
               existing_type=sa.INTEGER(),
               nullable=False)
        batch_op.alter_column('dossier_code',
               existing_type=sa.VARCHAR(length=48),
               nullable=False)
        batch_op.drop_column('officer_sum_id')
        batch_op.drop_column('sum_id')
        batch_op.drop_column('case_opened')
        batch_op.drop_column('reasons')
        batch_op.drop_column('officer_score')
        batch_op.drop_column('officer_id')
        batch_op.drop_column('procedure_name')
        batch_op.drop_column('procedure_code')
        batch_op.drop_column('agency_name')
        batch_op.drop_column('agency_code')
        batch_op.drop_column('way')
        batch_op.drop_column('kiosk_id')
        batch_op.drop_column('proved')

    with op.batch_alter_table('dossier_event', schema=None) as batch_op:
        batch_op.drop_index('ix_dossier_event_returned_at', sqlite_where=sa.text("to_state = 'returned'"), postgresql_where=sa.text("to_state = 'returned'"))

    with op.batch_alter_table('officer_rating_sum', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_officer_rating_sum_officer_id'))

    op.drop_table('officer_rating_sum')
    with op.batch_alter_table('misreading', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_misreading_state'))

    op.drop_table('misreading')
    with op.batch_alter_table('rating_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rating_request_returned_at'))
        batch_op.drop_index(batch_op.f('ix_rating_request_look_at'))

    op.drop_table('rating_request')
    with op.batch_alter_table('rating_sum', schema=None) as batch_op:
        batch_op.drop_index('ix_rating_sum_agency_code_last_month')

    op.drop_table('rating_sum')
    with op.batch_alter_table('kiosk_device', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_kiosk_device_agency_code'))

    op.drop_table('kiosk_device')
