"""Write the answers to an operator's orders."""

from collections.abc import Sequence

from bot.domain.status import EngineState, Snapshot
from bot.texts.numbers import count, counted, gibibytes, span

RESUMED = "Taking new pictures again."
NO_ORDERS = "[operators] control is off in the configuration, so the bot takes no orders from here."
NO_SUCH_ORDER = "There is no such order."
NOTHING_CHANGED = "Nothing has changed in the configuration."


def drained(running: int) -> str:
    return f"Draining: {running} are still being painted, and I take no new ones. Waiting ones are kept over a restart."


def reloaded(applied: Sequence[str], waiting: Sequence[str]) -> str:
    """Name the changed settings without their values, because some are secret."""
    if not applied and not waiting:
        return NOTHING_CHANGED
    lines = [f"In force now: {', '.join(applied)}."] if applied else []
    lines += [f"In force after a restart: {', '.join(waiting)}."] if waiting else []
    return "\n".join(lines)


def place(guild_id: int | None) -> str:
    """Name the place where commands are registered."""
    return f"server {guild_id}" if guild_id else "Discord"


def registered(where: str) -> str:
    return f"The commands are registered with {where}."


def not_registered(where: str, why: object) -> str:
    return f"{where} did not take the commands: {why}"


def whom(order: str) -> str:
    return f"Say whom, by the id of the user: {order} 80351110224678912. Discord copies it in developer mode."


def silent(seconds: float) -> str:
    """Say that the database does not answer."""
    return f"It has said nothing for {seconds:g} s."


def no_bot(path: object, why: object) -> str:
    return (
        f"No bot answers at {path} ({why}). Is it running, on this machine, with the same configuration, and from the "
        "same directory?"
    )


def state(snapshot: Snapshot) -> str:
    """Describe the engines, runs, queue and disk."""
    lines = [
        f"Up {span(snapshot.uptime)}, {'connected' if snapshot.connected else 'NOT connected'}, "
        f"{counted(snapshot.guilds, 'server', 'servers')}" + (", DRAINING: no new jobs" if snapshot.draining else ""),
        *(f"Engine {number}: {_engine(engine)}" for number, engine in enumerate(snapshot.engines, start=1)),
        *_jobs(snapshot),
        f"Free disk: {gibibytes(snapshot.free_bytes)}",
    ]
    return "\n".join(lines)


def _jobs(snapshot: Snapshot) -> list[str]:
    if snapshot.jobs is None:
        return [f"The database does NOT answer: {snapshot.fault}"]
    longest = f", the longest {span(snapshot.oldest_wait)}" if snapshot.oldest_wait else ""
    ended = ", ".join(f"{count(number)} {state}" for state, number in snapshot.jobs.items() if state.ended)
    return [f"Waiting: {count(snapshot.waiting)}{longest}", f"Jobs ever: {ended}"]


def _engine(engine: EngineState) -> str:
    if not engine.device:
        return "down or loading"
    runs = ", ".join(f"#{run.job_id} at {run.iteration} of {run.iterations}" for run in engine.runs)
    return f"{engine.device}, {len(engine.runs)} of {engine.slots} runs{f': {runs}' if runs else ''}"
