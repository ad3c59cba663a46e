"""What members think of pictures: 1 (worst) to 5 (best), as in the paper's study of edits (paper §3.2, Table 1)."""

from __future__ import annotations

from dataclasses import dataclass

BEST = 5

_KEYCAP = "\ufe0f\u20e3"  # what makes 1️⃣ of 1

EMOJI = {value: f"{value}{_KEYCAP}" for value in range(1, BEST + 1)}


def meant_by(emoji: str) -> int | None:
    """The rating that a reaction stands for; None for any other."""
    plain = emoji.replace("\ufe0f", "")
    return next((value for value, sign in EMOJI.items() if sign.replace("\ufe0f", "") == plain), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What pictures have in common that is compared: a row of the table. ``edited``: they began with a picture."""

    bundle: str
    width: int
    height: int
    iterations: int
    edited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A row: the mean rating of each prompt, how many pictures were rated, and how often in all."""

    setting: Setting
    prompts: dict[str, float]
    pictures: int
    ratings: int

    @property
    def mean(self) -> float:
        """Over the prompts, as in the paper's table: one that is rated often weighs no more than another."""
        return sum(self.prompts.values()) / len(self.prompts)
