"""What tests spawn in place of the engine: the same messages over a real pipe, without the models.

Kept apart from the tests since the child imports it, and small imports start fast.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue

from engine.messages import (
    BundleInfo,
    CancelRun,
    Checkpointed,
    Command,
    Describe,
    Described,
    DescribeFailed,
    Description,
    Failure,
    Progress,
    Ready,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    StartRun,
    StopRun,
    Vocabulary,
)
from engine.serve.process import EngineSettings

STEP_SECONDS = 0.005
CHECKPOINT_EVERY = 5
BUNDLE = BundleInfo(
    name="starter",
    title="Starter",
    f=8,
    width=32,
    height=32,
    iterations=20,
    iterations_edit=10,
    iterations_upscale=10,
    strength=0.6,
    max_pixels=4096,
    max_iterations=1000,
    max_tokens=75,
    weights_hash="0123456789ab",
)
READY = Ready(device="cpu", bundles=(BUNDLE,), threads=2, slots=1)


class Sketch:
    """One run. The prompt's words order its fate: poison, failing, endless, nobody stops."""

    def __init__(self, start: StartRun) -> None:
        self.start = start
        self.begun_at = self.iteration = int(start.resume_from or b"0")

    def picture(self, stopped: bool) -> RunFinished:
        spec = self.start.spec
        text = f"{spec.prompt}, seed {spec.seed}, begun at {self.begun_at}, init {self.start.init_image!r}"
        return RunFinished(
            job_id=self.start.job_id,
            iteration=self.iteration,
            loss=0.5,
            image=text.encode(),
            seconds=0.1,
            stopped=stopped,
            film=f"begun at {self.begun_at}".encode() if self.start.film else None,
        )


class SketchEngine:
    """Steps its runs in turn and answers commands between two iterations."""

    def __init__(self, connection: Connection, slots: int, bundle: BundleInfo = BUNDLE) -> None:
        self.connection = connection
        self.ready = Ready(device="cpu", bundles=(bundle,), threads=2, slots=slots or 1)
        self.runs: dict[int, Sketch] = {}
        self.commands: SimpleQueue[Command] = SimpleQueue()

    def serve(self) -> None:
        threading.Thread(target=self.receive, daemon=True).start()
        self.connection.send(self.ready)
        while True:
            try:
                self.obey(self.commands.get(timeout=STEP_SECONDS))
            except Empty:
                for run in list(self.runs.values()):
                    self.step(run)

    def receive(self) -> None:
        try:
            while True:
                self.commands.put(self.connection.recv())
        except EOFError:
            os._exit(0)

    def obey(self, command: Command) -> None:
        match command:
            case StartRun(job_id=job_id, spec=spec):
                self.runs[job_id] = Sketch(command)
                read_as = "an orange cat on grass" if spec.prompt == "a cat" else None
                started = RunStarted(job_id=job_id, seed=spec.seed, width=32, height=32, read_as=read_as)
                self.connection.send(started)
            case StopRun(job_id=job_id):
                if "nobody stops" not in self.prompt(job_id) and (run := self.runs.pop(job_id, None)):
                    self.connection.send(run.picture(stopped=True))
            case CancelRun(job_id=job_id):
                if self.runs.pop(job_id, None):
                    self.connection.send(RunCancelled(job_id=job_id))
            case Describe():
                self.describe(command)
            case Shutdown():
                os._exit(0)

    def describe(self, command: Describe) -> None:
        """The picture's bytes order the answer's fate."""
        number = command.request_id
        match command.image:
            case b"poison":
                os.kill(os.getpid(), signal.SIGKILL)
            case b"silence":
                pass
            case b"blank":
                failed = DescribeFailed(request_id=number, reason=Failure.BAD_REQUEST, detail="It is blank.")
                self.connection.send(failed)
            case image:
                seen = Description(sentence=f"a picture of {len(image)} bytes", kinds=())
                self.connection.send(Described(request_id=number, description=seen, seconds=0.1))

    def prompt(self, job_id: int) -> str:
        return self.runs[job_id].start.spec.prompt if job_id in self.runs else ""

    def step(self, run: Sketch) -> None:
        job_id, spec = run.start.job_id, run.start.spec
        run.iteration += 1
        if "poison" in spec.prompt and run.iteration == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if "failing" in spec.prompt or ("stale" in spec.prompt and run.begun_at):
            del self.runs[job_id]
            self.connection.send(RunFailed(job_id=job_id, reason=Failure.BAD_REQUEST, detail="Write it anew."))
            return
        iteration, spent = run.iteration, STEP_SECONDS * (run.iteration - run.begun_at)
        self.connection.send(
            Progress(
                job_id=job_id, iteration=iteration, iterations=spec.iterations, loss=1.0, seconds=spent, image=b"frame"
            )
        )  # fmt: skip
        if run.iteration % CHECKPOINT_EVERY == 0:
            state = str(run.iteration).encode()
            self.connection.send(Checkpointed(job_id=job_id, iteration=run.iteration, state=state))
        if run.iteration >= spec.iterations and "endless" not in spec.prompt:
            del self.runs[job_id]
            self.connection.send(run.picture(stopped=False))


def sketch(connection: Connection, settings: EngineSettings) -> None:
    """An engine that does its work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    SketchEngine(connection, settings.slots).serve()


def sketch_that_left_a_device(connection: Connection, settings: EngineSettings) -> None:
    """On the first of two devices if it may choose, else on the one it was given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine, chose = SketchEngine(connection, settings.slots), settings.device == "auto"
    device, others = ("cuda:0", ("cuda:1",)) if chose else (settings.device, ())
    engine.ready = replace(engine.ready, device=device, others=others)
    engine.serve()


def sketch_of_few_words(connection: Connection, settings: EngineSettings) -> None:
    """The same with a bundle that knows four words."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    vocabulary = Vocabulary(words=("a", "blue", "car", "red"), kinds=(("things", "car"),))
    bundle = replace(BUNDLE, vocabulary=vocabulary, examples=("a blue car",))
    SketchEngine(connection, settings.slots, bundle).serve()


def without_weights(connection: Connection, settings: EngineSettings) -> None:
    """An engine that cannot start."""
    connection.send(RunFailed(job_id=0, reason=Failure.INTERNAL, detail="The weights are missing: run setup."))
    raise SystemExit(1)


def crashing(connection: Connection, settings: EngineSettings) -> None:
    """Leaves without a word."""
    os._exit(3)


def never_ready(connection: Connection, settings: EngineSettings) -> None:
    """Loads for ever."""
    time.sleep(600)


def deaf(connection: Connection, settings: EngineSettings) -> None:
    """Ready, but hears nothing and cannot be asked to leave."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection.send(READY)
    time.sleep(600)


BLOCK = bytes(1_000_000)
BLOCKS = 12


def talks_before_it_listens(connection: Connection, settings: EngineSettings) -> None:
    """Fills the pipe before it reads: a parent that writes without reading would wait for ever, and so would it."""
    connection.send(READY)
    for iteration in range(BLOCKS):
        connection.send(Checkpointed(job_id=1, iteration=iteration, state=BLOCK))
    for _ in range(BLOCKS):
        command = connection.recv()
        assert isinstance(command, StartRun) and command.init_image == BLOCK
        connection.send(RunCancelled(job_id=command.job_id))
    connection.recv()


def says_something_else(connection: Connection, settings: EngineSettings) -> None:
    """Its first word is not Ready."""
    connection.send(RunCancelled(job_id=1))
    connection.recv()
