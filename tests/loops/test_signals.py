"""A loop that waits for a bell ends when it is told to, whatever rings at that moment."""

import asyncio

import pytest

from gateway.loops.signals import heard

TICKS = range(6)


@pytest.mark.parametrize("ticks", TICKS)
async def test_an_end_that_comes_with_the_bell_is_not_swallowed(ticks: int) -> None:
    """For each number of turns of the event loop between the bell and the end."""
    bell, ended = asyncio.Event(), []

    async def loop() -> None:
        while not ended:
            bell.clear()
            await heard(bell, 60)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    bell.set()
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=1)
    ended.append(True)
    bell.set()
    assert task.cancelled()


async def test_a_bell_is_heard_or_the_time_is_over() -> None:
    bell = asyncio.Event()
    assert not await heard(bell, 0.01)
    bell.set()
    assert await heard(bell, 60)
