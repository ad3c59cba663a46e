"""The masks and image prompts that jobs are made with"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("mask_hash", sa.String(64)))
    op.add_column("jobs", sa.Column("image_prompt_hashes", sa.JSON()))


def downgrade() -> None:
    for name in ("image_prompt_hashes", "mask_hash"):
        op.drop_column("jobs", name)
