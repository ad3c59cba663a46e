"""What a page is given to show: a world, who may be spoken as, and how the bot is doing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox.records.model import Channel, User
from sandbox.server import Sandbox


class BotPhase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotState:
    """How the bot is doing; ``detail`` is a sentence for whoever waits, ``log`` the end of its log."""

    phase: BotPhase
    detail: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """Somebody to speak as. ``part`` is the role played, as “moderator”."""

    user: User
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a page shows and may set going.

    Attributes:
        home: the channel that a first visit opens.
        examples: prompts to click on a first visit.
        bot_state: asked after every change; by default, whether a bot is connected and has commands.
        restart: starts the bot anew, where somebody can.
    """

    sandbox: Sandbox
    personas: Sequence[Persona]
    home: Channel
    examples: Sequence[str] = ()
    bot_state: Callable[[], BotState] | None = None
    restart: Callable[[], Awaitable[None]] | None = field(default=None)

    def bot(self) -> BotState:
        if self.bot_state is not None:
            return self.bot_state()
        connected = self.sandbox.gateway.connected and any(self.sandbox.world.commands.values())
        return BotState(phase=BotPhase.READY if connected else BotPhase.STARTING)
