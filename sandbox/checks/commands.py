"""Application commands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sandbox.checks.base import Bits, Body, Snowflake
from sandbox.checks.messages import Choice

Names = dict[str, str]


class CommandOption(Body):
    type: Annotated[int, Field(ge=1, le=11)]
    name: Annotated[str, Field(pattern=r"^[-_'\w]{1,32}$")]
    description: str
    name_localizations: Names | None = None
    description_localizations: Names | None = None
    required: bool | None = None
    autocomplete: bool | None = None
    choices: Annotated[list[Choice], Field(max_length=25)] | None = None
    options: Annotated[list[CommandOption], Field(max_length=25)] | None = None
    channel_types: list[int] | None = None
    min_value: int | float | None = None
    max_value: int | float | None = None
    min_length: Annotated[int, Field(ge=0, le=6000)] | None = None
    max_length: Annotated[int, Field(ge=1, le=6000)] | None = None


class CommandFields(Body):
    name_localizations: Names | None = None
    description: str | None = None
    description_localizations: Names | None = None
    options: Annotated[list[CommandOption], Field(max_length=25)] | None = None
    default_member_permissions: Bits | None = None
    dm_permission: bool | None = None
    integration_types: list[Annotated[int, Field(ge=0, le=1)]] | None = None
    contexts: list[Annotated[int, Field(ge=0, le=2)]] | None = None
    nsfw: bool | None = None
    handler: Annotated[int, Field(ge=1, le=3)] | None = None


class CreateCommand(CommandFields):
    id: Snowflake | None = None
    type: Annotated[int, Field(ge=1, le=3)] | None = None
    name: str


class EditCommand(CommandFields):
    name: str | None = None
