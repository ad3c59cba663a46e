"""Write the messages about grids."""

from collections.abc import Sequence

import discord

from bot.domain.job import Job, State
from bot.domain.moderation import Cover
from bot.texts import card
from bot.texts.numbers import counted

GUESTS = "A grid needs a message for each picture. Use it in a server that I am in, or in our direct messages."
CANCELLED = "I cancelled {count} of the grid's pictures."
OVER = "No more are being painted."
_TITLE = 200
_PAINTED = State.RENDERED, State.DELIVERED
_WORDS = {
    State.RUNNING: "being painted",
    State.QUEUED: "waiting",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}


def done(jobs: Sequence[Job]) -> bool:
    """Return whether every picture of the grid is painted or has ended."""
    return all(job.state.ended or job.state is State.RENDERED for job in jobs)


def title(jobs: Sequence[Job]) -> str:
    return f"**{discord.utils.escape_markdown(_plain(jobs, _TITLE))}**"


def _plain(jobs: Sequence[Job], limit: int) -> str:
    text = " ".join((jobs[0].cell.title if jobs[0].cell else jobs[0].spec.prompt).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def starter(jobs: Sequence[Job]) -> str:
    """Return the channel's message to which the thread is attached."""
    return f"🎨 {title(jobs)} in {counted(len(jobs), 'picture', 'pictures')} for <@{jobs[0].requester_id}>"


def thread_name(jobs: Sequence[Job]) -> str:
    return _plain(jobs, 90)


def alt_text(jobs: Sequence[Job]) -> str:
    labels = "; ".join(job.cell.label for job in jobs if job.cell)
    return f"{_plain(jobs, _TITLE)}: {labels}"[: card.ALT_LIMIT]


def sheet(jobs: Sequence[Job], note: str = "") -> str:
    """Return the text above the live sheet."""
    painted = sum(job.state in _PAINTED for job in jobs)
    facts = [f"{painted} of {len(jobs)} painted"]
    for state, word in _WORDS.items():
        if many := sum(job.state is state for job in jobs):
            facts.append(f"{many} {word}")
    head = "✅ Done" if done(jobs) else card.bar(painted / len(jobs))
    notes = [*dict.fromkeys(one for job in jobs for one in job.notes), note]
    small = "".join(f"\n-# {one}" for one in notes if one)
    return f"{title(jobs)}\n{head} · {' · '.join(facts)}{small}"[: card.CONTENT_LIMIT]


def label(job: Job, cover: Cover) -> str:
    """Return the caption below a picture on the sheet."""
    name = job.cell.label if job.cell else f"#{job.id}"
    if job.removed is not None:
        return f"{name} (deleted)"
    if job.state in _PAINTED:
        return f"{name} (withheld)" if cover is Cover.WITHHELD else name
    return f"{name} ({_WORDS[job.state]})"


def acknowledgement(jobs: Sequence[Job]) -> str:
    """Return the answer that only the requester sees."""
    first = jobs[0]
    place = f" Follow them in <#{first.thread_id}>." if first.thread_id not in (None, first.channel_id) else ""
    notes = "".join(f"\n-# {one}" for one in dict.fromkeys(one for job in jobs for one in job.notes))
    return (
        f"Painting a grid of {counted(len(jobs), 'picture', 'pictures')} (#{first.id} to #{jobs[-1].id}).{place}{notes}"
    )


def room(fitting: int, wanted: int, limit: str) -> str:
    """Refuse a grid if only ``fitting`` of its pictures would be within a limit."""
    return f"That grid has {wanted} pictures, and there is room for {fitting}. {limit}"
