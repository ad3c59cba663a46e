"""A chat page over the sandbox: members speak, click and run commands in a browser."""

from sandbox.page.app import ChatPage
from sandbox.page.stage import BotPhase, BotState, Persona, Stage

__all__ = ["BotPhase", "BotState", "ChatPage", "Persona", "Stage"]
