"""Jobs"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("jobs", *_columns(), *_constraints(), sqlite_autoincrement=True)
    with op.batch_alter_table("jobs") as jobs:
        jobs.create_index("ix_jobs_state_announced", ["state", "announced"])
        jobs.create_index("ix_jobs_requester_id_claim_number", ["requester_id", "claim_number"])
        jobs.create_index("ix_jobs_claim_number", ["claim_number"])
        jobs.create_index("ix_jobs_channel_id", ["channel_id"])
        jobs.create_index("ix_jobs_thread_id", ["thread_id"])
        jobs.create_index("ix_jobs_card_message_id", ["card_message_id"])
        jobs.create_index("ix_jobs_final_message_id", ["final_message_id"])


def downgrade() -> None:
    op.drop_table("jobs")


def _columns() -> list[sa.Column[object]]:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    time = sa.DateTime(timezone=True)
    return [
        sa.Column("id", identity, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("source_message_id", sa.BigInteger()),
        sa.Column("parent_id", identity),
        sa.Column("parent_message_id", sa.BigInteger()),
        sa.Column("parent_channel_id", sa.BigInteger()),
        sa.Column("input_hash", sa.String(64)),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("thread_id", sa.BigInteger()),
        sa.Column("card_message_id", sa.BigInteger()),
        sa.Column("final_message_id", sa.BigInteger()),
        sa.Column("iteration", sa.Integer(), server_default="0", nullable=False),
        sa.Column("loss", sa.Float()),
        sa.Column("seconds", sa.Float()),
        sa.Column("stopped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("unknown_words", sa.JSON(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("started_at", time),
        sa.Column("finished_at", time),
        sa.Column("claim_number", sa.BigInteger()),
        sa.Column("announced", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]


def _constraints() -> list[sa.Constraint]:
    parent = sa.ForeignKeyConstraint(["parent_id"], ["jobs.id"], name="fk_jobs_parent_id_jobs", ondelete="SET NULL")
    return [sa.PrimaryKeyConstraint("id", name="pk_jobs"), parent]
