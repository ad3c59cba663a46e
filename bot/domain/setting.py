"""List the settings of members, channels, servers and roles."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scoped = tuple["Scope", int]  # and the snowflake of the member, channel, server or role

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Scope(StrEnum):
    USER = "user"
    CHANNEL = "channel"
    GUILD = "guild"
    ROLE = "role"


class Values(BaseModel):
    """Hold the settings of one scope; None means not set. Members read the descriptions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    style: str | None = Field(default=None, max_length=32, description="the style of a picture")
    size: str | None = Field(default=None, pattern=r"^\d{1,5}x\d{1,5}$", description="width x height in pixels")
    iterations: int | None = Field(default=None, ge=1, le=1_000_000, description="how long to paint")
    strength: float | None = Field(default=None, ge=0, le=1, description="how far an edit goes, 0 to 1")
    bundle: str | None = Field(default=None, max_length=100, description="the models to paint with")
    spoiler: bool | None = Field(default=None, description="pictures are covered until they are clicked")
    report_channel: int | None = Field(default=None, ge=0, lt=2**63, description="the channel that reports go to")
    reactions: Literal["requester", "everyone"] | None = Field(
        default=None, description="whose reactions to a picture count: the requester's, or everyone's"
    )
    max_running: Count | None = Field(default=None, description="pictures of one member painted at once")
    max_queued: Count | None = Field(default=None, description="pictures of one member waiting")
    max_per_day: Count | None = Field(default=None, description="pictures of one member in 24 hours")
    max_pixels: Count | None = Field(default=None, description="width times height of a picture")
    max_iterations: Count | None = Field(default=None, description="iterations of a picture")
    weight: float | None = Field(default=None, ge=0.1, le=10, description="share of the engines, 1 is everyone's")


PREFERENCES = ("style", "size", "iterations", "strength", "bundle")

QUOTAS = ("max_running", "max_queued", "max_per_day", "max_pixels", "max_iterations")

MANNERS = ("reactions",)
EVERYONE = "everyone"

ALLOWED: Mapping[Scope, tuple[str, ...]] = {
    Scope.USER: PREFERENCES,
    Scope.CHANNEL: (*PREFERENCES, "spoiler"),
    Scope.GUILD: (*PREFERENCES, *QUOTAS, "spoiler", "report_channel", *MANNERS),
    Scope.ROLE: (*QUOTAS, "weight"),
}
"""Which settings a scope has."""


def strictest(limits: Iterable[int | None]) -> int:
    """Return the lowest of the limits that are set; 0 when there is no limit."""
    return min((limit for limit in limits if limit), default=0)
