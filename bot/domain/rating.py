"""Rate how well text and picture agree, from 1 (worst) to 5 (best), as in paper §3.2, Table 1."""

from dataclasses import dataclass

BEST = 5

_KEYCAP = "\ufe0f\u20e3"  # what makes 1️⃣ of 1

EMOJI = {value: f"{value}{_KEYCAP}" for value in range(1, BEST + 1)}


def meant_by(emoji: str) -> int | None:
    """Return the rating of a reaction, or None if the emoji is no rating."""
    plain = emoji.replace("\ufe0f", "")
    return next((value for value, sign in EMOJI.items() if sign.replace("\ufe0f", "") == plain), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Name the settings that the pictures of one table row share."""

    bundle: str
    width: int
    height: int
    iterations: int
    edited: bool  # the run began with a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Sum up the ratings of one row of the table."""

    setting: Setting
    prompts: dict[str, float]  # mean rating by prompt
    pictures: int  # how many were rated
    ratings: int  # how many there are in all

    @property
    def mean(self) -> float:
        """Return the mean over prompts, as in the paper: a prompt rated often weighs no more than another."""
        return sum(self.prompts.values()) / len(self.prompts)
