"""What a bot may say on the gateway."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sandbox.checks.base import Body, Size, Snowflake

Sequence = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]


class Identify(Body):
    token: str
    intents: Sequence
    shard: Annotated[list[Size], Field(min_length=2, max_length=2)] | None = None
    properties: dict[str, Any]


class Resume(Body):
    token: str
    session_id: str
    seq: Sequence


class RequestMembers(Body):
    guild_id: Snowflake
    query: str | None = None
    limit: Size | None = None
    user_ids: list[Snowflake] | Snowflake | None = None
    presences: bool | None = None
    nonce: str | None = None


class Command(Body):
    op: int
    d: Any = None
