"""The budget for edits."""

from __future__ import annotations

import asyncio
import itertools

from bot.posts.pacing import Edit, Pacer, Turns

HERE, THERE = 1, 2


def noting(shown: list[str], name: str) -> Edit:
    async def edit() -> None:
        shown.append(name)

    return edit


async def drained(pacer: Pacer) -> None:
    while pacer._workers:
        await asyncio.wait(pacer._workers.values())


async def test_only_the_newest_of_superseded_edits_is_made() -> None:
    pacer, shown = Pacer(0.01), list[str]()
    for number in range(5):
        pacer.offer(HERE, 7, noting(shown, f"frame {number}"))
    await drained(pacer)
    assert shown == ["frame 4"]


async def test_edits_in_one_channel_keep_their_distance_and_take_turns() -> None:
    pacer, times = Pacer(0.05), list[tuple[str, float]]()

    def timed(name: str) -> Edit:
        async def edit() -> None:
            times.append((name, asyncio.get_running_loop().time()))
            if len(times) < 4:
                pacer.offer(HERE, ord(name), timed(name))

        return edit

    pacer.offer(HERE, ord("a"), timed("a"))
    pacer.offer(HERE, ord("b"), timed("b"))
    await drained(pacer)
    assert [name for name, _ in times[:4]] == ["a", "b", "a", "b"]
    assert all(later - earlier >= 0.049 for (_, earlier), (_, later) in itertools.pairwise(times))


async def test_channels_do_not_wait_for_each_other() -> None:
    pacer, shown = Pacer(10), list[str]()
    pacer.offer(HERE, 1, noting(shown, "here"))
    pacer.offer(THERE, 1, noting(shown, "there"))
    await asyncio.sleep(0.01)
    assert shown == ["here", "there"]
    await pacer.close()


async def test_after_settling_nothing_old_is_shown() -> None:
    pacer, shown, begun = Pacer(0.01), list[str](), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        shown.append("slow")

    pacer.offer(HERE, 7, slow)
    await begun.wait()
    pacer.offer(HERE, 7, noting(shown, "too late"))
    await pacer.settle(HERE, 7)
    shown.append("final")
    await drained(pacer)
    assert shown == ["slow", "final"]


async def test_a_failed_edit_does_not_stop_the_others() -> None:
    pacer, shown = Pacer(0.001), list[str]()

    async def broken() -> None:
        raise RuntimeError("the message is gone")

    pacer.offer(HERE, 1, broken)
    pacer.offer(HERE, 2, noting(shown, "two"))
    await drained(pacer)
    assert shown == ["two"]


async def test_settling_a_quiet_channel_returns_at_once() -> None:
    pacer = Pacer()
    await pacer.settle(HERE, 1)
    assert not pacer._workers and not pacer._waiting


async def test_of_many_channels_only_a_few_edit_at_once() -> None:
    pacer, under_way, most = Pacer(0.01, at_once=2), 0, 0

    async def edit() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    for channel in range(10):
        pacer.offer(channel, 1, edit)
    await drained(pacer)
    assert most == 2


async def test_settling_does_not_wait_for_the_edits_of_other_channels() -> None:
    pacer, held = Pacer(0.01, at_once=1), asyncio.Event()

    async def slow() -> None:
        await held.wait()

    pacer.offer(HERE, 1, slow)
    await asyncio.sleep(0)
    pacer.offer(THERE, 2, noting([], "never"))
    async with asyncio.timeout(5):
        await pacer.settle(THERE, 2)
    held.set()
    await pacer.close()


async def test_turns_are_taken_in_order_but_for_who_is_hurried_or_gone() -> None:
    turns, taken = Turns(at_once=1), list[int]()

    async def work(key: int) -> None:
        async with turns.turn(key):
            taken.append(key)
            await asyncio.sleep(0)

    working = [asyncio.create_task(work(key)) for key in range(6)]
    await asyncio.sleep(0)
    turns.hurry(4)
    working[2].cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert taken == [0, 4, 1, 3, 5]
    await work(7)
    assert taken[-1] == 7
