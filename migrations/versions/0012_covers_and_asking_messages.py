"""The cover that a picture inherits, and the message that asked, which asks once"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("spoiler", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("jobs", sa.Column("asking_message_id", sa.BigInteger()))
    op.create_index("ix_jobs_asking_message_id", "jobs", ["asking_message_id"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_jobs_asking_message_id", "jobs")
    for name in ("asking_message_id", "spoiler"):
        op.drop_column("jobs", name)
