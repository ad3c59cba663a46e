"""Settings and styles; what a fair order and the quotas need to know of a job"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_settings()
    _make_styles()
    for column in _columns():  # not in batch mode: that copies the table, and SQLite would then null its parent_id
        op.add_column("jobs", column)
    op.create_index("ix_jobs_started_at", "jobs", ["started_at"])
    op.create_index("ix_jobs_guild_id_created_at", "jobs", ["guild_id", "created_at"])
    op.create_index("ix_jobs_style_id", "jobs", ["style_id"])


def downgrade() -> None:
    for index in ("ix_jobs_started_at", "ix_jobs_guild_id_created_at", "ix_jobs_style_id"):
        op.drop_index(index, "jobs")
    for column in _columns():
        op.drop_column("jobs", column.name)
    op.drop_table("styles")
    op.drop_table("settings")


def _identity() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("cost", sa.Float(), server_default="1", nullable=False),
        sa.Column("weight", sa.Float(), server_default="1", nullable=False),
        sa.Column("large", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("max_running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("guild_max_running", sa.Integer(), server_default="0", nullable=False),
        sa.Column("style_id", _identity()),
        sa.Column("recipe", sa.Text()),
    ]


def _make_settings() -> None:
    op.create_table(
        "settings",
        sa.Column("scope", sa.String(16), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "scope_id", "name", name="pk_settings"),
    )


def _make_styles() -> None:
    op.create_table(
        "styles",
        sa.Column("id", _identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger()),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_styles"),
        sa.UniqueConstraint("owner_id", "name", name="uq_styles_owner_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_styles_guild_id_name", "styles", ["guild_id", "name"])
