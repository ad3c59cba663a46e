"""Malformed requests and frames: nothing fails that was not ordered, nothing breaks, and no state is corrupted.

`make test` sends a seeded sample, `make soak` ten thousand requests of each kind.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox import Sandbox
from sandbox.checks import schemas
from sandbox.state.writing import record
from sandbox.verbs.world import World
from tests.sandbox.fuzzing import Fuzzer, Scene, Sent, furnished, send

BATCH = 250  # requests to one scene: deletions leave ever less of it
FULL = 10_000
SAMPLE = pytest.param(1, 500, id="sample")
CHUNK = 1_000  # a seed each, so that a part can be run alone: -k chunk3
WHOLE = [pytest.param(2 + n, CHUNK, id=f"chunk{n}", marks=pytest.mark.soak) for n in range(FULL // CHUNK)]
folder = schemas.directory()


@pytest.fixture(autouse=True)
def quietly(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="sandbox")  # unknown endpoints are loud


def broken_links(world: World) -> list[str]:
    """Where the records contradict each other."""
    found: list[str] = []
    for channel in world.channels.values():
        home = channel.parent.threads if channel.is_thread and channel.parent else [channel]
        if channel not in home or (channel.guild and channel.guild.channels.get(channel.id) is not channel):
            found.append(f"{channel.id} is not where it says")
        for message in channel.messages_by_id.values():
            if message.channel is not channel or message.deleted:
                found.append(f"message {message.id} is not where it says")
            if message.author.id not in world.users and message.webhook_id is None:
                found.append(f"message {message.id} is by nobody")
            found += [f"empty reaction on {message.id}" for reaction in message.reactions if not reaction.users]
    for guild in world.guilds.values():
        for member in guild.members.values():
            found += [f"{member.name} has a role that is none" for role in member.roles if role.id not in guild.roles]
    return found


async def require_sound(scene: Scene, tmp_path: Path) -> None:
    """The world hangs together, can be saved and loaded, and still works."""
    world = scene.sandbox.world
    assert broken_links(world) == []
    scene.sandbox.save(tmp_path / "saved")
    copied = Sandbox(tmp_path)
    copied.load(tmp_path / "saved")
    assert record(copied.world) == record(world)
    channel = scene.sandbox.create_guild("Later").create_text_channel("p")
    async with aiohttp.ClientSession(headers={"Host": "discord.com"}) as session:
        hello = Sent(method="POST", path=f"/channels/{channel.id}/messages", body={"content": "still here"})
        assert await send(session, scene.sandbox, hello) == 200
    assert [message.content for message in channel.messages] == ["still here"]


def require_fitting_answers(sandbox: Sandbox) -> None:
    """Every answer, a refusal too, is as Discord's OpenAPI says."""
    if folder is None:  # test_schemas.py says so
        return
    validator = schemas.load(folder)
    problems = [
        problem for request in sandbox.requests if request.route for problem in validator.answer_problems(request)
    ]
    assert not problems, "\n".join(problems[:40])


async def sent_all(cases: Callable[[Scene, int], Iterator[Sent]], count: int, tmp_path: Path) -> Counter[int]:
    """Send so many, a batch to each scene; returns how often each status came."""
    statuses: Counter[int] = Counter()
    for batch in range(0, count, BATCH):
        async with Sandbox(rate_limits=False) as sandbox:
            scene = furnished(sandbox)
            async with aiohttp.ClientSession(headers={"Host": "discord.com"}) as session:
                for case in cases(scene, min(BATCH, count - batch)):
                    status = await send(session, sandbox, case)
                    assert status < 500, case
                    statuses[status] += 1
            require_fitting_answers(sandbox)
            await require_sound(scene, tmp_path / str(batch))
    return statuses


@pytest.mark.parametrize(("seed", "count"), [SAMPLE, *WHOLE])
async def test_requests_that_are_almost_right_break_nothing(
    seed: int, count: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    batches = iter(range(10**6))

    def cases(scene: Scene, size: int) -> Iterator[Sent]:
        return Fuzzer(seed * 10**6 + next(batches), scene.ids).requests(size)

    statuses = await sent_all(cases, count, tmp_path)
    record_property("statuses", dict(statuses))
    assert statuses.total() == count
    assert statuses[200] + statuses[201] + statuses[204] > count / 20, "almost nothing got through"
    assert statuses[400] > count / 20, "almost nothing was refused"


@pytest.mark.parametrize(("seed", "count"), [pytest.param(1, 30, id="sample"), *WHOLE])
async def test_requests_drawn_from_discords_openapi_break_nothing(
    seed: int, count: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    if folder is None:
        pytest.skip(schemas.MISSING)
    from tests.sandbox.openapi_cases import drawn

    batches = drawn(folder, seed, count)

    def cases(scene: Scene, size: int) -> Iterator[Sent]:
        fuzzer = Fuzzer(seed, scene.ids)
        for _ in range(size):
            sent, given = next(batches)
            sent.path = fuzzer.filled(sent.path, given)
            yield sent

    statuses = await sent_all(cases, count, tmp_path)
    record_property("statuses", dict(statuses))
    assert statuses.total() == count


@pytest.mark.parametrize(("seed", "count"), [pytest.param(1, 150, id="sample"), *WHOLE])
async def test_frames_that_are_none_close_their_connection_and_nothing_else(
    seed: int, count: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    codes: Counter[Any] = Counter()
    async with Sandbox(rate_limits=False) as sandbox:
        scene = furnished(sandbox)
        async with aiohttp.ClientSession(headers={"Host": "gateway.discord.gg"}) as session:
            for frame in Fuzzer(seed, scene.ids).frames(count, sandbox.token):
                codes[await _told(session, sandbox, frame)] += 1
        await require_sound(scene, tmp_path)
    record_property("codes", {str(code): number for code, number in codes.items()})
    assert codes.total() == count
    assert set(codes) <= {None, 1009, 4001, 4002, 4003, 4004, 4010, 4013, 4014}


async def _told(session: aiohttp.ClientSession, sandbox: Sandbox, frame: str | bytes) -> int | None:
    """The close code that a frame gets, or None when the connection lives on and still answers."""
    async with session.ws_connect(f"wss://{sandbox.address}/", ssl=False) as socket:
        assert (await socket.receive_json())["op"] == 10
        await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
        await socket.send_json({"op": 1, "d": None})
        async with asyncio.timeout(30):
            while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                if json.loads(message.data)["op"] == 11:
                    return None
        code: int = message.data
        return code
