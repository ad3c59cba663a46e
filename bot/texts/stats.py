"""The table of ratings: pure functions, as in :mod:`bot.texts.card`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import discord

from bot.domain.rating import EMOJI, Score, Setting
from bot.texts.numbers import counted, decimal

NO_RATINGS = f"Nothing is rated here yet. React to a picture with {EMOJI[1]} (worst) to {EMOJI[5]} (best)."
_ROWS, _COLUMNS = 8, 6
_SHORT = 60  # characters of a prompt in the legend
_NONE = "–"


def stats(scores: Sequence[Score], where: str) -> str:
    """Mean rating by setting and prompt; prompts under letters, those first that most settings painted."""
    if not scores:
        return NO_RATINGS
    shown = scores[:_ROWS]
    prompts = _columns(shown)
    letters = {prompt: chr(ord("A") + place) for place, prompt in enumerate(prompts)}
    head = ["", *letters.values(), "mean", "prompts", "pictures", "ratings"]
    table = _aligned([head, *(_row(score, prompts) for score in shown)])
    legend = [f"-# {letter}: {_shortened(prompt)}" for prompt, letter in letters.items()]
    more = [f"-# {len(scores) - _ROWS} more settings were rated less often."] if len(scores) > _ROWS else []
    ratings = sum(score.ratings for score in scores)
    intro = f"How well text and picture agree, 1 (worst) to 5 (best), {where}: {counted(ratings, 'rating', 'ratings')}."
    note = "-# The mean is over all prompts of a row, of which the letters are some, each as heavy as the others."
    return "\n".join([intro, f"```\n{table}\n```", *legend, *more, note])


def _columns(scores: Sequence[Score]) -> list[str]:
    painted = Counter(prompt for score in scores for prompt in score.prompts)
    return [prompt for prompt, _ in painted.most_common(_COLUMNS)]


def _row(score: Score, prompts: Sequence[str]) -> list[str]:
    cells = [decimal(score.prompts[prompt], 1) if prompt in score.prompts else _NONE for prompt in prompts]
    counts = [str(len(score.prompts)), str(score.pictures), str(score.ratings)]
    return [_label(score.setting), *cells, decimal(score.mean, 1), *counts]


def _label(setting: Setting) -> str:
    kind = " edits" if setting.edited else ""
    return f"{setting.bundle} {setting.width}x{setting.height}, {setting.iterations} it.{kind}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip().replace("`", "'"))
    return "\n".join(lines)


def _shortened(prompt: str) -> str:
    text = " ".join(prompt.split()).replace("`", "'")
    return discord.utils.escape_markdown(text if len(text) <= _SHORT else text[: _SHORT - 1] + "…")
