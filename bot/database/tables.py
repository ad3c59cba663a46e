"""Every table of the database."""

import dataclasses
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from bot.domain.job import Cell, Job, Kind, Removed, State
from engine.messages import Spec

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=_NAMES)


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """Store an aware time in UTC. SQLite keeps no time zone, so UTC is added again on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def _words(enum: type[StrEnum]) -> sa.Enum:
    """Make a column of plain text for the enum's values, so that a new member needs no migration."""
    return sa.Enum(enum, native_enum=False, length=16, values_callable=lambda members: [m.value for m in members])


# Ids are never reused (AUTOINCREMENT): buttons in old messages and files on disk carry them.
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("state", _words(State), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="1"),
    sa.Column("kind", _words(Kind), nullable=False),
    sa.Column("spec", sa.JSON, nullable=False),
    sa.Column("requester_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("source_message_id", sa.BigInteger),
    sa.Column("parent_id", _Id, sa.ForeignKey("jobs.id", ondelete="SET NULL")),
    sa.Column("parent_message_id", sa.BigInteger),
    sa.Column("parent_channel_id", sa.BigInteger),
    sa.Column("input_hash", sa.String(64)),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("thread_id", sa.BigInteger),
    sa.Column("card_message_id", sa.BigInteger),
    sa.Column("final_message_id", sa.BigInteger),
    sa.Column("iteration", sa.Integer, nullable=False, server_default="0"),
    sa.Column("loss", sa.Float),
    sa.Column("seconds", sa.Float),
    sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("error", sa.Text),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("started_at", UTCDateTime),
    sa.Column("finished_at", UTCDateTime),
    sa.Column("removed", _words(Removed)),
    # For fair order: expected engine-seconds, the requester's share, and how many may run at once (0: any number).
    sa.Column("cost", sa.Float, nullable=False, server_default="1"),
    sa.Column("weight", sa.Float, nullable=False, server_default="1"),
    sa.Column("large", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("guild_max_running", sa.Integer, nullable=False, server_default="0"),
    sa.Column("style_id", _Id),  # no foreign key: a style may go, its pictures stay
    sa.Column("recipe", sa.Text),  # as posted under the picture
    sa.Column("mask_hash", sa.String(64)),
    sa.Column("image_prompt_hashes", sa.JSON),
    sa.Column("input_facts", sa.JSON),
    sa.Column("cell", sa.JSON),  # of a grid
    sa.Column("grid_id", _Id),
    sa.Column("sheet_message_id", sa.BigInteger),
    sa.Column("unsafe", sa.Float),
    sa.Column("film_unsafe", sa.Float),
    sa.Column("spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("asking_message_id", sa.BigInteger),
    # Not part of a Job: the number of the claim, for fair order, and whether the requester knows how it ended.
    sa.Column("claim_number", sa.BigInteger),
    sa.Column("announced", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "state", "announced"),
    sa.Index(None, "requester_id", "claim_number"),
    sa.Index(None, "claim_number"),
    sa.Index(None, "started_at"),
    sa.Index(None, "guild_id", "created_at"),
    sa.Index(None, "style_id"),
    sa.Index(None, "channel_id"),
    sa.Index(None, "thread_id"),
    sa.Index(None, "card_message_id"),
    sa.Index(None, "final_message_id"),
    sa.Index(None, "grid_id"),
    sa.Index(None, "asking_message_id", unique=True),
    sqlite_autoincrement=True,
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("scope", sa.String(16), primary_key=True),
    sa.Column("scope_id", sa.BigInteger, primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

styles = sa.Table(
    "styles",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("owner_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),  # with whose members it is shared
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
    sa.Index(None, "guild_id", "name"),
    sqlite_autoincrement=True,
)

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


usage = sa.Table(
    "usage",
    metadata,
    sa.Column("id", _Id, primary_key=True),  # its own: nothing says which picture it was
    sa.Column("requester_id", sa.BigInteger, nullable=False),
    sa.Column("guild_id", sa.BigInteger),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("counts", sa.Boolean, nullable=False),  # as a picture of its day
    sa.Column("started_at", UTCDateTime),
    sa.Column("seconds", sa.Float),  # of an engine
    sa.Index(None, "requester_id"),
    sa.Index(None, "guild_id"),
    sqlite_autoincrement=True,
)


ratings = sa.Table(
    "ratings",
    metadata,
    sa.Column("job_id", _Id, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("user_id", sa.BigInteger, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("rated_at", UTCDateTime, nullable=False),
    sa.Index(None, "user_id"),
)

_JOB_FIELDS = frozenset(field.name for field in dataclasses.fields(Job))


def job_from_row(row: sa.Row[Any]) -> Job:
    """Make a job from a row with all columns of ``jobs``."""
    columns = {name: value for name, value in row._mapping.items() if name in _JOB_FIELDS}
    columns |= {"spec": Spec.from_json(columns["spec"]), "notes": tuple(columns["notes"])}
    columns |= {name: tuple(columns[name] or ()) for name in ("image_prompt_hashes", "input_facts")}
    columns["cell"] = Cell(**columns["cell"]) if columns["cell"] else None
    return Job(**columns)
