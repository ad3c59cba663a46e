"""The real bot with an engine that paints plain colours, at once and by a script."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

from PIL import Image

from bot.app import FaradayBot
from bot.config import Config
from bot.engines.client import EngineDied
from bot.engines.dispatcher import Backoff
from bot.posts.pacing import Pacer
from engine.messages import (
    Answer,
    CancelRun,
    Checkpointed,
    Command,
    Describe,
    Described,
    DescribeFailed,
    Description,
    Failure,
    PhraseKind,
    Progress,
    Ready,
    RunCancelled,
    RunEvent,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    StartRun,
    StopRun,
)
from tests.infos import small

BUNDLE = small(
    width=64, height=64, iterations=4, iterations_edit=3, iterations_upscale=2, max_pixels=128 * 128, max_iterations=500
)

DESCRIPTION = Description(
    sentence="a red car at night",
    kinds=(
        PhraseKind(name="thing", phrases=(("car", 0.91), ("bus", 0.06))),
        PhraseKind(name="colour", phrases=(("red", 0.75), ("orange", 0.2))),
        PhraseKind(name="weather", phrases=(("at night", 0.98),)),
    ),
)


class ScriptedEngine:
    """Paints plain colours drawn from the seed. While ``holding``, runs stay at their second iteration."""

    def __init__(self) -> None:
        self.starts: list[StartRun] = []
        self.described: list[Describe] = []
        self.holding = False
        self.broken = False  # dies, and cannot be started
        self.failure: str | None = None
        self.unsafe: float | None = None  # what its check says of every picture
        self.bundle = BUNDLE
        self._events: asyncio.Queue[RunEvent | Answer | EngineDied] = asyncio.Queue()
        self._newest: dict[int, Progress] = {}  # by job: one that nobody read yet is replaced, as in the engine's pipe
        self._runs: dict[int, asyncio.Task[None]] = {}
        self._ended: dict[int, type[StopRun] | type[CancelRun]] = {}

    async def start(self) -> Ready:
        if self.broken:
            raise EngineDied("The engine is broken")
        return Ready(device="cpu", bundles=(self.bundle,), threads=2, slots=2)

    async def send(self, command: Command) -> None:
        match command:
            case StartRun(job_id=job_id):
                self.starts.append(command)
                self._runs[job_id] = asyncio.create_task(self._run(command))
            case StopRun(job_id=job_id) | CancelRun(job_id=job_id):
                self._ended[job_id] = type(command)
            case Describe():
                self._describe(command)
            case Shutdown():
                pass

    async def events(self) -> AsyncIterator[RunEvent | Answer]:
        while True:
            event = await self._events.get()
            if isinstance(event, EngineDied):
                raise event
            replaced = isinstance(event, Progress) and event.iteration > 1
            yield self._newest.pop(event.job_id) if isinstance(event, Progress) and replaced else event

    async def crash(self) -> None:
        """Die with all runs, for as long as ``broken``."""
        self.broken = True
        await self.close()
        self._runs = {}
        self._events.put_nowait(EngineDied("The engine was killed"))

    def _describe(self, command: Describe) -> None:
        self.described.append(command)
        number = command.request_id
        if self.failure:
            answer: Answer = DescribeFailed(request_id=number, reason=Failure.BAD_REQUEST, detail=self.failure)
        else:
            answer = Described(request_id=number, description=DESCRIPTION, seconds=0.1)
        self._events.put_nowait(answer)

    def _tell_progress(self, progress: Progress) -> None:
        if progress.iteration == 1:  # never replaced, so that the speed is known from the second report on
            self._events.put_nowait(progress)
            return
        if progress.job_id not in self._newest:
            self._events.put_nowait(progress)
        self._newest[progress.job_id] = progress

    async def close(self) -> None:
        for run in self._runs.values():
            run.cancel()
        await asyncio.gather(*self._runs.values(), return_exceptions=True)

    def _progress(self, command: StartRun, iteration: int, png: bytes) -> Progress:
        return Progress(
            job_id=command.job_id,
            iteration=iteration,
            iterations=command.spec.iterations,
            loss=1 / iteration,
            seconds=0.01 * iteration,
            image=png,
            unsafe=self.unsafe,
        )

    async def _run(self, command: StartRun) -> None:
        job_id, spec, tell = command.job_id, command.spec, self._events.put_nowait
        mask = region(spec.width, spec.height) if spec.replace or command.mask else None
        tell(RunStarted(job_id=job_id, seed=spec.seed, width=spec.width, height=spec.height, mask=mask))
        if self.failure:
            return tell(RunFailed(job_id=job_id, reason=Failure.BAD_REQUEST, detail=self.failure))
        png = plain(spec.seed, (spec.width, spec.height))
        iteration = int(command.resume_from.split()[-1]) if command.resume_from else 0
        while iteration < spec.iterations and job_id not in self._ended:
            if not (self.holding and iteration == 2):
                iteration += 1
            self._tell_progress(self._progress(command, iteration, png))
            await asyncio.sleep(0.01)
        how = self._ended.get(job_id)
        if how is CancelRun:
            return tell(RunCancelled(job_id=job_id))
        if command.checkpoint_end:
            tell(Checkpointed(job_id=job_id, iteration=iteration, state=f"{job_id} after {iteration}".encode()))
        film = f"film of {job_id}".encode() if command.film else None
        finished = RunFinished(
            job_id=job_id, iteration=iteration, loss=1 / iteration, image=png, seconds=1.5, film=film,
            stopped=how is StopRun, unsafe=self.unsafe, film_unsafe=self.unsafe,
        )  # fmt: skip
        tell(finished)


def plain(seed: int, size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (seed & 255, seed >> 8 & 255, seed >> 16 & 255)).save(out, format="PNG")
    return out.getvalue()


def region(width: int, height: int) -> bytes:
    """A mask, white in its left half."""
    mask = Image.new("L", (width, height))
    mask.paste(255, (0, 0, width // 2, height))
    out = io.BytesIO()
    mask.save(out, format="PNG")
    return out.getvalue()


def new_bot(config: Config, *engines: ScriptedEngine) -> FaradayBot:
    return FaradayBot(config, engines, backoff=Backoff(first=0.05, longest=0.1), pacer=Pacer(interval=0.02))
