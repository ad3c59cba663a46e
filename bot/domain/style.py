"""A style: words under a name that are added to a prompt."""

from dataclasses import dataclass

from engine.messages.styles import apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Name words that are added to a prompt."""

    id: int  # negative for a built-in style
    owner_id: int  # 0 for a built-in style
    name: str
    words: str  # with ``{prompt}`` where the prompt goes; otherwise another part of the prompt
    guild_id: int | None = None  # the server it is shared with

    @property
    def built_in(self) -> bool:
        return self.id < 0

    def apply(self, prompt: str) -> str:
        """Return the prompt in this style. Its further parts, after a ``|``, stay as they are."""
        return apply(self.words, prompt)
