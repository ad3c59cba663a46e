"""Painting one picture without Discord or a database, through the same engine process as the bot's."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from bot import attachments, recipe, specs
from bot.config import Config
from bot.engine_client import EngineClient, ProcessEngineClient, engine_settings
from bot.errors import BadSetting, NotAPicture, UnknownBundle
from bot.prompts import Wish, check_seed, check_strength
from engine.messages import (
    Checkpointed,
    Failure,
    Progress,
    Ready,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Spec,
    StartRun,
    StopRun,
)

_JOB_ID = 1


class Interrupted(Exception):
    """The user left before there was a picture to keep."""


class PaintingFailed(Exception):
    """The engine gave up; the message says what to do. ``bad_request`` tells whose fault it was."""

    def __init__(self, message: str, *, bad_request: bool = False) -> None:
        super().__init__(message)
        self.bad_request = bad_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to paint: the wish, and the file to start from."""

    wish: Wish
    image: Path | None = None
    editing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """A finished picture: PNG with its recipe inside."""

    png: bytes
    recipe: str
    spec: Spec
    device: str
    finished: RunFinished


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Where to report: a sentence for the reader, that loading ended with a run of that spec, and each step."""

    say: Callable[[str], None]
    begin: Callable[[Spec], None]
    step: Callable[[Progress], None]


async def paint(task: Task, config: Config, show: Show) -> Painting:
    """Paint it. The first Ctrl-C ends the run early and keeps its picture, the second leaves at once.

    Raises :class:`bot.errors.UserError` and :class:`bot.errors.ConfigError` for bad usage, before an engine is
    started where possible; :class:`PaintingFailed`, :class:`Interrupted`, :class:`bot.engine_client.EngineDied`.
    """
    config = _only_its_bundle(task, config)
    _check(task.wish, config)
    prepared = await asyncio.to_thread(_prepare, task.image, config) if task.image else None
    client = ProcessEngineClient(engine_settings(config.engine), config.engine.ready_timeout)
    gently = False
    try:
        with _interrupts(client) as interrupt:
            ready, spec, finished = await _run(task, config, prepared, client, interrupt, show)
        gently = True
    except asyncio.CancelledError:
        raise Interrupted from None
    finally:
        await client.close(gently=gently)
    input_hash = prepared.input_hash if prepared else None
    stopped_at = finished.iteration if finished.stopped else None
    line = recipe.describe(spec, ready.bundles[0], device=ready.device, input_hash=input_hash, stopped_at=stopped_at)
    png = await asyncio.to_thread(recipe.stamp, finished.image, line)
    return Painting(png=png, recipe=line, spec=spec, device=ready.device, finished=finished)


async def _run(
    task: Task,
    config: Config,
    prepared: attachments.Prepared | None,
    client: EngineClient,
    interrupt: _Interrupt,
    show: Show,
) -> tuple[Ready, Spec, RunFinished]:
    ready = await client.start()
    spec, notes = _spec(task, config, ready, prepared)
    init_image = None
    if prepared is not None:
        init_image = await asyncio.to_thread(attachments.fit, prepared.png, spec.width, spec.height)
    show.begin(spec)
    interrupt.keep = True
    start = StartRun(job_id=_JOB_ID, spec=spec, init_image=init_image, frame_seconds=0, checkpoint_seconds=0)
    await client.send(start)
    for note in (*(prepared.notes if prepared else ()), *notes):
        show.say(note)
    return ready, spec, await _follow(client, show)


def _only_its_bundle(task: Task, config: Config) -> Config:
    """One picture needs one bundle loaded."""
    name = task.wish.bundle or config.engine.default_bundle
    if name not in config.engine.bundles:
        raise UnknownBundle(f"There is no bundle “{name}” here. There is: {', '.join(config.engine.bundles)}.")
    engine = config.engine.model_copy(update={"bundles": (name,), "default_bundle": name})
    return config.model_copy(update={"engine": engine})


def _check(wish: Wish, config: Config) -> None:
    """What can be refused without the seconds that an engine takes to start."""
    specs.check_prompt(wish.prompt, config.limits)
    if wish.seed is not None:
        check_seed(wish.seed)
    if wish.strength is not None:
        check_strength(wish.strength)
    if wish.iterations is not None and wish.iterations < 1:
        raise BadSetting("Iterations are a whole number, 1 or more.")


def _prepare(path: Path, config: Config) -> attachments.Prepared:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotAPicture(f"{path} cannot be read: {error.strerror}.") from None
    limits = config.limits
    return attachments.prepare_image(content, max_bytes=limits.max_upload_bytes, max_pixels=limits.max_input_pixels)


def _spec(
    task: Task, config: Config, ready: Ready, prepared: attachments.Prepared | None
) -> tuple[Spec, tuple[str, ...]]:
    machine = specs.Machine(threads=ready.threads, precision=config.engine.precision)
    source = specs.Source(width=prepared.width, height=prepared.height) if prepared else None
    info = ready.bundles[0]
    return specs.wished(task.wish, info, config.limits, machine, source=source, editing=task.editing)


async def _follow(client: EngineClient, show: Show) -> RunFinished:
    async for event in client.events():
        match event:
            case Progress():
                show.step(event)
            case RunStarted() | Checkpointed():
                pass
            case RunFinished():
                return event
            case RunFailed(reason=reason, detail=detail):
                raise PaintingFailed(detail, bad_request=reason is Failure.BAD_REQUEST)
            case RunCancelled():
                raise Interrupted
            case _:
                assert_never(event)
    raise AssertionError("events end by raising EngineDied")


@dataclass(slots=True)
class _Interrupt:
    """``keep``: there is a run whose picture the next Ctrl-C keeps."""

    keep: bool = False


@contextlib.contextmanager
def _interrupts(client: EngineClient) -> Iterator[_Interrupt]:
    interrupt = _Interrupt()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    stops: list[asyncio.Task[None]] = []

    def on_ctrl_c() -> None:
        assert task is not None
        if interrupt.keep:
            interrupt.keep = False
            stops.append(loop.create_task(client.send(StopRun(job_id=_JOB_ID))))
        else:
            task.cancel()

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C then leaves at once
        loop.add_signal_handler(signal.SIGINT, on_ctrl_c)
    try:
        yield interrupt
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
