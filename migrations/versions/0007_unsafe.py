"""What the perceptors' check said of a finished picture and of its film"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("unsafe", "film_unsafe"):
        op.add_column("jobs", sa.Column(name, sa.Float()))


def downgrade() -> None:
    for name in ("unsafe", "film_unsafe"):
        op.drop_column("jobs", name)
