"""Questions to the engines that belong to no job: what a picture shows, asked and answered while runs go on."""

import asyncio
import itertools
from collections.abc import Sequence

from bot.engines.client import EngineDied
from bot.engines.lanes import EngineLane
from bot.errors import CannotDescribe, EngineNotReady
from bot.texts.endings import ENGINE_STOPPED_LOOKING, ENGINE_TOO_BUSY
from engine.messages import Answer, Describe, Described, DescribeFailed, Description

MOST = 50  # questions that wait at once
PATIENCE = 60.0  # seconds: the first question of a slow machine, behind an iteration of a large picture


class Describing:
    """Sends each picture to the engine with the fewest questions, and wakes whoever waits for the answer."""

    def __init__(self, lanes: Sequence[EngineLane], patience: float = PATIENCE) -> None:
        self._lanes = lanes
        self._patience = patience
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[EngineLane, asyncio.Future[Description]]] = {}

    async def ask(self, image: bytes, bundle: str) -> Description:
        """Return what a picture shows. Raises :class:`bot.errors.EngineNotReady` and :class:`CannotDescribe`."""
        lanes = [lane for lane in self._lanes if lane.ready is not None]
        if not lanes:
            raise EngineNotReady()
        if len(self._waiting) >= MOST:
            raise CannotDescribe(ENGINE_TOO_BUSY)
        lane = min(lanes, key=self._asked)
        number = next(self._numbers)
        answer: asyncio.Future[Description] = asyncio.get_running_loop().create_future()
        self._waiting[number] = lane, answer
        try:
            await lane.client.send(Describe(request_id=number, bundle=bundle, image=image))
            async with asyncio.timeout(self._patience):
                return await answer
        except EngineDied:
            raise CannotDescribe(ENGINE_STOPPED_LOOKING) from None
        except TimeoutError:
            raise CannotDescribe(ENGINE_TOO_BUSY) from None
        finally:
            del self._waiting[number]
            if answer.done() and not answer.cancelled():
                answer.exception()  # else one that nobody waited for any more would be complained of

    def settle(self, event: Answer) -> None:
        """Settle the question that an engine has answered; nobody may wait for it any more."""
        _, answer = self._waiting.get(event.request_id, (None, None))
        if answer is None or answer.done():
            return
        match event:
            case Described(description=description):
                answer.set_result(description)
            case DescribeFailed(detail=detail):
                answer.set_exception(CannotDescribe(detail))

    def bury(self, lane: EngineLane) -> None:
        """Give up the questions to an engine that died, because it answers nothing any more."""
        for asked, answer in self._waiting.values():
            if asked is lane and not answer.done():
                answer.set_exception(CannotDescribe(ENGINE_STOPPED_LOOKING))

    def _asked(self, lane: EngineLane) -> int:
        return sum(asked is lane for asked, _ in self._waiting.values())
