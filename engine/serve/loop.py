"""The engine's loop: it obeys commands, steps runs and sends events. It knows nothing of processes or pipes."""

import dataclasses
import logging
import math
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import assert_never

import torch

from engine import messages, pictures
from engine.bundles.bundles import Bundle
from engine.device import free_memory
from engine.device.transfers import Arriving
from engine.method import masks
from engine.run.frames import Pictured, Shot
from engine.run.run import Run
from engine.run.timelapse import Timelapse
from engine.serve import scheduler, stepping
from engine.serve.memory import StepMemory

log = logging.getLogger(__name__)

DIVERGED = "The loss stopped being a number. Try another seed or a lower learning rate."


@dataclass(slots=True, kw_only=True)
class _Active:
    """A run in progress, with the account of :class:`engine.serve.scheduler.Scheduled`."""

    start: messages.StartRun
    run: Run
    chunk: int | None
    next_frame: float  # when it is due, in monotonic seconds
    next_checkpoint: float  # likewise
    film: Timelapse | None = None
    film_unsafe: torch.Tensor | None = None  # the film's highest score so far
    seconds: float = 0.0
    steps: int = 0
    owed: float = 0.0
    stopped: bool = False

    @property
    def goes_on(self) -> bool:
        """Return whether another step is to come."""
        return not (self.stopped or self.run.finished)

    def checkpoint_due(self, now: float) -> bool:
        """Return whether a checkpoint is due, by the clock or by the iterations."""
        by_clock = self.start.checkpoint_seconds > 0 and now >= self.next_checkpoint
        every = self.start.checkpoint_iterations
        return by_clock or (every > 0 and self.run.iteration % every == 0)


class Loop:
    """Steps its runs: those that go together in one batch, the others in turn.

    ``send`` receives the events in order and must not block for long; another thread sends the end of a run with a
    film. ``send_pictured`` receives the events with a picture and completes them, so that the device need not wait for
    copying and encoding. ``memory`` is the memory for runs, by default what is free now.
    """

    def __init__(
        self,
        bundles: Mapping[str, Bundle],
        send: Callable[[messages.Event], None],
        memory: StepMemory | None = None,
        send_pictured: Callable[[Pictured], None] | None = None,
    ) -> None:
        self.bundles = bundles
        self.send = send
        self.send_pictured = send_pictured or (lambda event: send(event.complete()))
        self.memory = memory or StepMemory(min(free_memory.for_runs(bundle.device) for bundle in bundles.values()))
        self.active: dict[int, _Active] = {}
        self._films = ThreadPoolExecutor(1, thread_name_prefix="engine-film")

    def serve(self, commands: queue.Queue[messages.Command]) -> None:
        """Obey ``commands`` until :class:`Shutdown`. Block while idle, step while busy."""
        while True:
            try:
                command = commands.get(block=not self.active)
            except queue.Empty:
                self.step()
                continue
            if isinstance(command, messages.Shutdown):
                return self.close()
            self.obey(command)

    def close(self) -> None:
        """Wait for the films under way."""
        self._films.shutdown()

    def obey(self, command: messages.StartRun | messages.StopRun | messages.CancelRun | messages.Describe) -> None:
        """Carry out one command. A command for an unknown run does nothing."""
        match command:
            case messages.StartRun():
                self._start(command)
            case messages.StopRun(job_id=job_id):
                if active := self.active.get(job_id):
                    active.stopped = True
            case messages.CancelRun(job_id=job_id):
                if self.active.pop(job_id, None):
                    self.send(messages.RunCancelled(job_id=job_id))
            case messages.Describe():
                self._describe(command)
            case _:
                assert_never(command)

    def step(self) -> None:
        """Step one party of runs, then send what is due: frames, checkpoints, finished pictures."""
        going = [active for active in self.active.values() if active.goes_on]
        turn: Sequence[_Active] = ()
        if going:
            turn = scheduler.next_party(scheduler.parties(going, self.memory))
            began = time.monotonic()
            stepping.step(turn, self.memory, self._failed)
            scheduler.settle(turn, time.monotonic() - began, going)
        for active in list(self.active.values()):
            if active in turn or not active.goes_on:
                self._guarded(active, self._report)

    def _start(self, command: messages.StartRun) -> None:
        job_id, spec = command.job_id, command.spec
        try:
            bundle = self._bundle(spec.bundle)
            messages.check(spec, bundle.info())
            chunk = self.memory.chunk(spec, bundle)
            given = command.init_image, command.image_prompts, command.mask
            run = Run(spec, bundle, *given, continues=command.resume_from)
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
        self.active[job_id] = _Active(
            start=command, run=run, chunk=chunk, next_frame=now, next_checkpoint=due, film=film
        )
        mask = None if run.masked is None else masks.to_png(run.masked.mask)
        size = {"width": spec.width, "height": spec.height}
        self.send(messages.RunStarted(job_id=job_id, seed=spec.seed, mask=mask, read_as=run.read_as, **size))

    def _describe(self, command: messages.Describe) -> None:
        began, request_id = time.monotonic(), command.request_id
        try:
            description = self._bundle(command.bundle).describer.describe(pictures.read(command.image))
        except Exception as error:
            log.info("a picture could not be described: %s", error)
            reason, detail = stepping.meaning(error)
            self.send(messages.DescribeFailed(request_id=request_id, reason=reason, detail=detail))
            return
        seconds = time.monotonic() - began
        self.send(messages.Described(request_id=request_id, description=description, seconds=seconds))

    def _bundle(self, name: str) -> Bundle:
        if name not in self.bundles:
            raise ValueError(f"This engine has no bundle {name!r}. It has: {', '.join(sorted(self.bundles))}")
        return self.bundles[name]

    def _film(self, command: messages.StartRun, run: Run) -> Timelapse | None:
        """Return a film with the first picture, if one was asked for."""
        if command.film is None:
            return None
        film = Timelapse()
        film.add(run.iteration, pictures.to_image(run.picture()))
        return film

    def _failed(self, active: _Active, error: Exception) -> None:
        self._fail_with(active.start.job_id, error)

    def _guarded(self, active: _Active, act: Callable[[_Active], None]) -> None:
        try:
            act(active)
        except Exception as error:
            self._failed(active, error)

    def _report(self, active: _Active) -> None:
        run = active.run
        if ends := active.stopped or run.finished:
            run.settle()
        if run.diverged:
            self._fail(active.start.job_id, messages.Failure.INTERNAL, DIVERGED)
        elif ends:
            self._finish(active)
        elif not math.isnan(run.loss):  # otherwise the first loss is still on its way from the device
            self._progress(active, time.monotonic())

    def _progress(self, active: _Active, now: float) -> None:
        run, start = active.run, active.start
        shown = start.frame_seconds > 0 and now >= active.next_frame
        filmed = active.film is not None and active.film.due(run.iteration)
        progress = messages.Progress(
            job_id=start.job_id,
            iteration=run.iteration,
            iterations=run.spec.iterations,
            loss=run.loss,
            seconds=active.seconds,
        )
        if shown or filmed:
            picture = run.picture()
            shot, scores = Shot(picture), self._scores(active, picture)
        if active.film is not None and filmed:
            self._films.submit(active.film.take, run.iteration, shot)
        if shown:
            active.next_frame = now + start.frame_seconds
            self.send_pictured(Pictured(event=progress, shot=shot, scores=scores))
        else:
            self.send(progress)
        if active.checkpoint_due(now):
            active.next_checkpoint = now + start.checkpoint_seconds
            self.send(messages.Checkpointed(job_id=start.job_id, iteration=run.iteration, state=run.checkpoint()))

    def _finish(self, active: _Active) -> None:
        run, start = active.run, active.start
        last = run.picture()
        shot, scores = Shot(last), self._scores(active, last)
        if active.film_unsafe is not None:
            scores["film_unsafe"] = Arriving(active.film_unsafe)
        if start.checkpoint_end:
            self.send(messages.Checkpointed(job_id=start.job_id, iteration=run.iteration, state=run.checkpoint()))
        del self.active[start.job_id]
        finished = messages.RunFinished(
            job_id=start.job_id,
            iteration=run.iteration,
            loss=run.loss,
            image=b"",
            seconds=active.seconds,
            stopped=active.stopped,
            plateaued=run.plateaued,
        )
        pictured = Pictured(event=finished, shot=shot, scores=scores)
        if active.film is None or start.film is None:
            self.send_pictured(pictured)
        else:  # the other runs need not wait for the encoder
            self._films.submit(self._send_with_film, pictured, active.film, start.film)

    def _scores(self, active: _Active, picture: torch.Tensor) -> dict[str, Arriving]:
        """Return the picture's score if the bundle checks pictures, and keep the highest for the film."""
        if (check := active.run.bundle.check) is None:
            return {}
        score = check.score(picture)
        highest = active.film_unsafe
        active.film_unsafe = score if highest is None else torch.maximum(score, highest)
        return {"unsafe": Arriving(score)}

    def _send_with_film(self, pictured: Pictured, timelapse: Timelapse, film: messages.Film) -> None:
        try:
            encoded = timelapse.encode(pictured.shot.image(), film)
            pictured = dataclasses.replace(pictured, film=encoded)
        except Exception:
            log.exception("job %d: the timelapse could not be encoded", pictured.event.job_id)
        self.send_pictured(pictured)

    def _fail_with(self, job_id: int, error: Exception) -> None:
        log.info("job %d failed: %s", job_id, error)
        self._fail(job_id, *stepping.meaning(error))

    def _fail(self, job_id: int, reason: messages.Failure, detail: str) -> None:
        self.active.pop(job_id, None)
        self.send(messages.RunFailed(job_id=job_id, reason=reason, detail=detail))
