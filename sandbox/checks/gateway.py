"""The commands that a bot may send on the gateway."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from sandbox.checks.base import Body, Size, Snowflake
from sandbox.records.model import Json
from sandbox.records.traffic import Op

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


_DETAILS: dict[int, TypeAdapter[Any]] = {
    Op.HEARTBEAT: TypeAdapter(Sequence | None),
    Op.IDENTIFY: TypeAdapter(Identify),
    Op.RESUME: TypeAdapter(Resume),
    Op.REQUEST_MEMBERS: TypeAdapter(RequestMembers),
}


def checked(payload: Any) -> Json:
    """Return the payload if it is a command whose details have the right types. Raises pydantic.ValidationError."""
    command = Command.model_validate(payload)
    if command.op in _DETAILS:
        _DETAILS[command.op].validate_python(command.d)
    known: Json = payload
    return known
