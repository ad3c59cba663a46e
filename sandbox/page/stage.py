"""Say what a page shows: the sandbox, the people to speak as, and the bot's state."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sandbox.records.model import Channel, User
from sandbox.server import Sandbox


class BotPhase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotState:
    """The bot's state. ``detail`` is a sentence for people who wait, ``log`` the end of the bot's log."""

    phase: BotPhase
    detail: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A person to speak as. ``part`` is their role, such as “moderator”."""

    user: User
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Hold everything that a page shows and can start."""

    sandbox: Sandbox
    personas: Sequence[Persona]
    home: Channel  # that a first visit opens
    examples: Sequence[str] = ()  # prompts to click on a first visit
    bot_state: Callable[[], BotState] | None = None  # called after every change; None asks the gateway
    restart: Callable[[], Awaitable[None]] | None = None  # None if this page did not start the bot

    def bot(self) -> BotState:
        if self.bot_state is not None:
            return self.bot_state()
        connected = self.sandbox.gateway.connected and any(self.sandbox.world.commands.values())
        return BotState(phase=BotPhase.READY if connected else BotPhase.STARTING)
