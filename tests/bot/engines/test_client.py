"""One engine process over a real pipe: the handshake, its death, and what neither may wait for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

import bot.engines.client
from bot.config import EngineSection
from bot.engines.client import EngineDied, ProcessEngineClient, Target, engine_settings
from engine.messages import Checkpointed, Precision, RunCancelled, RunFinished, Spec, StartRun
from engine.serve.process import EngineSettings
from tests.bot import engine_children as children

MakeClient = Callable[..., ProcessEngineClient]
SPEC = Spec(prompt="a red car", bundle="starter", width=32, height=32, iterations=6, seed=7)


@pytest.fixture
async def make_client() -> AsyncIterator[MakeClient]:
    clients: list[ProcessEngineClient] = []

    def make(target: Target = children.sketch, ready_timeout: float = 30.0) -> ProcessEngineClient:
        clients.append(ProcessEngineClient(EngineSettings(), ready_timeout, target=target))
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.01)


async def test_a_run_goes_out_and_its_events_come_back_in_order(make_client: MakeClient) -> None:
    client = make_client()
    assert await client.start() == children.READY
    await client.send(StartRun(job_id=4, spec=SPEC, init_image=b"init"))
    names = []
    async for event in client.events():
        names.append(type(event).__name__)
        if isinstance(event, RunFinished):
            break
    assert names == ["RunStarted", *["Progress"] * 5, "Checkpointed", "Progress", "RunFinished"]
    assert isinstance(event, RunFinished) and b"init b'init'" in event.image


async def test_a_killed_engine_is_noticed_at_once_and_can_be_started_again(make_client: MakeClient) -> None:
    client = make_client()
    await client.start()
    assert client.pid
    os.kill(client.pid, signal.SIGKILL)
    async with asyncio.timeout(30):
        with pytest.raises(EngineDied, match="killed by SIGKILL"):
            async for _ in client.events():
                pass
    with pytest.raises(EngineDied, match="not running"):
        await client.send(StartRun(job_id=4, spec=SPEC))
    assert await client.start() == children.READY


@pytest.mark.parametrize(
    ("target", "cause"),
    [
        (children.without_weights, "^The weights are missing: run setup$"),
        (children.crashing, "exited with code 3"),
        (children.says_something_else, "RunCancelled, not Ready"),
    ],
)
async def test_an_engine_that_cannot_start_says_why(make_client: MakeClient, target: Target, cause: str) -> None:
    with pytest.raises(EngineDied, match=cause):
        await make_client(target).start()


async def test_an_engine_that_is_not_ready_in_time_is_ended(make_client: MakeClient) -> None:
    client = make_client(children.never_ready, 1.0)
    starting = asyncio.create_task(client.start())
    await asyncio.sleep(0)
    pid = client.pid
    with pytest.raises(EngineDied, match="not ready within 1 s"):
        await starting
    assert pid is not None and not psutil.pid_exists(pid)


async def test_cancelling_a_start_leaves_no_process(make_client: MakeClient) -> None:
    client = make_client(children.never_ready)
    starting = asyncio.create_task(client.start())
    await asyncio.sleep(0)
    pid = client.pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert pid is not None and not psutil.pid_exists(pid)


async def test_full_pipes_both_ways_do_not_dead_lock(make_client: MakeClient) -> None:
    client = make_client(children.talks_before_it_listens)
    await client.start()
    for number in range(children.BLOCKS):
        await client.send(StartRun(job_id=number, spec=SPEC, init_image=children.BLOCK))
    events = client.events()
    async with asyncio.timeout(20):
        got = [await anext(events) for _ in range(2 * children.BLOCKS)]
    assert [type(event) for event in got] == [Checkpointed] * children.BLOCKS + [RunCancelled] * children.BLOCKS


async def test_close_asks_first_and_then_insists(make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.engines.client, "LEAVE_SECONDS", 0.2)
    client = make_client(children.deaf)
    await client.start()
    pid = client.pid
    await client.close()
    await client.close()
    assert pid is not None and not psutil.pid_exists(pid)


async def test_the_engine_leaves_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import asyncio\n"
        "from bot.engines.client import ProcessEngineClient\n"
        "from engine.serve.process import EngineSettings\n"
        "from tests.bot import engine_children\n"
        "async def main():\n"
        "    client = ProcessEngineClient(EngineSettings(), target=engine_children.sketch)\n"
        "    await client.start()\n"
        "    print(client.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    root = Path(__file__).parents[3]
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}
    )
    assert parent.stdout
    pid = int(await parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    await parent.wait()
    await asyncio.to_thread(wait_until_gone, pid)


def test_the_configuration_reaches_the_engine() -> None:
    config = EngineSection(
        bundles=("a", "b"),
        default_bundle="a",
        weights_dir="w",
        device=("cpu", "cuda:1"),
        threads=3,
        slots=2,
        memory="2 MiB",
        precision="bf16",
    )
    assert engine_settings(config) == EngineSettings(
        bundles=("a", "b"),
        weights_dir="w",
        device="cpu",
        threads=3,
        slots=2,
        memory=2**21,
        precision=Precision.BF16,
    )
    assert engine_settings(EngineSection()).precision is None, "it is measured"
    assert engine_settings(config, "cuda:1").device == "cuda:1"
