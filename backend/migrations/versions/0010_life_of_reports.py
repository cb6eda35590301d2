"""life of reports"""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from backend.text import fold

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('complaint_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=24), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('actor_name', sa.String(length=120), nullable=False),
    sa.Column('from_state', sa.String(length=16), nullable=True),
    sa.Column('to_state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('details', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_event_complaint_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_event'))
    )
    with op.batch_alter_table('complaint_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_complaint_event_complaint_id'), ['complaint_id'], unique=False)

    op.create_table('complaint_identity',
    sa.Column('complaint_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_identity_complaint_id')),
    sa.PrimaryKeyConstraint('complaint_id', name=op.f('pk_complaint_identity'))
    )
    op.create_table('complaint_subject',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=False),
    sa.Column('agency_code', sa.String(length=32), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_complaint_subject_complaint_id')),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_complaint_subject_officer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_complaint_subject'))
    )
    with op.batch_alter_table('complaint_subject', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_complaint_subject_agency_code'), ['agency_code'], unique=False)
        batch_op.create_index(batch_op.f('ix_complaint_subject_complaint_id'), ['complaint_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_complaint_subject_officer_id'), ['officer_id'], unique=False)

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.String(length=20), nullable=False, server_default="report"))
        batch_op.add_column(sa.Column('category', sa.String(length=24), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('protection', sa.String(length=12), nullable=False, server_default="named"))
        batch_op.add_column(sa.Column('place', sa.String(length=300), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('latitude', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('longitude', sa.Double(), nullable=True))
        batch_op.add_column(sa.Column('files', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column('agency_code', sa.String(length=32), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('agency_name', sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('officer_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('answer', sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('merged_into_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('due_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('look_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('reopened', sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column('search_text', sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default="1"))
        batch_op.alter_column('conversation_id',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.alter_column('message_id',
               existing_type=sa.INTEGER(),
               nullable=True)
        batch_op.create_index('ix_complaint_agency_code_state', ['agency_code', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_complaint_look_at'), ['look_at'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_complaint_merged_into_id'), 'complaint', ['merged_into_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_complaint_officer_id'), 'officer', ['officer_id'], ['id'])
    _fill()


def _fill() -> None:
    """Reports from before have a sender, a beginning of their history, and are found by their words."""
    bind = op.get_bind()
    bind.execute(
        sa.text(
            "INSERT INTO complaint_identity (complaint_id, name, phone) SELECT complaint.id, '', substr(address, 1, 40)"
            " FROM complaint JOIN conversation ON conversation.id = complaint.conversation_id"
        )
    )
    bind.execute(
        sa.text(
            "INSERT INTO complaint_event (complaint_id, at, action, actor, actor_name, from_state, to_state, reason,"
            " details) SELECT id, created_at, 'file', 'citizen', '', NULL, state, '', '{}' FROM complaint"
        )
    )
    officers = bind.execute(
        sa.text("SELECT officer.id, officer.name, agency.code FROM officer JOIN agency ON agency.id = agency_id")
    ).all()
    units = bind.execute(sa.text("SELECT code, name, unit FROM agency")).all()
    change = sa.text(
        "UPDATE complaint SET search_text = :words, kind = :kind, protection = :protection WHERE id = :id"
    )
    about = sa.text("INSERT INTO complaint_subject (complaint_id, agency_code, officer_id) VALUES (:id, :unit, :officer)")
    for row in bind.execute(sa.text("SELECT id, code, text FROM complaint")).all():
        words = fold(f"{row.code or ''} {row.text} ")
        kind = next((kind for kind, said in _KINDS.items() if said.search(words)), "report")
        protection = "protected" if kind == "denunciation" else "named"
        bind.execute(change, {"words": words, "kind": kind, "protection": protection, "id": row.id})
        for unit, officer in _subjects(words, officers, units):
            bind.execute(about, {"id": row.id, "unit": unit, "officer": officer})


# Words of the day of this migration; `complaints/kinds.yml` goes on from them.
_KINDS = {
    "denunciation": re.compile(r"\b(to cao|hoi lo|tham nhung|an chan|voi tien|vi vinh|bien thu|nhan tien)\b"),
    "formal_complaint": re.compile(r"\bkhieu nai\b"),
}
_OFFICE = re.compile(
    r"\b(can bo|cong chuc|chu tich|bi thu|cong an|nhan vien|chuyen vien|lanh dao|truong phong|giam doc|to cao|hoi lo)\b"
)


def _subjects(words: str, officers: Sequence[Any], units: Sequence[Any]) -> list[tuple[str, int | None]]:
    """Whom an old report is about, so that the conflict guard holds for it: rather too many than too few."""
    text = f" {' '.join(re.sub(r'[^a-z0-9]+', ' ', words).split())} "
    found: set[tuple[str, int | None]] = set()
    found |= {(o.code, o.id) for o in officers if len(o.name.split()) > 2 and f" {fold(o.name)} " in text}
    if _OFFICE.search(text):
        named = ((unit.code, {fold(name) for name in (unit.name, unit.unit) if name}) for unit in units)
        found |= {(code, None) for code, names in named if any(f" {name} " in text for name in names)}
    return sorted(found, key=str)



def downgrade() -> None:
    # What callers told has no message: the tables of before cannot hold it.
    for table in ("complaint_subject", "complaint_identity", "complaint_event"):
        op.execute(f"DELETE FROM {table}")
    op.execute("UPDATE complaint SET merged_into_id = NULL")
    op.execute("DELETE FROM complaint WHERE conversation_id IS NULL OR message_id IS NULL")
    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_complaint_officer_id'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_complaint_merged_into_id'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_complaint_look_at'))
        batch_op.drop_index('ix_complaint_agency_code_state')
        batch_op.alter_column('message_id',
               existing_type=sa.INTEGER(),
               nullable=False)
        batch_op.alter_column('conversation_id',
               existing_type=sa.INTEGER(),
               nullable=False)
        batch_op.drop_column('version')
        batch_op.drop_column('search_text')
        batch_op.drop_column('reopened')
        batch_op.drop_column('look_at')
        batch_op.drop_column('sent_at')
        batch_op.drop_column('due_at')
        batch_op.drop_column('merged_into_id')
        batch_op.drop_column('answer')
        batch_op.drop_column('officer_id')
        batch_op.drop_column('agency_name')
        batch_op.drop_column('agency_code')
        batch_op.drop_column('files')
        batch_op.drop_column('longitude')
        batch_op.drop_column('latitude')
        batch_op.drop_column('place')
        batch_op.drop_column('protection')
        batch_op.drop_column('category')
        batch_op.drop_column('kind')

    with op.batch_alter_table('complaint_subject', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_complaint_subject_officer_id'))
        batch_op.drop_index(batch_op.f('ix_complaint_subject_complaint_id'))
        batch_op.drop_index(batch_op.f('ix_complaint_subject_agency_code'))

    op.drop_table('complaint_subject')
    op.drop_table('complaint_identity')
    with op.batch_alter_table('complaint_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_complaint_event_complaint_id'))

    op.drop_table('complaint_event')
