"""What became of the colour profiles of the pictures that a job was given"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("input_facts", sa.JSON()))


def downgrade() -> None:
    op.drop_column("jobs", "input_facts")
