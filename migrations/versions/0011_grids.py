"""Pictures that belong to a grid, and the message with its sheet"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("jobs", sa.Column("cell", sa.JSON()))
    op.add_column("jobs", sa.Column("grid_id", identity))
    op.add_column("jobs", sa.Column("sheet_message_id", sa.BigInteger()))
    op.create_index("ix_jobs_grid_id", "jobs", ["grid_id"])


def downgrade() -> None:
    op.drop_index("ix_jobs_grid_id", "jobs")
    for name in ("sheet_message_id", "grid_id", "cell"):
        op.drop_column("jobs", name)
