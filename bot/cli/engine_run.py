"""Paint without Discord or a database, in the same kind of engine process as the bot's."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from bot.cli import files
from bot.cli.commissions import JOB_ID, Begun, Commission
from bot.config import Config
from bot.engines.client import EngineClient, ProcessEngineClient, engine_settings
from bot.words import recipe
from engine.messages import (
    Checkpointed,
    Described,
    DescribeFailed,
    Failure,
    Film,
    Progress,
    Ready,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Saved,
    Spec,
    StopRun,
)


class Interrupted(Exception):
    """The user left before there was a picture to keep."""


class PaintingFailed(Exception):
    """The engine gave up. The message says what to do, and ``bad_request`` whether the request was at fault."""

    def __init__(self, message: str, *, bad_request: bool = False) -> None:
        super().__init__(message)
        self.bad_request = bad_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Hold what to keep of a run besides its picture."""

    film: Film | None = None
    checkpoint: Path | None = None  # the run itself, at its end
    every: int = 0  # and after so many iterations each time


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """A finished picture."""

    png: bytes  # with the recipe inside
    recipe: str
    spec: Spec
    device: str
    finished: RunFinished
    mask: bytes | None = None  # where it was painted; None is everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Say where to report what happens."""

    say: Callable[[str], None]  # a sentence for the reader
    begin: Callable[[Spec], None]  # a run begins
    step: Callable[[Progress], None]
    done: Callable[[Painting], None]


async def paint(commissions: Sequence[Commission], config: Config, reporter: Reporter, extras: Extras) -> None:
    """Paint one picture after the other; all need the same bundle.

    The first Ctrl-C ends the current run and keeps its picture, the second leaves at once. Raises
    :class:`bot.errors.UserError`, :class:`PaintingFailed`, :class:`Interrupted` and
    :class:`bot.engines.client.EngineDied`.
    """
    engine = config.engine.model_copy(
        update={"bundles": (commissions[0].bundle,), "default_bundle": commissions[0].bundle}
    )
    client = ProcessEngineClient(engine_settings(engine), config.engine.ready_timeout)
    gently = False
    try:
        with _interrupts(client) as interrupt:
            ready = await client.start()
            for commission in commissions:
                if not interrupt.came:
                    reporter.done(await _paint(commission.begin(ready), ready, client, interrupt, reporter, extras))
        gently = True
    except asyncio.CancelledError:
        raise Interrupted from None
    finally:
        await client.close(gently=gently)


async def _paint(
    begun: Begun, ready: Ready, client: EngineClient, interrupt: _Interrupt, reporter: Reporter, extras: Extras
) -> Painting:
    spec = begun.start.spec
    reporter.begin(spec)
    interrupt.keep = True
    await client.send(
        replace(
            begun.start,
            frame_seconds=0,
            checkpoint_seconds=0,
            checkpoint_iterations=extras.every if extras.checkpoint else 0,
            checkpoint_end=extras.checkpoint is not None,
            film=extras.film,
        )
    )
    for note in begun.notes:
        reporter.say(note)
    started, finished = await _follow(client, reporter, begun, extras)
    interrupt.keep = False
    line = recipe.describe(
        spec,
        ready.bundles[0],
        device=ready.device,
        input_hash=begun.input_hash,
        stopped_at=finished.iteration if finished.stopped else None,
        others=(*begun.facts, *recipe.words_read(started.read_as if started else None)),
    )
    png = await asyncio.to_thread(recipe.stamp, finished.image, line)
    return Painting(
        png=png, recipe=line, spec=spec, device=ready.device, finished=finished, mask=started.mask if started else None
    )


async def _follow(
    client: EngineClient, reporter: Reporter, begun: Begun, extras: Extras
) -> tuple[RunStarted | None, RunFinished]:
    started: RunStarted | None = None
    async for event in client.events():
        match event:
            case Progress():
                reporter.step(event)
            case RunStarted():
                started = event
            case Checkpointed():
                await asyncio.to_thread(_keep, event, begun, extras, reporter)
            case Described() | DescribeFailed():
                pass
            case RunFinished():
                return started, event
            case RunFailed(reason=reason, detail=detail):
                raise PaintingFailed(detail, bad_request=reason is Failure.BAD_REQUEST)
            case RunCancelled():
                raise Interrupted
            case _:
                assert_never(event)
    raise AssertionError("events end by raising EngineDied")


def _keep(event: Checkpointed, begun: Begun, extras: Extras, reporter: Reporter) -> None:
    if extras.checkpoint is None:
        return
    start = begun.start
    saved = Saved(
        spec=start.spec,
        state=event.state,
        iteration=event.iteration,
        init_image=start.init_image,
        mask=start.mask,
        image_prompts=start.image_prompts,
        input_hash=begun.input_hash,
        facts=begun.facts,
    )
    try:
        files.write(extras.checkpoint, saved.to_bytes())
    except OSError as error:  # the picture is worth more
        reporter.say(f"The run could not be saved: {error}")


@dataclass(slots=True)
class _Interrupt:
    """Hold what the next Ctrl-C does, and whether one came."""

    keep: bool = False  # the next one keeps the picture of the current run
    came: bool = False  # no other run begins


@contextlib.contextmanager
def _interrupts(client: EngineClient) -> Iterator[_Interrupt]:
    interrupt = _Interrupt()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    stops: list[asyncio.Task[None]] = []

    def on_ctrl_c() -> None:
        assert task is not None
        if interrupt.keep:
            interrupt.keep, interrupt.came = False, True
            stops.append(loop.create_task(client.send(StopRun(job_id=JOB_ID))))
        else:
            task.cancel()

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C then leaves at once
        loop.add_signal_handler(signal.SIGINT, on_ctrl_c)
    try:
        yield interrupt
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
