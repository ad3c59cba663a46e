"""Unknown words are among a job's notes from its start"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("jobs", "unknown_words")


def downgrade() -> None:
    op.add_column("jobs", sa.Column("unknown_words", sa.JSON(), server_default="[]", nullable=False))
