"""words of cases"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # No word may be longer than 2,046 bytes there.
        words = r"regexp_replace(search_text, '([^ ]{48})[^ ]*', '\1', 'g')::tsvector"
        op.alter_column(
            "inbox_case", "search_text", type_=postgresql.TSVECTOR(), existing_type=sa.Text(), postgresql_using=words
        )
    with op.batch_alter_table("inbox_case", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_case_search_text", ["search_text"], unique=False, postgresql_using="gin")


def downgrade() -> None:
    with op.batch_alter_table("inbox_case", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_case_search_text", postgresql_using="gin")
    if op.get_bind().dialect.name == "postgresql":
        words = "' ' || array_to_string(tsvector_to_array(search_text), ' ')"
        op.alter_column(
            "inbox_case", "search_text", type_=sa.Text(), existing_type=postgresql.TSVECTOR(), postgresql_using=words
        )
