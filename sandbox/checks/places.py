"""Channels, threads, members, roles, webhooks, and the bot's own account."""

from typing import Annotated, Literal

from pydantic import Field

from sandbox.checks.base import Bits, Body, Colour, Size, Snowflake
from sandbox.checks.messages import CreateMessage

Name = Annotated[str, Field(min_length=1, max_length=100)]
Duration = Literal[60, 1440, 4320, 10080]
Slowmode = Annotated[int, Field(ge=0, le=21600)]


class SetOverwrite(Body):
    type: Literal[0, 1] | None = None
    allow: Bits | None = None
    deny: Bits | None = None


class OverwriteBody(SetOverwrite):
    id: Snowflake


class Tag(Body):
    id: Snowflake | None = None
    name: Annotated[str, Field(min_length=1, max_length=50)]
    moderated: bool | None = None
    emoji_id: Snowflake | None = None
    emoji_name: str | None = None


class EditChannel(Body):
    """The fields of channels and of threads. Fields that do not fit the channel are ignored."""

    name: Name | None = None
    topic: Annotated[str, Field(max_length=4096)] | None = None
    nsfw: bool | None = None
    position: Size | None = None
    rate_limit_per_user: Slowmode | None = None
    permission_overwrites: list[OverwriteBody] | None = None
    available_tags: Annotated[list[Tag], Field(max_length=20)] | None = None
    archived: bool | None = None
    locked: bool | None = None
    invitable: bool | None = None
    auto_archive_duration: Duration | None = None
    applied_tags: Annotated[list[Snowflake], Field(max_length=5)] | None = None


class CreateChannel(EditChannel):
    name: Name
    type: int | None = None


class CreateThread(Body):
    name: Name
    auto_archive_duration: Duration | None = None
    rate_limit_per_user: Slowmode | None = None
    invitable: bool | None = None
    type: Literal[10, 11, 12] | None = None
    message: CreateMessage | None = None
    applied_tags: Annotated[list[Snowflake], Field(max_length=5)] | None = None


class EditMember(Body):
    nick: Annotated[str, Field(max_length=32)] | None = None
    roles: list[Snowflake] | None = None
    communication_disabled_until: str | None = None


class EditRole(Body):
    name: Annotated[str, Field(max_length=100)] | None = None
    permissions: Bits | None = None
    color: Colour | None = None
    hoist: bool | None = None
    mentionable: bool | None = None


class CreateWebhook(Body):
    name: Annotated[str, Field(min_length=1, max_length=80)]


class EditWebhook(Body):
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    channel_id: Snowflake | None = None


class EditSelf(Body):
    username: Annotated[str, Field(min_length=2, max_length=32)] | None = None


class OpenDirect(Body):
    recipient_id: Snowflake
