"""Write the answers of commands that look something up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import discord

from bot.domain.job import Job, State
from bot.domain.rating import EMOJI, Score, Setting
from bot.domain.setting import Scope, Values
from bot.domain.style import Style
from bot.texts import card, moderation
from bot.texts.numbers import count, counted, decimal, moment, size, soon

NOTHING_OPEN = "You have no picture waiting or being painted."
NO_HISTORY = "You have painted nothing yet. Start with /imagine."
NOT_MINE = "I know no recipe for that message. Choose a picture that I painted."
SHARED, UNSHARED = "Shared with everyone on this server.", "It is no longer shared."
SHARED_ELSEWHERE = "It stays shared with another server."
_SHORT = 70  # characters of a prompt in a list
_RECIPE_ROOM = 1500
_SIGNS = {
    State.QUEUED: "⏳",
    State.RUNNING: "🖌️",
    State.RENDERED: "✅",
    State.DELIVERED: "✅",
    State.FAILED: "❌",
    State.CANCELLED: "🚫",
}
_FROM = {Scope.USER: "yours", Scope.CHANNEL: "this channel's", Scope.GUILD: "this server's"}


def short(job: Job) -> str:
    """Return ``#12 **a red car**``."""
    return f"#{job.id} {card.title(job, _SHORT)}"


def queue(
    running: int, waiting: int, mine: Sequence[Job], places: Mapping[int, int], seconds: Mapping[int, float]
) -> str:
    """List the member's jobs with their places from 1 and the seconds until each begins or is done."""
    lines = [f"**{count(running)} being painted, {count(waiting)} waiting.**"]
    for job in mine:
        when = seconds.get(job.id)
        if job.state is State.RUNNING:
            lines.append(f"🖌️ {short(job)}" + (f" · done {soon(when)}" if when is not None else ""))
        else:
            place = places.get(job.id, 0)
            where = "next in line" if place <= 1 else f"{place - 1} ahead of it"
            lines.append(f"⏳ {short(job)} · {where}" + (f" · begins {soon(when)}" if when is not None else ""))
    return "\n".join([*lines, "-# /cancel takes one out." if mine else NOTHING_OPEN])


def cancelled(jobs: Sequence[Job]) -> str:
    return "Cancelled: " + ", ".join(short(job) for job in jobs) if jobs else NOTHING_OPEN


def history(jobs: Sequence[Job], number: int, pages: int, total: int, search: str) -> str:
    """Return one page of a member's jobs."""
    if not jobs:
        return f"Nothing of yours contains “{search}”." if search else NO_HISTORY
    lines = [f"{_sign(job)} {short(job)} · {_facts(job)}" for job in jobs]
    found = f" with “{discord.utils.escape_markdown(search)}”" if search else ""
    return "\n".join(
        [
            *lines,
            f"-# {counted(total, 'picture', 'pictures')}{found} · page {number + 1} of {pages} · /show has the recipe",
        ]
    )


def _sign(job: Job) -> str:
    return "🗑️" if job.removed in moderation.WISHED else _SIGNS[job.state]


def _facts(job: Job) -> str:
    return " · ".join([size(job.spec.width, job.spec.height), moment(job.created_at), *_whereabouts(job)])


def _whereabouts(job: Job) -> list[str]:
    """Link the picture, and say whether it was deleted."""
    deleted = [moderation.by_whom(job.removed)] if job.removed is not None else []
    url = picture_url(job)
    return [*deleted, f"[picture]({url})"] if url else deleted


def picture_url(job: Job) -> str:
    """Return the link to the finished picture's message, or an empty text if there is none."""
    if job.final_message_id is None or job.removed in moderation.WISHED:
        return ""
    return card.message_url(job.guild_id, job.thread_id or job.channel_id, job.final_message_id)


def shown(job: Job, recipe: str | None, ancestors: Sequence[Job]) -> str:
    """Show a job, its recipe, and the jobs that it was made from, nearest first."""
    lines = [f"{_sign(job)} {short(job)} · {job.kind} · {job.state} · {_facts(job)}"]
    if job.error:
        lines.append(f"-# {job.error}")
    for ancestor in ancestors:
        lines.append(" · ".join([f"-# from {short(ancestor)}", *_whereabouts(ancestor)]))
    return "\n".join(lines) + recipe_block(recipe)


def recipe_block(recipe: str | None) -> str:
    """Put the recipe into a code block, which Discord copies with one touch."""
    if not recipe:
        return "\n-# I write its recipe when it is finished."
    text = recipe.replace("```", "'''")
    return f"\n```\n{text[:_RECIPE_ROOM]}{'…' if len(text) > _RECIPE_ROOM else ''}\n```"


def found_recipe(recipe: str) -> str:
    return "This picture carries a recipe:" + recipe_block(recipe)


def style(style: Style, user_id: int) -> discord.Embed:
    whose = "built in" if style.built_in else "yours" if style.owner_id == user_id else f"by <@{style.owner_id}>"
    shared = ", shared with this server" if style.guild_id is not None else ""
    words = discord.utils.escape_markdown(style.words)
    return discord.Embed(title=style.name, description=f"{words}\n-# {whose}{shared}")


def styles(number: int, pages: int) -> str:
    return f"Paint in one with /imagine style; make one with /styles save. Page {number + 1} of {pages}."


def style_saved(style: Style, here: int | None, why_not_shared: str = "") -> str:
    """Say with whom the style is shared, seen from the server ``here``, or why it is not shared."""
    text = f"Saved. “a red car” becomes “{style.apply('a red car')}”: /imagine style: {style.name}"
    if why_not_shared:
        return f"{text}\nIt is not shared. {why_not_shared}"
    if style.guild_id is None:
        return text
    return f"{text}\n{SHARED if style.guild_id == here else SHARED_ELSEWHERE}"


def effective(held: Mapping[str, tuple[Any, Scope]], quotas: Mapping[str, int]) -> str:
    """List the settings and quotas that apply to a member, and whose they are; a quota of 0 is no limit."""
    lines = [f"**{name}** {value} ({_FROM[scope]})" for name, (value, scope) in held.items()]
    limits = [f"**{name}** {value}" for name, value in quotas.items() if value]
    return "\n".join(
        [
            "Used when a command does not say otherwise:",
            *(lines or ["nothing is set, so the models' own settings apply"]),
            "Limits for you here:",
            *(limits or ["none but the models' own"]),
            "-# Yours come first, then the channel's, then the server's. Change yours with /settings mine.",
        ]
    )


def changed(scope_id: int, changes: Mapping[str, object]) -> str:
    """Describe changed settings for the audit trail."""
    return f"{scope_id}: " + ", ".join(
        f"{name} {'forgotten' if value is None else value}" for name, value in changes.items()
    )


def values(what: str, values: Values) -> str:
    """List what is set in one scope."""
    kept = values.model_dump(exclude_none=True)
    if "report_channel" in kept:
        kept["report_channel"] = f"<#{kept['report_channel']}>"
    lines = [f"**{name}** {value}" for name, value in kept.items()]
    return "\n".join([f"Set for {what}:", *(lines or ["nothing"])])


NO_RATINGS = f"Nothing is rated here yet. React to a picture with {EMOJI[1]} (worst) to {EMOJI[5]} (best)."
_ROWS, _COLUMNS = 8, 6
_LEGEND = 60  # characters of a prompt in the legend
_UNRATED = "–"


def stats(scores: Sequence[Score], where: str) -> str:
    """Return a table of mean ratings by setting and prompt; letters stand for the most painted prompts."""
    if not scores:
        return NO_RATINGS
    shown = scores[:_ROWS]
    prompts = _columns(shown)
    letters = {prompt: chr(ord("A") + place) for place, prompt in enumerate(prompts)}
    head = ["", *letters.values(), "mean", "prompts", "pictures", "ratings"]
    table = _aligned([head, *(_row(score, prompts) for score in shown)])
    legend = [f"-# {letter}: {_in_legend(prompt)}" for prompt, letter in letters.items()]
    more = [f"-# {len(scores) - _ROWS} more settings were rated less often."] if len(scores) > _ROWS else []
    ratings = sum(score.ratings for score in scores)
    intro = f"How well text and picture agree, 1 (worst) to 5 (best), {where}: {counted(ratings, 'rating', 'ratings')}."
    note = "-# The mean covers all prompts of a row, each with the same weight. Letters show only some of them."
    return "\n".join([intro, f"```\n{table}\n```", *legend, *more, note])


def _columns(scores: Sequence[Score]) -> list[str]:
    painted = Counter(prompt for score in scores for prompt in score.prompts)
    return [prompt for prompt, _ in painted.most_common(_COLUMNS)]


def _row(score: Score, prompts: Sequence[str]) -> list[str]:
    cells = [decimal(score.prompts[prompt], 1) if prompt in score.prompts else _UNRATED for prompt in prompts]
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


def _in_legend(prompt: str) -> str:
    text = " ".join(prompt.split()).replace("`", "'")
    return discord.utils.escape_markdown(text if len(text) <= _LEGEND else text[: _LEGEND - 1] + "…")
