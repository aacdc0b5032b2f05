"""How a loop that watches goes on for ever: look, say that it lives, rest. Knows nothing of what it watches."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gateway.application.ports import StoreFull


async def tick_for_ever(
    tick: Callable[[], Awaitable[None]], progress: Callable[[], None], rest_s: float
) -> None:
    """Tick for ever. While nothing can be stored nothing is decided either: what is due then is due at the next tick."""
    while True:
        with suppress(StoreFull):
            await tick()
        progress()
        await asyncio.sleep(rest_s)
