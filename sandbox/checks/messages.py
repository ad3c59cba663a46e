"""Messages, webhooks' messages, and answers to interactions."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sandbox.checks.base import Body, Colour, Size, Snowflake
from sandbox.checks.components import MessageComponents, ModalComponents

Url = Annotated[str, Field(max_length=2048)]


class Media(Body):
    url: Url | None = None


class Footer(Body):
    text: Annotated[str, Field(max_length=2048)]
    icon_url: Url | None = None


class Author(Body):
    name: Annotated[str, Field(max_length=256)]
    url: Url | None = None
    icon_url: Url | None = None


class EmbedField(Body):
    name: Annotated[str, Field(min_length=1, max_length=256)]
    value: Annotated[str, Field(min_length=1, max_length=1024)]
    inline: bool | None = None


class Embed(Body):
    type: str | None = None
    title: Annotated[str, Field(max_length=256)] | None = None
    description: Annotated[str, Field(max_length=4096)] | None = None
    url: Url | None = None
    timestamp: Annotated[str, Field(max_length=64)] | None = None
    color: Colour | None = None
    footer: Footer | None = None
    image: Media | None = None
    thumbnail: Media | None = None
    author: Author | None = None
    fields: Annotated[list[EmbedField], Field(max_length=25)] | None = None


class AllowedMentions(Body):
    parse: list[Literal["users", "roles", "everyone"]] | None = None
    users: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    roles: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    replied_user: bool | None = None


class ListedAttachment(Body):
    id: Snowflake
    filename: Annotated[str, Field(max_length=1024)] | None = None
    description: Annotated[str, Field(max_length=1024)] | None = None
    title: str | None = None


class Reference(Body):
    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool | None = None
    type: Literal[0] | None = None


class EditMessage(Body):
    """The fields that every kind of message has, and all that an edit may change."""

    content: Annotated[str, Field(max_length=2000)] | None = None
    embeds: Annotated[list[Embed], Field(max_length=10)] | None = None
    components: MessageComponents | None = None
    attachments: Annotated[list[ListedAttachment], Field(max_length=10)] | None = None
    allowed_mentions: AllowedMentions | None = None
    flags: Size | None = None


class CreateMessage(EditMessage):
    nonce: Annotated[str, Field(max_length=25)] | Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)] | None = None
    enforce_nonce: bool | None = None
    tts: bool | None = None
    message_reference: Reference | None = None
    sticker_ids: list[Snowflake] | None = None
    poll: dict[str, Any] | None = None


class ExecuteWebhook(CreateMessage):
    username: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    avatar_url: Url | None = None
    thread_name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    applied_tags: list[Snowflake] | None = None


class BulkDelete(Body):
    messages: Annotated[list[Snowflake], Field(min_length=2, max_length=100)]


class Choice(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    value: str | int | float
    name_localizations: dict[str, str] | None = None


class CallbackMessage(Body):
    type: Literal[4, 7]
    data: CreateMessage | None = None


class CallbackDeferral(Body):
    type: Literal[5, 6]
    data: EditMessage | None = None


class Choices(Body):
    choices: Annotated[list[Choice], Field(max_length=25)]


class CallbackChoices(Body):
    type: Literal[8]
    data: Choices


class ModalFields(Body):
    title: Annotated[str, Field(min_length=1, max_length=45)]
    custom_id: Annotated[str, Field(min_length=1, max_length=100)]
    components: ModalComponents


class CallbackModal(Body):
    type: Literal[9]
    data: ModalFields


CallbackBody = Annotated[
    CallbackMessage | CallbackDeferral | CallbackChoices | CallbackModal, Field(discriminator="type")
]
