"""The tables of moderation."""

from __future__ import annotations

import sqlalchemy as sa

from bot.database.store import UTCDateTime, metadata

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

rules = sa.Table(
    "rules",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.String(200), nullable=False),
    sa.Column("added_by", sa.BigInteger, nullable=False),
    sa.Column("added_at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("guild_id", "kind", "value"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("actor_id", sa.BigInteger, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    sa.Column("subject", sa.String(300), nullable=False),
    sa.Index(None, "guild_id", "id"),
    sa.Index(None, "at"),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("job_id", _Id, nullable=False),  # no foreign key: what was reported is known longer than the job
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("reporter_id", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("channel_id", sa.BigInteger),
    sa.Column("message_id", sa.BigInteger),  # by which moderators were told
    sa.Column("outcome", sa.String(16)),
    sa.Column("settled_by", sa.BigInteger),
    sa.Column("settled_at", UTCDateTime),
    sa.UniqueConstraint("job_id", "reporter_id"),
    sa.Index(None, "reporter_id"),
    sqlite_autoincrement=True,
)
