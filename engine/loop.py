"""The engine's loop: commands in, steps, events out. It knows nothing of processes or pipes."""

from __future__ import annotations

import dataclasses
import logging
import math
import queue
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import assert_never

import torch
from PIL import Image

from engine import batch, masks, pictures
from engine.bundles import Bundle
from engine.messages import (
    CancelRun,
    Checkpointed,
    Command,
    Describe,
    Described,
    DescribeFailed,
    Event,
    Failure,
    Film,
    Progress,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    StartRun,
    StopRun,
)
from engine.run import Run
from engine.timelapse import Timelapse

log = logging.getLogger(__name__)

OUT_OF_MEMORY = "The device ran out of memory. Try a smaller size or fewer cutouts."
DIVERGED = "The loss stopped being a number. Try another seed or a lower learning rate."
INTERNAL = "Something went wrong in the engine; its log has the details. Try again."


@dataclass(slots=True, kw_only=True)
class _Active:
    """A run in progress and when its next frame and checkpoint are due (monotonic seconds)."""

    start: StartRun
    run: Run
    next_frame: float
    next_checkpoint: float
    film: Timelapse | None = None
    film_unsafe: float | None = None
    seconds: float = 0.0
    stopped: bool = False

    def checkpoint_due(self, now: float) -> bool:
        """By the clock or by the iterations, as the command asked."""
        by_clock = self.start.checkpoint_seconds > 0 and now >= self.next_checkpoint
        every = self.start.checkpoint_iterations
        return by_clock or (every > 0 and self.run.iteration % every == 0)


class Loop:
    """Steps every run it was given, batching those that can be stepped together.

    ``send`` receives the events in order and must not block for long; the end of a run with a film comes from another
    thread.
    """

    def __init__(self, bundles: Mapping[str, Bundle], send: Callable[[Event], None]) -> None:
        self.bundles = bundles
        self.send = send
        self.active: dict[int, _Active] = {}
        self._films = ThreadPoolExecutor(1, thread_name_prefix="engine-film")

    def serve(self, commands: queue.Queue[Command]) -> None:
        """Obey ``commands`` until :class:`Shutdown`: block while idle, step while busy."""
        while True:
            try:
                command = commands.get(block=not self.active)
            except queue.Empty:
                self.step()
                continue
            if isinstance(command, Shutdown):
                return self.close()
            self.obey(command)

    def close(self) -> None:
        """Wait for the films under way."""
        self._films.shutdown()

    def obey(self, command: StartRun | StopRun | CancelRun | Describe) -> None:
        """Carry out one command; a command for a run that is not there does nothing."""
        match command:
            case StartRun():
                self._start(command)
            case StopRun(job_id=job_id):
                if active := self.active.get(job_id):
                    active.stopped = True
            case CancelRun(job_id=job_id):
                if self.active.pop(job_id, None):
                    self.send(RunCancelled(job_id=job_id))
            case Describe():
                self._describe(command)
            case _:
                assert_never(command)

    def step(self) -> None:
        """One iteration of every run, then whatever is due: frames, checkpoints, finished pictures."""
        for group in self._groups():
            began = time.monotonic()
            self._step_together(group)
            for active in group:
                active.seconds += (time.monotonic() - began) / len(group)
        for active in list(self.active.values()):
            self._guarded(active, self._report)

    def _start(self, command: StartRun) -> None:
        job_id, spec = command.job_id, command.spec
        try:
            run = Run(spec, self._bundle(spec.bundle), command.init_image, command.image_prompts, command.mask)
            if command.resume_from is not None:
                run.resume(command.resume_from, branch=command.branch)
                if command.painted is not None:
                    run.paint_over(command.painted)
            film = self._film(command, run)
        except Exception as error:
            self._fail_with(job_id, error)
            return
        now = time.monotonic()
        due = now + command.checkpoint_seconds
        self.active[job_id] = _Active(start=command, run=run, next_frame=now, next_checkpoint=due, film=film)
        mask = None if run.masked is None else masks.to_png(run.masked.mask)
        self.send(RunStarted(job_id=job_id, seed=spec.seed, width=spec.width, height=spec.height, mask=mask))

    def _describe(self, command: Describe) -> None:
        began, request_id = time.monotonic(), command.request_id
        try:
            description = self._bundle(command.bundle).describer.describe(pictures.read(command.image))
        except Exception as error:
            log.info("a picture could not be described: %s", error)
            reason, detail = _meaning(error)
            self.send(DescribeFailed(request_id=request_id, reason=reason, detail=detail))
            return
        seconds = time.monotonic() - began
        self.send(Described(request_id=request_id, description=description, seconds=seconds))

    def _bundle(self, name: str) -> Bundle:
        if name not in self.bundles:
            raise ValueError(f"This engine has no bundle {name!r}. It has: {', '.join(sorted(self.bundles))}")
        return self.bundles[name]

    def _film(self, command: StartRun, run: Run) -> Timelapse | None:
        """With the first picture, if a film was asked for."""
        if command.film is None:
            return None
        film = Timelapse()
        film.add(run.iteration, pictures.to_image(run.picture()))
        return film

    def _groups(self) -> list[list[_Active]]:
        groups: dict[tuple[object, ...], list[_Active]] = {}
        for active in self.active.values():
            if not (active.stopped or active.run.finished):
                groups.setdefault(active.run.batch_key(), []).append(active)
        return list(groups.values())

    def _step_together(self, group: list[_Active]) -> None:
        """Step the group in one batch; if that fails, each alone, so that one run's failure is its own."""
        before = [active.run.rng.get_state() for active in group]
        try:
            batch.step([active.run for active in group])
        except Exception as error:
            if len(group) == 1:
                self._fail_with(group[0].start.job_id, error)
                return
            log.warning("a batch of %d runs failed (%s); stepping them one by one", len(group), error)
            for active, state in zip(group, before, strict=True):
                active.run.rng.set_state(state)
                active.run.z.grad = None
                self._guarded(active, lambda active: batch.step([active.run]))

    def _guarded(self, active: _Active, act: Callable[[_Active], None]) -> None:
        try:
            act(active)
        except Exception as error:
            self._fail_with(active.start.job_id, error)

    def _report(self, active: _Active) -> None:
        run = active.run
        if run.iteration and not math.isfinite(run.loss):
            self._fail(active.start.job_id, Failure.INTERNAL, DIVERGED)
        elif active.stopped or run.finished:
            self._finish(active)
        else:
            self._progress(active, time.monotonic())

    def _progress(self, active: _Active, now: float) -> None:
        run, start = active.run, active.start
        shown = start.frame_seconds > 0 and now >= active.next_frame
        filmed = active.film is not None and active.film.due(run.iteration)
        picture = run.picture() if shown or filmed else None
        unsafe = None if picture is None else self._unsafe(active, picture)
        if active.film is not None and picture is not None:
            active.film.add(run.iteration, pictures.to_image(picture))
        if shown:
            active.next_frame = now + start.frame_seconds
        self.send(
            Progress(
                job_id=start.job_id,
                iteration=run.iteration,
                iterations=run.spec.iterations,
                loss=run.loss,
                image=pictures.to_png(picture) if shown and picture is not None else None,
                unsafe=unsafe if shown else None,
            )
        )
        if active.checkpoint_due(now):
            active.next_checkpoint = now + start.checkpoint_seconds
            self.send(Checkpointed(job_id=start.job_id, iteration=run.iteration, state=run.checkpoint()))

    def _finish(self, active: _Active) -> None:
        run, start = active.run, active.start
        last = run.picture()
        unsafe, picture = self._unsafe(active, last), pictures.to_image(last)
        if start.checkpoint_end:
            self.send(Checkpointed(job_id=start.job_id, iteration=run.iteration, state=run.checkpoint()))
        del self.active[start.job_id]
        finished = RunFinished(
            job_id=start.job_id,
            iteration=run.iteration,
            loss=run.loss,
            image=pictures.png(picture),
            seconds=active.seconds,
            stopped=active.stopped,
            plateaued=run.plateaued,
            unsafe=unsafe,
            film_unsafe=active.film_unsafe,
        )
        if active.film is None or start.film is None:
            self.send(finished)
        else:  # the other runs need not wait for the encoder
            self._films.submit(self._send_with_film, finished, active.film, picture, start.film)

    def _unsafe(self, active: _Active, picture: torch.Tensor) -> float | None:
        """The picture's score, if the bundle checks; the highest is kept for the film."""
        if (check := active.run.bundle.check) is None:
            return None
        score = check.score(picture)
        active.film_unsafe = max(score, active.film_unsafe or 0.0)
        return score

    def _send_with_film(self, finished: RunFinished, timelapse: Timelapse, last: Image.Image, film: Film) -> None:
        try:
            finished = dataclasses.replace(finished, film=timelapse.encode(last, film))
        except Exception:
            log.exception("job %d: the timelapse could not be encoded", finished.job_id)
        self.send(finished)

    def _fail_with(self, job_id: int, error: Exception) -> None:
        log.info("job %d failed: %s", job_id, error)
        self._fail(job_id, *_meaning(error))

    def _fail(self, job_id: int, reason: Failure, detail: str) -> None:
        self.active.pop(job_id, None)
        self.send(RunFailed(job_id=job_id, reason=reason, detail=detail))


def _meaning(error: Exception) -> tuple[Failure, str]:
    """What the requester is told; only a wrong request's own words are shown."""
    if isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return Failure.OUT_OF_MEMORY, OUT_OF_MEMORY
    if isinstance(error, ValueError):
        return Failure.BAD_REQUEST, str(error)
    log.error("that was not the request's fault", exc_info=error)
    return Failure.INTERNAL, INTERNAL
