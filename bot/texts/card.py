"""Write the messages about a job."""

from collections.abc import Sequence
from datetime import datetime

import discord

from bot.domain.job import Job, Kind
from bot.texts.numbers import count, counted, decimal, moment, percent, seconds, size, soon
from bot.texts.refusals import CUT
from engine.messages import Progress

CONTENT_LIMIT = 2000  # characters of a message, Discord's
ALT_LIMIT = 1024  # characters of an attachment's description, Discord's
_TITLE_LIMIT = 200
_LINE_LIMIT, _SMALL_LIMIT = 400, 1200  # characters of a small line, and of all of a card's
_CELLS = 12
_LOSS_DIGITS = 3
_TIMES = {3: "three times", 4: "four times"}
HINT_TO_GUESTS = "-# To change it by words: press and hold or right-click it → Apps → Edit picture"
HINT = "-# Or reply “.edit” and what should change · ✉️ as a reaction sends it to you, 1️⃣ to 5️⃣ rate it"


def one_line(words: str) -> str:
    """Return a member's words on one short line, without a meaning to Discord."""
    return discord.utils.escape_markdown(_shortened(words, 80))


def title(job: Job, limit: int = _TITLE_LIMIT) -> str:
    """Return the prompt in bold, shortened and with Discord's markup escaped."""
    return f"**{discord.utils.escape_markdown(_shortened(job.spec.prompt, limit))}**"


def thread_name(job: Job) -> str:
    return _shortened(job.spec.prompt, 90)


def alt_text(job: Job) -> str:
    return _shortened(job.spec.prompt, ALT_LIMIT)


def starter(job: Job) -> str:
    """Return the channel's message to which the thread is attached."""
    return f"🎨 {title(job)} for <@{job.requester_id}>{_small(_origin(job))}"


def opening(job: Job, note: str = "") -> str:
    """Return the card of a job whose place in line is not known yet."""
    return f"{title(job)}\n⏳ In line{_small(_origin(job), *job.notes, note)}"


def waiting(job: Job, position: int, starts_in: float | None = None) -> str:
    """Return the card of a waiting job; ``position`` 1 is next, ``starts_in`` is in seconds."""
    ahead = "Next in line" if position == 1 else f"{position - 1} ahead of it in line"
    begins = "" if starts_in is None else f" · begins {soon(starts_in)}"
    return f"{title(job)}\n⏳ {ahead}{begins}{_small(_origin(job), *job.notes)}"


def starting(job: Job) -> str:
    return f"{title(job)}\n🖌️ Starting{_small(_origin(job), *job.notes)}"


def painting(job: Job, progress: Progress, seconds_left: float | None, before: float | None = None) -> str:
    """Return the card of a running job; ``before`` is the loss that the card showed last."""
    share = progress.iteration / progress.iterations
    facts = [
        f"{count(progress.iteration)} of {counted(progress.iterations, 'iteration', 'iterations')}",
        f"loss {decimal(progress.loss, _LOSS_DIGITS)}{trend(before, progress.loss)}",
    ]
    if seconds_left is not None:
        facts.append(f"done {soon(seconds_left)}")
    lines = f"{title(job)}\n{bar(share)} {percent(share)}\n{' · '.join(facts)}"
    return lines + _small(_origin(job), *job.notes)


def trend(before: float | None, now: float) -> str:
    """Return an arrow; it points up or down only if the shown digits change."""
    if before is None:
        return ""
    change = round(now, _LOSS_DIGITS) - round(before, _LOSS_DIGITS)
    return " ↘" if change < 0 else " ↗" if change > 0 else " →"


def done(job: Job, url: str) -> str:
    how = f"⏹️ Stopped at iteration {count(job.iteration)} of {count(job.spec.iterations)}" if job.stopped else "✅ Done"
    return f"{title(job)}\n{how}: {url}"


def found(job: Job, share: float) -> str:
    """Say how much of the picture was painted to replace the named thing; the mask is attached."""
    named = discord.utils.escape_markdown(_shortened(job.spec.replace, _TITLE_LIMIT))
    return (
        f"To replace “{named}”, I painted {percent(share)} of the picture: the white part of the mask. "
        "To paint there again, attach the mask to `/edit mask:`."
    )


def region_alt(job: Job) -> str:
    return _shortened(f"Where “{job.spec.replace}” was replaced: white was painted", ALT_LIMIT)


def failed(job: Job, detail: str) -> str:
    return f"{title(job)}\n❌ {detail or 'It failed.'}{_small(f'job #{job.id}')}"


def failure_notice(job: Job, detail: str) -> str:
    """Return a new message, because an edited card notifies nobody."""
    return f"<@{job.requester_id}> {failed(job, detail)}"


def cancelled(job: Job, iteration: int) -> str:
    reached = f" at iteration {count(iteration)} of {count(job.spec.iterations)}" if iteration else ""
    return f"{title(job)}\n🚫 Cancelled{reached}"


def elsewhere(job: Job) -> str:
    """Say why the picture comes as a direct message."""
    return f"I may not post in <#{job.channel_id}>, so I send it to you."


def final(job: Job, recipe: str, width: int, height: int, notes: Sequence[str] = (), hint: str = HINT) -> str:
    """Return the message with the finished picture; ``width`` and ``height`` are its pixels as delivered."""
    spec = job.spec
    facts = [f"{size(width, height)} px" + _painted_at(job, width, height)]
    iterations = counted(spec.iterations, "iteration", "iterations")
    facts.append(f"{count(job.iteration)} of {iterations}" if job.stopped else iterations)
    if job.seconds is not None:
        facts.append(seconds(job.seconds))
    head = f"<@{job.requester_id}> {title(job)}" + _small(" · ".join(facts), _origin(job), *job.notes, *notes)
    return with_recipe(head, recipe, f"\n{hint}")


def with_recipe(head: str, recipe: str, tail: str = "") -> str:
    """Return the message with as much of the recipe as fits, in a block for copying."""
    room = CONTENT_LIMIT - len(head) - len(tail) - len("\n```\n\n```")
    return f"{head}\n```\n{_fenced(recipe, room)}\n```{tail}"


def acknowledgement(job: Job, position: int) -> str:
    """Return the answer that only the requester sees: the turn, the number and the thread."""
    turn = {0: "Painting now", 1: "Painting next"}.get(position, f"In line, {position - 1} ahead")
    place = f" Follow it in <#{job.thread_id}>." if job.thread_id not in (None, job.channel_id) else ""
    return f"{turn} (#{job.id}).{place}{_small(*job.notes)}"


_LIMITS = {
    "max_queued": "You already have {most} waiting, and that is the most for one member.",
    "max_per_day": "You asked for {most} in the last 24 hours, and that is the most for one member.",
    "guild_max_queued": "This server already has {most} waiting, and that is the most for one server.",
    "guild_max_per_day": "This server asked for {most} in the last 24 hours, and that is the most for one server.",
    "max_waiting": "The line is full, with {most} waiting. Please try again later.",
}


def over_quota(which: str, most: int, frees: datetime | None) -> str:
    """Say that the limit ``which`` is reached (a field of ``Quota``), and when there is room again."""
    daily = which.endswith("per_day")
    instead = "" if daily or which == "max_waiting" else " Wait for one to start, or cancel one with /cancel."
    when = f" There is room again {moment(frees)}." if frees else ""
    return _LIMITS[which].format(most=counted(most, "picture", "pictures")) + instead + when


def acknowledgements(jobs: Sequence[Job], first: int, refusal: str = "") -> str:
    """Answer for several jobs; ``first`` is the place of the first, ``refusal`` says why there are no more."""
    text = acknowledgement(jobs[0], first)
    if len(jobs) > 1:
        text = text.replace(f"#{jobs[0].id}", ", ".join(f"#{job.id}" for job in jobs), 1)
    return f"{text}\n{refusal}" if refusal else text


def bar(share: float, cells: int = _CELLS) -> str:
    filled = round(max(0.0, min(1.0, share)) * cells)
    return "▰" * filled + "▱" * (cells - filled)


def message_url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def _origin(job: Job) -> str:
    """Say what the picture was made from, with a link if there is a message."""
    if job.parent_message_id is None or job.parent_channel_id is None:
        return "from the attached picture" if job.input_hash else ""
    link = f"[this picture]({message_url(job.guild_id, job.parent_channel_id, job.parent_message_id)})"
    match job.kind:
        case Kind.RERUN:
            return f"{link} again with a new seed"
        case Kind.UPSCALE:
            return f"{link} at {_TIMES.get(job.spec.upscale, 'twice')} the size"
        case Kind.REMIX:
            return f"remix of {link}"
        case Kind.CONTINUE:
            return f"{link} painted on"
        case Kind.EDIT:
            return f"edit of {link}"
        case Kind.IMAGINE:
            return f"from {link}"


def _painted_at(job: Job, width: int, height: int) -> str:
    same = (width, height) == (job.spec.width, job.spec.height)
    return "" if same else f" (painted at {size(job.spec.width, job.spec.height)})"


def _small(*lines: str) -> str:
    small = "".join(f"\n-# {_shortened(line, _LINE_LIMIT)}" for line in lines if line)
    return small if len(small) <= _SMALL_LIMIT else f"{small[: _SMALL_LIMIT - 1]}…"


def _fenced(text: str, room: int) -> str:
    text = text.replace("```", "'''")
    return text if len(text) <= room else text[: room - len(CUT)] + CUT


def _shortened(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
