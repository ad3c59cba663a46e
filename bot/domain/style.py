"""A style: words under a name that are added to a prompt."""

from __future__ import annotations

from dataclasses import dataclass

from engine.messages.styles import apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """``words`` has the prompt at ``{prompt}``, or else stands beside it as another part of it.

    ``owner_id`` is 0 and ``id`` negative for the built-in ones; ``guild_id`` is the server it is shared with.
    """

    id: int
    owner_id: int
    name: str
    words: str
    guild_id: int | None = None

    @property
    def built_in(self) -> bool:
        return self.id < 0

    def apply(self, prompt: str) -> str:
        """Return the prompt in this style. Its further parts, after a ``|``, stay as they are."""
        return apply(self.words, prompt)
