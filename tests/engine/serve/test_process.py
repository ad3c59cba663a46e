from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch

from engine.device import devices
from engine.messages import (
    CancelRun,
    Progress,
    Ready,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunStarted,
    Shutdown,
    Spec,
    StartRun,
)
from engine.run.frames import Pictured, Shot
from engine.serve import process
from engine.serve.outbox import Outbox
from engine.serve.process import EngineSettings


def spawn(settings: EngineSettings) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=process.main, args=(theirs, settings), daemon=True)
    child.start()
    theirs.close()  # else the death of the child is never seen
    return child, ours


@pytest.fixture
def engine(weights_dir: Path) -> Iterator[tuple[BaseProcess, Connection]]:
    child, pipe = spawn(EngineSettings(weights_dir=str(weights_dir), threads=1))
    yield child, pipe
    child.kill()
    child.join()
    pipe.close()


def test_a_spawned_engine_says_ready_paints_ignores_ctrl_c_and_leaves_on_shutdown(
    engine: tuple[BaseProcess, Connection], spec: Spec
) -> None:
    child, pipe = engine
    ready = pipe.recv()
    assert isinstance(ready, Ready)
    assert ready.device == "cpu"
    assert [(info.name, info.f) for info in ready.bundles] == [("starter", 4)]
    assert child.pid is not None
    os.kill(child.pid, signal.SIGINT)
    pipe.send(StartRun(job_id=1, spec=spec))
    events = [pipe.recv()]
    while not isinstance(events[-1], RunFinished):
        events.append(pipe.recv())
    assert isinstance(events[0], RunStarted)
    assert all(isinstance(event, Progress) for event in events[1:-1])
    pipe.send(Shutdown())
    child.join(20)
    assert child.exitcode == 0


def test_an_engine_whose_parent_is_gone_leaves(engine: tuple[BaseProcess, Connection]) -> None:
    child, pipe = engine
    assert isinstance(pipe.recv(), Ready)
    pipe.close()
    child.join(20)
    assert child.exitcode == 0


def test_a_cancelled_run_ends_at_once_and_once(engine: tuple[BaseProcess, Connection], spec: Spec) -> None:
    _, pipe = engine
    pipe.recv()
    import dataclasses

    pipe.send(StartRun(job_id=1, spec=dataclasses.replace(spec, iterations=2000)))
    assert isinstance(pipe.recv(), RunStarted)
    for _ in range(2):
        pipe.send(CancelRun(job_id=1))
    pipe.send(StartRun(job_id=2, spec=spec))
    events = [pipe.recv()]
    while not isinstance(events[-1], RunFinished):
        events.append(pipe.recv())
    assert [event for event in events if isinstance(event, RunCancelled)] == [RunCancelled(job_id=1)]
    assert events[-1].job_id == 2


def test_an_engine_without_weights_says_what_is_missing_and_exits_1(tmp_path: Path) -> None:
    child, pipe = spawn(EngineSettings(weights_dir=str(tmp_path)))
    failed = pipe.recv()
    assert isinstance(failed, RunFailed)
    assert "vqgan.safetensors is missing. `python -m bot weights fetch starter`" in failed.detail
    child.join(20)
    assert child.exitcode == 1


def test_progress_not_yet_written_is_superseded_and_terminal_events_never() -> None:
    class Stuck:
        """A reader that takes nothing until it is told to."""

        def __init__(self) -> None:
            import threading

            self.open, self.taken = threading.Event(), list[object]()

        def send(self, event: object) -> None:
            self.open.wait(5)
            self.taken.append(event)

    stuck = Stuck()
    outbox = Outbox(stuck)  # type: ignore[arg-type]
    finished = RunFinished(job_id=1, iteration=9, loss=0.0, image=b"", seconds=1.0)
    outbox.send(RunStarted(job_id=1, seed=1, width=8, height=8))
    for iteration in range(1, 9):
        progress = Progress(job_id=1, iteration=iteration, iterations=9, loss=0.5)
        shot = Shot(torch.zeros(1, 3, 8, 8))
        outbox.send(Pictured(event=progress, shot=shot) if iteration == 3 else progress)
    outbox.send(finished)
    stuck.open.set()
    outbox.close()
    newest, last = stuck.taken[-2:]
    assert isinstance(newest, Progress) and (newest.iteration, last) == (8, finished)
    assert newest.image and newest.image.startswith(b"\x89PNG")
    assert len(stuck.taken) <= 4  # at most one progress had already been picked up


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc is set")
def test_memory_that_was_freed_serves_the_next_iteration_without_page_faults() -> None:
    code = (
        "import resource\n"
        "from engine.device.devices import keep_memory\n"
        "def faults():\n"
        "    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "    for _ in range(8): bytearray(b'x') * (32 << 20)\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before\n"
        "usual = faults()\n"
        "keep_memory()\n"
        "faults()\n"
        "print(usual, faults())\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    usual, kept = map(int, done.stdout.split())
    assert kept < usual / 10


def test_what_torch_reads_as_it_loads_is_settled_before_and_an_operators_own_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"GOMP_SPINCOUNT": "7"})
    devices.prepare_process()
    assert os.environ == {**devices.ENVIRONMENT, "GOMP_SPINCOUNT": "7"}
